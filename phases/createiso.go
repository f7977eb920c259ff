package phases

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"compose/config"
	"compose/image"
	"compose/image/iso"
	"compose/internal/productmd"
	"compose/phases/dag"
	"compose/phases/event"
	"compose/repo"
)

// isoInput is what discs are made of.
type isoInput struct {
	links    perTree[linked]
	repos    perTree[repo.Index]
	treeinfo perTree[passed]
	extra    perTree[extraFiles]
	boots    perTree[bootTree]
	id       Identity
}

// addCreateiso makes the disc images of trees and of source trees. A tree that
// boots is one disc; others are spread over as many as are needed.
func (p *plan) addCreateiso(cfg *config.Config, in isoInput) {
	for _, v := range p.variants {
		if v.Type == "addon" || v.Type == "optional" && !cfg.Createiso.Optional {
			continue
		}
		for _, arch := range append(slices.Clone(v.Arches), "src") {
			t := treeOf(v, arch)
			if rules := cfg.CreateisoFor(t.Variant, arch); !rules.Skip {
				p.addDiscs(cfg, v, t, in)
			}
		}
	}
}

// addDiscs adds the step that makes the discs of one tree.
func (p *plan) addDiscs(cfg *config.Config, v config.Variant, t Tree, in isoInput) {
	s := p.Add("createiso/"+t.String(), "disk")
	p.mayFail(s, deliverable{Tree: t, Kind: "iso", Subject: t.Variant})
	d := &discMaker{
		plan: p, cfg: cfg, rules: cfg.CreateisoFor(t.Variant, t.Arch), variant: v, tree: t,
		links: dag.Need(s, in.links[t]), repo: dag.Need(s, in.repos[t]), extra: dag.Want(s, in.extra[t]), supported: in.id.Final,
	}
	p.uses(s, d.programs()...)
	if d.rules.Boot != "" {
		s.Takes(memoryPool, bootTestMemory)
	}
	d.release, d.volumes = p.discRelease(cfg, v, in.id)
	d.needAddons(s, in)
	dag.Need(s, in.treeinfo[t])
	d.boot = dag.Want(s, in.boots[t])
	d.wantsBoot = in.boots[t].Step() != nil
	if name, err := d.name(1, 1); err == nil { // how many there will be nobody knows yet
		s.Makes(filepath.Join(p.dirs.ISODir(t), name))
	}
	made := doKept(p, s, kept[[]madeImage]{code: 2, key: d.key, files: d.files, adapt: d.adapt}, d.make)
	p.addImages(t, made, productmd.Image{Subvariant: t.Variant, Type: "dvd", Format: "iso", Arch: t.Arch, Disc: 1})
}

// discMaker makes the discs of one tree.
type discMaker struct {
	plan      *plan
	cfg       *config.Config
	rules     config.DiscRules
	variant   config.Variant
	tree      Tree
	release   image.Release // in names
	volumes   image.Release // in volume ids
	supported bool
	wantsBoot bool

	links func() linked
	repo  func() repo.Index
	// addons are those in the tree: their packages and repodata are on the disc.
	addons []discPart
	extra  func() (extraFiles, bool)
	boot   func() (bootTree, bool)
}

// variantName is the variant in names: of a layered product its parent's.
func (d *discMaker) variantName() string {
	if d.variant.Type == "layered-product" {
		return d.variant.Parent
	}
	return d.tree.Variant
}

func (d *discMaker) disc(number, count int) image.Disc {
	return image.Disc{Variant: d.variantName(), Arch: d.tree.Arch, Type: discType(d.cfg, "dvd"), Number: number, Count: count}
}

func (d *discMaker) name(number, count int) (string, error) {
	return image.ImageName(d.cfg.NameFormat(d.tree.Variant), d.release, d.disc(number, count))
}

func (d *discMaker) volumeID() (string, error) {
	return volumeRules(d.cfg).VolumeID(d.volumes, d.disc(0, 0), nil)
}

