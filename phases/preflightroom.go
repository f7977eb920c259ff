package phases

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"compose/phases/event"
)

// folders wants to be able to write where the compose and the cache go.
func (c *checker) folders(context.Context) []Finding {
	var out []Finding
	for _, f := range []struct{ name, path, flag string }{
		{"target folder", c.o.Target, "--target-dir"}, {"cache folder", c.o.CacheDir, "--cache-dir"},
	} {
		if f.path == "" {
			continue
		}
		if err := canWrite(f.path); err != nil {
			out = append(out, Finding{About: f.name + " " + f.path, Problem: cause(err), Advice: "mend that, or choose another folder with " + f.flag})
		}
	}
	return out
}

// canWrite makes a folder where path is, or will be made, and takes it away.
func canWrite(path string) error {
	dir, err := os.MkdirTemp(existing(path), ".tmp-preflight-*")
	if err != nil {
		return err
	}
	return os.Remove(dir)
}

// existing is path, or the folder nearest to it that is there.
func existing(path string) string {
	path, err := filepath.Abs(path)
	if err != nil {
		return "."
	}
	for {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) || path == "/" {
			return path
		}
		path = filepath.Dir(path)
	}
}

// links says where packages cannot be linked into the compose.
func (c *checker) links(context.Context) []Finding {
	if !strings.HasPrefix(c.cfg.Link.Type, "hardlink") {
		return nil
	}
	var out []Finding
	for _, from := range c.sources() {
		err := canLink(from, c.o.Target)
		if err == nil {
			continue
		}
		f := Finding{About: "packages in " + from, Problem: "cannot be linked to the target folder: " + cause(err)}
		if c.cfg.Link.Type == "hardlink" {
			f.Advice = `have them on the same file system, or set link.type = "hardlink-or-copy"`
		} else {
			f.Warning, f.Advice = true, "they will be copied, which takes room and time; have them on the same file system"
		}
		out = append(out, f)
	}
	return out
}

// sources are the folders that packages are linked from.
func (c *checker) sources() []string {
	var out []string
	remote := false
	for _, s := range c.cfg.Pkgsets {
		if s.Path.IsSet() {
			out = append(out, s.Path.Abs)
		}
		remote = remote || s.Source == "repo"
	}
	if remote && c.o.CacheDir != "" {
		out = append(out, c.o.CacheDir)
	}
	return out
}

// canLink links a package of a folder to where the target is, or will be
// made, and takes the link away. Where there is no package it tries a file of
// its own.
func canLink(from, target string) error {
	into, err := os.MkdirTemp(existing(target), ".tmp-preflight-*")
	if err != nil {
		return nil // which is a finding about the folder
	}
	defer os.RemoveAll(into)
	name := firstPackage(from)
	if name == "" {
		f, err := os.CreateTemp(existing(from), ".tmp-preflight-*")
		if err != nil {
			return nil
		}
		f.Close()
		defer os.Remove(f.Name())
		name = f.Name()
	}
	return os.Link(name, filepath.Join(into, "link"))
}

// farEnough is how many folders are looked at for a package.
const farEnough = 200

// firstPackage finds an RPM file without looking far: a folder may hold a
// hundred thousand, and so of each only the first entries are looked at, of
// the deepest first.
func firstPackage(dir string) string {
	dirs := []string{dir}
	for n := 0; len(dirs) > 0 && n < farEnough; n++ {
		last := dirs[len(dirs)-1]
		dirs = dirs[:len(dirs)-1]
		f, err := os.Open(last)
		if err != nil {
			continue
		}
		entries, _ := f.ReadDir(100)
		f.Close()
		for _, e := range entries {
			path := filepath.Join(last, e.Name())
			if e.Type().IsRegular() && strings.HasSuffix(path, ".rpm") {
				return path
			}
			if e.IsDir() {
				dirs = append(dirs, path)
			}
		}
	}
	return ""
}

// What a compose needs beside packages and images: metadata and logs of each
// tree, and downloads.
const (
	roomPerTree = 1 << 20
	roomInCache = 64 << 20
)

