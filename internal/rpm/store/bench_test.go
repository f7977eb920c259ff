package store

import (
	"fmt"
	"os"
	"runtime"
	"testing"
)

// benchRecords is the number of packages of a distribution.
const benchRecords = 60000

// benchStore makes a store of benchRecords packages, kept for the benchmarks
// of one run.
func benchStore(b *testing.B) string {
	b.Helper()
	dir := b.TempDir()
	s := open(b, dir)
	w := begin(b, s)
	for i := range benchRecords {
		synth(i).add(b, w)
	}
	done(b, w.Commit())
	done(b, s.Close())
	return dir
}

func benchKeys() []Key {
	keys := make([]Key, benchRecords)
	for i := range keys {
		keys[i] = synth(i).keys[1]
	}
	return keys
}

// BenchmarkStore measures, on one core and a store in the page cache, what a
// warm compose does: open, get every record, read every fragment in order,
// walk every path.
func BenchmarkStore(b *testing.B) {
	dir, keys := benchStore(b), benchKeys()
	b.Run("open+get", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s := open(b, dir)
			getAll(b, s, keys)
			done(b, s.Close())
		}
	})
	b.Run("memory", func(b *testing.B) {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		s := open(b, dir)
		all := getAll(b, s, keys)
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/benchRecords, "B/record")
		runtime.KeepAlive(all)
	})
	s := open(b, dir)
	all := getAll(b, s, keys)
	b.Run("fragments", func(b *testing.B) { benchFragments(b, all) })
	b.Run("paths", func(b *testing.B) { benchPaths(b, all, true) })
	b.Run("paths-unwanted", func(b *testing.B) { benchPaths(b, all, false) })
}

func getAll(b *testing.B, s *Store, keys []Key) []*Record {
	b.Helper()
	all := make([]*Record, len(keys))
	for i, k := range keys {
		all[i] = mustGet(b, s, k)
	}
	return all
}

func benchFragments(b *testing.B, all []*Record) {
	var buf Buffer
	var n int64
	for b.Loop() {
		n = 0
		for _, r := range all {
			f, err := r.Fragments(&buf)
			done(b, err)
			n += int64(len(f.Primary) + len(f.Filelists) + len(f.Other))
		}
	}
	b.SetBytes(n)
}

func benchPaths(b *testing.B, all []*Record, wanted bool) {
	var buf Buffer
	n := 0
	for b.Loop() {
		n = 0
		for _, r := range all {
			done(b, r.EachPathIn(&buf, func([]byte) bool { return wanted }, func([]byte) bool { n++; return true }))
		}
	}
	b.ReportMetric(float64(n), "paths")
}

func BenchmarkAdd(b *testing.B) {
	all := make([]*entry, 5000)
	for i := range all {
		all[i] = synth(i)
	}
	s := open(b, b.TempDir())
	w := begin(b, s)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		e := all[n%len(all)]
		if n >= len(all) {
			e.keys[0] = SumKey(e.pkg.Sum)
			copy(e.keys[0][:], fmt.Sprint(n))
		}
		e.add(b, w)
		n++
	}
	done(b, w.Commit())
	u, err := Stats(s.dir)
	done(b, err)
	b.ReportMetric(float64(u.Bytes)/float64(n), "B/record")
	os.RemoveAll(s.dir)
}
