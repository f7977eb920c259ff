package config

// ExtraFiles are files that are put into trees beside their packages.
type ExtraFiles struct {
	Selector
	Origin
	// Target is the folder in the tree that they get into; without it the tree
	// itself.
	Target string `toml:"target,omitempty" rule:"below" pungi:"target in extra_files"`
}

// Origin says where files are taken from: a folder, a git repository or
// packages. It has one of folder, git and rpm, and names are relative to that.
type Origin struct {
	// Folder is a folder of this machine.
	Folder Path `toml:"folder,omitempty" pungi:"scm file"`
	// Git is the address of a git repository.
	Git string `toml:"git,omitempty" pungi:"scm git"`
	// Branch is its branch or tag, or a commit; without the key the default
	// branch. All that a compose takes from a branch is of one commit.
	Branch string `toml:"branch,omitempty" pungi:"branch in an SCM dictionary"`
	// RPM names packages of the package sets, NAME or NAME.ARCH with shell
	// globs, whose files are taken; {arch}, {variant_id} and {variant_uid}, and
	// {variant_id_lower} and {variant_uid_lower}, stand for those of the tree.
	RPM string `toml:"rpm,omitempty" pungi:"scm rpm"`
	// Files are shell globs; each file gets in under its last name.
	Files []string `toml:"files,omitempty" rule:"below" pungi:"file in an SCM dictionary"`
	// Dir is a folder; what is in it gets in.
	Dir string `toml:"dir,omitempty" rule:"below" pungi:"dir in an SCM dictionary"`
}

// ProductIDs are the product certificates that go into repositories.
type ProductIDs struct {
	Origin
	// AllowMissing makes a tree without a certificate a warning.
	AllowMissing bool `toml:"allow_missing" default:"false" pungi:"product_id_allow_missing"`
	// AllowPrefix lets other text stand before the variant in the name of a
	// certificate, VARIANT-ARCH-*.pem.
	AllowPrefix bool `toml:"allow_prefix" default:"true" pungi:"product_id_allow_name_prefix"`
}
