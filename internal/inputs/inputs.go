// Package inputs records what a compose is made of, each thing with a checksum,
// and keeps a later compose to the same: the lock file. It knows names and
// checksums, not where things come from or what they mean.
package inputs

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Kinds of inputs.
const (
	Repo = "repo" // by address; the checksum is that of repomd.xml, which has those of all else
	File = "file" // by name; a file of the configuration
	Dir  = "dir"  // by tag; a folder of packages, which stand by themselves
	Git  = "git"  // by address and what was asked for; the checksum is the commit
)

// Lock takes down inputs, and compares them when it was read from a lock
// file. A nil Lock does neither. It is safe for concurrent use.
type Lock struct {
	mu     sync.Mutex
	got    content
	locked *content // nil: nothing is compared
}

// content is a lock file.
type content struct {
	Format int `json:"format"`
	// Inputs has checksums by kind and name.
	Inputs map[string]map[string]string `json:"inputs"`
	// Packages has the checksums of the packages of folders, by tag and path
	// in the folder.
	Packages map[string]map[string]string `json:"packages,omitempty"`
}

// format is the version of the file.
const format = 1

// maxFile bounds a lock file; one of 100,000 packages has 12 MB.
const maxFile = 512 << 20

// maxNamed is how many packages an error names.
const maxNamed = 20

// New gives an empty lock, which only takes down.
func New() *Lock { return &Lock{got: empty()} }

func empty() content {
	return content{format, map[string]map[string]string{}, map[string]map[string]string{}}
}

// Read reads a lock file, to which all inputs are then held.
func Read(r io.Reader) (*Lock, error) {
	var c content
	dec := json.NewDecoder(io.LimitReader(r, maxFile))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return nil, fmt.Errorf("lock file: %w", err)
	}
	if c.Format != format {
		return nil, fmt.Errorf("lock file: format %d; this program knows format %d", c.Format, format)
	}
	l := New()
	l.locked = &c
	return l, nil
}

// Wanted gives the checksum that an input has to have; "" where any will do,
// because nothing is locked.
func (l *Lock) Wanted(kind, name string) string {
	if l == nil || l.locked == nil {
		return ""
	}
	return l.locked.Inputs[kind][name]
}

// Records says whether there is a lock at all.
func (l *Lock) Records() bool { return l != nil }

// Note takes down an input. It is an error when that is not the one that was
// locked.
func (l *Lock) Note(kind, name, sum string) error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.got.Inputs[kind] == nil {
		l.got.Inputs[kind] = map[string]string{}
	}
	l.got.Inputs[kind][name] = sum
	if l.locked == nil {
		return nil
	}
	switch want, ok := l.locked.Inputs[kind][name]; {
	case !ok:
		return fmt.Errorf("%s %s: the lock file does not have it; write it anew with --write-lock", kind, name)
	case want != sum:
		return fmt.Errorf("%s %s: changed since it was locked: it is %s, locked was %s", kind, name, sum, want)
	}
	return nil
}

// NotePackages takes down the packages of a folder, by path in it. The error
// names those that are not what was locked.
func (l *Lock) NotePackages(tag string, sums map[string]string) error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got.Packages[tag] = sums
	if l.locked == nil {
		return nil
	}
	locked, ok := l.locked.Packages[tag]
	if !ok {
		return fmt.Errorf("%s %s: the lock file does not have it; write it anew with --write-lock", Dir, tag)
	}
	return differ(tag, sums, locked)
}

func differ(tag string, sums, locked map[string]string) error {
	var faults []string
	for _, name := range slices.Sorted(maps.Keys(locked)) {
		switch sum, ok := sums[name]; {
		case !ok:
			faults = append(faults, name+" is gone")
		case sum != locked[name]:
			faults = append(faults, name+" changed")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		if _, ok := locked[name]; !ok {
			faults = append(faults, name+" is new")
		}
	}
	if len(faults) == 0 {
		return nil
	}
	more := ""
	if n := len(faults) - maxNamed; n > 0 {
		faults, more = faults[:maxNamed], fmt.Sprintf("\n    and %d more", n)
	}
	return fmt.Errorf("%s %s: the packages are not those that were locked:\n    %s%s", Dir, tag, strings.Join(faults, "\n    "), more)
}

// JSON gives the lock file of what was taken down.
func (l *Lock) JSON() ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, err := json.MarshalIndent(l.got, "", "\t")
	return append(b, '\n'), err
}
