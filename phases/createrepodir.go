package phases

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"compose/internal/rpm/store"
	"compose/internal/rpmmd"
	"compose/pkgset"
	"compose/repo"
)

// CreaterepoDir says how the metadata of a folder of packages is written, in
// the terms of createrepo_c's options.
type CreaterepoDir struct {
	Dir      string // with the packages
	Output   string // the parent of repodata; Dir when empty
	CacheDir string // what is known of packages; "" reads all of them and keeps nothing
	Workers  int    // 0: one per processor

	// Which packages. Patterns know * and ?, which match any character, and
	// are matched with paths relative to Dir; with a list, with file names.
	Excludes []string
	// List names the files to take, relative to Dir; nil takes all below Dir.
	List         []string
	SkipSymlinks bool
	// NotYet, when not nil, leaves out files below Dir that it accepts, by
	// relative path and time in seconds: those that are still being written.
	NotYet func(rel string, time int64) bool

	// What is said of them.
	BaseURL        string
	LocationPrefix string
	CutDirs        int
	Checksum       string // of the packages: sha256, sha384 or sha512
	FilelistsExt   bool
	ChangelogLimit int // how many of the last entries stay; at most MaxChangelog

	// The repository.
	Repo RepoFiles
	// KeepOther takes over what the old repodata has beside the metadata of
	// packages and what is given here: createrepo_c's --update with
	// --keep-all-metadata.
	KeepOther bool
	KeepPaths bool // see CreatedRepo.Paths

	// Found is told how many packages were found, Progress how many of them
	// are done. All three may be nil.
	Found    func(packages int)
	Progress func(done, total int)
	Note     func(text string)
}

// RepoFiles are the choices for the metadata files.
type RepoFiles struct {
	Checksum      string // of the metadata files
	Compress      string // of primary, filelists and other: gz, zst, xz, none
	CompressExtra string // of all others
	SimpleNames   bool
	Databases     bool
	Comps         string        // path of a groups file
	Updateinfo    string        // path of an updateinfo.xml, filtered to the packages
	Extra         []ExtraFile   // further files
	Revision      string        // "" for the time
	Time          time.Time     // of the metadata
	SetTimes      bool          // of the files, to Time
	Tags          rpmmd.Tags    // of the repository
	Generations   int           // of old metadata that stay
	Age           time.Duration // of old metadata that stays
	Signer        Signer        // of repomd.xml; nil leaves it unsigned
	SignKey       SignKey       // what becomes of the public key
}

// ExtraFile is a file of metadata of any type.
type ExtraFile struct{ Type, Path string }

// MaxChangelog is how many changelog entries of a package are known.
const MaxChangelog = 10

// CreatedRepo says what CreaterepoDir.Write did.
type CreatedRepo struct {
	Packages int
	Skipped  []pkgset.BrokenFile // cannot be read, and are left out
	Read     int                 // how many files were read
	Paths    []string            // relative paths of these, with KeepPaths
	Same     bool                // the repodata said the same already, and was left alone
}

// Write writes the repository.
func (c CreaterepoDir) Write(ctx context.Context) (made CreatedRepo, err error) {
	if c.Output == "" {
		c.Output = c.Dir
	}
	filler, end, err := c.openStore()
	if err != nil {
		return made, err
	}
	defer func() { err = errors.Join(err, end()) }()
	r := &dirRepo{CreaterepoDir: c, made: &made}
	r.reader = &pkgset.FileReader{Filler: filler, Checksum: c.Checksum, Digests: c.FilelistsExt, KeepPaths: c.KeepPaths}
	if err := r.write(ctx); err != nil {
		return made, err
	}
	for _, text := range r.reader.Warnings() {
		c.note(text)
	}
	made.Read, made.Paths = r.reader.Count(), r.reader.Paths()
	return made, nil
}

func (c *CreaterepoDir) note(text string) {
	if c.Note != nil {
		c.Note(text)
	}
}

