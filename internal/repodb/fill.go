package repodb

import (
	"context"
	"io"
	"strconv"
	"strings"

	"compose/internal/rpm"
	"compose/internal/rpmmd"
)

// fillPrimary fills the tables of primary, but for the files.
func fillPrimary(ctx context.Context, dbs [3]*database, r io.Reader) error {
	db, key := dbs[rpmmd.Primary], 0
	return rpmmd.ReadPrimaryDetails(ctx, r, func(e rpmmd.Entry) error {
		key++
		if err := addPackage(db, key, &e); err != nil {
			return err
		}
		p := e.Pkg
		lists := [...][]rpm.Dep{p.Requires, p.Provides, p.Conflicts, p.Obsoletes, p.Suggests, p.Enhances, p.Recommends, p.Supplements}
		for i, table := range depTables() {
			for _, d := range lists[i] {
				if err := addDep(db, table, key, d); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func addPackage(db *database, key int, e *rpmmd.Entry) error {
	p, d := e.Pkg, e.Details
	return db.add("packages", key, p.Sum.Hex, p.Name, p.Arch, p.Version, strconv.FormatUint(uint64(p.Epoch), 10), p.Release,
		d.Summary, d.Description, orNull(d.URL), e.FileTime, p.BuildTime, d.License, d.Vendor, d.Group, d.BuildHost, p.SourceRPM,
		p.HeaderStart, p.HeaderEnd, orNull(d.Packager), p.Size, p.Installed, d.ArchiveSize, e.Href, orNull(e.Base), p.Sum.Type)
}

// orNull gives NULL for what is empty.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func addDep(db *database, table string, key int, d rpm.Dep) error {
	values := []any{d.Name, nil, nil, nil, nil, key}
	if flags := d.Sense & (rpm.Less | rpm.Greater | rpm.Equal); flags != 0 {
		values[1] = flagNames()[flags]
		if epoch, version, release, ok := rpmmd.SplitEVR(d.EVR); ok && d.EVR != "" {
			values[2], values[3], values[4] = epoch, version, orNull(release)
		}
	}
	if table == "requires" {
		values = append(values, strings.ToUpper(strconv.FormatBool(d.IsPre())))
	}
	return db.add(table, values...)
}

func flagNames() map[rpm.Sense]string {
	return map[rpm.Sense]string{
		rpm.Equal: "EQ", rpm.Less: "LT", rpm.Less | rpm.Equal: "LE", rpm.Greater: "GT", rpm.Greater | rpm.Equal: "GE",
	}
}

// fillFilelists fills the tables of filelists, and the files of primary.
func fillFilelists(ctx context.Context, dbs [3]*database, r io.Reader) error {
	db, key := dbs[rpmmd.Filelists], 0
	return rpmmd.ReadListed(ctx, rpmmd.Filelists, r, func(l rpmmd.Listed) error {
		key++
		if err := db.add("packages", key, l.ID); err != nil {
			return err
		}
		for _, f := range l.Files {
			if rpmmd.IsPrimary(f.Path) {
				if err := dbs[rpmmd.Primary].add("files", f.Path, typeName(f), key); err != nil {
					return err
				}
			}
		}
		for _, d := range byFolder(l.Files) {
			if err := db.add("filelist", key, d.name, d.files.String(), d.types.String()); err != nil {
				return err
			}
		}
		return nil
	})
}

func typeName(f rpm.File) string {
	switch {
	case f.IsDir():
		return "dir"
	case f.IsGhost():
		return "ghost"
	}
	return "file"
}

// folder is the files of one folder as the database has them: names joined
// by slashes, one letter for the type of each.
type folder struct {
	name         string
	files, types strings.Builder
}

// byFolder gives the folders in the order of their first files.
func byFolder(files []rpm.File) []*folder {
	var out []*folder
	at := map[string]*folder{}
	for _, f := range files {
		cut := strings.LastIndexByte(f.Path, '/') + 1
		name, base := folderName(f.Path[:cut]), f.Path[cut:]
		d := at[name]
		if d == nil {
			d = &folder{name: name}
			at[name] = d
			out = append(out, d)
		}
		if d.files.Len() > 0 {
			d.files.WriteByte('/')
		}
		if base == "" {
			base = "/" // the root folder itself
		}
		d.files.WriteString(base)
		d.types.WriteByte(typeName(f)[0])
	}
	return out
}

// folderName drops the slashes at the end; files without a folder are in ".".
func folderName(dir string) string {
	if dir == "" {
		return "."
	}
	if name := strings.TrimRight(dir, "/"); name != "" {
		return name
	}
	return "/"
}

// fillOther fills the tables of other.
func fillOther(ctx context.Context, dbs [3]*database, r io.Reader) error {
	db, key := dbs[rpmmd.Other], 0
	return rpmmd.ReadListed(ctx, rpmmd.Other, r, func(l rpmmd.Listed) error {
		key++
		if err := db.add("packages", key, l.ID); err != nil {
			return err
		}
		for _, c := range l.Changelogs {
			if err := db.add("changelog", key, c.Author, c.Time, c.Text); err != nil {
				return err
			}
		}
		return nil
	})
}
