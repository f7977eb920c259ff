package pkgset

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"compose/internal/repository"
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
	// LinkType is one of the constants. A package of a remote repository is
	// never symlinked into the cache, which may be emptied: hardlink-or-copy
	// takes the place of the two symbolic types.
	LinkType string
	// Linker remembers what was learned about file systems, and which files
	// were copied already, over several calls of Place. May be nil.
	Linker *Linker
}

// Placed is a package in a tree.
type Placed struct {
	Entry    *Entry
	Path     string
	Rec      *store.Record
	FileTime int64 // modification time of the file, seconds since the epoch
}

// Place puts packages into their trees and gives one Placed per job, in the
// order of jobs. A remote package is fetched first; what comes from a
// repository is compared with its stated checksum, unless the store knows
// the file. A file that is there already must be the same, a different one
// is an error. After an error some of the packages are in place, each of
// them complete.
func Place(ctx context.Context, jobs []Job, o PlaceOptions, env Env) ([]Placed, error) {
	switch o.LinkType {
	case "":
		o.LinkType = LinkHardlinkOrCopy
	case LinkHardlinkOrCopy, LinkHardlink, LinkCopy, LinkSymlink, LinkAbspathSymlink:
	default:
		return nil, fmt.Errorf("placing packages: unknown link type %q", o.LinkType)
	}
	if o.Linker == nil {
		o.Linker = &Linker{}
	}
	if err := checkJobs(jobs); err != nil {
		return nil, fmt.Errorf("placing packages: %w", err)
	}
	p := placer{env: env, options: o, reader: newReader(env), out: make([]Placed, len(jobs))}
	count := env.progress(len(jobs))
	err := each(ctx, p.workers(jobs), len(jobs), func(_, i int) error {
		defer count.add()
		return p.place(ctx, jobs[i], &p.out[i])
	})
	if err := p.reader.end(err); err != nil {
		return nil, err
	}
	return p.out, nil
}

// checkJobs makes the folders, and finds jobs that want the same path.
func checkJobs(jobs []Job) error {
	type path struct{ dest, file string }
	taken := make(map[path]*Entry, len(jobs))
	last := ""
	for _, j := range jobs {
		if err := repository.CheckFileName(j.Entry.File); err != nil {
			return fmt.Errorf("%s: %w", j.Entry.Pkg, err)
		}
		at := path{filepath.Clean(j.Dest), j.Entry.File}
		if e := taken[at]; e != nil && e != j.Entry && e.Pkg.Sum != j.Entry.Pkg.Sum {
			return fmt.Errorf("%s: wanted by %s from %s and by %s from %s",
				filepath.Join(j.Dest, j.Entry.File), e.Pkg, e.place(), j.Entry.Pkg, j.Entry.place())
		}
		taken[at] = j.Entry
		if at.dest == last {
			continue
		}
		last = at.dest
		if err := os.MkdirAll(at.dest, 0o755); err != nil {
			return err
		}
	}
	return nil
}

type placer struct {
	env     Env
	options PlaceOptions
	reader  *reader
	out     []Placed
}

func (p *placer) workers(jobs []Job) int {
	if slices.ContainsFunc(jobs, func(j Job) bool { return j.Entry.remote != nil && j.Entry.remote.Local == "" }) {
		return max(atOnce, p.env.workers())
	}
	return p.env.workers()
}

// place does one job.
func (p *placer) place(ctx context.Context, j Job, out *Placed) error {
	e := j.Entry
	f := file{path: e.dir + "/" + e.File, rec: e.Rec, size: e.Pkg.Size, mtime: e.mtime, link: p.options.LinkType}
	if e.remote != nil {
		var err error
		if f, err = p.obtain(ctx, e); err != nil {
			return fmt.Errorf("placing %s: %w", e.Pkg, err)
		}
	}
	f.dest, f.name = j.Dest, e.File
	if err := p.options.Linker.put(ctx, &f); err != nil {
		return fmt.Errorf("placing %s: %w", e.Pkg, err)
	}
	*out = Placed{Entry: e, Path: f.target(), Rec: f.rec, FileTime: floorSecond(f.mtime)}
	return nil
}

func floorSecond(ns int64) int64 {
	const second = 1e9
	if ns < 0 {
		ns -= second - 1
	}
	return ns / second
}
