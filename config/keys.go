package config

// Config is one configuration file with its defaults filled in. It is made by
// Load and not changed afterwards, so any number of goroutines may read it.
type Config struct {
	// Release says which product this is a release of.
	Release Release `toml:"release"`
	// BaseProduct is the product that a layered release sits on. The table
	// makes the release a layered one and has name, short and version then.
	BaseProduct BaseProduct `toml:"base_product,omitempty"`
	// Compose says what kind of compose this is and how it describes itself.
	Compose Compose `toml:"compose"`
	// Comps is the comps XML file with the package groups. Without it there
	// are no groups, and a variant's packages are those that gather.tree.add
	// names.
	Comps Path `toml:"comps,omitempty" pungi:"comps_file"`
	// CompsFilterEnvironments leaves in a variant's comps only the
	// environments that the variant names, where it names groups or
	// environments at all; without it all environments stay.
	CompsFilterEnvironments bool `toml:"comps_filter_environments" default:"true" pungi:"comps_filter_environments"`
	// VariantsFile is an XML file with the variants, as Pungi reads it, in
	// place of the [[variant]] tables. Groups in it are exact ids unless they
	// have glob="true".
	VariantsFile Path `toml:"variants,omitempty" pungi:"variants_file"`
	// TreeArches limits the compose to these architectures; empty means all
	// that the variants name.
	TreeArches []string `toml:"tree_arches,omitempty" pungi:"tree_arches"`
	// TreeVariants limits the compose to the variants with these uids; empty
	// means all. A nested variant stays only when its parent is named too.
	TreeVariants []string `toml:"tree_variants,omitempty" pungi:"tree_variants"`
	// Pkgsets has the package sets, one table per set.
	Pkgsets []Pkgset `toml:"pkgset"`
	// Packages has the rules that decide which packages of the sets a tree of
	// an architecture may use.
	Packages Packages `toml:"packages"`
	// Variants has the variants of the release, one table per variant, in the
	// order in which they are shown. A configuration has at least one, or
	// names a file with variants.
	Variants []Variant `toml:"variant"`
	// Modules has the defaults and obsoletes of module streams, and filters.
	Modules Modules `toml:"modules,omitempty"`
	// Gather says how the packages of a tree are chosen.
	Gather Gather `toml:"gather"`
	// Link says how packages get into the trees.
	Link Link `toml:"link"`
	// Createrepo says how repositories are written.
	Createrepo Createrepo `toml:"createrepo"`
	// Repoclosure says how strictly each tree's dependencies are checked.
	Repoclosure Repoclosure `toml:"repoclosure"`
	// NotificationScripts are programs that are told how the compose fares:
	// each is called with the name of a message, which has its fields as a JSON
	// object on standard input. It is an absolute path, or a name that is
	// looked up in PATH; those of --notification-script come first.
	NotificationScripts []string `toml:"notification_script,omitempty" rule:"program" pungi:"--notification-script"`
	// NotificationTimeout is how long a script or web service may take for one
	// message.
	NotificationTimeout string `toml:"notification_timeout" default:"1m" rule:"duration"`
	// Webhooks are web services that are told, too.
	Webhooks []Webhook `toml:"webhook,omitempty"`
	// TranslatePaths say where others find what lies here, for the location in
	// messages; the first one that fits counts.
	TranslatePaths []TranslatePath `toml:"translate_path,omitempty" pungi:"translate_paths"`
	// Media says how images are named and which checksum files they have.
	Media Media `toml:"media"`
	// ExtraFiles are files that are put into trees beside their packages.
	ExtraFiles []ExtraFiles `toml:"extra_files,omitempty" pungi:"extra_files"`
	// ProductIDs are the product certificates that go into repositories.
	ProductIDs ProductIDs `toml:"product_id,omitempty" pungi:"product_id"`
	// Buildinstall says what trees boot with.
	Buildinstall Buildinstall `toml:"buildinstall"`
	// Createiso says which trees are put on disc images, and how.
	Createiso Createiso `toml:"createiso"`
	// ExtraISOs are discs with several variants, one table per disc.
	ExtraISOs []ExtraISO `toml:"extra_iso,omitempty" pungi:"extra_isos"`
	// Gates has the policies that the packages of the compose have to keep.
	Gates []Gate `toml:"gate,omitempty"`
	// Failable lets deliverables fail without failing the compose.
	Failable []Failable `toml:"failable,omitempty" pungi:"failable_deliverables"`
	// Rootfs has the base images, one table per image.
	Rootfs []Rootfs `toml:"rootfs,omitempty" pungi:"image_build, kiwibuild and the like"`
	// ImageTasks are commands that make images, one table per command.
	ImageTasks []ImageTask `toml:"image_task,omitempty"`
	// Steps say what steps of the plan may take.
	Steps []Step `toml:"step,omitempty"`
	// Network says how patient the compose is with servers.
	Network Network `toml:"network,omitempty"`

	places map[string]position
}

