package config

// Media says how images are named and which checksum files they have.
type Media struct {
	// Checksums are the algorithms of the checksums of images, in images.json
	// and in checksum files.
	Checksums []string `toml:"checksums" default:"[\"sha256\"]" enum:"md5,sha1,sha224,sha256,sha384,sha512" pungi:"media_checksums"`
	// OneChecksumFile has one file CHECKSUM per folder, and none for each
	// image; exactly one algorithm goes with it.
	OneChecksumFile bool `toml:"one_checksum_file" default:"false" pungi:"media_checksum_one_file"`
	// ChecksumBase is what stands before the name of a folder's checksum file,
	// with a dash between: a format like name_format, which may have {dirname}.
	ChecksumBase string `toml:"checksum_base,omitempty" pungi:"media_checksum_base_filename"`
	// NameFormat is how image files are named. It may have {compose_id},
	// {release_short}, {version}, {date}, {respin}, {type}, {type_suffix},
	// {label}, {label_major_version}, {variant}, {arch}, {disc_type}, {disc_num},
	// {disc_count}, {suffix} and {base_product_*}, also as %(key)s.
	NameFormat string `toml:"name_format" default:"{compose_id}-{variant}-{arch}-{disc_type}{disc_num}{suffix}" pungi:"image_name_format"`
	// Names are name formats of variants: the last table that selects a variant
	// counts.
	Names []VariantNames `toml:"variant,omitempty"`
	// VolumeIDs are formats of volume ids; the first that gives at most 32
	// characters is taken. Without the key they are
	// "{release_short}-{version} {variant}.{arch}" and
	// "{release_short}-{version} {arch}".
	VolumeIDs []string `toml:"volume_ids,omitempty" pungi:"image_volid_formats"`
	// LayeredVolumeIDs are tried before them for a layered release.
	LayeredVolumeIDs []string `toml:"layered_volume_ids,omitempty" pungi:"image_volid_layered_product_formats"`
	// VolumeIDSubstitutions are texts that are replaced in volume ids, the
	// longest first.
	VolumeIDSubstitutions []Substitution `toml:"volume_id_substitution,omitempty" pungi:"volume_id_substitutions"`
	// RestrictedVolumeIDs have a dash for all but letters, digits and "_".
	RestrictedVolumeIDs bool `toml:"restricted_volume_ids" default:"false" pungi:"restricted_volid"`
	// DiscTypes are other words for types of discs in names.
	DiscTypes []DiscType `toml:"disc_type,omitempty" pungi:"disc_types"`
}

// VariantNames says how the images of some variants are named.
type VariantNames struct {
	// Variant selects variants by uid, as a glob.
	Variant string `toml:"variant" rule:"required,glob"`
	// NameFormat is media.name_format for them.
	NameFormat string `toml:"name_format" rule:"required" pungi:"image_name_format"`
}

// Substitution is a text and what stands for it.
type Substitution struct {
	// From is what is replaced.
	From string `toml:"from"`
	// To is what it is replaced by.
	To string `toml:"to"`
}

// DiscType is another word for a type of discs.
type DiscType struct {
	// Type is dvd for the discs of trees, boot for those of boot trees.
	Type string `toml:"type" rule:"required" enum:"dvd,boot"`
	// Word is what stands in names.
	Word string `toml:"word" rule:"required,id"`
}

// Createiso says which trees are put on disc images, and how.
type Createiso struct {
	// Skip makes no discs; a block of createiso.tree may make some after all.
	Skip bool `toml:"skip" default:"true"`
	// Tool makes the images: native does it in one pass; xorriso and
	// genisoimage are programs, for boot layouts that native does not have.
	Tool string `toml:"tool" default:"native" enum:"native,xorriso,genisoimage" pungi:"createiso_use_xorrisofs"`
	// Size is the size of a disc. Trees that do not boot are spread over as
	// many as are needed.
	Size string `toml:"size" default:"4700000000" rule:"size" pungi:"iso_size"`
	// Reserve is what of that is kept free.
	Reserve string `toml:"reserve" default:"10MiB" rule:"size" pungi:"split_iso_reserve"`
	// Level is the level of ISO 9660 (-iso-level of mkisofs); 0 takes any name
	// and size.
	Level int `toml:"level" default:"0" pungi:"iso_level"`
	// Optional makes discs of optional variants too.
	Optional bool `toml:"optional" default:"false" pungi:"create_optional_isos"`
	// Jigdo makes a jigdo template of each disc, with the program jigdo-file.
	Jigdo bool `toml:"jigdo" default:"false" pungi:"create_jigdo"`
	// Trees has what differs per tree: of each key the last block that selects
	// a tree counts. Source discs are selected by arch = "src" only.
	Trees []CreateisoTree `toml:"tree,omitempty"`
}

// CreateisoTree changes the discs of the trees it selects.
type CreateisoTree struct {
	Selector
	// Skip makes no discs of the tree, or makes them after all.
	Skip *bool `toml:"skip,omitempty" pungi:"createiso_skip"`
	// Level is that of createiso, for the tree.
	Level *int `toml:"level,omitempty" pungi:"iso_level"`
	// MaxSize is how large an image may be.
	MaxSize string `toml:"max_size,omitempty" rule:"size" pungi:"createiso_max_size"`
	// Strict makes an image that is larger an error; else it is a warning.
	Strict *bool `toml:"strict,omitempty" pungi:"createiso_max_size_is_strict"`
	// Boot is a text that must appear on the serial console when the image is
	// started in QEMU, from BIOS and from UEFI. Only images for x86_64 are
	// tried.
	Boot string `toml:"boot,omitempty"`
}
