package image

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"compose/image/iso"
)

// MediaRules say how the files of a tree are spread over discs.
type MediaRules struct {
	Packages string // folder of the packages, below the tree
	Repodata string // folder of the tree's metadata, which every disc has anew
	// Sticky are the files that every disc has: those of the phase
	// extra_files. media.repo is one without being named.
	Sticky map[string]bool
	Skip   []string // files that no disc has, boot.iso
}

// MediaFiles lists the files of a tree in the order in which SplitMedia is to
// have them: packages last, and in each folder files before folders, by name.
func MediaFiles(tree string, r MediaRules) ([]MediaFile, error) {
	var others, packages []MediaFile
	err := walkFiles(tree, "", func(p string, size int64) {
		if r.Repodata != "" && isBelow(p, path.Join(r.Repodata, "repodata")) || slices.Contains(r.Skip, p) || excluded(p) {
			return
		}
		f := MediaFile{Path: p, Size: size, Sticky: r.Sticky[p] || p == "media.repo"}
		if r.Packages != "" && isBelow(p, r.Packages) {
			packages = append(packages, f)
		} else {
			others = append(others, f)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("listing the files of %s: %w", tree, err)
	}
	return append(others, packages...), nil
}

func isBelow(p, dir string) bool { return dir == "." || strings.HasPrefix(p, dir+"/") }

// walkFiles calls fn for every file below a folder, files of a folder before
// what is in its folders.
func walkFiles(root, dir string, fn func(p string, size int64)) error {
	all, err := os.ReadDir(filepath.Join(root, filepath.FromSlash(dir)))
	if err != nil {
		return err
	}
	var dirs []string
	for _, d := range all {
		p := path.Join(dir, d.Name())
		if d.IsDir() {
			dirs = append(dirs, p)
			continue
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		fn(p, info.Size())
	}
	for _, d := range dirs {
		if err := walkFiles(root, d, fn); err != nil {
			return err
		}
	}
	return nil
}

// excluded says whether a file is never put onto a disc.
func excluded(p string) bool {
	return strings.HasSuffix(p, "/lost+found") || strings.HasSuffix(p, "/boot.iso")
}

// DiscFiles lists what a disc of a tree holds: the files of the tree, those of
// only where that is not nil, and on top of them others, which replace those
// of the same name. They are in the order in which they lie on the disc: what
// is needed for booting first, packages last.
func DiscFiles(tree string, only []string, others []iso.File) ([]iso.File, error) {
	all, err := iso.Walk(tree)
	if err != nil {
		return nil, err
	}
	chosen := map[string]bool{}
	for _, p := range only {
		for ; p != "." && !chosen[p]; p = path.Dir(p) {
			chosen[p] = true
		}
	}
	replaced := map[string]bool{}
	for _, f := range others {
		replaced[f.Path] = true
	}
	var out []iso.File
	for _, f := range all {
		if !replaced[f.Path] && (only == nil || chosen[f.Path]) && !excluded(f.Path) {
			out = append(out, f)
		}
	}
	out = append(out, others...)
	SortDisc(out)
	return out, nil
}

// SortDisc puts the files of a disc into the order of Pungi's graft points:
// boot images, other files, packages, each by name. Boot images come first
// because firmware may not reach far into a disc.
func SortDisc(files []iso.File) {
	slices.SortStableFunc(files, func(a, b iso.File) int {
		return cmp.Or(discGroup(a.Path)-discGroup(b.Path), cmp.Compare(a.Path, b.Path))
	})
}

func discGroup(p string) int {
	for _, dir := range []string{"images/", "isolinux/", "EFI/", "etc/", "ppc/"} {
		if strings.HasPrefix(p, dir) {
			return 0
		}
	}
	switch path.Ext(p) {
	case ".img", ".ins":
		return 0
	case ".rpm":
		return 2
	}
	return 1
}

// MediaTreeinfo gives the .treeinfo of a disc: that of the tree with the
// number of the disc and without boot.iso, which no disc has. Where a set has
// several discs, each has its own metadata, and the sum of the tree's is left
// out.
func MediaTreeinfo(t Treeinfo, disc, discs int) Treeinfo {
	t.Disc, t.Discs = disc, discs
	dropped := map[string]bool{}
	images := map[string]map[string]string{}
	for platform, list := range t.Images {
		images[platform] = map[string]string{}
		for name, p := range list {
			if name == "boot.iso" {
				dropped[p] = true
				continue
			}
			images[platform][name] = p
		}
	}
	sums := map[string]string{}
	for p, sum := range t.Checksums {
		if !dropped[p] && (discs < 2 || p != "repodata/repomd.xml") {
			sums[p] = sum
		}
	}
	t.Images, t.Checksums = images, sums
	return t
}

// fileOnDisc finds a file among those of a disc.
func fileOnDisc(files []iso.File, name string) bool {
	return slices.ContainsFunc(files, func(f iso.File) bool { return f.Path == name && f.Mode.Type() != fs.ModeDir })
}
