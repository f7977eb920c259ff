package phases

import (
	"path/filepath"
	"slices"

	"compose/phases/dag"
)

// needAddons has the discs of a tree wait for the addons in it.
func (d *discMaker) needAddons(s *dag.Step, in isoInput) {
	for _, v := range d.plan.variants {
		if v.Type != "addon" || v.Parent != d.variant.UID() || d.tree.Arch != "src" && !slices.Contains(v.Arches, d.tree.Arch) {
			continue
		}
		t := treeOf(v, d.tree.Arch)
		d.addons = append(d.addons, discPart{tree: t, variant: v, links: dag.Need(s, in.links[t]), repo: dag.Need(s, in.repos[t])})
	}
}

// allLinks are the packages of the tree and of its addons.
func (d *discMaker) allLinks() []linked {
	out := []linked{d.links()}
	for _, a := range d.addons {
		out = append(out, a.links())
	}
	return out
}

// discKey is what discs depend on. The times in .treeinfo, .discinfo and
// media.repo, and that of the repodata, are not in it: a disc that is the same
// but for them is not made again (Pungi's rule too).
type discKey struct {
	Tool, VolumeID       string
	Level                int
	Size, Reserve        string
	Sums                 []string
	Supported, Jigdo     bool
	Release, Description string
	Packages             []string // path and checksum
	Repodata             []string // type and checksum
	Extra                []string // path and checksum
	Boot                 string   // the boot tree's fingerprint
	BootTest             string
}

func (d *discMaker) key() any {
	k := discKey{
		Tool: d.cfg.Createiso.Tool, Level: d.rules.Level, Size: d.cfg.Createiso.Size, Reserve: d.cfg.Createiso.Reserve,
		Sums: d.cfg.Media.Checksums, Supported: d.supported, Jigdo: d.cfg.Createiso.Jigdo,
		Release: d.cfg.Release.Name + " " + d.cfg.Release.Version, Description: d.cfg.Description(d.variant, d.tree.Arch),
		BootTest: d.rules.Boot, Repodata: repodataKeys(d.repo()),
	}
	k.VolumeID, _ = d.volumeID() // an error comes up in make
	for _, pl := range d.links().os {
		k.Packages = append(k.Packages, d.plan.below(d.tree, pl.Path)+" "+pl.Rec.Pkg.Sum.Hex)
	}
	for _, a := range d.addons {
		for _, pl := range a.links().os {
			k.Packages = append(k.Packages, d.plan.below(d.tree, pl.Path)+" "+pl.Rec.Pkg.Sum.Hex)
		}
		k.Repodata = append(k.Repodata, repodataKeys(a.repo())...)
	}
	slices.Sort(k.Packages)
	if x, ok := d.extra(); ok {
		k.Extra = x.keys()
	}
	if b, ok := d.boot(); ok {
		k.Boot = b.Fingerprint
	}
	return k
}

// files are the files that the discs stand for.
func (d *discMaker) files(made []madeImage) []string {
	var out []string
	for _, m := range made {
		name := d.plan.dirs.Published(m.Image.Path)
		out = append(out, name, name+".manifest")
		if d.cfg.Createiso.Jigdo {
			base := filepath.Join(d.plan.dirs.JigdoDir(d.tree), filepath.Base(name))
			out = append(out, base+".jigdo", base+".template")
		}
	}
	return out
}

// adapt gives discs of another compose their names in this one.
func (d *discMaker) adapt(made []madeImage) ([]madeImage, error) {
	out := slices.Clone(made)
	for i, m := range out {
		name, err := d.name(m.Image.Disc, m.Image.Discs)
		if err != nil {
			return nil, err
		}
		out[i].Image.Path = d.plan.dirs.Rel(filepath.Join(d.plan.dirs.ISODir(d.tree), name))
	}
	return out, nil
}
