// Package pkgset knows which packages a compose may pick from: it lists the
// candidates of a tag, chooses among copies by signature, gives each
// architecture its subset, and puts the packages that were picked into a
// tree.
//
// Identity comes first, bytes later: of a remote repository only the metadata
// is read until a package is placed. The package does not know the
// configuration, variants or trees, and does not decide what is picked.
package pkgset

import (
	"context"
	"errors"
	"fmt"

	"compose/internal/fetch"
	"compose/internal/inputs"
	"compose/internal/modulemd"
	"compose/internal/rpm"
	"compose/internal/rpm/store"
)

// The kinds of a Source.
const (
	KindDir  = "dir"  // a folder with RPM files at any depth
	KindRepo = "repo" // rpm-md repositories
)

// What becomes of a broken package; see Source.Broken.
const (
	FailBroken = "error"
	SkipBroken = "skip"
)

// Source says where the packages of one tag come from.
type Source struct {
	Tag  string // names the set in messages
	Kind string // KindDir or KindRepo
	// Path is the folder of a KindDir. Symbolic links in it are followed.
	Path string

	// URL is the address of a repository: http, https or file. $arch and
	// $basearch stand for each of Arches in turn, $releasever for
	// ReleaseVer; an address without $arch is loaded once.
	URL string
	// Mirrors are further addresses of the same repository, tried in order
	// after URL.
	Mirrors []string
	// URLs are further repositories that belong to the same tag, such as the
	// one with the source packages. Where a repository serves several
	// architectures, the ExcludeArch and ExclusiveArch of a noarch package are
	// found when its source package is in the same tag.
	URLs []string
	// Mirrorlist and Metalink are the addresses of lists of addresses of one
	// repository each, with the same variables.
	Mirrorlist string
	Metalink   string

	// SigKeys are the ids of the keys (8 or 16 hexadecimal digits) that a
	// package may be signed with, best first. "" allows every package that no
	// other key matches. An empty list is the same as [""].
	SigKeys []string
	// Arches are the architectures of the trees that the set is for.
	Arches     []string
	ReleaseVer string // what $releasever stands for
	// Broken says what becomes of a file that is named like a package and
	// cannot be read as one: FailBroken (also ""), or SkipBroken, which
	// leaves it out with a note.
	Broken string
	// Modules is a file with module metadata, or a folder of such files
	// (*.yaml, *.yml, *.txt). It is joined with what repositories have
	// themselves, which come first.
	Modules string
}

// Env is what the functions of this package work with. Store is needed,
// Fetch and CacheDir for KindRepo only.
type Env struct {
	Store *store.Store
	// Writer takes what had to be read. Without one, each function begins its
	// own and commits it.
	Writer *store.Writer
	Fetch  *fetch.Client
	// CacheDir keeps metadata and packages of remote repositories.
	CacheDir string
	Workers  int // how many files are worked on at once; 0: GOMAXPROCS
	// Progress is told now and then how many of total are done. It is called
	// by several goroutines, but never at once.
	Progress func(done, total int)
	// Note is told what the user should know. It is called by the goroutine
	// that called the function, after the work.
	Note func(string)
	// Inputs takes down what was loaded, and refuses what was not locked. May
	// be nil.
	Inputs *inputs.Lock
}

// Entry is one candidate of a set. It is plain data and is not changed after
// Load returned it.
type Entry struct {
	// Pkg is the package. That of a remote repository has what primary.xml
	// tells: no rpmlib() requirements and no modularity label; SigKeys,
	// ExcludeArch and ExclusiveArch only where they decide something.
	Pkg *rpm.Package
	Tag string
	// SigKey is the configured key that matched, in lower case; "" for a
	// package that only "" allows, or that nothing allows.
	SigKey string
	// SigOK is false when no configured key allows the package. It may be in
	// a compose only after CheckSignatures said so.
	SigOK bool
	// File is the name of the file in a tree: the base name that it has where
	// it comes from.
	File string
	// Rec is the store's record; nil for a remote package that is not known
	// yet. Place gives it in any case.
	Rec *store.Record

	keys    []string  // the keys of the set
	sigRank int       // index of the key in keys, len(keys) when none matches
	arches  []string  // the compose arches whose repository listed it, nil: all
	dir     string    // of a KindDir: the folder of the file, and the file's
	mtime   int64     // modification time in nanoseconds
	remote  *location // of a KindRepo
}

// Set is the packages of one tag, sorted by name, version, architecture and
// place of origin: the same for the same packages wherever they come from.
type Set struct {
	Tag     string
	Entries []*Entry
	SigKeys []string // as configured, in lower case
	// Modules are the module streams of the tag; nil without module metadata.
	Modules *modulemd.Index
}

// Load lists the packages of a source. Where several copies of a package are
// there, the one with the best signature is kept; packages that no key
// allows stay in the set, marked (see CheckSignatures).
//
// The error of unreadable packages is a *BrokenError, which names them all.
func Load(ctx context.Context, src Source, env Env) (*Set, error) { return load(ctx, &src, env) }

func load(ctx context.Context, src *Source, env Env) (*Set, error) {
	if env.Store == nil {
		return nil, errors.New("no package store")
	}
	if src.Broken != "" && src.Broken != FailBroken && src.Broken != SkipBroken {
		return nil, fmt.Errorf("broken packages: unknown treatment %q", src.Broken)
	}
	var entries []*Entry
	var modules []*modulemd.Index
	var err error
	switch src.Kind {
	case KindDir:
		entries, err = loadDir(ctx, src, env)
	case KindRepo:
		entries, modules, err = loadRepos(ctx, src, env)
	default:
		err = fmt.Errorf("unknown kind of source %q", src.Kind)
	}
	if err != nil {
		return nil, err
	}
	set, err := arrange(src, entries, env)
	if err == nil {
		set.Modules, err = modulesOf(src, modules, env)
	}
	return set, err
}

// For gives the packages that are there for trees of an architecture: all but
// those that only repositories of other architectures list.
func (s *Set) For(arch string) []*rpm.Package {
	var list []*rpm.Package
	for _, e := range s.Entries {
		if e.serves(arch) {
			list = append(list, e.Pkg)
		}
	}
	return list
}

// Only gives the set with those of its entries that keep accepts.
func (s *Set) Only(keep func(*Entry) bool) *Set {
	out := &Set{Tag: s.Tag, SigKeys: s.SigKeys, Modules: s.Modules}
	for _, e := range s.Entries {
		if keep(e) {
			out.Entries = append(out.Entries, e)
		}
	}
	return out
}
