// Package merge makes one repository of several, of their metadata alone:
// every package stays where it is, its location names the repository that it
// comes from. It is mergerepo_c for folders and addresses alike.
package merge

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"compose/internal/repository"
	"compose/internal/rpm/store"
	"compose/repo"
)

// Keep says which packages win.
type Keep string

// The rules. All but All keep one package of each name and architecture:
// where a repository has several versions, the newest of them.
const (
	First  Keep = "first"  // of the first repository that has it (mergerepo_c's --method=repo)
	Last   Keep = "last"   // of the last one
	Newest Keep = "newest" // the highest version (--method=nvr); of equal ones the first
	Latest Keep = "latest" // the file with the latest time (--method=ts); of equal ones the first
	All    Keep = "all"    // each name, version and architecture once, from the first that has it (--all)
)

// Options are the choices of Merge. The zero value works.
type Options struct {
	Keep   Keep     // "" is First
	Arches []string // only packages of these architectures; empty: of all
	// OmitBase leaves locations as they are: packages are expected below the
	// merged repository.
	OmitBase bool
	// BaseFrom at the start of a location's base becomes BaseTo.
	BaseFrom, BaseTo string
	// Without are kinds of metadata that are not merged: group, modules,
	// updateinfo.
	Without []string
	// Repo says how the repository is written. Its Comps takes the place of
	// the groups of the repositories; its Extra comes after what was merged.
	Repo repo.Options
}

// Source is what became of one repository.
type Source struct {
	Name     string `json:"name"`
	Packages int    `json:"packages"` // that it lists
	Kept     int    `json:"kept"`
}

// Result says what was written.
type Result struct {
	repo.Index
	Sources []Source
}

// Merge writes dir/repodata for the packages of the sources. The result
// depends on the sources, their order and the options only. Each source is
// read as a stream: what is kept in memory is what repo.Write needs.
func Merge(ctx context.Context, sources []*repository.Repository, dir string, opt Options) (Result, error) {
	m, err := newMerger(sources, opt)
	if err != nil {
		return Result{}, err
	}
	defer m.store.Close()
	res, err := m.run(ctx, dir)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return res, err
}

type merger struct {
	sources []*repository.Repository
	opt     Options
	store   *store.Store // temporary, of fragments
	plan    *plan
	ext     bool // all sources have filelists-ext
	note    func(string)
}

func newMerger(sources []*repository.Repository, opt Options) (*merger, error) {
	if opt.Keep == "" {
		opt.Keep = First
	}
	if !slices.Contains([]Keep{First, Last, Newest, Latest, All}, opt.Keep) {
		return nil, fmt.Errorf("merging: unknown rule %q", opt.Keep)
	}
	if len(sources) == 0 {
		return nil, fmt.Errorf("merging: no repositories given")
	}
	s, err := store.Open("")
	if err != nil {
		return nil, err
	}
	m := &merger{sources: sources, opt: opt, store: s, note: func(string) {}}
	if note := opt.Repo.Note; note != nil {
		var mu sync.Mutex
		m.note = func(text string) {
			mu.Lock()
			defer mu.Unlock()
			note(text)
		}
	}
	return m, nil
}

func (m *merger) run(ctx context.Context, dir string) (Result, error) {
	var err error
	if m.plan, err = m.choose(ctx); err != nil {
		return Result{}, err
	}
	m.ext = !slices.ContainsFunc(m.sources, func(r *repository.Repository) bool { return !r.Has("filelists-ext") })
	items, err := m.items(ctx)
	if err != nil {
		return Result{}, err
	}
	opt := m.opt.Repo
	opt.FilelistsExt = m.ext
	if err := m.extras(ctx, &opt); err != nil {
		return Result{}, err
	}
	index, err := repo.Write(ctx, dir, items, opt)
	return Result{index, m.plan.counts(m.sources)}, err
}

// each runs fn for each source, several at once. The error is that of the
// first source that has one.
func (m *merger) each(ctx context.Context, fn func(ctx context.Context, i int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(2, runtime.GOMAXPROCS(0)))
	for i := range m.sources {
		g.Go(func() error { return fn(ctx, i) })
	}
	return g.Wait()
}

// items reads the packages that were chosen.
func (m *merger) items(ctx context.Context) ([]repo.Item, error) {
	w, err := m.store.Begin()
	if err != nil {
		return nil, err
	}
	defer w.Abort()
	lists := make([][]repo.Item, len(m.sources))
	err = m.each(ctx, func(ctx context.Context, i int) (err error) {
		r := reader{Repository: m.sources[i], store: m.store, writer: w, number: i, plan: m.plan, opt: &m.opt, note: m.note, ext: m.ext}
		lists[i], err = r.items(ctx)
		return err
	})
	return slices.Concat(lists...), err
}

// without says whether a kind of metadata is left out.
func (m *merger) without(typ string) bool { return slices.Contains(m.opt.Without, typ) }

// isCompressedTwin says whether a type is another form of a group file.
func isCompressedTwin(typ string) bool { return strings.HasPrefix(typ, "group_") }