// openStore opens the package store; end closes it.
func (c *CreaterepoDir) openStore() (f *store.Filler, end func() error, err error) {
	if c.CacheDir == "" {
		return nil, func() error { return nil }, nil
	}
	s, err := store.Open(storeDir(c.CacheDir))
	if err != nil {
		return nil, nil, err
	}
	f = store.NewFiller(s)
	return f, func() error {
		err := f.Commit() // also after an error: what was read is true
		for _, text := range s.Notes() {
			c.note(text)
		}
		return errors.Join(err, s.Close())
	}, nil
}

// dirRepo is one run of CreaterepoDir.Write.
type dirRepo struct {
	CreaterepoDir
	reader *pkgset.FileReader
	names  *nevras // of the packages that were loaded; nil unless wanted
	also   []string
	made   *CreatedRepo
	steady steady
}

func (r *dirRepo) write(ctx context.Context) error {
	files, err := r.list(ctx)
	if err != nil {
		return err
	}
	if r.Found != nil {
		r.Found(len(files))
	}
	items, err := r.items(files)
	if err != nil {
		return err
	}
	opt, err := r.options(items)
	if err != nil {
		return err
	}
	if err := r.readLarge(ctx, files); err != nil {
		return err
	}
	index, err := repo.Write(ctx, r.Output, items, opt)
	r.made.Packages, r.made.Same = index.Packages, index.Same
	return err
}

// list finds the files, with those that cannot be packages skipped.
func (r *dirRepo) list(ctx context.Context) ([]pkgset.File, error) {
	if r.List != nil {
		return r.listed()
	}
	o := pkgset.ListOptions{Links: pkgset.LinksAll, Workers: r.Workers, Also: isModulemd, AlsoName: "modulemd 1"}
	if r.SkipSymlinks {
		o.Links = pkgset.LinksNone
	}
	o.Keep = pkgset.KeptFolders(r.CacheDir)
	found, err := pkgset.ListFiles(ctx, r.Dir, o)
	if err != nil {
		return nil, err
	}
	for _, b := range found.Bad {
		r.skip(b)
	}
	r.also = slices.DeleteFunc(found.Also, func(path string) bool { return filepath.Base(filepath.Dir(path)) == "repodata" })
	return slices.DeleteFunc(found.Files, func(f pkgset.File) bool {
		return r.excluded(f.Rel()) || r.NotYet != nil && r.NotYet(f.Rel(), f.Time())
	}), nil
}

func (r *dirRepo) listed() ([]pkgset.File, error) {
	var out []pkgset.File
	seen := map[string]bool{}
	for _, rel := range r.List {
		if rel = filepath.Clean(rel); seen[rel] || r.excluded(filepath.Base(rel)) {
			continue
		}
		seen[rel] = true
		if !filepath.IsLocal(rel) {
			return nil, fmt.Errorf("package %s: does not lie below %s", rel, r.Dir)
		}
		f, err := pkgset.FileAt(r.Dir, rel)
		if err != nil {
			r.skip(pkgset.BrokenFile{Path: filepath.Join(r.Dir, rel), Err: causeOf(err)})
			continue
		}
		if fi, err := os.Lstat(filepath.Join(r.Dir, rel)); r.SkipSymlinks && err == nil && fi.Mode()&os.ModeSymlink != 0 {
			continue
		}
		out = append(out, f)
	}
	return out, nil
}

// causeOf drops the path from an error that has one.
func causeOf(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

func (r *dirRepo) skip(b pkgset.BrokenFile) {
	r.made.Skipped = append(r.made.Skipped, b)
	r.note("skipped " + b.String())
}

func (r *dirRepo) excluded(path string) bool {
	return slices.ContainsFunc(r.Excludes, func(pattern string) bool { return gMatch(pattern, path) })
}

// gMatch matches as GLib's g_pattern_match does: * is any run of
// characters, ? any one.
func gMatch(pattern, s string) bool {
	star, from := -1, 0 // the last star, and where what it matches begins to end
	p, i := 0, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p, i = p+1, i+1
		case star >= 0:
			from++
			p, i = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
