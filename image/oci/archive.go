package oci

import (
	"archive/tar"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// WriteArchive writes a layout as a tar archive: an oci-archive. All of its
// files have the given time.
func WriteArchive(w io.Writer, dir string, t time.Time) error {
	out := tar.NewWriter(w)
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		return archiveOne(out, dir, name, t)
	})
	if err == nil {
		err = out.Close()
	}
	if err != nil {
		return fmt.Errorf("archive of a container image: %w", err)
	}
	return nil
}

func archiveOne(out *tar.Writer, dir, name string, t time.Time) error {
	info, err := os.Lstat(name)
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(dir, name)
	if err != nil {
		return err
	}
	h := &tar.Header{Name: filepath.ToSlash(rel), Mode: 0o644, ModTime: t.Truncate(time.Second), Typeflag: tar.TypeReg, Size: info.Size(), Format: tar.FormatPAX}
	if info.IsDir() {
		h.Name, h.Mode, h.Typeflag, h.Size = h.Name+"/", 0o755, tar.TypeDir, 0
	}
	if err := out.WriteHeader(h); err != nil || info.IsDir() {
		return err
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(out, f)
	return err
}
