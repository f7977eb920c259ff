package pkgset

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// The cache folder (Env.CacheDir) holds, by their checksums:
//
//	metadata/ab/abcd…   metadata files of remote repositories
//	packages/ab/abcd…   packages of remote repositories, with the time that the
//	                    repository states, which trees link to
//
// A name that ends in .part is a download that was interrupted or is under
// way. The change time of a file, which linking sets as well, is the time of
// its last use.

// touch marks a file as used, where that is allowed: the cache may be
// somebody else's.
func touch(path string, modified time.Time) { os.Chtimes(path, time.Time{}, modified) }

// CacheUsage says what a cache folder holds, or what was removed from it.
type CacheUsage struct {
	Files int
	Bytes int64
}

// CleanCache removes what was not used for longer than unused, and says how
// much that was. A package that a tree links to takes no room and stays.
func CleanCache(dir string, unused time.Duration) (CacheUsage, error) {
	before := time.Now().Add(-unused)
	var sum CacheUsage
	err := eachCached(dir, func(path string, st *unix.Stat_t) error {
		if st.Nlink > 1 || !time.Unix(st.Ctim.Unix()).Before(before) {
			return nil
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		sum.Files++
		sum.Bytes += st.Size
		return nil
	})
	return sum, err
}

// CacheStats counts what a cache folder holds.
func CacheStats(dir string) (CacheUsage, error) {
	var sum CacheUsage
	err := eachCached(dir, func(_ string, st *unix.Stat_t) error {
		sum.Files++
		sum.Bytes += st.Size
		return nil
	})
	return sum, err
}

// eachCached calls fn for each file that this package keeps in dir.
func eachCached(dir string, fn func(path string, st *unix.Stat_t) error) error {
	for _, kind := range []string{"metadata", "packages"} {
		err := filepath.WalkDir(filepath.Join(dir, kind), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				if errors.Is(err, fs.ErrNotExist) {
					return nil
				}
				return err
			}
			var st unix.Stat_t
			if err := unix.Lstat(path, &st); err != nil {
				return nil // removed meanwhile
			}
			return fn(path, &st)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
