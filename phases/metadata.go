package phases

import (
	"cmp"
	"context"
	"path/filepath"
	"strings"

	"compose/config"
	"compose/gather"
	"compose/internal/productmd"
	"compose/internal/rpm"
	"compose/phases/dag"
	"compose/phases/event"
	"compose/phases/report"
	"compose/pkgset"
)

// addMetadata writes composeinfo.json and rpms.json.
func (p *plan) addMetadata(cfg *config.Config, id Identity, picks perTree[*gather.Result], links perTree[linked]) {
	p.addRPMs(id, picks, links)
	s := p.Add("metadata/composeinfo", "disk")
	dag.Do(s, func(ctx context.Context, ev *event.Scope) (passed, error) {
		info := productmd.ComposeInfo{Compose: id, Release: release(cfg), Base: baseProduct(cfg)}
		for _, v := range cfg.ActiveVariants() {
			info.Variants = append(info.Variants, p.variantInfo(v))
		}
		data, err := info.JSON()
		if err != nil {
			return passed{}, err
		}
		return passed{}, writeFile(p.dirs.Metadata("composeinfo.json"), data)
	})
}

// variantInfo says where a variant has what. An empty variant has nothing.
func (p *plan) variantInfo(v config.Variant) productmd.Variant {
	info := productmd.Variant{ID: v.ID, UID: v.ID, Name: cmp.Or(v.Name, v.ID), Type: v.Type, Arches: v.Arches, Paths: productmd.Paths{}}
	if v.IsEmpty {
		return info
	}
	for _, arch := range v.Arches {
		t := Tree{v.ID, arch}
		for _, place := range []struct{ tree, prefix, root string }{
			{"os_tree", "", p.dirs.OSTree(t)},
			{"debug_tree", "debug_", p.dirs.DebugTree(t)},
			{"source_tree", "source_", p.dirs.OSTree(Tree{v.ID, "src"})},
		} {
			info.Paths.Set(place.tree, arch, p.dirs.Rel(place.root))
			info.Paths.Set(place.prefix+"packages", arch, p.dirs.Rel(filepath.Join(place.root, PackagesDir)))
			info.Paths.Set(place.prefix+"repository", arch, p.dirs.Rel(place.root))
		}
	}
	return info
}

// addRPMs writes rpms.json, and counts the packages for the report.
func (p *plan) addRPMs(id Identity, picks perTree[*gather.Result], links perTree[linked]) {
	s := p.Add("metadata/rpms", "disk")
	var trees []rpmsTree
	for _, t := range p.trees {
		trees = append(trees, rpmsTree{t, dag.Want(s, picks[t]), dag.Want(s, links[t]), dag.Want(s, links[Tree{t.Variant, "src"}])})
	}
	dag.Do(s, func(ctx context.Context, ev *event.Scope) (passed, error) {
		m := &manifest{rpms: productmd.RPMs{Compose: id}, dirs: p.dirs, ev: ev}
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

type rpmsTree struct {
	tree    Tree
	picks   func() (*gather.Result, bool)
	links   func() (linked, bool)
	sources func() (linked, bool)
}

// manifest is rpms.json in the making.
type manifest struct {
	rpms   productmd.RPMs
	counts []report.TreeCount
	dirs   Layout
	ev     *event.Scope
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
	bySource := map[string]string{}
	wanted := map[string]bool{}
	for _, pk := range picks.Packages {
		if pk.Kind == gather.Source {
			wanted[pk.Pkg.NEVRA()] = true
		}
	}
	for _, pl := range sources.os {
		if nevra := pl.Rec.Pkg.NEVRA(); wanted[nevra] {
			bySource[pl.Rec.Pkg.FileName()] = nevra
			count.Source++
			count.Bytes += pl.Rec.Pkg.Size
			if err := m.add(t.tree, pl, "source", ""); err != nil {
				return err
			}
		}
	}
	count.Binary, count.Debug = len(files.os), len(files.debug)
	for _, part := range []struct {
		category string
		placed   []pkgset.Placed
	}{{"binary", files.os}, {"debug", files.debug}} {
		for _, pl := range part.placed {
			count.Bytes += pl.Rec.Pkg.Size
			if err := m.add(t.tree, pl, part.category, m.sourceOf(t.tree, pl.Rec.Pkg, bySource)); err != nil {
				return err
			}
		}
	}
	m.counts = append(m.counts, count)
	return nil
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
// in the tree the epoch is guessed, as Pungi does.
func (m *manifest) sourceOf(t Tree, p *rpm.Package, bySource map[string]string) string {
	if nevra := bySource[p.SourceRPM]; nevra != "" {
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
	m.ev.Warn("%s: %s has no source package in the tree, guessing its epoch: %s", t, p.NEVRA(), src.NEVRA())
	return src.NEVRA()
}
