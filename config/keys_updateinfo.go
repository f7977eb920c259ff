package config

// Updateinfo is a file of advisories for the repositories of some trees.
type Updateinfo struct {
	// Selector says which trees; their debuginfo repositories too.
	Selector
	// File is an updateinfo.xml, which may be compressed. A repository gets
	// the advisories about packages that it has, without the others that
	// they name. Of several files for a tree the first counts where they have
	// one advisory.
	File Path `toml:"file" rule:"required"`
}
