package phases

import "path/filepath"

// ISODir is the folder of a tree's disc images: UID/ARCH/iso, for sources
// UID/source/iso.
func (l Layout) ISODir(t Tree) string { return filepath.Join(l.beside(t), "iso") }

// ImageDir is the folder of a tree's other images.
func (l Layout) ImageDir(t Tree) string { return filepath.Join(l.beside(t), "images") }

// JigdoDir is the folder of the jigdo templates of a tree's disc images.
func (l Layout) JigdoDir(t Tree) string { return filepath.Join(l.beside(t), "jigdo") }

// beside is the folder that a tree and its images lie in.
func (l Layout) beside(t Tree) string {
	arch := t.Arch
	if arch == "src" {
		arch = "source"
	}
	return filepath.Join(l.Compose(), t.Variant, arch)
}

// DiscWork is a folder for what one disc of a tree has of its own.
func (l Layout) DiscWork(t Tree, disc string) string { return l.Work(t.Arch, "iso", disc) }

// ImagePackages is the record of the packages that are in an image: work/ARCH/
// image_packages/PATH.json, PATH that of the image below the compose.
func (l Layout) ImagePackages(arch, path string) string {
	return l.Work(arch, "image_packages", filepath.FromSlash(path)+".json")
}
