// Package repoclosure finds what packages of rpm-md repositories require and
// nothing provides, as dnf repoclosure does, and which of them cannot be
// installed, as libsolv's installcheck does. It reads the metadata of
// repositories in folders and behind addresses, keeps it in compact form, and
// keeps answers. It does not look into packages, and knows nothing of
// modules: a package of any stream counts.
package repoclosure

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"compose/internal/fetch"
	"compose/internal/installcheck"
	"compose/internal/results"
	"compose/internal/universe"
)

// Repo is a repository to be read.
type Repo struct {
	ID string
	// Address is a folder, an http, https or file URL, mirrorlist:URL, or
	// metalink:URL.
	Address string
}

// Options say what is checked; but for the last three they are dnf
// repoclosure's, see there.
type Options struct {
	Repos []Repo
	// Check are the ids of the repositories whose packages are checked; the
	// others are lookasides. None: all are.
	Check []string
	// Arches are the architectures whose packages are checked; none: all.
	// It is not the same as what a machine accepts (Accepted).
	Arches []string
	// Newest leaves only the newest packages of each repository, by name and
	// architecture; Best lets only the newest of all answer.
	Newest, Best bool
	// Packages are patterns of the packages that are checked; none: all.
	Packages []string
	// Accepted are the architectures that the machine accepts, best first,
	// without noarch. Packages of others are checked but answer nothing.
	Accepted []string

	// Installable asks which packages can be installed too.
	Installable bool
	// Sources says what that does with source packages.
	Sources installcheck.Sources
	// CacheDir is where metadata and answers are kept; empty: nowhere.
	CacheDir string
}

// Run checks.
func Run(ctx context.Context, client *fetch.Client, o Options) (*Report, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	l, err := newLoader(ctx, client, o)
	if err != nil {
		return nil, err
	}
	defer l.close()
	answers := results.Store{}
	if o.CacheDir != "" {
		answers.Dir = l.keep.Dir
	}
	key := o.key(l.repos)
	report := &Report{}
	if key != "" && answers.Get(key, report) {
		return report, nil
	}
	if err := l.load(ctx); err != nil {
		return nil, err
	}
	var saving sync.WaitGroup
	saving.Go(l.save)
	report, err = run(ctx, l, o)
	saving.Wait()
	if err != nil {
		return nil, err
	}
	if key := o.key(l.repos); key != "" {
		answers.Put(key, report)
	}
	return report, nil
}

func (o *Options) check() error {
	seen := map[string]bool{}
	for _, r := range o.Repos {
		if r.ID == "" || seen[r.ID] {
			return fmt.Errorf("repository %q: is there twice, or has no name", r.ID)
		}
		seen[r.ID] = true
	}
	for _, id := range o.Check {
		if !seen[id] {
			return fmt.Errorf("unknown repository %q", id)
		}
	}
	return nil
}

// key identifies the answer for repositories by all that it depends on; it is
// empty while the packages of one are not known.
func (o *Options) key(repos []*source) string {
	list := func(l []string) string { return results.Key(l...) }
	parts := []string{
		"repoclosure 1", list(o.Check), list(o.Arches), list(o.Packages), list(o.Accepted),
		fmt.Sprint(o.Newest, o.Best, o.Installable, o.Sources),
	}
	for _, r := range repos {
		if !r.known {
			return ""
		}
		parts = append(parts, r.ID, fmt.Sprintf("%x %v", r.digest, r.md.Has("filelists")))
	}
	return results.Key(parts...)
}

// run checks packages that are there.
func run(ctx context.Context, l *loader, o Options) (*Report, error) {
	p, err := l.join()
	if err != nil {
		return nil, err
	}
	s, err := choose(p, &o)
	if err != nil {
		return nil, err
	}
	carriers, err := l.carriers(ctx, p, wantedPaths(s, &o))
	if err != nil {
		return nil, err
	}
	u := universe.New(p.Set, universe.Options{Arches: o.Accepted, Hidden: s.hidden, Carriers: carriers})
	unresolved, err := unresolved(ctx, u, s.check)
	if err != nil {
		return nil, err
	}
	r := newReport(p, s, unresolved)
	if o.Installable {
		aside, skip := make([]bool, p.Len()), make([]bool, p.Len())
		for i := range aside {
			aside[i], skip[i] = !s.checked[p.repo(int32(i))] || s.gone[i], !s.wanted[i]
		}
		res, err := installcheck.Check(ctx, u, installcheck.Options{Lookaside: aside, Skip: skip, Sources: o.Sources})
		if err != nil {
			return nil, err
		}
		r.addInstallable(u, p, res)
	}
	return r, nil
}

// packages are those of all repositories, one after the other.
type packages struct {
	*universe.Set
	ids    []string
	starts []int32 // repository → its first package
}

// repo gives the place of a package's repository.
func (p *packages) repo(pkg int32) int {
	i, found := slices.BinarySearch(p.starts, pkg)
	if !found {
		return i - 1
	}
	for i+1 < len(p.starts) && p.starts[i+1] == pkg { // empty ones before it
		i++
	}
	return i
}

// end gives the end of a repository's packages.
func (p *packages) end(repo int) int32 {
	if repo+1 < len(p.starts) {
		return p.starts[repo+1]
	}
	return int32(p.Len())
}

// tempDir makes a folder for what cannot be kept.
func tempDir() (string, error) { return os.MkdirTemp("", "compose-repoclosure-*") }

// isPath says whether a dependency names a file.
func isPath(name string) bool { return strings.HasPrefix(name, "/") }
