package config

// Gate is a policy that each tree has to keep: its binary and debuginfo
// packages, looked at in all trees together as soon as they are in place, or
// its images, when all are made.
type Gate struct {
	Selector
	// Check is what is looked at in each tree: growth wants the tree to have at
	// most percent more bytes of packages than in the earlier compose, removed
	// at most max packages of that to be gone, unsigned wants all packages to
	// be signed, forbidden wants none of those that packages names;
	// image-growth wants each image to be at most percent larger than the one
	// of the same kind in the earlier compose.
	Check string `toml:"check" rule:"required" enum:"growth,removed,unsigned,forbidden,image-growth"`
	// Packages are the packages that the gate is about, in the form of
	// gather.tree.filter; without the key all of them.
	Packages []string `toml:"packages,omitempty" rule:"package"`
	// Percent is how much a tree, or an image, may grow.
	Percent int `toml:"percent,omitempty"`
	// Max is how many packages may be gone.
	Max int `toml:"max,omitempty"`
	// Severity says what a gate that does not hold does: error ends the
	// compose, warn is only told.
	Severity string `toml:"severity" default:"error" enum:"error,warn"`
	// Against is the folder of the earlier compose; without the key it is the
	// newest finished one of the same release beside this. Where there is
	// none, what compares holds.
	Against Path `toml:"against,omitempty"`
}
