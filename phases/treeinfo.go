package phases

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"compose/config"
	"compose/image"
	"compose/phases/dag"
	"compose/phases/event"
)

// addTreeinfo writes what identifies each tree: .treeinfo, .discinfo and
// media.repo, for binary and source trees. Addons are told of in their
// parent's.
func (p *plan) addTreeinfo(cfg *config.Config, links perTree[linked], certs dag.Promise[certificates], boots perTree[bootTree]) perTree[passed] {
	out := perTree[passed]{}
	for _, v := range p.variants {
		if v.Type == "addon" {
			continue
		}
		for _, arch := range slices.Concat(v.Arches, []string{"src"}) {
			t := treeOf(v, arch)
			s := p.Add("treeinfo/"+t.String(), "disk")
			dag.Want(s, links[t]) // a tree that came to nothing gets none
			dag.Want(s, certs)    // and so does a compose that lacks a certificate
			boot := dag.Want(s, boots[t])
			out[t] = dag.Do(s, func(ctx context.Context, ev *event.Scope) (passed, error) {
				files, _ := boot()
				return passed{}, p.writeTreeinfo(cfg, v, t, files.Info)
			})
		}
	}
	return out
}

func (p *plan) writeTreeinfo(cfg *config.Config, v config.Variant, t Tree, boot bootInfo) error {
	info := image.Treeinfo{
		Release:   image.Product{Name: cfg.Release.Name, Short: cfg.Release.Short, Version: cmp.Or(cfg.Compose.TreeinfoVersion, cfg.Release.Version)},
		Base:      image.Product{Name: cfg.BaseProduct.Name, Short: cfg.BaseProduct.Short, Version: cfg.BaseProduct.Version},
		Arch:      t.Arch,
		Timestamp: p.time.Unix(),
		Variants:  []image.TreeVariant{p.treeVariant(v, t)},
	}
	boot.into(&info)
	if v.Type == "layered-product" {
		layer(&info, cfg, v)
	}
	description := cfg.Description(v, t.Arch)
	treeinfo, err1 := info.Bytes()
	discinfo, err2 := image.Discinfo{Timestamp: p.stamp, Description: description, Arch: t.Arch}.Bytes()
	media, err3 := image.MediaRepo{Name: description, MediaID: p.stamp}.Bytes()
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	root := p.dirs.OSTree(t)
	return errors.Join(
		writeFile(filepath.Join(root, ".treeinfo"), treeinfo),
		writeFile(filepath.Join(root, ".discinfo"), discinfo),
		writeFile(filepath.Join(root, "media.repo"), media),
	)
}

// treeVariant describes a variant with its addons.
func (p *plan) treeVariant(v config.Variant, t Tree) image.TreeVariant {
	out := image.TreeVariant{
		ID: strings.ReplaceAll(v.ID, "-", ""), UID: v.UID(), Name: cmp.Or(v.Name, v.ID), Type: v.Type,
		Packages: p.below(t, p.dirs.Packages(t)), Repository: p.below(t, p.dirs.Repository(t)),
	}
	for _, child := range p.variants {
		if child.Type == "addon" && child.Parent == v.UID() && (t.Arch == "src" || slices.Contains(child.Arches, t.Arch)) {
			out.Addons = append(out.Addons, p.treeVariant(child, treeOf(child, t.Arch)))
		}
	}
	return out
}

// below gives a path relative to the tree.
func (p *plan) below(t Tree, path string) string {
	rel, err := filepath.Rel(p.dirs.OSTree(t), path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(rel)
}

// layer makes the tree of a layered product look as if it was composed by
// itself: a release on top of this one, for its parent variant.
func layer(info *image.Treeinfo, cfg *config.Config, v config.Variant) {
	major, _, _ := strings.Cut(cfg.Release.Version, ".")
	info.Base = image.Product{Name: cfg.Release.Name, Short: cfg.Release.Short, Version: major}
	info.Release = image.Product{Name: v.Release.Name, Short: v.Release.Short, Version: v.Release.Version}
	main := &info.Variants[0]
	main.ID, main.UID, main.Name, main.Type = v.Parent, v.Parent, v.Parent, "variant"
	for _, parent := range cfg.Variants {
		if parent.UID() == v.Parent {
			main.ID, main.Name = strings.ReplaceAll(parent.ID, "-", ""), cmp.Or(parent.Name, parent.ID)
		}
	}
}
