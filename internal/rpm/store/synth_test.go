package store

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"compose/internal/rpm"
)

// entry is one package as it would be added.
type entry struct {
	keys  []Key
	pkg   *rpm.Package
	files []rpm.File
	frag  rpm.Fragments
}

func (e *entry) details() *rpm.Details { return &rpm.Details{Files: e.files} }

// synth makes package number i: the same at each call, of the size that
// packages of a distribution have on average.
func synth(i int) *entry {
	r := rand.New(rand.NewPCG(uint64(i), 1))
	name := fmt.Sprintf("package-%d", i)
	p := &rpm.Package{
		Name: name, Epoch: uint32(i % 3), Version: fmt.Sprintf("%d.%d", i%7, i%11), Release: "3.fc44", Arch: "x86_64",
		SourceRPM: name + ".src.rpm", SigKeys: []string{"0123456789abcdef"},
		Sum:  rpm.Checksum{Type: "sha256", Hex: fmt.Sprintf("%064x", r.Uint64())},
		Size: int64(i) * 1000, Installed: int64(i) * 5000, BuildTime: 1700000000 + int64(i), HeaderStart: 4504, HeaderEnd: 20000 + int64(i),
	}
	evr := p.Version + "-" + p.Release
	p.Provides = []rpm.Dep{{Name: name, Sense: rpm.Equal, EVR: evr}, {Name: name + "(x86-64)", Sense: rpm.Equal, EVR: evr}}
	for range r.IntN(10) {
		p.Provides = append(p.Provides, rpm.Dep{Name: fmt.Sprintf("lib%d.so.1()(64bit)", i*10+r.IntN(10))})
	}
	for range 5 + r.IntN(20) {
		p.Requires = append(p.Requires, rpm.Dep{Name: fmt.Sprintf("lib%d.so.1()(64bit)", r.IntN(2000))})
	}
	p.Requires = append(p.Requires, rpm.Dep{Name: "rpmlib(FileDigests)", Sense: rpm.RpmlibDep | rpm.Less | rpm.Equal, EVR: "4.6.0-1"})
	e := &entry{keys: []Key{SumKey(p.Sum), SumKey(rpm.Checksum{Type: "file", Hex: name})}, pkg: p}
	e.fill(r)
	return e
}

// fill makes up the files and the fragments.
func (e *entry) fill(r *rand.Rand) {
	var list strings.Builder
	for k := range 10 + r.IntN(80) {
		path := fmt.Sprintf("/usr/share/%s/dir%d/file-%d-%x", e.pkg.Name, k%5, k, r.Uint32())
		e.files = append(e.files, rpm.File{Path: path})
		fmt.Fprintf(&list, "<file>%s</file>\n", path)
	}
	var primary, other strings.Builder
	fmt.Fprintf(&primary, "<name>%s</name><summary>%x</summary>\n", e.pkg.Name, r.Uint64())
	for _, d := range slices.Concat(e.pkg.Provides, e.pkg.Requires) {
		fmt.Fprintf(&primary, "<rpm:entry name=%q flags=\"EQ\" ver=%q/>\n", d.Name, d.EVR)
	}
	for k := range 10 {
		fmt.Fprintf(&other, "<changelog author=\"Someone %d\" date=\"%d\">- rebuilt %x</changelog>\n", k, r.Uint32(), r.Uint64())
	}
	e.frag = rpm.Fragments{Primary: []byte(primary.String()), Filelists: []byte(list.String()), Other: []byte(other.String())}
}

func (e *entry) add(t testing.TB, w *Writer) *Record {
	t.Helper()
	r, err := w.Add(e.keys, e.pkg, e.details(), e.frag)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// check fails unless the record is what was added.
func (e *entry) check(t testing.TB, r *Record, buf *Buffer) {
	t.Helper()
	if err := e.differs(r, buf); err != nil {
		t.Fatal(err)
	}
}

func (e *entry) differs(r *Record, buf *Buffer) error {
	if !reflect.DeepEqual(r.Pkg, e.pkg) {
		return fmt.Errorf("package differs:\n got %+v\nwant %+v", r.Pkg, e.pkg)
	}
	f, err := r.Fragments(buf)
	if err != nil {
		return err
	}
	if !bytes.Equal(f.Primary, e.frag.Primary) || !bytes.Equal(f.Filelists, e.frag.Filelists) || !bytes.Equal(f.Other, e.frag.Other) {
		return fmt.Errorf("%s: fragments differ", e.pkg)
	}
	var got, want []string
	if err := r.EachPath(buf, func(p []byte) bool { got = append(got, string(p)); return true }); err != nil {
		return err
	}
	for _, f := range e.files {
		want = append(want, f.Path)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		return fmt.Errorf("%s: paths differ:\n got %q\nwant %q", e.pkg, got, want)
	}
	return nil
}

func open(t testing.TB, dir string) *Store {
	t.Helper()
	return openLimits(t, dir, defaultLimits())
}

func openLimits(t testing.TB, dir string, lim limits) *Store {
	t.Helper()
	s, err := openWith(dir, lim)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func begin(t testing.TB, s *Store) *Writer {
	t.Helper()
	w, err := s.Begin()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// fillStore writes packages first to last-1 as one pack.
func fillStore(t testing.TB, dir string, first, last int) {
	t.Helper()
	s := open(t, dir)
	w := begin(t, s)
	for i := first; i < last; i++ {
		synth(i).add(t, w)
	}
	done(t, w.Commit())
	done(t, s.Close())
}

// checkStore fails unless packages first to last-1 are in the store under
// all their keys.
func checkStore(t testing.TB, s *Store, first, last int) {
	t.Helper()
	var buf Buffer
	for i := first; i < last; i++ {
		e := synth(i)
		for _, k := range e.keys {
			r, ok, err := s.Get(k)
			if err != nil || !ok {
				t.Fatalf("package %d: found %v, error %v", i, ok, err)
			}
			e.check(t, r, &buf)
		}
	}
}

func missing(t testing.TB, s *Store, i int) {
	t.Helper()
	for _, k := range synth(i).keys {
		if _, ok, err := s.Get(k); ok || err != nil {
			t.Fatalf("package %d: found %v, error %v", i, ok, err)
		}
	}
}

func done(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// onlyPack gives the path of the one pack in a store.
func onlyPack(t testing.TB, dir string) string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, packsDir, "*"+packExt))
	if err != nil || len(all) != 1 {
		t.Fatalf("packs %q, error %v", all, err)
	}
	return all[0]
}

// empty fails when a folder holds files.
func empty(t testing.TB, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 0 {
		t.Fatalf("%s: entries %v, error %v", dir, entries, err)
	}
}
