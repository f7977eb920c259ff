package phases

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"

	"compose/image"
	"compose/image/iso"
	"compose/internal/rpmmd"
	"compose/phases/event"
	"compose/pkgset"
	"compose/repo"
)

// discFiles lists what is on a disc: the files of the tree, or some of them,
// with a .treeinfo and a .discinfo of its own, and, in a set, with repodata of
// the packages that are on it.
func (d *discMaker) discFiles(ctx context.Context, ev *event.Scope, name string, j discJob) ([]iso.File, error) {
	tree, work := d.plan.dirs.OSTree(d.tree), d.plan.dirs.DiscWork(d.tree, name)
	if err := os.RemoveAll(work); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(tree, ".treeinfo"))
	if err != nil {
		return nil, err
	}
	base, err := image.ReadTreeinfo(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	if err := base.Verify(tree); err != nil {
		return nil, err
	}
	info := image.MediaTreeinfo(*base, j.number, j.count)
	if j.count > 1 {
		index, err := d.discRepo(ctx, ev, work, j)
		if err != nil {
			return nil, err
		}
		if info.Checksums == nil {
			info.Checksums = map[string]string{}
		}
		info.Checksums["repodata/repomd.xml"] = "sha256:" + index.Repomd.Hex
	}
	treeinfo, err := info.Bytes()
	if err != nil {
		return nil, err
	}
	discinfo, err := d.discinfo(j)
	if err != nil {
		return nil, err
	}
	others := []iso.File{d.text(".treeinfo", treeinfo), d.text(".discinfo", discinfo)}
	if j.count > 1 {
		own, err := iso.Walk(work)
		if err != nil {
			return nil, err
		}
		others = append(others, own...)
	}
	return image.DiscFiles(tree, j.content, others)
}

// text is a small file of a disc.
func (d *discMaker) text(path string, data []byte) iso.File {
	return iso.File{Path: path, ModTime: d.plan.time.Unix(), Data: data, Size: int64(len(data))}
}

// discinfo is the .discinfo of a disc: that of the tree with the number of the
// disc in place of ALL, where it does not boot.
func (d *discMaker) discinfo(j discJob) ([]byte, error) {
	info := image.Discinfo{Timestamp: d.plan.stamp, Description: d.cfg.Description(d.variant, d.tree.Arch), Arch: d.tree.Arch}
	if !j.bootable {
		info.Discs = []int{j.number}
	}
	return info.Bytes()
}

// discRepo writes the repodata of the packages on one disc of a set. They are
// known: none is opened.
func (d *discMaker) discRepo(ctx context.Context, ev *event.Scope, work string, j discJob) (repo.Index, error) {
	on := map[string]bool{}
	for _, path := range j.content {
		on[path] = true
	}
	var placed []pkgset.Placed
	for _, pl := range d.links().os {
		if on[d.plan.below(d.tree, pl.Path)] {
			placed = append(placed, pl)
		}
	}
	if err := os.MkdirAll(work, 0o755); err != nil {
		return repo.Index{}, err
	}
	opt := d.plan.repoOptions(d.cfg.Createrepo, ev)
	opt.Cache, opt.Progress = d.links().parts, nil
	opt.Databases = true // as Pungi, which gives createrepo_c --database here
	return repo.Write(ctx, work, items(d.plan.dirs.OSTree(d.tree), placed), opt)
}

// repodataKeys are the types and checksums of what a repository's repomd.xml
// lists: they say what it is, whenever it was written.
func repodataKeys(index repo.Index) []string {
	f, err := os.Open(filepath.Join(index.Dir, "repodata", "repomd.xml"))
	if err != nil {
		return []string{err.Error()}
	}
	defer f.Close()
	md, err := rpmmd.ReadRepomd(f)
	if err != nil {
		return []string{err.Error()}
	}
	var out []string
	for _, x := range md.Data {
		out = append(out, x.Type+" "+x.Sum.Hex)
	}
	slices.Sort(out)
	return out
}
