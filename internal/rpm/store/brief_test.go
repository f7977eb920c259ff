package store

import (
	"bytes"
	"reflect"
	"testing"

	"compose/internal/rpm"
)

// What Put adds can be read like what Add adds, before and after Commit, in
// full and in brief, and nothing of it is remembered before it is asked for.
func TestPut(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	w := begin(t, s)
	for i := range 30 {
		e := synth(i)
		done(t, w.Put(e.keys, e.pkg, e.details(), e.frag))
	}
	for _, r := range w.part.pack.live {
		if r != nil {
			t.Fatal("a record is kept")
		}
	}
	checkBrief(t, s, 30)
	done(t, w.PutBlob(SumKey(rpm.Checksum{Type: "blob"}), []byte("frame")))
	checkStore(t, s, 0, 30)
	e := synth(7)
	r, err := w.Add(e.keys, e.pkg, e.details(), e.frag)
	done(t, err)
	if again, _, _ := s.Get(e.keys[0]); again != r {
		t.Error("added twice")
	}
	done(t, w.Commit())
	checkBrief(t, s, 30)
	later := open(t, dir)
	checkBrief(t, later, 30)
	if p := later.packs[0]; p.records[3].Load() != nil {
		t.Error("GetBrief keeps records in memory")
	}
	checkStore(t, later, 0, 30)
	checkBrief(t, later, 30)
	var buf Buffer
	b, ok := later.Blob(SumKey(rpm.Checksum{Type: "blob"}), &buf)
	if !ok || string(b) != "frame" || !later.HasBlob(SumKey(rpm.Checksum{Type: "blob"})) {
		t.Errorf("blob %q, %v", b, ok)
	}
	if _, ok := later.Blob(Key{1}, &buf); ok || later.HasBlob(Key{1}) {
		t.Error("a blob that is not there")
	}
}

func checkBrief(t *testing.T, s *Store, n int) {
	t.Helper()
	var buf Buffer
	for i := range n {
		e := synth(i)
		r, ok, err := s.GetBrief(e.keys[0])
		if !ok || err != nil {
			t.Fatalf("record %d: %v, %v", i, ok, err)
		}
		p := r.Pkg
		if p.NEVRA() != e.pkg.NEVRA() || p.Sum != e.pkg.Sum || p.SourceRPM != e.pkg.SourceRPM {
			t.Errorf("record %d is of %s", i, p)
		}
		f, err := r.Fragments(&buf)
		if err != nil || !bytes.Equal(f.Primary, e.frag.Primary) || !bytes.Equal(f.Other, e.frag.Other) {
			t.Errorf("record %d: other fragments, %v", i, err)
		}
	}
	if _, ok, err := s.GetBrief(Key{9}); ok || err != nil {
		t.Errorf("a record that is not there: %v, %v", ok, err)
	}
}

func TestFiller(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	f := NewFiller(s)
	done(t, f.Commit())
	empty(t, s.dir+"/"+packsDir)
	for range 2 {
		a, err := f.Writer()
		done(t, err)
		b, _ := f.Writer()
		if a != b || f.Store() != s {
			t.Error("two writers")
		}
		e := synth(1)
		done(t, a.Put(e.keys, e.pkg, e.details(), e.frag))
		done(t, f.Commit())
	}
	r, _, _ := s.Get(synth(1).keys[0])
	if !reflect.DeepEqual(r.Pkg, synth(1).pkg) {
		t.Errorf("%+v", r.Pkg)
	}
	done(t, s.Close())
	if _, err := f.Writer(); err == nil {
		t.Error("a writer of a closed store")
	}
}

// A lean writer makes packs of little memory, whose records are found like
// any others.
func TestLean(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		s := open(t, dir)
		s.lim.tail = 40 << 10
		w, err := s.BeginLean()
		done(t, err)
		for i := range 200 {
			e := synth(i)
			done(t, w.Put(e.keys, e.pkg, e.details(), e.frag))
			if i%50 == 0 {
				checkBrief(t, s, i+1)
			}
		}
		e := synth(3)
		done(t, w.Put(e.keys, e.pkg, e.details(), e.frag)) // again
		done(t, w.Alias(Key{1}, mustGet(t, s, synth(4).keys[0])))
		done(t, w.Commit())
		if n := len(s.packs); n < 3 || n > 50 {
			t.Errorf("%d packs", n)
		}
		if !s.packs[len(s.packs)-1].shed {
			t.Error("a finished pack stays in memory")
		}
		checkBrief(t, s, 200)
		checkStore(t, s, 0, 200)
		if dir != "" {
			later := open(t, dir)
			checkStore(t, later, 0, 200)
			if mustGet(t, later, Key{1}).Pkg.Name != synth(4).pkg.Name {
				t.Error("another record")
			}
		}
	}
}
