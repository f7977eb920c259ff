// Package repodb writes the SQLite databases that yum reads instead of XML:
// primary, filelists and other, in createrepo_c's format, version 10. They are
// made from the finished XML files, so that the two cannot differ. The package
// knows nothing of repomd.xml and compresses nothing.
package repodb

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/url"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver

	"compose/internal/rpmmd"
)

// Version is the version of the format, for repomd.xml.
const Version = 10

// Source is an XML file of a repository.
type Source struct {
	// Open gives the XML, uncompressed.
	Open func() (io.ReadCloser, error)
	// Checksum is the hex checksum of the file as repomd.xml has it.
	Checksum string
}

// Paths gives the paths of the databases in dir, in the order of kinds.
func Paths(dir string) [3]string {
	return [...]string{filepath.Join(dir, "primary.sqlite"), filepath.Join(dir, "filelists.sqlite"), filepath.Join(dir, "other.sqlite")}
}

// Write writes the databases of a repository into dir; sources are its
// primary, filelists and other files, which list the same packages in the
// same order. The same XML gives the same bytes.
func Write(ctx context.Context, dir string, sources [3]Source) (err error) {
	var dbs [3]*database
	defer func() {
		for _, db := range dbs {
			if cerr := db.close(); err == nil {
				err = cerr
			}
		}
	}()
	for i, path := range Paths(dir) {
		if dbs[i], err = create(ctx, path, schemas()[i]); err != nil {
			return fmt.Errorf("making %s: %w", filepath.Base(path), err)
		}
	}
	fill := [...]func(context.Context, [3]*database, io.Reader) error{fillPrimary, fillFilelists, fillOther}
	for i, src := range sources {
		if err := fillFrom(ctx, dbs, src, fill[i]); err != nil {
			return fmt.Errorf("reading %s: %w", rpmmd.Kind(i), err)
		}
	}
	for i := range dbs {
		if err := dbs[i].finish(ctx, sources[i].Checksum); err != nil {
			return fmt.Errorf("finishing %s: %w", filepath.Base(Paths(dir)[i]), err)
		}
	}
	return nil
}

func fillFrom(ctx context.Context, dbs [3]*database, src Source, fill func(context.Context, [3]*database, io.Reader) error) error {
	r, err := src.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	return fill(ctx, dbs, r)
}

// database is one database while it is written, in one transaction.
type database struct {
	db     *sql.DB
	tx     *sql.Tx
	schema schema
	into   map[string]*sql.Stmt // by table
}

// create makes an empty database with its tables.
func create(ctx context.Context, path string, s schema) (d *database, err error) {
	pragmas := url.Values{"_pragma": {"synchronous(off)", "journal_mode(memory)", "temp_store(memory)"}}
	d = &database{schema: s, into: map[string]*sql.Stmt{}}
	if d.db, err = sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+pragmas.Encode()); err != nil {
		return nil, err
	}
	d.db.SetMaxOpenConns(1)
	if d.tx, err = d.db.BeginTx(ctx, nil); err != nil {
		return d, err
	}
	for _, text := range append([]string{"CREATE TABLE db_info (dbversion INTEGER, checksum TEXT)"}, s.tables...) {
		if _, err := d.tx.ExecContext(ctx, text); err != nil {
			return d, err
		}
	}
	for _, table := range s.filled {
		if d.into[table.name], err = d.tx.PrepareContext(ctx, table.insert()); err != nil {
			return d, err
		}
	}
	return d, nil
}

// add inserts a row.
func (d *database) add(table string, values ...any) error {
	_, err := d.into[table].Exec(values...)
	return err
}

// finish adds indexes and the checksum of the XML, and commits.
func (d *database) finish(ctx context.Context, checksum string) error {
	for _, text := range d.schema.indexes {
		if _, err := d.tx.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	if _, err := d.tx.ExecContext(ctx, "INSERT INTO db_info (dbversion, checksum) VALUES (?, ?)", Version, checksum); err != nil {
		return err
	}
	tx := d.tx
	d.tx = nil
	return tx.Commit()
}

func (d *database) close() error {
	if d == nil {
		return nil
	}
	if d.tx != nil {
		d.tx.Rollback()
	}
	return d.db.Close()
}
