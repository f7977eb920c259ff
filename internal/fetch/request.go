package fetch

import "time"

// Digest is a named checksum: "sha256" and lower case hex.
type Digest struct {
	Type string
	Hex  string
}

// Request says what to fetch. Whatever is known about the content is checked.
type Request struct {
	// Mirrors are the addresses that have the file, best first. With Path
	// they are the folders below which it lies.
	Mirrors []string
	// Path is a relative path; what is percent-encoded in it stays so.
	Path string
	// Size of the content in bytes; 0: unknown.
	Size int64
	// Max bounds a content of unknown size. 0: 16 MiB for Bytes, 16 GiB for File.
	Max int64
	// Sum of the content; zero: unknown.
	Sum Digest
	// Check refuses content that is not what was meant, so that the next
	// mirror is asked. Only for Bytes.
	Check func(content []byte) error
	// Have says that what is there already will do, so that File fetches
	// nothing. It is asked while nobody else in the process fetches the same
	// file. Only for File.
	Have func() bool
	// ModTime is what File sets as the modification time; zero: the time of
	// fetching.
	ModTime time.Time
}

// limit is how many bytes the content may have at most.
func (r *Request) limit(def int64) int64 {
	switch {
	case r.Size > 0:
		return r.Size
	case r.Max > 0:
		return r.Max
	}
	return def
}

const (
	maxBytes = 16 << 20
	maxFile  = 16 << 30
)
