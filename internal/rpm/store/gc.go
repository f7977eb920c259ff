package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// GCOptions bound a store; the zero value only tidies up.
type GCOptions struct {
	// MaxBytes bounds the files of the store; 0 is no bound. The least
	// recently used records go first.
	MaxBytes int64
	// MaxAge bounds, to the day, how long a record may go unused; 0 is no
	// bound. A pack of which less than a quarter would go is left alone.
	MaxAge time.Duration
}

// GCResult says what GC did.
type GCResult struct {
	Dropped       int // records
	Before, After Usage
}

// GC brings the store in dir within bounds, merges small packs, and removes
// what is of no use: broken packs, records that are there twice, files of
// dead processes. It waits for another GC of the same store; processes that
// have the store open are not disturbed. It needs room for what it rewrites.
func GC(dir string, opt GCOptions) (GCResult, error) {
	return gcWith(dir, opt, defaultLimits())
}

func gcWith(dir string, opt GCOptions, lim limits) (GCResult, error) {
	var res GCResult
	unlock, err := lockStore(dir, unix.LOCK_EX)
	if errors.Is(err, fs.ErrNotExist) {
		return res, nil
	}
	if err == nil {
		defer unlock()
		res, err = gcLocked(dir, opt, lim)
	}
	if err != nil {
		err = fmt.Errorf("tidying the package store %s: %w", dir, err)
	}
	return res, err
}

func gcLocked(dir string, opt GCOptions, lim limits) (res GCResult, err error) {
	if res.Before, err = stats(dir); err != nil {
		return res, err
	}
	sweepTemp(dir)
	if res.Dropped, err = collect(dir, opt, lim); err != nil {
		return res, err
	}
	removeOrphans(dir)
	res.After, err = stats(dir)
	return res, err
}

// collect removes and rewrites packs, and gives the number of records that
// went.
func collect(dir string, opt GCOptions, lim limits) (int, error) {
	s := &Store{dir: dir, lim: lim}
	defer s.closePacks()
	if err := s.loadIfAny(); err != nil {
		return 0, err
	}
	for _, name := range s.broken {
		if err := removePack(dir, name); err != nil {
			return 0, err
		}
	}
	c := newCollector(s)
	if opt.MaxAge > 0 {
		c.dropOld(dayOf(time.Now().Add(-opt.MaxAge)))
	}
	if opt.MaxBytes > 0 {
		c.dropLeastUsed(opt.MaxBytes)
	}
	c.dropDangling()
	return c.rewrite(c.worthRewriting())
}

// removeOrphans removes notes of use whose pack is gone.
func removeOrphans(dir string) {
	notes, _ := listExt(filepath.Join(dir, packsDir), usedExt)
	packs, err := listPacks(dir)
	if err != nil {
		return
	}
	for _, name := range notes {
		if !slices.Contains(packs, name) {
			os.Remove(usedPath(dir, name))
		}
	}
}

// tidy is what closing a store does to its folder: bounded work, and none
// while another process is at it.
func tidy(dir string, lim limits) error {
	unlock, err := lockStore(dir, unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unlock()
	files, err := packFiles(dir)
	if err != nil {
		return err
	}
	if files, err = dropUnused(dir, files, lim.total); err != nil {
		return err
	}
	return mergeSmall(dir, files, lim)
}

// packFile is a pack as the folder shows it.
type packFile struct {
	name string
	size int64
	used time.Time
}

// packFiles lists the packs, the newest first.
func packFiles(dir string) ([]packFile, error) {
	names, err := listPacks(dir)
	if err != nil {
		return nil, err
	}
	var files []packFile
	for _, name := range names {
		if st, err := os.Stat(packPath(dir, name)); err == nil {
			files = append(files, packFile{name, st.Size(), lastUse(dir, name)})
		}
	}
	return files, nil
}

// dropUnused removes the packs that were not used for two days, those longest
// unused first, until the rest takes at most limit bytes, and returns the rest.
func dropUnused(dir string, files []packFile, limit int64) ([]packFile, error) {
	var total int64
	for _, f := range files {
		total += f.size
	}
	byUse := slices.Clone(files)
	slices.SortStableFunc(byUse, func(a, b packFile) int { return a.used.Compare(b.used) })
	gone := map[string]bool{}
	for _, f := range byUse {
		if total <= limit || time.Since(f.used) < 48*time.Hour {
			break
		}
		if err := removePack(dir, f.name); err != nil {
			return nil, err
		}
		gone[f.name] = true
		total -= f.size
	}
	return slices.DeleteFunc(files, func(f packFile) bool { return gone[f.name] }), nil
}

// mergeSmall merges the smallest packs when there are too many small ones.
func mergeSmall(dir string, files []packFile, lim limits) error {
	small := slices.DeleteFunc(files, func(f packFile) bool { return f.size >= lim.small })
	if len(small) <= lim.smallPacks {
		return nil
	}
	slices.SortStableFunc(small, func(a, b packFile) int { return int(a.size - b.size) })
	var names []string
	var total int64
	for _, f := range small {
		if total += f.size; total > lim.merge {
			break
		}
		names = append(names, f.name)
	}
	slices.Sort(names)
	slices.Reverse(names)
	s := &Store{dir: dir, lim: lim}
	defer s.closePacks()
	if !s.openPacks(names) {
		return nil // the next one to close will do it
	}
	s.indexPacks()
	c := newCollector(s)
	_, err := c.rewrite(c.sources)
	return err
}