// make makes the discs.
func (d *discMaker) make(ctx context.Context, ev *event.Scope) ([]madeImage, error) {
	if len(d.links().os) == 0 {
		ev.Note("no packages: no disc")
		return nil, nil
	}
	boot, bootable := d.boot()
	if d.wantsBoot && !bootable {
		ev.Warn("%s", "no boot tree: no disc is made") // as Pungi where buildinstall failed and may
		return nil, nil
	}
	layout := [][]string{nil}
	if !bootable {
		var err error
		if layout, err = d.layout(ev); err != nil {
			return nil, err
		}
	}
	var out []madeImage
	for i := range layout {
		m, err := d.makeDisc(ctx, ev, discJob{number: i + 1, count: len(layout), content: layout[i], boot: boot, bootable: bootable})
		if err != nil {
			return nil, errors.Join(err, d.remove(out))
		}
		out = append(out, m)
	}
	if err := d.checkSet(out); err != nil {
		return nil, errors.Join(err, d.remove(out))
	}
	return out, nil
}

// layout spreads the files of the tree over discs; nil stands for all files.
func (d *discMaker) layout(ev *event.Scope) ([][]string, error) {
	sticky := map[string]bool{}
	if x, ok := d.extra(); ok {
		for _, f := range x.Files {
			sticky[f.Path] = true
		}
	}
	files, err := image.MediaFiles(d.plan.dirs.OSTree(d.tree), image.MediaRules{
		Packages: PackagesDir, Repodata: ".", Sticky: sticky,
	})
	if err != nil {
		return nil, err
	}
	size, _ := config.ParseSize(d.cfg.Createiso.Size)
	reserve, _ := config.ParseSize(d.cfg.Createiso.Reserve)
	discs, err := image.SplitMedia(files, size-reserve)
	if err != nil {
		return nil, err
	}
	if len(discs) == 1 {
		return [][]string{nil}, nil
	}
	ev.Note("%d discs", len(discs))
	var out [][]string
	for _, disc := range discs {
		out = append(out, disc.Files)
	}
	return out, nil
}

// checkSet looks at several discs together.
func (d *discMaker) checkSet(made []madeImage) error {
	if len(made) < 2 {
		return nil
	}
	var discs, packages []string
	for _, m := range made {
		discs = append(discs, d.plan.dirs.Published(m.Image.Path))
	}
	for _, links := range d.allLinks() {
		for _, pl := range links.os {
			packages = append(packages, d.plan.below(d.tree, pl.Path))
		}
	}
	return image.CheckDiscSet(discs, packages)
}

// discJob is one disc to make.
type discJob struct {
	number, count int
	content       []string // paths below the tree; nil: all
	boot          bootTree
	bootable      bool
}

// makeDisc makes one disc and checks it.
func (d *discMaker) makeDisc(ctx context.Context, ev *event.Scope, j discJob) (m madeImage, err error) {
	name, err := d.name(j.number, j.count)
	if err != nil {
		return m, err
	}
	spec := image.ISOSpec{
		Path: filepath.Join(d.plan.dirs.ISODir(d.tree), name), Time: d.plan.time, Level: iso.Level(d.rules.Level),
		Supported: d.supported, Sums: d.cfg.Media.Checksums,
		Progress: func(done, total int64) { ev.Progress(done, total, "bytes") },
	}
	if spec.VolumeID, err = d.volumeID(); err != nil {
		return m, err
	}
	if spec.Files, err = d.discFiles(ctx, ev, name, j); err != nil {
		return m, err
	}
	if j.bootable {
		boot, err := image.LayoutBoot(d.tree.Arch, spec.Files, j.boot.Code)
		if err != nil {
			return m, err
		}
		spec.Boot = &boot
	}
	if err := os.MkdirAll(filepath.Dir(spec.Path), 0o755); err != nil {
		return m, err
	}
	made, err := d.write(ctx, ev, spec)
	if err != nil {
		return m, err
	}
	for _, text := range made.Warnings {
		ev.Logf("%s", text)
	}
	m = d.describe(made, j)
	if err := d.finish(ctx, ev, made); err != nil {
		return m, errors.Join(err, d.remove([]madeImage{m}))
	}
	ev.Made(made.Path)
	return m, nil
}

