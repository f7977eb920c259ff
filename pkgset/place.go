package pkgset

import (
	"context"
	"errors"

	"compose/internal/rpm/store"
)

// The link types of Place, with Pungi's names (link_type).
const (
	LinkHardlinkOrCopy = "hardlink-or-copy" // also ""
	LinkHardlink       = "hardlink"
	LinkCopy           = "copy"
	LinkSymlink        = "symlink" // relative
	LinkAbspathSymlink = "abspath-symlink"
)

// Job puts one package into a tree.
type Job struct {
	Entry *Entry
	Dest  string // the folder, made when absent; the file's name is Entry.File
}

// PlaceOptions say how files get into a tree.
type PlaceOptions struct {
	LinkType string
	// Linker remembers what was learned about file systems, and which files
	// were copied already, over several calls of Place. May be nil.
	Linker *Linker
}

// Linker is shared by the calls of Place of one compose; the zero value is
// ready, and it is safe for concurrent use.
type Linker struct{}

// Placed is a package in a tree.
type Placed struct {
	Entry    *Entry
	Path     string
	Rec      *store.Record
	FileTime int64 // modification time of the file, seconds since the epoch
}

// Place puts packages into their trees and gives one Placed per job, in the
// order of jobs. A remote package is fetched and verified first.
func Place(ctx context.Context, jobs []Job, o PlaceOptions, env Env) ([]Placed, error) {
	return nil, errors.New("not built yet")
}