// Release is the product and version that is being composed.
type Release struct {
	// Name is the full name of the product.
	Name string `toml:"name" rule:"required" pungi:"release_name"`
	// Short is the short name of the product. It begins the compose id, so it
	// is made of letters, digits and "._+-".
	Short string `toml:"short" rule:"required,id" pungi:"release_short"`
	// Version is the version of the release. When it begins with a digit, it
	// is numbers with single dots between them.
	Version string `toml:"version" rule:"required,version" pungi:"release_version"`
	// Type is the kind of release. Every type but ga becomes a part of the
	// compose id.
	Type string `toml:"type" default:"ga" enum:"fast,ga,updates,updates-testing,eus,aus,els,tus,e4s" pungi:"release_type"`
	// Internal marks a release that is not meant for the public; it is only
	// noted in composeinfo.json.
	Internal bool `toml:"internal" default:"false" pungi:"release_internal"`
}

// BaseProduct is the product that a layered product is installed on.
type BaseProduct struct {
	// Name is the full name of the base product.
	Name string `toml:"name,omitempty" pungi:"base_product_name"`
	// Short is the short name of the base product.
	Short string `toml:"short,omitempty" rule:"id" pungi:"base_product_short"`
	// Version is the version of the base product, usually the major one.
	Version string `toml:"version,omitempty" rule:"version" pungi:"base_product_version"`
	// Type is the kind of release of the base product; ga when the table is
	// given without it.
	Type string `toml:"type,omitempty" enum:"fast,ga,updates,updates-testing,eus,aus,els,tus,e4s" pungi:"base_product_type"`
}

// Compose is the kind of the compose and what it says of itself.
type Compose struct {
	// Type is the kind of compose; it gives the suffix of the date in the
	// compose id: none, .n, .t, .ci or .d. The command line can override it.
	// A compose of which nobody said the type is a test.
	Type string `toml:"type" default:"test" enum:"production,nightly,test,ci,development" pungi:"compose_type"`
	// TreeinfoVersion is the version that .treeinfo files carry; without it
	// release.version.
	TreeinfoVersion string `toml:"treeinfo_version" pungi:"treeinfo_version"`
	// DiscinfoDescription is the second line of .discinfo and the name in
	// media.repo; {variant_name} and {arch} stand for the tree's. Without it
	// the description is name and version of the release, with " for " and
	// those of the base product when there is one.
	DiscinfoDescription string `toml:"discinfo_description,omitempty" pungi:"release_discinfo_description (with %(variant_name)s and %(arch)s)"`
}

