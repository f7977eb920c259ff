package phases

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"compose/config"
	"compose/image"
	"compose/internal/productmd"
	"compose/phases/dag"
	"compose/phases/event"
)

// madeImage is an image that a step made: what images.json and the checksum
// files tell of it, and what is in it. Its checksums were computed while it
// was written; it is never read again.
type madeImage struct {
	// Tree is the one that it is an image of; a source tree for source discs.
	Tree  Tree
	Image productmd.Image // with its path below the folder "compose"
	// Packages are those that are in it, sorted.
	Packages []imagePackage
}

// imagePackage is a package in an image.
type imagePackage struct {
	NEVRA string `json:"nevra"`
	Sum   string `json:"checksum"` // type:hex
}

// imageSet is what a step will make for a tree.
type imageSet struct {
	tree  Tree
	made  dag.Promise[[]madeImage]
	plans []productmd.Image // as far as they are known
}

// addImages notes the images that a step makes for a tree: they get into
// images.json and checksum files. plans say what is known of them beforehand,
// Subvariant, Type, Format, Arch and Disc: two images of a compose must differ
// in these, which is looked at before anything is done.
func (p *plan) addImages(t Tree, made dag.Promise[[]madeImage], plans ...productmd.Image) {
	p.images = append(p.images, imageSet{t, made, plans})
}

// checkImages refuses images that consumers could not tell apart.
func (p *plan) checkImages() error {
	var all productmd.Images
	var faults []error
	for _, set := range p.images {
		for i, img := range set.plans {
			img.Path, img.Discs = fmt.Sprintf("%s/%d", set.made.Step().Name(), i+1), max(img.Disc, 1)
			img.Disc, img.Checksums = max(img.Disc, 1), map[string]string{"sha256": "-"}
			faults = append(faults, all.Add(set.tree.Variant, binaryArch(set.tree, p.trees), img))
		}
	}
	return errors.Join(faults...)
}

// binaryArch gives an architecture under which the images of a tree are
// listed: of source discs that is each of the variant.
func binaryArch(t Tree, trees []Tree) string {
	if t.Arch != "src" {
		return t.Arch
	}
	i := slices.IndexFunc(trees, func(o Tree) bool { return o.Variant == t.Variant })
	return trees[i].Arch
}

// addImageMetadata writes what tells of the images: images.json, the checksum
// files beside them, and the record of what is in each.
func (p *plan) addImageMetadata(cfg *config.Config, id Identity) {
	if len(p.images) == 0 {
		return
	}
	byTree := map[Tree][]imageSet{}
	var trees []Tree
	s := p.Add("metadata/images", "disk")
	var sets []func() ([]madeImage, bool)
	for _, set := range p.images {
		if byTree[set.tree] == nil {
			trees = append(trees, set.tree)
		}
		byTree[set.tree] = append(byTree[set.tree], set)
		sets = append(sets, dag.Want(s, set.made))
	}
	dag.Do(s, func(ctx context.Context, ev *event.Scope) (passed, error) {
		return passed{}, p.writeImages(id, allMade(sets))
	})
	for _, t := range trees {
		p.addChecksums(cfg, id, t, byTree[t])
	}
}

func allMade(sets []func() ([]madeImage, bool)) []madeImage {
	var out []madeImage
	for _, read := range sets {
		list, _ := read()
		out = append(out, list...)
	}
	return out
}

// writeImages writes images.json. A source image is listed under every
// architecture of its variant.
func (p *plan) writeImages(id Identity, made []madeImage) error {
	all := productmd.Images{Compose: id}
	for _, m := range made {
		for _, t := range p.trees {
			if t.Variant != m.Tree.Variant || m.Tree.Arch != "src" && t.Arch != m.Tree.Arch {
				continue
			}
			if err := all.Add(t.Variant, t.Arch, m.Image); err != nil {
				return err
			}
		}
		data, err := json.MarshalIndent(map[string]any{"image": m.Image.Path, "packages": m.Packages}, "", "    ")
		if err != nil {
			return err
		}
		if err := writeFile(p.dirs.ImagePackages(m.Tree.Arch, m.Image.Path), append(data, '\n')); err != nil {
			return err
		}
	}
	data, err := all.JSON()
	if err != nil {
		return err
	}
	return writeFile(p.dirs.Metadata("images.json"), data)
}

