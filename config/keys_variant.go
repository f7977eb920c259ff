package config

// Variant is one variant of the release; with each of its architectures it
// makes a tree.
type Variant struct {
	// ID names the variant in paths, metadata and selectors. It is made of
	// letters and digits, with single dashes between them in one that has no
	// parent. The uid of a nested variant is PARENT-ID, and no two variants
	// have the same.
	ID string `toml:"id" rule:"required,variant" pungi:"id in variants.xml"`
	// Parent is the id of the variant that this one belongs to. All types but
	// variant have one.
	Parent string `toml:"parent,omitempty" rule:"variant" pungi:"nesting in variants.xml"`
	// Name is the variant's name for people; without it the id.
	Name string `toml:"name" pungi:"name in variants.xml"`
	// Type is the kind of variant. A variant stands for itself. The others
	// belong to one and have what it lacks: an addon lies inside of the
	// parent's tree, a layered-product is a product of its own on top of it,
	// and optional has whatever else was built with the packages of all of
	// them.
	Type string `toml:"type" default:"variant" enum:"variant,addon,optional,layered-product" pungi:"type in variants.xml"`
	// Arches are the architectures of the variant's trees. Of a nested variant
	// those count that the parent has too.
	Arches []string `toml:"arches" rule:"required,arch" pungi:"arches in variants.xml"`
	// Groups are the comps groups of the variant, as ids or shell globs. When
	// it is empty a variant has all groups of the comps file, and a nested
	// one none of its own.
	Groups []string `toml:"groups,omitempty" rule:"glob" pungi:"groups in variants.xml"`
	// GroupRules change how groups look in the variant's comps.
	GroupRules []VariantGroup `toml:"group,omitempty"`
	// Environments are the comps environments of the variant, as ids or shell
	// globs; empty means all when groups is empty too, and else none.
	Environments []string `toml:"environments,omitempty" rule:"glob" pungi:"environments in variants.xml"`
	// EnvironmentRules change how environments look in the variant's comps.
	EnvironmentRules []VariantEnvironment `toml:"environment,omitempty"`
	// Modules are the module streams of the variant: NAME:STREAM, with shell
	// globs in each part, and :VERSION and :CONTEXT behind where one build is
	// meant instead of the latest; NAME alone is the module's default stream.
	// Their packages get in as they are, whatever else is to be had, and the
	// variant's repositories say what belongs to which stream. Names that
	// match nothing end the compose.
	Modules []string `toml:"modules,omitempty" rule:"module" pungi:"modules in variants.xml"`
	// Release is the release of a layered-product, which has name, short and
	// version; other types have none.
	Release VariantRelease `toml:"release,omitempty"`
	// HasOptional gives the variant a nested one of type optional, with the
	// id optional and the same architectures.
	HasOptional bool `toml:"has_optional" default:"false" pungi:"has_optional in variants.xml"`
	// IsEmpty marks a variant that has no packages of its own.
	IsEmpty bool `toml:"is_empty" default:"false" pungi:"is_empty in variants.xml"`
}

// VariantGroup overrules what the comps file says of the groups that one
// entry of a variant's groups stands for.
type VariantGroup struct {
	// ID is an entry of the variant's groups.
	ID string `toml:"id" rule:"required,glob"`
	// Default says whether the groups are installed unless deselected.
	Default *bool `toml:"default,omitempty" pungi:"default of a group in variants.xml"`
	// UserVisible says whether the groups are shown to the user.
	UserVisible *bool `toml:"user_visible,omitempty" pungi:"uservisible of a group in variants.xml"`
}

// VariantEnvironment overrules what the comps file says of the environments
// that one entry of a variant's environments stands for.
type VariantEnvironment struct {
	// ID is an entry of the variant's environments.
	ID string `toml:"id" rule:"required,glob"`
	// DisplayOrder is the place of the environments in menus.
	DisplayOrder *int `toml:"display_order,omitempty" pungi:"display_order of an environment in variants.xml"`
}

// VariantRelease is the product that a layered product is a release of.
type VariantRelease struct {
	// Name is the full name of the product.
	Name string `toml:"name,omitempty" pungi:"release name in variants.xml"`
	// Short is the short name of the product.
	Short string `toml:"short,omitempty" rule:"id" pungi:"release short in variants.xml"`
	// Version is the version of the product.
	Version string `toml:"version,omitempty" rule:"version" pungi:"release version in variants.xml"`
}
