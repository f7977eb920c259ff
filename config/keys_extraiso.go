package config

// ExtraISO is a disc with several variants.
type ExtraISO struct {
	// Variant is the uid of the variant that the disc is of: it is on the disc,
	// and what it boots with.
	Variant string `toml:"variant" rule:"required,variant" pungi:"extra_isos"`
	// Include are the uids of the other variants on the disc.
	Include []string `toml:"include,omitempty" rule:"variant" pungi:"include_variants in extra_isos"`
	// Arches are the architectures that get the disc; without the key all of
	// the variant.
	Arches []string `toml:"arches,omitempty" rule:"arch" pungi:"arches in extra_isos"`
	// FailableArches are those on which the disc may fail; "*" is all.
	FailableArches []string `toml:"failable_arches,omitempty" pungi:"failable_arches in extra_isos"`
	// SkipSource makes no disc of sources, which else is made beside the others.
	SkipSource bool `toml:"skip_source" default:"false" pungi:"skip_src in extra_isos"`
	// InheritExtraFiles puts the extra files of the variants on the disc, each
	// in the variant's folder.
	InheritExtraFiles bool `toml:"inherit_extra_files" default:"false" pungi:"inherit_extra_files in extra_isos"`
	// Filename is how the image file is named: a format like media.name_format,
	// which may also have {filename}, the name by that.
	Filename string `toml:"filename,omitempty" pungi:"filename in extra_isos"`
	// VolumeIDs are formats of volume ids, which may also have {volid}, the one
	// by media.volume_ids.
	VolumeIDs []string `toml:"volume_ids,omitempty" pungi:"volid in extra_isos"`
	// MaxSize is how large the image may be; a larger one is a warning, with
	// strict an error.
	MaxSize string `toml:"max_size,omitempty" rule:"size" pungi:"max_size in extra_isos"`
	// Strict makes an image that is larger than max_size an error.
	Strict bool `toml:"strict" default:"false"`
	// ExtraFiles are put on the disc beside the variants.
	ExtraFiles []DiscFiles `toml:"extra_files,omitempty" pungi:"extra_files in extra_isos"`
}

// DiscFiles are files that are put on a disc.
type DiscFiles struct {
	Origin
	// Target is the folder on the disc that they get into; without it the root.
	Target string `toml:"target,omitempty" rule:"below" pungi:"target in extra_files"`
}