// addChecksums writes the checksum files of a tree's images, as soon as they
// are there.
func (p *plan) addChecksums(cfg *config.Config, id Identity, t Tree, sets []imageSet) {
	s := p.Add("checksum/"+t.String(), "disk")
	var made []func() ([]madeImage, bool)
	for _, set := range sets {
		made = append(made, dag.Want(s, set.made))
	}
	rules := image.ChecksumRules{Algorithms: cfg.Media.Checksums, OneFile: cfg.Media.OneChecksumFile, Base: cfg.Media.ChecksumBase}
	dag.Do(s, func(ctx context.Context, ev *event.Scope) (passed, error) {
		byDir := map[string][]image.Summed{}
		for _, m := range allMade(made) {
			dir := path.Dir(m.Image.Path)
			byDir[dir] = append(byDir[dir], image.Summed{Path: m.Image.Path, Size: m.Image.Size, Sums: m.Image.Checksums})
		}
		keys := p.imageRelease(cfg, id).Keys()
		for _, arch := range p.checksumArches(t) {
			keys["variant"], keys["arch"] = t.Variant, arch
			for dir, images := range byDir {
				if err := p.writeChecksums(rules, dir, images, keys); err != nil {
					return passed{}, err
				}
			}
		}
		return passed{}, nil
	})
}

// checksumArches are the architectures in the names of checksum files: for
// source discs all of the variant, under each of which they are listed.
func (p *plan) checksumArches(t Tree) []string {
	if t.Arch != "src" {
		return []string{t.Arch}
	}
	var out []string
	for _, o := range p.trees {
		if o.Variant == t.Variant && o.Arch != "src" {
			out = append(out, o.Arch)
		}
	}
	return out
}

func (p *plan) writeChecksums(rules image.ChecksumRules, dir string, images []image.Summed, keys image.Keys) error {
	files, err := rules.Files(dir, images, keys)
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := writeFile(filepath.Join(p.dirs.Published(dir), name), text); err != nil {
			return err
		}
	}
	return nil
}

// imageRelease has the values that names of images are made of.
func (p *plan) imageRelease(cfg *config.Config, id Identity) image.Release {
	suffix, _ := productmd.TypeSuffix(id.Type) // the configuration was checked
	r := image.Release{
		ComposeID: id.ID, Short: cfg.Release.Short, Version: cfg.Release.Version, Date: id.Date, Respin: id.Respin,
		Type: id.Type, TypeSuffix: suffix, Label: id.Label,
	}
	if cfg.IsLayered() {
		r.BaseName, r.BaseShort, r.BaseVersion = cfg.BaseProduct.Name, cfg.BaseProduct.Short, cfg.BaseProduct.Version
	}
	return r
}

// discRelease gives imageRelease for the names and for the volume ids of a
// variant's discs. A layered product is a release of its own on top of that of
// the compose; in names, as in Pungi's, only the compose id tells.
func (p *plan) discRelease(cfg *config.Config, v config.Variant, id Identity) (names, volumes image.Release) {
	names = p.imageRelease(cfg, id)
	if v.Type != "layered-product" {
		return names, names
	}
	volumes = names
	major, _, _ := strings.Cut(cfg.Release.Version, ".")
	volumes.BaseName, volumes.BaseShort, volumes.BaseVersion = cfg.Release.Name, cfg.Release.Short, major
	volumes.Short, volumes.Version = v.Release.Short, v.Release.Version
	names.ComposeID = fmt.Sprintf("%s-%s-%s-%s-%s%s.%d", volumes.Short, volumes.Version, volumes.BaseShort, major, id.Date, names.TypeSuffix, id.Respin)
	volumes.ComposeID = names.ComposeID
	return names, volumes
}

// volumeRules say how volume ids are made.
func volumeRules(cfg *config.Config) image.VolumeIDRules {
	r := image.VolumeIDRules{Formats: cfg.Media.VolumeIDs, Layered: cfg.Media.LayeredVolumeIDs, Restricted: cfg.Media.RestrictedVolumeIDs, Substitutions: map[string]string{}}
	for _, s := range cfg.Media.VolumeIDSubstitutions {
		r.Substitutions[s.From] = s.To
	}
	return r
}

// discType is the word for a type of discs in names.
func discType(cfg *config.Config, typ string) string {
	for _, d := range cfg.Media.DiscTypes {
		if d.Type == typ {
			return d.Word
		}
	}
	return typ
}

// packagesOn records the packages of a tree that are in an image.
func packagesOn(links linked, in func(path string) bool) []imagePackage {
	var out []imagePackage
	for _, pl := range links.os {
		if in(pl.Path) {
			sum := pl.Rec.Pkg.Sum
			out = append(out, imagePackage{pl.Rec.Pkg.NEVRA(), sum.Type + ":" + sum.Hex})
		}
	}
	slices.SortFunc(out, func(a, b imagePackage) int { return cmp.Compare(a.NEVRA, b.NEVRA) })
	return out
}