// finish checks a disc and makes what goes with it.
func (d *discMaker) finish(ctx context.Context, ev *event.Scope, made image.ISO) error {
	if err := d.check(ctx, ev, made); err != nil {
		return err
	}
	return d.jigdo(ctx, ev, made)
}

// remove takes discs away that are of no use: consumers must not find them.
func (d *discMaker) remove(made []madeImage) error {
	var faults []error
	for _, name := range d.files(made) {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			faults = append(faults, err)
		}
		os.Remove(filepath.Dir(name)) // fails where other discs are
	}
	return errors.Join(faults...)
}

func (d *discMaker) write(ctx context.Context, ev *event.Scope, spec image.ISOSpec) (image.ISO, error) {
	switch d.cfg.Createiso.Tool {
	case "xorriso":
		return image.MakeISOWith(ctx, image.ISOTool{Program: "xorrisofs", Arch: d.tree.Arch, Log: ev.Writer()}, spec)
	case "genisoimage":
		return image.MakeISOWith(ctx, image.ISOTool{Program: "genisoimage", Arch: d.tree.Arch, Log: ev.Writer()}, spec)
	}
	return image.MakeISO(ctx, spec)
}

// check looks at a disc as soon as it is there: what is wrong with it ends the
// step.
func (d *discMaker) check(ctx context.Context, ev *event.Scope, made image.ISO) error {
	warnings, err := image.CheckISO(made.Path, image.ISOCheck{
		Arch: d.tree.Arch, Bootable: made.Bootable, MaxSize: d.rules.MaxSize, Strict: d.rules.Strict, VolumeID: made.VolumeID,
	})
	for _, text := range warnings {
		ev.Warn("%s", text)
	}
	if err != nil || !made.Bootable || d.rules.Boot == "" || d.tree.Arch != "x86_64" {
		return err
	}
	return d.plan.tryBoots(ctx, ev, made.Path, d.rules.Boot)
}

// tryBoots starts an image from BIOS and from UEFI, as CD and as disk.
func (p *plan) tryBoots(ctx context.Context, ev *event.Scope, name, expect string) error {
	for _, fw := range []image.Firmware{image.FirmwareBIOS, image.FirmwareUEFI} {
		for _, medium := range []image.Medium{image.MediumCD, image.MediumDisk} {
			log := filepath.Join(p.dirs.Logs("x86_64"), "boot", fmt.Sprintf("%s-%s-%s", filepath.Base(name), fw, medium))
			if err := os.MkdirAll(log, 0o755); err != nil {
				return err
			}
			ev.Note("starting %s from %s as %s", filepath.Base(name), fw, medium)
			err := image.TryBoot(ctx, image.BootTest{Image: name, Arch: "x86_64", Firmware: fw, Medium: medium, Expect: expect, LogDir: log})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *discMaker) describe(made image.ISO, j discJob) madeImage {
	on := map[string]bool{}
	for _, path := range j.content {
		on[path] = true
	}
	m := madeImage{
		Tree: d.tree,
		Image: productmd.Image{
			Path: d.plan.dirs.Rel(made.Path), Size: made.Size, MTime: made.ModTime, VolumeID: made.VolumeID, Type: "dvd", Format: "iso",
			Arch: d.tree.Arch, Disc: j.number, Discs: j.count, Checksums: made.Sums, ImplantMD5: made.ImplantMD5,
			Bootable: made.Bootable, Subvariant: d.tree.Variant,
		},
	}
	for _, links := range d.allLinks() {
		m.Packages = append(m.Packages, packagesOn(links, func(path string) bool { return j.content == nil || on[d.plan.below(d.tree, path)] })...)
	}
	return m
}

func (d *discMaker) jigdo(ctx context.Context, ev *event.Scope, made image.ISO) error {
	if !d.cfg.Createiso.Jigdo {
		return nil
	}
	dir := d.plan.dirs.JigdoDir(d.tree)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return image.MakeJigdo(ctx, image.Jigdo{Image: made.Path, Tree: d.plan.dirs.OSTree(d.tree), Dir: dir, Log: ev.Writer()})
}
