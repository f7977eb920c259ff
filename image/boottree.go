package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"compose/image/fat"
)

// PlaceBootTree puts what lorax made in src into a tree in dst, where it
// replaces files of the same name. Boot configurations get the volume id of
// the disc, also those inside of images/efiboot.img; everybody may read what
// is placed. src stays as it is, and its other files are linked where both
// lie on one file system. It gives the configurations that were rewritten.
func PlaceBootTree(ctx context.Context, src, dst string, r BootConfigRules) ([]string, error) {
	p := &bootPlacer{src: src, dst: dst, rules: r, configs: map[string][]byte{}}
	err := p.readConfigs()
	if err == nil {
		err = filepath.WalkDir(src, func(name string, d fs.DirEntry, err error) error {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(src, name)
			if err != nil {
				return err
			}
			return p.place(filepath.ToSlash(rel), d)
		})
	}
	if err != nil {
		return nil, fmt.Errorf("placing the boot tree %s: %w", src, err)
	}
	return slices.DeleteFunc(BootConfigs(), func(c string) bool { return p.configs[c] == nil }), nil
}

type bootPlacer struct {
	src, dst string
	rules    BootConfigRules
	configs  map[string][]byte // as they are to be
}

// maxConfig bounds the size of a boot configuration in bytes.
const maxConfig = 1 << 20

// readConfigs reads the configurations of the tree, and rewrites them.
func (p *bootPlacer) readConfigs() error {
	for _, c := range BootConfigs() {
		b, err := os.ReadFile(filepath.Join(p.src, c))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if len(b) > maxConfig {
			return fmt.Errorf("%s has %d bytes", c, len(b))
		}
		p.configs[c] = []byte(RewriteBootConfig(c, string(b), p.rules))
	}
	return nil
}

// place puts one file or folder into its place.
func (p *bootPlacer) place(rel string, d fs.DirEntry) error {
	from, to := filepath.Join(p.src, rel), filepath.Join(p.dst, rel)
	info, err := d.Info()
	if err != nil {
		return err
	}
	switch {
	case d.IsDir():
		return os.MkdirAll(to, 0o755)
	case info.Mode().Type() == fs.ModeSymlink:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return replaceBy(to, func(tmp string) error { return os.Symlink(target, tmp) })
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s: neither file, folder nor symbolic link", rel)
	case p.configs[rel] != nil:
		return replaceBy(to, func(tmp string) error { return os.WriteFile(tmp, p.configs[rel], 0o644) })
	case rel == efiImage:
		return replaceBy(to, func(tmp string) error { return p.placeEFI(from, tmp) })
	}
	readable := info.Mode().Perm() | 0o444
	if readable&0o111 != 0 {
		readable |= 0o111
	}
	return replaceBy(to, func(tmp string) error {
		if readable == info.Mode().Perm() && os.Link(from, tmp) == nil {
			return nil
		}
		if err := copyFile(from, tmp, readable); err != nil {
			return err
		}
		return os.Chtimes(tmp, info.ModTime(), info.ModTime())
	})
}

// placeEFI copies the EFI image and changes the configurations inside of the
// copy: one that the tree has too becomes like that.
func (p *bootPlacer) placeEFI(from, to string) error {
	if err := copyFile(from, to, 0o644); err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		err = p.rewriteEFI(f, info.Size())
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%s: %w", efiImage, err)
	}
	return nil
}

func (p *bootPlacer) rewriteEFI(f *os.File, size int64) error {
	m, err := fat.Open(f, size)
	if err != nil {
		return err
	}
	for _, c := range BootConfigs() {
		old, err := m.ReadFile(c, maxConfig)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		text := p.configs[c]
		if text == nil {
			text = []byte(RewriteBootConfig(c, string(old), p.rules))
		}
		if string(text) == string(old) {
			continue
		}
		if err := m.WriteFile(c, text); err != nil {
			return err
		}
	}
	return nil
}

// replaceBy makes a file under another name, and gives it its own when it is
// complete.
func replaceBy(name string, write func(tmp string) error) error {
	tmp := name + ".part"
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err := write(tmp)
	if err == nil {
		err = os.Rename(tmp, name)
	}
	if err != nil {
		os.Remove(tmp)
	}
	// A hard link of the same file is left by a rename.
	if _, again := os.Lstat(tmp); err == nil && again == nil {
		err = os.Remove(tmp)
	}
	return err
}

func copyFile(from, to string, perm fs.FileMode) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Chmod(perm), out.Close())
}