// Pkgset is one source of packages.
type Pkgset struct {
	// Tag names the set in messages, logs and the configuration. It is made
	// of letters, digits and "._-", and no two sets have the same.
	Tag string `toml:"tag" rule:"required,tag" pungi:"pkgset_koji_tag"`
	// Source says where the packages come from: dir is a folder with RPM
	// files at any depth, repo is an rpm-md repository.
	Source string `toml:"source" rule:"required" enum:"dir,repo" pungi:"pkgset_source"`
	// Path is the folder of a set with source = "dir".
	Path Path `toml:"path,omitempty"`
	// Comps is the comps file of the compose, for a configuration that names
	// it beside the packages. There is one comps file: it is named here, in
	// one set, or by the top-level key.
	Comps Path `toml:"comps,omitempty"`
	// URL is the address of a repository (http, https or file), or several
	// addresses of the same repository, tried in order. $arch and $basearch
	// stand for the architecture of the tree, $releasever for releasever. A
	// set with source = "repo" has exactly one of url, mirrorlist, metalink.
	URL Strings `toml:"url,omitempty" rule:"url" pungi:"pkgset_repos"`
	// Mirrorlist is the address of a list of addresses of the repository,
	// one a line; the same variables as in url may be used.
	Mirrorlist string `toml:"mirrorlist,omitempty" rule:"url"`
	// Metalink is the address of a metalink file of the repository; the same
	// variables as in url may be used.
	Metalink string `toml:"metalink,omitempty" rule:"url"`
	// Releasever is what $releasever stands for in a set with source =
	// "repo"; without it release.version.
	Releasever string `toml:"releasever,omitempty"`
	// SigKeys are the ids of the keys (8 or 16 hexadecimal digits) with which
	// packages may be signed, best first; "" allows an unsigned package.
	SigKeys []string `toml:"sigkeys" default:"[\"\"]" rule:"sigkey" pungi:"sigkeys"`
	// Broken says what becomes of a file that is named like a package but
	// cannot be read as one: error ends the compose, skip leaves the file out
	// and notes that.
	Broken string `toml:"broken" default:"error" enum:"error,skip"`
	// Modules is a file with the metadata of module streams (modulemd, and
	// defaults and obsoletes), or a folder of such files (*.yaml, *.yml,
	// *.txt). A repository brings its own too, which comes first. Packages that
	// a stream lists are only in trees that have the stream.
	Modules Path `toml:"modules,omitempty" pungi:"pkgset_koji_module_tag"`
	// Arches limits the set to trees of these architectures; empty means that
	// it serves all.
	Arches []string `toml:"arches,omitempty" pungi:"the keys of pkgset_repos"`
}

// Packages are the rules for ExcludeArch and ExclusiveArch.
type Packages struct {
	// ExclusiveArchConsidersNoarch says whether "noarch" in the ExclusiveArch
	// of a noarch package stands for every architecture.
	ExclusiveArchConsidersNoarch bool `toml:"exclusive_arch_considers_noarch" default:"true" pungi:"pkgset_exclusive_arch_considers_noarch"`
	// InheritExclusiveArchToNoarch says whether a noarch package is held to
	// the ExcludeArch and ExclusiveArch of its source package.
	InheritExclusiveArchToNoarch bool `toml:"inherit_exclusive_arch_to_noarch" default:"true" pungi:"pkgset_inherit_exclusive_arch_to_noarch"`
}

// Link says how packages get into the trees.
type Link struct {
	// Type is the way: hardlink-or-copy links and copies where the file lies
	// on another file system, symlink makes relative links, abspath-symlink
	// absolute ones.
	Type string `toml:"type" default:"hardlink-or-copy" enum:"hardlink-or-copy,hardlink,copy,symlink,abspath-symlink" pungi:"link_type"`
	// HashedDirectories puts packages into folders by the first letter of
	// their name, in lower case: Packages/k/kernel-….rpm.
	HashedDirectories bool `toml:"hashed_directories" default:"false" pungi:"hashed_directories"`
}

// Createrepo says how repositories are written.
type Createrepo struct {
	// Checksum is the digest by which a repository names packages and files.
	Checksum string `toml:"checksum" default:"sha256" enum:"sha256,sha384,sha512" pungi:"createrepo_checksum"`
	// Compress is the compression of the metadata files. Every program reads
	// gz; createrepo_c before 0.21 does not read zst.
	Compress string `toml:"compress" default:"gz" enum:"zst,gz,none" pungi:"--general-compress-type in createrepo_extra_args"`
	// Updateinfo has files of advisories to be added to repositories.
	Updateinfo []Updateinfo `toml:"updateinfo,omitempty"`
}

// Repoclosure says how strictly the finished trees are checked.
type Repoclosure struct {
	// Trees has the strictness per tree: of the blocks whose selector matches
	// a tree the last one counts; without one the check is lenient.
	Trees []RepoclosureTree `toml:"tree,omitempty" pungi:"repoclosure_strictness"`
}

// RepoclosureTree sets the strictness for the trees it selects.
type RepoclosureTree struct {
	Selector
	// Strictness is what a requirement that nothing in the tree provides
	// does: off does not look for it, lenient warns, fatal ends the compose.
	Strictness string `toml:"strictness" default:"lenient" enum:"off,lenient,fatal" pungi:"repoclosure_strictness"`
	// Installable is what a package does that cannot be installed with all it
	// requires, because of conflicts and obsoletes too: off does not look for
	// it, lenient warns, fatal ends the compose.
	Installable string `toml:"installable" default:"off" enum:"off,lenient,fatal"`
}
