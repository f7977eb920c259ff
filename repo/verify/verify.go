// Package verify checks a repository against itself: that every file is what
// the metadata says, and that the metadata files agree with each other. It
// finds all faults instead of stopping at the first.
package verify

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"

	"compose/internal/fetch"
	"compose/internal/repository"
	"compose/internal/rpmmd"
)

// Options are the choices of Check. The zero value works.
type Options struct {
	// Trusted judges repomd.xml and its signature, which is nil when there is
	// none. May be nil.
	Trusted func(repomd, signature []byte) error
	// MetadataOnly leaves the packages alone.
	MetadataOnly bool
	// Fetch gets the packages of a remote repository, of which one file per
	// worker is in Temp (the system's folder for temporary files when empty)
	// at a time.
	Fetch   *fetch.Client
	Temp    string
	Workers int // packages at once; 0: one per processor, 8 for a remote repository
	// Progress is told how many packages are done, by one goroutine at a time.
	Progress func(done, total int)
}

// Fault is one thing that is wrong.
type Fault struct {
	// Path is the file as the metadata names it, or the type of metadata.
	Path    string `json:"path"`
	Problem string `json:"problem"`
}

// Report is what Check found.
type Report struct {
	Metadata int     `json:"metadata"` // metadata files that were checked
	Packages int     `json:"packages"` // packages that are listed
	Checked  int     `json:"checked"`  // packages whose files were read
	Bytes    int64   `json:"bytes"`    // of these
	Faults   []Fault `json:"faults"`   // sorted by path
}

// Check reads everything. Its error is one that kept it from going on; what
// is wrong with the repository is in the report.
//
// The metadata of a remote repository is taken from the folder of its Access
// where that has it: give it an empty one to learn what the server has.
func Check(ctx context.Context, r *repository.Repository, opt Options) (*Report, error) {
	c := &checker{Repository: r, opt: opt}
	c.report.Faults = []Fault{}
	if opt.Trusted != nil {
		c.signature(ctx)
	}
	for _, d := range r.Repomd.Data {
		c.metadata(ctx, d)
		c.report.Metadata++
	}
	entries := c.agreement(ctx)
	c.report.Packages = len(entries)
	var err error
	if !opt.MetadataOnly {
		err = c.packages(ctx, entries)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	slices.SortStableFunc(c.report.Faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Problem, b.Problem))
	})
	c.report.Faults = slices.Compact(c.report.Faults)
	return &c.report, err
}

type checker struct {
	*repository.Repository
	opt Options
	bad map[string]bool // types of metadata that cannot be read

	mu     sync.Mutex
	report Report
	done   int
}

// signature has the signature of repomd.xml judged.
func (c *checker) signature(ctx context.Context) {
	sig, err := c.Bytes(ctx, "repodata/repomd.xml.asc")
	if err == nil {
		err = c.opt.Trusted(c.XML, sig)
	}
	if err != nil {
		c.fault("repodata/repomd.xml", fmt.Errorf("signature: %w", err))
	}
}

// fault notes a problem; the path at the start of an error is not repeated.
func (c *checker) fault(path string, err error) {
	if err == nil {
		return
	}
	text := strings.TrimPrefix(err.Error(), "repository "+c.Name+": reading "+path+": ")
	text = strings.TrimPrefix(text, c.Dir+"/"+path+": ")
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report.Faults = append(c.report.Faults, Fault{path, text})
}

func (c *checker) workers() int {
	switch {
	case c.opt.Workers > 0:
		return c.opt.Workers
	case c.Dir == "":
		return 8
	}
	return runtime.GOMAXPROCS(0)
}

// tell counts one more package.
func (c *checker) tell(total int, size int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report.Checked++
	c.report.Bytes += size
	c.done++
	if c.opt.Progress != nil && (c.done%16 == 0 || c.done == total) {
		c.opt.Progress(c.done, total)
	}
}

// has says whether a metadata file is there and can be read.
func (c *checker) has(kind rpmmd.Kind) bool { return c.Has(kind.String()) && !c.bad[kind.String()] }

// temp makes the folder for packages of a remote repository.
func (c *checker) temp() (string, func(), error) {
	dir, err := os.MkdirTemp(c.opt.Temp, "compose-verify-")
	return dir, func() { os.RemoveAll(dir) }, err
}
