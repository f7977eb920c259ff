package repo

import (
	"compose/internal/rpm/store"
	"compose/internal/rpmmd"
)

// Options are the choices of Write. The zero value works.
type Options struct {
	// Checksum is the digest of the metadata files: sha256 (the default),
	// sha384 or sha512. Packages keep the checksum that their records have.
	Checksum string
	// Compress is "gz" (the default, as Pungi's), "zst", "xz" or "none".
	// createrepo_c before 0.21 and yum do not read zst. xz is made by the
	// program of that name and takes ten times as long.
	Compress string
	// CompressExtra is the compression of everything but the files that are
	// made from packages; Compress by default.
	CompressExtra string
	// Comps is the groups file, written as "group" and, compressed, as
	// "group_gz" or "group_zst". CompsName is its name, "comps.xml" when empty.
	Comps     []byte
	CompsName string
	// Extra are further files, in the order of repomd.xml.
	Extra []Extra
	// FilelistsExt says that the items have filelists-ext fragments, which
	// are to be written as well.
	FilelistsExt bool
	// Databases adds the SQLite databases that yum reads.
	Databases bool

	// Revision is the revision of repomd.xml, by default the timestamp. Tags
	// describe the repository.
	Revision string
	Tags     rpmmd.Tags
	// Timestamp is the time that repomd.xml gives its files, in seconds since
	// the epoch; 0 is now. SetTimes gives it to the files themselves too.
	Timestamp int64
	SetTimes  bool
	// Names says how files are named. Retain says what stays of a repodata
	// that is replaced.
	Names  Naming
	Retain Retention
	// LeaveSame leaves a repodata alone that says the same already, but for
	// the timestamps, and the revision when none is given.
	LeaveSame bool

	// Sign signs repomd.xml. Repository and signature appear together.
	Sign Sign

	// Cache keeps compressed parts, which are then copied where they fit
	// again; nil makes all of them anew. It is of use only for items whose
	// fragments come from the headers of the packages: a part is known by
	// their checksums. The bytes written do not depend on it. Whoever made
	// the filler commits it.
	Cache *store.Filler
	// Variant says what the fragments depend on beside the packages, such as
	// a limit of changelog entries. It only tells kept parts apart.
	Variant string

	// Workers bounds the goroutines that render and compress; 0 is one per
	// processor. The bytes written do not depend on it.
	Workers int
	// Skip is told, in order, of the packages that are left out because they
	// are Unreadable; without it such a package is an error.
	Skip func(it Item, err error)
	// Note is told what a user should know: two packages of one name and
	// version. Progress is told how many packages are done. Both may be nil
	// and are called by one goroutine at a time.
	Note     func(text string)
	Progress func(done, total int)

	anyRevision bool   // none was given
	old         string // the repodata that is replaced, if there is one
}

// Naming says how metadata files are named.
type Naming int

// With UniqueNames the name of a file begins with its checksum, so that no
// two files have one name; with SimpleNames it is primary.xml.gz.
const (
	UniqueNames Naming = iota
	SimpleNames
)

// Extra is a file of metadata that this package does not make itself:
// modules, updateinfo, productid.
type Extra struct {
	Type string // in repomd.xml
	Name string // of the file, before checksum and compression
	Data []byte
	// Make gives Data when the packages are written, for what depends on
	// them. A file that it makes empty is left out.
	Make func() ([]byte, error)
	// Plain puts an uncompressed copy beside it that repomd.xml does not
	// list, under Name: what subscription-manager expects of productid.
	Plain bool
}

// kinds are the files that are made from packages.
func (opt *Options) kinds() []rpmmd.Kind {
	out := []rpmmd.Kind{rpmmd.Primary, rpmmd.Filelists, rpmmd.Other}
	if opt.FilelistsExt {
		out = append(out, rpmmd.FilelistsExt)
	}
	return out
}
