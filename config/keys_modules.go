package config

// Modules says what the module streams of the package sets are completed by.
// Which streams a variant has, its key modules says.
type Modules struct {
	// Defaults is a folder with YAML files (*.yaml) of modulemd-defaults, or
	// one such file. For each module in it they count instead of those of the
	// package sets. No two files of a folder are about the same module.
	Defaults Path `toml:"defaults,omitempty" pungi:"module_defaults_dir"`
	// Overrides is a folder or file like defaults, which counts instead of
	// any other defaults of the modules in it.
	Overrides Path `toml:"overrides,omitempty" pungi:"module_defaults_override_dir"`
	// Obsoletes is a folder with YAML files (*.yaml) of modulemd-obsoletes, or
	// one such file. They are joined with those of the package sets.
	Obsoletes Path `toml:"obsoletes,omitempty" pungi:"module_obsoletes_dir"`
	// Trees has what differs per tree: the lists of all blocks whose selector
	// matches a tree are joined.
	Trees []ModulesTree `toml:"tree,omitempty"`
}

// ModulesTree changes the modules of the trees it selects.
type ModulesTree struct {
	Selector
	// Filter names module streams that must not get in: NAME, NAME:STREAM and
	// so on, with shell globs in each part.
	Filter []string `toml:"filter,omitempty" rule:"module" pungi:"filter_modules"`
}

// ModuleRules are the modules that one tree has and must not have.
type ModuleRules struct{ Want, Filter []Pattern }
