package phases

import (
	"cmp"
	"context"
	"os"
	"slices"
	"strings"

	"compose/config"
	"compose/gather"
	"compose/internal/productmd"
	"compose/internal/rpm"
	"compose/phases/dag"
	"compose/phases/event"
	"compose/phases/report"
	"compose/pkgset"
	"compose/repo"
)

// metadataInput is what the metadata tell of.
type metadataInput struct {
	links   perTree[linked]
	modules modules
	repos   perTree[repo.Index]
	certs   dag.Promise[certificates] // a compose that lacks one has no metadata
}

// addMetadata writes composeinfo.json and modules.json.
func (p *plan) addMetadata(cfg *config.Config, id Identity, in metadataInput) {
	s := p.Add("metadata/composeinfo", "disk")
	p.wantLinks(s, in.links)
	dag.Want(s, in.certs)
	for _, set := range p.images {
		dag.Want(s, set.made)
	}
	dag.Do(s, func(ctx context.Context, ev *event.Scope) (passed, error) {
		info := productmd.ComposeInfo{Compose: id, Release: release(cfg), Base: baseProduct(cfg), Variants: p.variantInfos(cfg, "")}
		data, err := info.JSON()
		if err != nil {
			return passed{}, err
		}
		return passed{}, writeFile(p.dirs.Metadata("composeinfo.json"), data)
	})
	p.addModuleList(id, in)
}

// wantLinks makes a step wait for all trees: a compose that came to nothing
// has no metadata.
func (p *plan) wantLinks(s *dag.Step, links perTree[linked]) {
	for _, v := range p.variants {
		for _, arch := range slices.Concat(v.Arches, []string{"src"}) {
			dag.Want(s, links[treeOf(v, arch)])
		}
	}
}

// variantInfos describes the variants that belong to one, or the top ones.
func (p *plan) variantInfos(cfg *config.Config, parent string) []productmd.Variant {
	var out []productmd.Variant
	for _, v := range cfg.ActiveVariants() {
		if v.Parent == parent {
			info := p.variantInfo(cfg, v)
			if parent == "" {
				info.Variants = p.variantInfos(cfg, v.UID())
			}
			out = append(out, info)
		}
	}
	return out
}

// variantInfo says where a variant has what. An empty variant has nothing;
// but Pungi does not look whether folders of nested ones are there.
func (p *plan) variantInfo(cfg *config.Config, v config.Variant) productmd.Variant {
	info := productmd.Variant{
		ID: strings.ReplaceAll(v.ID, "-", ""), UID: v.UID(), Name: cmp.Or(v.Name, v.ID), Type: v.Type,
		Arches: v.Arches, Paths: productmd.Paths{},
	}
	if v.Type == "layered-product" {
		r := v.Release
		info.Release = productmd.Release{Name: r.Name, Short: r.Short, Version: r.Version, Type: cfg.Release.Type, Layered: true}
	}
	if v.IsEmpty && (v.Parent == "" || compatOf(cfg) == gather.CompatNone) {
		return info
	}
	for _, arch := range v.Arches {
		t, src := treeOf(v, arch), treeOf(v, "src")
		for field, path := range map[string]string{
			"os_tree": p.dirs.OSTree(t), "packages": p.dirs.Packages(t), "repository": p.dirs.Repository(t),
			"debug_tree": p.dirs.DebugTree(t), "debug_packages": p.dirs.DebugPackages(t), "debug_repository": p.dirs.DebugRepository(t),
			"source_tree": p.dirs.OSTree(src), "source_packages": p.dirs.Packages(src), "source_repository": p.dirs.Repository(src),
		} {
			info.Paths.Set(field, arch, p.dirs.Rel(path))
		}
		for field, path := range map[string]string{
			"isos": p.dirs.ISODir(t), "images": p.dirs.ImageDir(t), "jigdos": p.dirs.JigdoDir(t),
			"source_isos": p.dirs.ISODir(src), "source_jigdos": p.dirs.JigdoDir(src),
		} {
			if _, err := os.Stat(path); err == nil {
				info.Paths.Set(field, arch, p.dirs.Rel(path))
			}
		}
	}
	return info
}

// rpmsInput is what rpms.json tells of.
type rpmsInput struct {
	packages map[string]dag.Promise[archPackages]
	picks    picks
	links    perTree[linked]
}

// addRPMs writes rpms.json, and counts the packages for the report.
func (p *plan) addRPMs(cfg *config.Config, id Identity, in rpmsInput) dag.Promise[passed] {
	s := p.Add("metadata/rpms", "disk")
	var trees []rpmsTree
	for _, v := range linkOrder(cfg, p.variants) {
		for _, arch := range v.Arches {
			t := treeOf(v, arch)
			trees = append(trees, rpmsTree{
				tree: t, packages: dag.Want(s, in.packages[arch]), picks: in.picks.want(s, t),
				links: dag.Want(s, in.links[t]), sources: dag.Want(s, in.links[treeOf(v, "src")]),
			})
		}
	}
	words := wordingOf(cfg)
	return dag.Do(s, func(ctx context.Context, ev *event.Scope) (passed, error) {
		m := &manifest{rpms: productmd.RPMs{Compose: id}, dirs: p.dirs, ev: ev, words: words, sources: map[string]string{}}
		for _, t := range trees {
			if err := m.addTree(t); err != nil {
				return passed{}, err
			}
		}
		p.built.counts = m.counts
		data, err := m.rpms.JSON()
		if err != nil {
			return passed{}, err
		}
		return passed{}, writeFile(p.dirs.Metadata("rpms.json"), data)
	})
}

