package store

import "time"

// GCOptions bound a store; the zero value only tidies up.
type GCOptions struct {
	MaxBytes int64         // 0: no bound
	MaxAge   time.Duration // 0: no bound; records not used for longer are dropped
}

// GCResult says what GC did.
type GCResult struct {
	Dropped int // records dropped
	Before  Usage
	After   Usage
}

// Usage says what a store holds.
type Usage struct {
	Packs   int
	Records int
	Keys    int
	Bytes   int64 // on disk, temporary files included
	Damaged int   // packs that cannot be used: torn, or of another version
	Oldest  time.Time
	Newest  time.Time // when the least and the most recently used pack were used
}

// GC tidies the store in dir and brings it within bounds.
func GC(dir string, opt GCOptions) (GCResult, error) { return GCResult{}, nil }

// Stats counts what the store in dir holds.
func Stats(dir string) (Usage, error) { return Usage{}, nil }

// Clear empties the store in dir.
func Clear(dir string) (Usage, error) { return Usage{}, nil }
