package phases

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"

	"compose/config"
	"compose/image"
	"compose/phases/dag"
	"compose/phases/event"
)

// addTreeinfo writes what identifies each tree: .treeinfo, .discinfo and
// media.repo, for binary and source trees. stamp is the time of the compose
// as .discinfo spells it.
func (p *plan) addTreeinfo(cfg *config.Config, stamp string) {
	for _, v := range cfg.ActiveVariants() {
		if v.IsEmpty {
			continue
		}
		for _, arch := range append(v.Arches, "src") {
			t := Tree{v.ID, arch}
			s := p.Add("treeinfo/"+t.String(), "disk")
			dag.Do(s, func(ctx context.Context, ev *event.Scope) (passed, error) {
				return passed{}, p.writeTreeinfo(cfg, v, t, stamp)
			})
		}
	}
}

func (p *plan) writeTreeinfo(cfg *config.Config, v config.Variant, t Tree, stamp string) error {
	name := cmp.Or(v.Name, v.ID)
	info := image.Treeinfo{
		Release:   image.Product{Name: cfg.Release.Name, Short: cfg.Release.Short, Version: cmp.Or(cfg.Compose.TreeinfoVersion, cfg.Release.Version)},
		Base:      image.Product{Name: cfg.BaseProduct.Name, Short: cfg.BaseProduct.Short, Version: cfg.BaseProduct.Version},
		Arch:      t.Arch,
		Timestamp: p.time.Unix(),
		Variants:  []image.TreeVariant{{ID: v.ID, UID: v.ID, Name: name, Type: v.Type, Packages: PackagesDir, Repository: "."}},
	}
	description := cfg.Description(name, t.Arch)
	treeinfo, err1 := info.Bytes()
	discinfo, err2 := image.Discinfo{Timestamp: stamp, Description: description, Arch: t.Arch}.Bytes()
	media, err3 := image.MediaRepo{Name: description, MediaID: stamp}.Bytes()
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
