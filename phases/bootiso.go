package phases

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"compose/image"
	"compose/image/iso"
	"compose/internal/productmd"
	"compose/phases/event"
)

// bootISO is the disc that is nothing but the boot files of its tree.
const bootISO = "images/boot.iso"

// files are the files that a boot tree stands for.
func (b *bootMaker) files(tree bootTree) []string {
	var out []string
	for _, path := range tree.Files {
		out = append(out, filepath.Join(b.plan.dirs.OSTree(b.tree), path))
	}
	for _, m := range tree.Discs {
		name := b.plan.dirs.Published(m.Image.Path)
		out = append(out, name, name+".manifest")
	}
	return out
}

// adapt gives boot.iso of another compose its name in this one.
func (b *bootMaker) adapt(tree bootTree) (bootTree, error) {
	name, err := b.discName()
	tree.Discs = slices.Clone(tree.Discs)
	for i := range tree.Discs {
		tree.Discs[i].Image.Path = b.plan.dirs.Rel(filepath.Join(b.plan.dirs.ISODir(b.tree), name))
	}
	return tree, err
}

// publish puts boot.iso beside the tree, checks it, and says what it is.
func (b *bootMaker) publish(ctx context.Context, ev *event.Scope, tree bootTree) ([]madeImage, error) {
	from := filepath.Join(b.plan.dirs.OSTree(b.tree), bootISO)
	info, err := os.Stat(from)
	if errors.Is(err, fs.ErrNotExist) {
		ev.Note("no boot.iso")
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	to := filepath.Join(b.plan.dirs.ISODir(b.tree), b.name)
	img := productmd.Image{
		Path: b.plan.dirs.Rel(to), Size: info.Size(), MTime: info.ModTime().Unix(), Type: "boot", Format: "iso", Arch: b.tree.Arch,
		Disc: 1, Discs: 1, Bootable: true, Subvariant: b.tree.Variant,
	}
	warnings, err := image.CheckISO(from, image.ISOCheck{Arch: b.tree.Arch, Bootable: true})
	if err != nil {
		return nil, err
	}
	for _, text := range warnings {
		ev.Warn("%s", text)
	}
	manifest, err := lookInto(from, &img)
	if err != nil {
		return nil, fmt.Errorf("boot.iso: %w", err)
	}
	if want, err := b.volumeID(); err == nil && want != img.VolumeID {
		ev.Warn("boot.iso has the volume id %q, it was to have %q", img.VolumeID, want)
	}
	if img.Checksums, err = image.SumFile(from, b.cfg.Media.Checksums); err != nil {
		return nil, err
	}
	if err := linkDisc(from, to, manifest); err != nil {
		return nil, err
	}
	ev.Made(to)
	if b.rules.Expect != "" && b.tree.Arch == "x86_64" {
		if err := b.plan.tryBoots(ctx, ev, to, b.rules.Expect); err != nil {
			return nil, err
		}
	}
	return []madeImage{{Tree: b.tree, Image: img, Packages: tree.Packages}}, nil
}

// lookInto reads what a disc says of itself, and lists what is on it.
func lookInto(name string, img *productmd.Image) (manifest []byte, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	x, err := iso.Open(f, img.Size)
	if err != nil {
		return nil, err
	}
	img.VolumeID = x.VolumeID
	if img.ImplantMD5, err = x.Implanted(); err != nil {
		return nil, err
	}
	return x.Manifest()
}

// linkDisc gives a disc of the tree its name beside it.
func linkDisc(from, to string, manifest []byte) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	part := to + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Link(from, part); err != nil {
		return err
	}
	if err := os.Rename(part, to); err != nil {
		return err
	}
	return writeFile(to+".manifest", manifest)
}
