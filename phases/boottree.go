package phases

import (
	"compose/image"
)

// bootTree is what a tree boots with: its boot files are in the tree. It is
// plain data, which later composes can take over.
type bootTree struct {
	// Fingerprint stands for everything that is in the boot files.
	Fingerprint string
	// Code starts a disc from a disk on a PC.
	Code image.BootCode
	// Files are the boot files, as paths below the tree, sorted.
	Files []string
	// Info is what .treeinfo tells of them.
	Info bootInfo
	// Discs is boot.iso as it is published beside the tree; none where the tree
	// has no boot.iso.
	Discs []madeImage
	// Packages are those that are known to be in the boot files.
	Packages []imagePackage
}

// bootInfo is the part of .treeinfo about boot files, as in image.Treeinfo.
type bootInfo struct {
	Platforms            []string
	Images               map[string]map[string]string
	MainImage, InstImage string
	Checksums            map[string]string
}

// into adds what is known of the boot files of a tree to its .treeinfo.
func (b bootInfo) into(info *image.Treeinfo) {
	info.Platforms, info.Images, info.Checksums = b.Platforms, b.Images, b.Checksums
	info.MainImage, info.InstImage = b.MainImage, b.InstImage
}

// paths are the files that .treeinfo tells of.
func (b bootInfo) paths() []string {
	var out []string
	for _, images := range b.Images {
		for _, path := range images {
			out = append(out, path)
		}
	}
	for _, path := range []string{b.MainImage, b.InstImage} {
		if path != "" {
			out = append(out, path)
		}
	}
	return out
}
