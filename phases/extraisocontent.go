package phases

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"compose/image"
	"compose/image/iso"
	"compose/internal/productmd"
	"compose/phases/event"
)

// content lists what is on the disc: boot files and the disc's own in the
// root, and a folder for each variant.
func (x *extraISO) content(ctx context.Context, ev *event.Scope) ([]iso.File, error) {
	var out []iso.File
	if boot, ok := x.boot(); ok {
		for _, name := range boot.Files {
			if path.Base(name) == "boot.iso" {
				continue
			}
			f, err := fileOnDisc(filepath.Join(x.plan.dirs.OSTree(x.tree), name), name)
			if err != nil {
				return nil, err
			}
			out = append(out, f)
		}
	}
	for _, part := range x.parts {
		files, err := x.partFiles(part)
		if err != nil {
			return nil, err
		}
		out = append(out, files...)
	}
	own, err := x.ownFiles(ctx, ev)
	if err != nil {
		return nil, err
	}
	replaced := map[string]bool{}
	for _, f := range own {
		replaced[f.Path] = true
	}
	out = slices.DeleteFunc(out, func(f iso.File) bool { return replaced[f.Path] })
	out = append(out, own...)
	image.SortDisc(out)
	return out, nil
}

// partFiles lists what a variant has on the disc.
func (x *extraISO) partFiles(part discPart) ([]iso.File, error) {
	root := part.tree.Variant
	var out []iso.File
	for dir, from := range map[string]string{
		path.Join(root, PackagesDir): x.plan.dirs.Packages(part.tree),
		path.Join(root, "repodata"):  filepath.Join(x.plan.dirs.Repository(part.tree), "repodata"),
	} {
		files, err := iso.Walk(from)
		if errors.Is(err, fs.ErrNotExist) {
			continue // nothing of the variant is for this architecture
		}
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			if dir == path.Join(root, PackagesDir) && path.Ext(f.Path) != ".rpm" && !f.Mode.IsDir() {
				continue // an addon's packages lie beside its repodata
			}
			f.Path = path.Join(dir, f.Path)
			out = append(out, f)
		}
	}
	extra, ok := part.extra()
	if !ok || !x.block.InheritExtraFiles {
		return out, nil
	}
	for _, f := range extra.Files {
		on, err := fileOnDisc(filepath.Join(x.plan.dirs.OSTree(part.tree), f.Path), path.Join(root, f.Path))
		if err != nil {
			return nil, err
		}
		out = append(out, on)
	}
	return out, nil
}

// fileOnDisc puts a file onto a disc.
func fileOnDisc(from, to string) (iso.File, error) {
	fi, err := os.Stat(from)
	if err != nil {
		return iso.File{}, err
	}
	return iso.File{Path: to, From: from, Mode: fi.Mode().Perm(), Size: fi.Size(), ModTime: fi.ModTime().Unix()}, nil
}

// ownFiles lists the disc's own files: .treeinfo, .discinfo, media.repo, and
// those of the configuration.
func (x *extraISO) ownFiles(ctx context.Context, ev *event.Scope) ([]iso.File, error) {
	if _, err := x.stage(ctx, ev); err != nil {
		return nil, err
	}
	var out []iso.File
	if x.staged != "" {
		files, err := iso.Walk(x.staged)
		if err != nil {
			return nil, err
		}
		out = files
	}
	treeinfo, err := x.treeinfo()
	if err != nil {
		return nil, err
	}
	description := x.cfg.Description(x.variant, x.tree.Arch)
	discinfo, err := image.Discinfo{Timestamp: x.plan.stamp, Description: description, Arch: x.tree.Arch}.Bytes()
	if err != nil {
		return nil, err
	}
	media, err := image.MediaRepo{Name: description, MediaID: x.plan.stamp}.Bytes()
	if err != nil {
		return nil, err
	}
	own := []iso.File{x.text(".treeinfo", treeinfo)}
	for _, f := range []iso.File{x.text(".discinfo", discinfo), x.text("media.repo", media)} {
		if !slices.ContainsFunc(out, func(o iso.File) bool { return o.Path == f.Path }) {
			own = append(own, f) // the configuration may have its own, as in Pungi
		}
	}
	return append(slices.DeleteFunc(out, func(f iso.File) bool { return f.Path == ".treeinfo" }), own...), nil
}

// treeinfo is the .treeinfo of the disc: that of the variant's tree with all
// variants, each in its folder.
func (x *extraISO) treeinfo() ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(x.plan.dirs.OSTree(x.tree), ".treeinfo"))
	if err != nil {
		return nil, err
	}
	info, err := image.ReadTreeinfo(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	for _, part := range x.parts {
		if part.tree.Variant != x.tree.Variant {
			v := x.plan.treeVariant(part.variant, part.tree)
			v.Addons = nil
			info.Variants = append(info.Variants, v)
		}
	}
	for i := range info.Variants {
		v := &info.Variants[i]
		v.Packages, v.Repository = path.Join(v.UID, PackagesDir), v.UID
	}
	whole := image.MediaTreeinfo(*info, 0, 0)
	return whole.Bytes()
}

// stage fetches the disc's own files, once, and gives their paths with
// checksums. ev is nil while nobody listens.
func (x *extraISO) stage(ctx context.Context, ev *event.Scope) ([]string, error) {
	if len(x.block.ExtraFiles) == 0 {
		return nil, nil
	}
	if x.staged == "" {
		if ev == nil {
			ev = event.New(nil).Scope("")
		}
		dir, err := x.fetchFiles(ctx, ev)
		if err != nil {
			return nil, err
		}
		x.staged = dir
	}
	files, err := iso.Walk(x.staged)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, f := range files {
		if f.From == "" {
			continue
		}
		sums, err := image.SumFile(f.From, []string{"sha256"})
		if err != nil {
			return nil, err
		}
		out = append(out, f.Path+" "+sums["sha256"])
	}
	return out, nil
}

// fetchFiles fetches the disc's own files into a folder, with an
// extra_files.json that tells of them.
func (x *extraISO) fetchFiles(ctx context.Context, ev *event.Scope) (dir string, err error) {
	name, err := x.name()
	if err != nil {
		return "", err
	}
	dir = x.plan.dirs.DiscWork(x.tree, name+"-files")
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	var paths []string
	for _, f := range x.block.ExtraFiles {
		target := strings.TrimPrefix(f.Target, "/")
		if err := os.MkdirAll(filepath.Join(dir, target), 0o755); err != nil {
			return "", err
		}
		names, err := x.extraMaker(ev).fetch(ctx, ev, f.Origin, filepath.Join(dir, target))
		if err != nil {
			return "", fmt.Errorf("extra files: %w", err)
		}
		for _, n := range names {
			if p := path.Join(target, n); !slices.Contains(paths, p) {
				paths = append(paths, p)
			}
		}
	}
	var files []productmd.ExtraFile
	for _, p := range paths {
		fi, err := os.Stat(filepath.Join(dir, p))
		if err != nil {
			return "", err
		}
		sums, err := image.SumFile(filepath.Join(dir, p), x.cfg.Media.Checksums)
		if err != nil {
			return "", err
		}
		files = append(files, productmd.ExtraFile{Path: p, Size: fi.Size(), Checksums: sums})
	}
	data, err := productmd.TreeExtraFilesJSON(files)
	if err != nil {
		return "", err
	}
	return dir, writeFile(filepath.Join(dir, "extra_files.json"), data)
}