// linkOrder is the order in which Pungi links variants: by uid, those last
// that are a lookaside or have one. It shows in what is known of sources.
func linkOrder(cfg *config.Config, variants []config.Variant) []config.Variant {
	last := map[string]bool{}
	for _, v := range variants {
		for _, arch := range v.Arches {
			for _, other := range cfg.GatherFor(v.UID(), arch).LookasideVariants {
				last[v.UID()], last[other] = true, true
			}
		}
	}
	out := slices.DeleteFunc(slices.Clone(variants), func(v config.Variant) bool { return last[v.UID()] })
	slices.SortFunc(out, func(a, b config.Variant) int { return cmp.Compare(a.UID(), b.UID()) })
	for _, v := range gatherOrder(cfg, variants) {
		if last[v.UID()] {
			out = append(out, v)
		}
	}
	return out
}

type rpmsTree struct {
	tree     Tree
	packages func() (archPackages, bool)
	picks    func() (*gather.Result, bool)
	links    func() (linked, bool)
	sources  func() (linked, bool)
}

// manifest is rpms.json in the making.
type manifest struct {
	rpms    productmd.RPMs
	counts  []report.TreeCount
	dirs    Layout
	ev      *event.Scope
	words   wording
	sources map[string]string // file names of source packages, and their NEVRAs
}

// addTree notes the packages of a tree: its binary and debuginfo packages,
// each under its source package, and the source packages that belong to them.
func (m *manifest) addTree(t rpmsTree) error {
	picks, picked := t.picks()
	files, linked := t.links()
	sources, sourced := t.sources()
	if !picked || !linked || !sourced {
		return nil // skipped: there is no tree
	}
	count := report.TreeCount{Tree: t.tree.String()}
	wanted := map[string]bool{}
	for _, pk := range picks.Packages {
		if pk.Kind == gather.Source && ships(pk) {
			wanted[pk.Pkg.NEVRA()] = true
		}
	}
	m.learn(t)
	for _, pl := range sources.os {
		if nevra := pl.Rec.Pkg.NEVRA(); wanted[nevra] {
			m.learnOf(pl.Rec.Pkg)
			count.Source++
			count.Bytes += pl.Rec.Pkg.Size
			if err := m.add(t.tree, pl, "source", ""); err != nil {
				return err
			}
		}
	}
	count.Binary, count.Debug = len(files.os), len(files.debug)
	for category, list := range map[string][]pkgset.Placed{"binary": files.os, "debug": files.debug} {
		for _, pl := range list {
			count.Bytes += pl.Rec.Pkg.Size
			if err := m.add(t.tree, pl, category, m.sourceOf(t.tree, pl.Rec.Pkg)); err != nil {
				return err
			}
		}
	}
	m.counts = append(m.counts, count)
	return nil
}

// learn notes the source packages that a tree may have, shipped or not; Pungi
// knows only those that it has linked into this tree or one before.
func (m *manifest) learn(t rpmsTree) {
	pkgs, ok := t.packages()
	if !ok || m.words.pungi() {
		return
	}
	for _, p := range pkgs.subset.Packages {
		if p.IsSource() {
			m.learnOf(p)
		}
	}
}

func (m *manifest) learnOf(source *rpm.Package) {
	if name := source.FileName(); m.sources[name] == "" {
		m.sources[name] = source.NEVRA()
	}
}

func (m *manifest) add(t Tree, pl pkgset.Placed, category, source string) error {
	return m.rpms.Add(productmd.RPMEntry{
		Variant: t.Variant, Arch: t.Arch, Source: source, NEVRA: pl.Rec.Pkg.NEVRA(),
		Path: m.dirs.Rel(pl.Path), SigKey: sigKey(pl), Category: category,
	})
}

// sigKey is the key that a package is signed with, as eight digits: the one
// that was chosen by, or the first.
func sigKey(pl pkgset.Placed) string {
	key := pl.Entry.SigKey
	if key == "" && len(pl.Rec.Pkg.SigKeys) > 0 {
		key = pl.Rec.Pkg.SigKeys[0]
	}
	return key[max(0, len(key)-8):]
}

// sourceOf gives the NEVRA of a package's source package. Of one that is not
// known the epoch is guessed, as Pungi does.
func (m *manifest) sourceOf(t Tree, p *rpm.Package) string {
	if nevra := m.sources[p.SourceRPM]; nevra != "" {
		return nevra
	}
	name := strings.TrimSuffix(p.SourceRPM, ".rpm")
	nvr, arch := name, "src"
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		nvr, arch = name[:i], name[i+1:]
	}
	src := rpm.Package{Epoch: p.Epoch, Arch: arch}
	if parts := strings.Split(nvr, "-"); len(parts) > 2 {
		n := len(parts)
		src.Name, src.Version, src.Release = strings.Join(parts[:n-2], "-"), parts[n-2], parts[n-1]
	}
	m.ev.Warn("%s", m.words.noSource(t, p, &src))
	return src.NEVRA()
}
