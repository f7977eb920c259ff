package rpm

// Details is the part of a header that only the repository metadata shows.
// It lives as long as it takes to render the fragments and is not kept.
type Details struct {
	Summary     string
	Description string
	Packager    string
	URL         string
	License     string
	Vendor      string
	Group       string
	BuildHost   string
	ArchiveSize int64 // bytes of the uncompressed payload
	Files       []File
	// FileDigests has the digest of each of Files as in the header, "" for
	// what has none, and DigestType the type of all of them. Readers fill it
	// in only where they are told to; a package of old has none.
	FileDigests []string
	DigestType  string
	Changelogs  []Changelog // as in the header: newest first
}

// File is one entry of a package's file list.
type File struct {
	Path  string // absolute (relative in a source package)
	Mode  uint16 // st_mode: type and permissions
	Flags uint32 // RPMFILE_*: ghost is 1<<6
}

// RPMFILE_GHOST and the file type bits of File.Mode.
const (
	FileGhost uint32 = 1 << 6
	modeType  uint16 = 0o170000
	modeDir   uint16 = 0o040000
)

// IsDir says whether the entry is a directory.
func (f File) IsDir() bool { return f.Mode&modeType == modeDir }

// IsGhost says whether the file is owned but not shipped (%ghost).
func (f File) IsGhost() bool { return f.Flags&FileGhost != 0 }

// Changelog is one changelog entry.
type Changelog struct {
	Time   int64 // seconds since the epoch
	Author string
	Text   string
}

// Fragments are the ready-made pieces of rpm-md XML of one package. They
// hold all that depends on the header alone; what depends on where the
// package lies (checksum, href, file time) is filled in when a repository is
// written. internal/rpmmd makes and joins them.
type Fragments struct {
	Primary   []byte
	Filelists []byte
	Other     []byte
	// Joined, where it is not nil, is the three one after the other.
	Joined []byte
	// FilelistsExt is filelists with the digests of the files. Records do
	// not hold it; it is there only where it was asked for.
	FilelistsExt []byte
}
