// Package mirror copies an rpm-md repository from an address to a folder and
// keeps the copy current.
//
// Readers of the folder see the old repository or the new one, never a
// mixture: packages come first, then the metadata as a whole, and only then
// packages that nobody needs any more go. What is interrupted goes on where
// it ended. The metadata is taken over byte for byte, so its signature stays
// good.
package mirror

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"compose/internal/fetch"
	"compose/internal/repository"
)

// Options are the choices of Sync.
type Options struct {
	Fetch *fetch.Client // needed
	// Delete removes packages that the new metadata does not name. A folder
	// that was no repository before keeps all that it has.
	Delete bool
	// CheckAll reads every package that is there. Otherwise one that has the
	// size and the time that the metadata states is believed.
	CheckAll bool
	// Verify is given repomd.xml and its detached signature (nil when the
	// server has none) and refuses what it does not trust. May be nil.
	Verify  func(repomd, signature []byte) error
	Workers int // packages at once; 0 is 8
	// Note is told what the user should know, Progress how far it is, both by
	// one goroutine at a time. Both may be nil.
	Note     func(text string)
	Progress func(Progress)
}

// Progress is how much of the packages is there.
type Progress struct {
	Done, Total           int
	DoneBytes, TotalBytes int64
}

// Result says what Sync did.
type Result struct {
	Packages  int      `json:"packages"`  // of the mirror
	Fetched   int      `json:"fetched"`   // packages
	Metadata  int      `json:"metadata"`  // metadata files that were fetched
	Bytes     int64    `json:"bytes"`     // fetched, of both
	Deleted   []string `json:"deleted"`   // relative paths
	Elsewhere int      `json:"elsewhere"` // packages that the metadata places at other addresses
	Same      bool     `json:"same"`      // the metadata was current already
}

// attempts is how often a repository is tried that changes meanwhile.
const attempts = 3

// Sync makes dir a copy of the repository at an address (see
// repository.Open). After an error the folder has the old repository, beside
// packages of the new one that were fetched already.
func Sync(ctx context.Context, address, dir string, opt Options) (*Result, error) {
	s := &syncer{address: address, dir: dir, opt: opt, staging: filepath.Join(dir, stagingName)}
	if s.opt.Workers <= 0 {
		s.opt.Workers = 8
	}
	res, err := s.run(ctx)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("mirroring %s to %s: %w", fetch.Redact(address), dir, err)
	}
	return res, nil
}

// stagingName is the folder in which new metadata waits until it is complete.
const stagingName = ".repodata.sync"

type syncer struct {
	address, dir, staging string
	opt                   Options

	repo  *repository.Repository
	isNew bool // dir was no repository before
	res   Result
}

var errBusy = errors.New("another process is mirroring to it")

func (s *syncer) run(ctx context.Context) (*Result, error) {
	if err := os.MkdirAll(s.dir, 0o777); err != nil {
		return nil, err
	}
	lock, err := os.Open(s.dir)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	if unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB) == unix.EWOULDBLOCK {
		return nil, errBusy
	}
	_, absent := os.Stat(filepath.Join(s.dir, "repodata", "repomd.xml"))
	s.isNew = absent != nil
	if s.repo, err = s.open(ctx); err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		failed := s.once(ctx)
		if failed == nil {
			return &s.res, nil
		}
		if try == attempts || ctx.Err() != nil {
			return nil, failed
		}
		now, err := s.open(ctx)
		if err != nil || bytes.Equal(now.XML, s.repo.XML) {
			return nil, failed
		}
		s.repo = now // it changed meanwhile, which may be why
	}
}

func (s *syncer) open(ctx context.Context) (*repository.Repository, error) {
	return repository.Open(ctx, repository.Access{Fetch: s.opt.Fetch}, s.address)
}

// once brings the folder to the state that repomd.xml speaks of.
func (s *syncer) once(ctx context.Context) error {
	s.res = Result{Deleted: []string{}}
	if err := s.metadata(ctx); err != nil {
		return err
	}
	want, err := s.packages(ctx)
	if err != nil {
		return err
	}
	if err := want.bring(ctx); err != nil {
		return err
	}
	if err := s.switchTo(ctx, want); err != nil {
		return err
	}
	if s.opt.Delete {
		return s.deleteOthers(want)
	}
	return nil
}

func (s *syncer) note(format string, args ...any) {
	if s.opt.Note != nil {
		s.opt.Note(fmt.Sprintf(format, args...))
	}
}
