package phases

import (
	"path/filepath"
	"time"

	"compose/internal/results"
	"compose/internal/rpm/store"
	"compose/pkgset"
)

// CacheUsage is what a cache folder holds: records of packages, and what was
// downloaded.
type CacheUsage struct {
	Store     store.Usage
	Downloads pkgset.CacheUsage
}

// CacheBounds say what CacheGC leaves.
type CacheBounds struct {
	StoreBytes int64         // largest size of the package store; 0: no bound
	Unused     time.Duration // drop what was not used for so long; 0: no bound
}

// CacheDropped is what CacheGC or CacheClear took away.
type CacheDropped struct {
	Records   int
	Bytes     int64 // of the store
	Downloads pkgset.CacheUsage
}

// CacheStats counts what the cache folder holds.
func CacheStats(dir string) (CacheUsage, error) {
	var u CacheUsage
	var err error
	if u.Store, err = store.Stats(storeDir(dir)); err != nil {
		return u, err
	}
	u.Downloads, err = pkgset.CacheStats(dir)
	return u, err
}

// CacheGC tidies the cache folder and brings it within bounds. Downloads that
// a compose links to stay.
func CacheGC(dir string, b CacheBounds) (CacheDropped, error) {
	res, err := store.GC(storeDir(dir), store.GCOptions{MaxBytes: b.StoreBytes, MaxAge: b.Unused})
	d := CacheDropped{Records: res.Dropped, Bytes: res.Before.Bytes - res.After.Bytes}
	if err != nil || b.Unused == 0 {
		return d, err
	}
	d.Downloads, err = pkgset.CleanCache(dir, b.Unused)
	return d, err
}

// CacheClear empties the cache folder, but for downloads that a compose
// links to.
func CacheClear(dir string) (CacheDropped, error) {
	u, err := store.Clear(storeDir(dir))
	d := CacheDropped{Records: u.Records, Bytes: u.Bytes}
	if err != nil {
		return d, err
	}
	for _, name := range []string{"folders", "repoclosure"} {
		if err := (results.Store{Dir: filepath.Join(dir, name)}).Clear(); err != nil {
			return d, err
		}
	}
	d.Downloads, err = pkgset.CleanCache(dir, 0)
	return d, err
}
