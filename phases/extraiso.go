package phases

import (
	"context"
	"errors"
	"fmt"
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

// addExtraISOs makes the discs that have several variants (Pungi's extra_isos).
// A disc of sources is made too, whatever architectures are named.
func (p *plan) addExtraISOs(cfg *config.Config, in isoInput, files extraInput) {
	for i, x := range cfg.ExtraISOs {
		for _, v := range p.variants {
			if v.UID() != x.Variant {
				continue
			}
			arches := slices.Clone(v.Arches)
			if len(x.Arches) > 0 {
				arches = slices.DeleteFunc(arches, func(a string) bool { return !slices.Contains(x.Arches, a) })
			}
			if !x.SkipSource {
				arches = append(arches, "src")
			}
			for _, arch := range arches {
				p.addExtraISO(extraBlock{cfg, i, x, v}, treeOf(v, arch), in, files)
			}
		}
	}
}

// extraBlock is a block of extra_iso with its variant.
type extraBlock struct {
	cfg     *config.Config
	number  int
	iso     config.ExtraISO
	variant config.Variant
}

func (p *plan) addExtraISO(b extraBlock, t Tree, in isoInput, files extraInput) {
	s := p.Add(fmt.Sprintf("extraiso/%s-%d", t, b.number+1), "disk")
	p.mayFail(s, deliverable{Tree: t, Kind: "extra_iso", Subject: t.Variant, Failable: b.iso.FailableArches})
	rules := config.DiscRules{Level: b.cfg.CreateisoFor(t.Variant, t.Arch).Level, Strict: b.iso.Strict}
	rules.MaxSize, _ = config.ParseSize(b.iso.MaxSize)
	d := &discMaker{
		plan: p, cfg: b.cfg, rules: rules, variant: b.variant, tree: t, supported: in.id.Final,
		links: dag.Need(s, in.links[t]), repo: dag.Need(s, in.repos[t]), extra: dag.Want(s, in.extra[t]), boot: dag.Want(s, in.boots[t]),
	}
	d.release, d.volumes = p.discRelease(b.cfg, b.variant, in.id)
	dag.Need(s, in.treeinfo[t])
	x := &extraISO{discMaker: d, block: b.iso}
	for _, v := range p.variants {
		if other := treeOf(v, t.Arch); v.UID() == t.Variant || slices.Contains(b.iso.Include, v.UID()) && (t.Arch == "src" || slices.Contains(v.Arches, t.Arch)) {
			x.parts = append(x.parts, discPart{
				tree: other, variant: v, links: dag.Need(s, in.links[other]), repo: dag.Need(s, in.repos[other]), extra: dag.Want(s, in.extra[other]),
			})
		}
	}
	cached, sets := dag.Need(s, files.cached), needAll(s, files.sets)
	x.extraMaker = func(ev *event.Scope) *extraMaker {
		return &extraMaker{plan: p, variant: b.variant, tree: t, env: cached().env(p.jobs, ev), sets: sets()}
	}
	for _, f := range b.iso.ExtraFiles {
		p.usesOrigin(s, f.Origin)
	}
	made := doKept(p, s, kept[[]madeImage]{code: 1, key: x.key, files: d.files, adapt: x.adapt}, x.make)
	p.addImages(t, made, productmd.Image{
		Subvariant: t.Variant, Type: "dvd", Format: "iso", Arch: t.Arch, Disc: 1, Unified: len(b.iso.Include) > 0, AdditionalVariants: b.iso.Include,
	})
}

// extraISO makes one such disc.
type extraISO struct {
	*discMaker
	block      config.ExtraISO
	parts      []discPart // the disc's own variant among them, in the order of the configuration
	extraMaker func(ev *event.Scope) *extraMaker
	staged     string // folder of the disc's own files
}

// discPart is a variant on a disc.
type discPart struct {
	tree    Tree
	variant config.Variant
	links   func() linked
	repo    func() repo.Index
	extra   func() (extraFiles, bool)
}

// extraKey is what such a disc depends on beside its discKey.
type extraKey struct {
	Disc     discKey
	Filename string
	Parts    []discPartKey
	Files    []string // of folders and repositories: what they have now
}

// discPartKey is what a variant on a disc depends on.
type discPartKey struct{ Variant, Packages, Repodata, Extra []string }

func (x *extraISO) key() any {
	disc := x.discMaker.key().(discKey)
	disc.VolumeID, _ = x.volumeID()
	k := extraKey{Disc: disc, Filename: x.block.Filename}
	for _, part := range x.parts {
		pk := discPartKey{Variant: []string{part.tree.String(), part.variant.Name, part.variant.Type}, Repodata: repodataKeys(part.repo())}
		for _, pl := range part.links().os {
			pk.Packages = append(pk.Packages, pl.Rec.Pkg.Sum.Hex)
		}
		slices.Sort(pk.Packages)
		if e, ok := part.extra(); ok && x.block.InheritExtraFiles {
			pk.Extra = e.keys()
		}
		k.Parts = append(k.Parts, pk)
	}
	k.Files = x.fileKeys()
	return k
}

// fileKeys says what the disc's own files are: they are fetched for it, into
// the folder that make takes them from.
func (x *extraISO) fileKeys() []string {
	out, err := x.stage(context.Background(), nil)
	if err != nil {
		return []string{"error", err.Error()} // make meets it again
	}
	return out
}

// volumeID is that of the block, which may be made of the common one.
func (x *extraISO) volumeID() (string, error) {
	id, err := x.discMaker.volumeID()
	if err != nil || len(x.block.VolumeIDs) == 0 {
		return id, err
	}
	rules := volumeRules(x.cfg)
	rules.Formats, rules.Layered = x.block.VolumeIDs, x.block.VolumeIDs
	return rules.VolumeID(x.volumes, x.disc(0, 0), image.Keys{"volid": id})
}

func (x *extraISO) name() (string, error) {
	name, err := x.discMaker.name(1, 1)
	if err != nil || x.block.Filename == "" {
		return name, err
	}
	return image.ImageNameWith(x.block.Filename, x.release, x.disc(1, 1), image.Keys{"filename": name})
}

func (x *extraISO) adapt(made []madeImage) ([]madeImage, error) {
	out := slices.Clone(made)
	name, err := x.name()
	for i := range out {
		out[i].Image.Path = x.plan.dirs.Rel(filepath.Join(x.plan.dirs.ISODir(x.tree), name))
	}
	return out, err
}

func (x *extraISO) make(ctx context.Context, ev *event.Scope) ([]madeImage, error) {
	name, err := x.name()
	if err != nil {
		return nil, err
	}
	spec := image.ISOSpec{
		Path: filepath.Join(x.plan.dirs.ISODir(x.tree), name), Time: x.plan.time, Level: iso.Level(x.rules.Level),
		Supported: x.supported, Sums: x.cfg.Media.Checksums,
		Progress: func(done, total int64) { ev.Progress(done, total, "bytes") },
	}
	if spec.VolumeID, err = x.volumeID(); err != nil {
		return nil, err
	}
	if spec.Files, err = x.content(ctx, ev); err != nil {
		return nil, err
	}
	boot, bootable := x.boot()
	if bootable {
		layout, err := image.LayoutBoot(x.tree.Arch, spec.Files, boot.Code)
		if err != nil {
			return nil, err
		}
		spec.Boot = &layout
	}
	if err := os.MkdirAll(filepath.Dir(spec.Path), 0o755); err != nil {
		return nil, err
	}
	made, err := x.write(ctx, ev, spec)
	if err != nil {
		return nil, err
	}
	m := x.describe(made, discJob{number: 1, count: 1})
	m.Image.Unified, m.Image.AdditionalVariants = len(x.block.Include) > 0, x.block.Include
	m.Packages = nil
	for _, part := range x.parts {
		m.Packages = append(m.Packages, packagesOn(part.links(), func(string) bool { return true })...)
	}
	if err := x.finish(ctx, ev, made); err != nil {
		return nil, errors.Join(err, x.remove([]madeImage{m}))
	}
	return []madeImage{m}, nil
}
