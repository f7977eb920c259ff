package config

// Failable lets deliverables fail without failing the compose, which then ends
// as FINISHED_INCOMPLETE.
type Failable struct {
	Selector
	// Deliverables are the kinds of deliverables that may fail in the selected
	// trees, in Pungi's words: buildinstall is what makes a tree bootable, iso
	// the discs with a tree's packages, extra_iso discs of one's own; image
	// stands for images that are made of an installed system and have no word
	// of their own.
	Deliverables []string `toml:"deliverables" rule:"required" enum:"*,buildinstall,iso,extra_iso,image,live,live-media,image-build,kiwibuild,osbuild,imageBuilderBuild,osbs,ostree,ostree-installer,ostree-container" pungi:"failable_deliverables; failable and failable_arches of other phases"`
	// Names are shell globs for the names of images, of which a tree may have
	// several of one kind; without the key all may fail.
	Names []string `toml:"names,omitempty" rule:"glob"`
}
