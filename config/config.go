// Package config is the configuration file: TOML decoded strictly into
// structs, with defaults, and with all complaints at once, each with its place
// in the file. It knows the keys, what they mean and which of them contradict
// each other; it does not know what the phases make of them.
package config

// Path is the name of a file or folder. In the file it is relative to the
// folder that the configuration lies in.
type Path struct {
	Text string // as written, for messages
	Abs  string // absolute
}

// String gives the absolute name.
func (p Path) String() string { return p.Abs }

// IsSet says whether the key was given.
func (p Path) IsSet() bool { return p.Abs != "" }

// MarshalText gives the absolute name, so that Effective can be loaded again
// from another folder.
func (p Path) MarshalText() ([]byte, error) { return []byte(p.Abs), nil }

// Strings is a list that may be written as a single string when it has one
// element.
type Strings []string

// Selector names trees: both globs must match. A shell glob has *, ? and
// [classes].
type Selector struct {
	// Variant is a shell glob for the ids of the variants.
	Variant string `toml:"variant" default:"*" rule:"glob"`
	// Arch is a shell glob for the architectures. Source trees are matched
	// only by "src" itself.
	Arch string `toml:"arch" default:"*" rule:"glob"`
}

// Tree is a variant on an architecture.
type Tree struct{ Variant, Arch string }

// String gives variant.arch.
func (t Tree) String() string { return t.Variant + "." + t.Arch }

// Pattern is an entry of a list with the place where it is written
// ("compose.toml:31").
type Pattern struct{ Text, Place string }

// GatherRules are the keys of [gather] and of the gather.tree blocks that
// apply to one tree, joined.
type GatherRules struct {
	Method, MappingMethod                               string
	Add, Filter                                         []Pattern
	Multilib                                            []string
	MultilibNames, MultilibWhitelist, MultilibBlacklist []Pattern
	Lookaside                                           []Pattern
	// LookasideVariants are the uids of the variants in this role, without
	// the tree's own.
	LookasideVariants []string
}
