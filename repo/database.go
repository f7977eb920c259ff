package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"compose/internal/repodb"
	"compose/internal/rpmmd"
)

// writeDatabases writes the SQLite databases of the files that data names.
// They are made in the system's folder for temporary files: SQLite writes a
// file many times over, which network file systems do not like.
func writeDatabases(ctx context.Context, dir string, data []rpmmd.RepomdData, opt Options) ([]rpmmd.RepomdData, error) {
	tmp, err := os.MkdirTemp("", "compose-repodb-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	var sources [3]repodb.Source
	for i := range sources {
		path := filepath.Join(dir, filepath.Base(data[i].Href))
		sources[i] = repodb.Source{Checksum: data[i].Sum.Hex, Open: func() (io.ReadCloser, error) { return openMetadata(path) }}
	}
	if err := repodb.Write(ctx, tmp, sources); err != nil {
		return nil, fmt.Errorf("databases: %w", err)
	}
	var out []rpmmd.RepomdData
	for i, path := range repodb.Paths(tmp) {
		d, err := packDatabase(ctx, dir, path, opt)
		if err != nil {
			return nil, fmt.Errorf("databases: %w", err)
		}
		d.Type, d.DatabaseVersion = rpmmd.Kind(i).String()+"_db", repodb.Version
		out = append(out, d)
	}
	return out, nil
}

// openMetadata opens a file that was written just now.
func openMetadata(path string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	x, err := rpmmd.Decompress(f, path)
	if err != nil {
		f.Close()
		return nil, err
	}
	return &unpacked{x, f}, nil
}

// unpacked closes a file with its decompressor.
type unpacked struct {
	io.ReadCloser
	file *os.File
}

func (u *unpacked) Close() error { return errors.Join(u.ReadCloser.Close(), u.file.Close()) }

// packDatabase compresses a database into the repository.
func packDatabase(ctx context.Context, dir, path string, opt Options) (rpmmd.RepomdData, error) {
	in, err := os.Open(path)
	if err != nil {
		return rpmmd.RepomdData{}, err
	}
	defer in.Close()
	s, err := newSink(ctx, filepath.Join(dir, filepath.Base(path)), opt.CompressExtra, &opt)
	if err != nil {
		return rpmmd.RepomdData{}, err
	}
	defer s.abandon()
	c, err := newCompressor(opt.CompressExtra)
	if err != nil {
		return rpmmd.RepomdData{}, err
	}
	var buf bytes.Buffer
	for {
		buf.Reset()
		n, err := io.CopyN(&buf, in, 2*pieceSize)
		if n > 0 {
			if err := s.frame(c, buf.Bytes()); err != nil {
				return rpmmd.RepomdData{}, err
			}
		}
		switch {
		case err == io.EOF:
			return s.close("")
		case err != nil:
			return rpmmd.RepomdData{}, err
		}
	}
}
