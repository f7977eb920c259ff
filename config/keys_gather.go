package config

// Gather says how packages are chosen.
type Gather struct {
	// Method is the way of choosing: deps takes the wanted packages and all
	// that they require, nodeps the wanted packages alone. Source packages
	// and debug information follow in both.
	Method string `toml:"method" default:"deps" enum:"deps,nodeps" pungi:"gather_method"`
	// Greedy says how many of the packages that provide a requirement are
	// taken: none the best one, build the best one and what else of its build
	// provides it, all every one.
	Greedy string `toml:"greedy" default:"none" enum:"none,build,all" pungi:"greedy_method"`
	// FullTree takes all packages that were built with one that is in.
	FullTree bool `toml:"fulltree" default:"false" pungi:"gather_fulltree"`
	// SelfHosting takes what is required to build the packages.
	SelfHosting bool `toml:"selfhosting" default:"false" pungi:"gather_selfhosting"`
	// Recommends follows weak dependencies too: what a package recommends is
	// taken when it is to be had.
	Recommends bool `toml:"recommends" default:"false"`
	// CheckDeps makes a requirement that no package provides end the compose;
	// without it, it is a warning.
	CheckDeps bool `toml:"check_deps" default:"true" pungi:"check_deps"`
	// RequireAllCompsPackages makes a package that a comps group names and no
	// package set has end the compose; without it, it is a warning.
	RequireAllCompsPackages bool `toml:"require_all_comps_packages" default:"false" pungi:"require_all_comps_packages"`
	// RequireAllCompsGroups makes a group or environment that a variant names
	// and the comps file does not have, for any of the variant's
	// architectures, end the compose; without it, it is a warning.
	RequireAllCompsGroups bool `toml:"require_all_comps_groups" default:"false"`
	// FilterSystemReleasePackages takes one of the packages that provide
	// system-release into each variant, and keeps the others out.
	FilterSystemReleasePackages bool `toml:"filter_system_release_packages" default:"true" pungi:"filter_system_release_packages"`
	// Prepopulate is a JSON file with packages that are wanted beside those of
	// the comps groups: {variant: {arch: {build: ["name.arch"]}}}.
	Prepopulate Path `toml:"prepopulate,omitempty" pungi:"gather_prepopulate"`
	// SourceMapping is a JSON file with packages that are wanted by
	// themselves: {variant: {arch: {name: [arch or null]}}}.
	SourceMapping Path `toml:"source_mapping,omitempty" pungi:"gather_source_mapping"`
	// Compat keeps the faults of another program, for the same packages in
	// the trees; none does the right thing.
	Compat string `toml:"compat" default:"none" enum:"none,pungi-4.3"`
	// Trees has what differs per tree: every block whose selector matches a
	// tree applies to it. The lists of the blocks are joined in order, of
	// other keys the last one counts.
	Trees []GatherTree `toml:"tree,omitempty"`
}

// GatherTree changes the packages of the trees it selects.
type GatherTree struct {
	Selector
	// Method is the way of choosing in these trees; without it gather.method.
	Method string `toml:"method,omitempty" enum:"deps,nodeps" pungi:"gather_method for source comps"`
	// MappingMethod is the way of choosing what belongs to the packages of
	// gather.source_mapping; without it the same as for the others.
	MappingMethod string `toml:"mapping_method,omitempty" enum:"deps,nodeps" pungi:"gather_method for source json"`
	// Add names packages that are wanted beside those of the comps groups:
	// shell globs on the name, or name.arch; name.+ stands for the packages of
	// the second word size.
	Add []string `toml:"add,omitempty" rule:"package" pungi:"additional_packages"`
	// Filter names packages that must not get in, not even as a dependency:
	// shell globs on the name, or name.arch.
	Filter []string `toml:"filter,omitempty" rule:"package" pungi:"filter_packages"`
	// Multilib says which packages of the second word size, such as i686 in a
	// tree of x86_64, go along with those of the first: runtime takes
	// libraries and plugins, devel those and what is needed to build, all
	// everything, file the ones of multilib_names, none nothing but what is
	// required or listed elsewhere. Without any of these keys packages of the
	// second word size are no candidates at all.
	Multilib []string `toml:"multilib,omitempty" enum:"devel,runtime,all,none,kernel,file" pungi:"multilib"`
	// MultilibNames names the packages for the multilib method file.
	MultilibNames []string `toml:"multilib_names,omitempty" rule:"package"`
	// MultilibWhitelist names packages that go along whatever the methods say.
	MultilibWhitelist []string `toml:"multilib_whitelist,omitempty" rule:"package" pungi:"multilib_whitelist"`
	// MultilibBlacklist names packages of the second word size that must not
	// get in, not even as a dependency.
	MultilibBlacklist []string `toml:"multilib_blacklist,omitempty" rule:"package" pungi:"multilib_blacklist"`
	// Lookaside are the addresses of repositories (as pkgset.url) whose
	// packages satisfy requirements but do not get in: who installs from the
	// tree is expected to have them. Of their module streams the default ones
	// count, and those that the tree has itself.
	Lookaside []string `toml:"lookaside,omitempty" rule:"url" pungi:"gather_lookaside_repos"`
	// LookasideVariants are the uids, or shell globs for them, of variants
	// whose packages are used in that way.
	LookasideVariants []string `toml:"lookaside_variants,omitempty" rule:"glob" pungi:"variant_as_lookaside"`
}