// room compares what the compose will take with what is free.
func (c *checker) room(ctx context.Context) []Finding {
	var out []Finding
	need := int64(len(c.cfg.Trees()))*roomPerTree + c.copies(ctx) + c.images(ctx)
	if free, ok := freeRoom(c.o.Target); ok && free < need {
		out = append(out, Finding{About: "target folder " + c.o.Target, Problem: fmt.Sprintf("the compose needs about %s, and %s are free", sizeText(need), sizeText(free)),
			Advice: "free " + sizeText(need-free) + ", for example with compose gc, or choose another folder with --target-dir"})
	}
	if c.o.CacheDir == "" {
		return out
	}
	if free, ok := freeRoom(c.o.CacheDir); ok && free < roomInCache {
		out = append(out, Finding{About: "cache folder " + c.o.CacheDir, Problem: sizeText(free) + " are free", Warning: true,
			Advice: "free some, for example with compose cache gc, or choose another folder with --cache-dir"})
	}
	return out
}

// copies is how much packages take that are copied: at most all of them. The
// packages of repositories elsewhere are not counted: nobody knows them yet.
func (c *checker) copies(ctx context.Context) int64 {
	var sum int64
	for _, s := range c.cfg.Pkgsets {
		if !s.Path.IsSet() {
			continue
		}
		if c.cfg.Link.Type == "copy" || c.cfg.Link.Type == "hardlink-or-copy" && errors.Is(canLink(s.Path.Abs, c.o.Target), syscall.EXDEV) {
			sum += packageBytes(ctx, s.Path.Abs)
		}
	}
	return sum
}

// images is how much the images of the last compose took; for the first one
// with discs, what all packages take.
func (c *checker) images(ctx context.Context) int64 {
	makes := false
	for _, s := range c.built.Dag.Steps() {
		_, skipped := s.IsSkipped()
		switch event.Phase(s.Name()) {
		case "createiso", "extraiso", "rootfs", "task", "buildinstall":
			makes = makes || !skipped
		}
	}
	if !makes {
		return 0
	}
	if last := LastGood(c.cfg, c.o.Target); last != "" {
		if sum := imageBytes(Layout{Top: last}.Metadata("images.json")); sum > 0 {
			return sum
		}
	}
	var sum int64
	for _, s := range c.cfg.Pkgsets {
		if s.Path.IsSet() {
			sum += packageBytes(ctx, s.Path.Abs)
		}
	}
	return sum
}

// imageBytes is the size of the images that an images.json lists, each once.
func imageBytes(path string) int64 {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	var file struct {
		Payload struct {
			Images map[string]map[string][]struct {
				Path string `json:"path"`
				Size int64  `json:"size"`
			} `json:"images"`
		} `json:"payload"`
	}
	if json.Unmarshal(b, &file) != nil {
		return 0
	}
	sizes := map[string]int64{}
	for _, arches := range file.Payload.Images {
		for _, list := range arches {
			for _, image := range list {
				sizes[image.Path] = image.Size
			}
		}
	}
	var sum int64
	for _, n := range sizes {
		sum += n
	}
	return sum
}

// packageBytes is the size of all packages below a folder.
func packageBytes(ctx context.Context, dir string) int64 {
	var sum int64
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && ctx.Err() == nil && strings.HasSuffix(path, ".rpm") {
			if fi, err := d.Info(); err == nil {
				sum += fi.Size()
			}
		}
		return ctx.Err()
	})
	return sum
}

// freeRoom is what a file system has left for this user.
func freeRoom(path string) (int64, bool) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(existing(path), &st); err != nil {
		return 0, false
	}
	return int64(st.Bavail) * int64(st.Bsize), true
}

// sizeText spells a number of bytes for people.
func sizeText(n int64) string {
	for _, u := range []struct {
		shift uint
		name  string
	}{{40, "TiB"}, {30, "GiB"}, {20, "MiB"}, {10, "KiB"}} {
		if n >= 1<<u.shift {
			return fmt.Sprintf("%.1f %s", float64(n)/float64(int64(1)<<u.shift), u.name)
		}
	}
	return fmt.Sprintf("%d bytes", n)
}

// cause is an error of a file without the path.
func cause(err error) string {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return cmp.Or(path.Err, err).Error()
	case errors.As(err, &link):
		return cmp.Or(link.Err, err).Error()
	}
	return err.Error()
}
