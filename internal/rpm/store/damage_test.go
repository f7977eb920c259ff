package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// survey opens a store whose one pack holds packages 0 to n-1 and was
// tampered with, and fails unless each package is whole, or missing, or
// reported as damaged. It gives the number of those that are whole.
func survey(t testing.TB, dir string, n int) (whole int, notes []string) {
	t.Helper()
	s := open(t, dir)
	defer s.Close()
	var buf Buffer
	for i := range n {
		e := synth(i)
		r, ok, err := s.Get(e.keys[0])
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			continue
		}
		switch err := e.differs(r, &buf); {
		case err == nil:
			whole++
		case !errors.Is(err, ErrDamaged):
			t.Fatal(err)
		}
	}
	return whole, s.Notes()
}

// makeBytes gives the bytes of a pack that holds packages 0 to n-1.
func makeBytes(t testing.TB, n int) []byte {
	t.Helper()
	dir := t.TempDir()
	fillStore(t, dir, 0, n)
	b, err := os.ReadFile(onlyPack(t, dir))
	done(t, err)
	return b
}

// placePack puts bytes into an empty store as its only pack.
func placePack(t testing.TB, dir string, b []byte) {
	t.Helper()
	done(t, os.MkdirAll(filepath.Join(dir, packsDir), 0o755))
	done(t, os.WriteFile(packPath(dir, "0"), b, 0o644))
}

func TestTruncatedPacks(t *testing.T) {
	b := makeBytes(t, 1)
	dir := t.TempDir()
	for n := range b {
		placePack(t, dir, b[:n])
		whole, notes := survey(t, dir, 1)
		if whole > 0 || len(notes) != 1 || !strings.Contains(notes[0], "damaged") {
			t.Fatalf("%d of %d bytes: %d packages, notes %q", n, len(b), whole, notes)
		}
	}
	placePack(t, dir, append(b, 0))
	if whole, _ := survey(t, dir, 1); whole > 0 {
		t.Fatal("a pack with a byte too many is read")
	}
}

func TestFlippedBits(t *testing.T) {
	b := makeBytes(t, 1)
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(1, 2))
	for n := range b {
		c := append([]byte{}, b...)
		c[n] ^= 1 << r.IntN(8)
		placePack(t, dir, c)
		whole, notes := survey(t, dir, 1)
		version := n >= len(b)-12 && n < len(b)-8
		if whole == 1 && n >= headerSize || whole == 0 && !version && len(notes) != 1 {
			t.Fatalf("byte %d of %d: %d packages, notes %q", n, len(b), whole, notes)
		}
	}
}

// TestDamagedRecord: the pack is gone at once, the next run reads the
// packages again, and what else this run holds goes on working.
func TestDamagedRecord(t *testing.T) {
	dir := t.TempDir()
	fillStore(t, dir, 0, 3)
	path := onlyPack(t, dir)
	b, err := os.ReadFile(path)
	done(t, err)
	b[headerSize] ^= 1 // the fragments of the first record
	done(t, os.WriteFile(path, b, 0o644))

	s := open(t, dir)
	var buf Buffer
	first, second := mustGet(t, s, synth(0).keys[0]), mustGet(t, s, synth(1).keys[0])
	_, err = first.Fragments(&buf)
	if !errors.Is(err, ErrDamaged) || !strings.HasPrefix(err.Error(), "reading what is known of package-0-0.0-3.fc44.x86_64: damaged: ") {
		t.Fatal(err)
	}
	synth(1).check(t, second, &buf)
	missing(t, s, 0)
	missing(t, s, 2)
	if n := s.Notes(); len(n) != 1 || !strings.HasSuffix(n[0], "it is removed") {
		t.Fatal(n)
	}
	w := begin(t, s)
	synth(0).add(t, w)
	done(t, w.Commit())
	checkStore(t, s, 0, 1)
	done(t, s.Close())
	s = open(t, dir)
	checkStore(t, s, 0, 1)
	missing(t, s, 1)
}

func TestOtherVersion(t *testing.T) {
	b := makeBytes(t, 2)
	b[len(b)-12]++
	dir := t.TempDir()
	placePack(t, dir, b)
	if whole, notes := survey(t, dir, 2); whole > 0 || len(notes) > 0 {
		t.Fatal(whole, notes)
	}
	if u, err := Stats(dir); err != nil || u.Damaged != 1 {
		t.Fatal(u, err)
	}
	if _, err := GC(dir, GCOptions{}); err != nil {
		t.Fatal(err)
	}
	empty(t, filepath.Join(dir, packsDir))
}

func TestTooMuch(t *testing.T) {
	f := footer{tailOff: headerSize, tailLen: 12, records: 1 << 31}
	if err := f.check(headerSize + footerSize + 12); !errors.Is(err, ErrDamaged) {
		t.Fatal(err)
	}
	for _, raw := range []int64{300 * maxRatio, maxRaw, 1 << 40} {
		b := make([]byte, 300)
		if _, err := openBlock(new([]byte), b, addSum(0, b), raw); !errors.Is(err, ErrDamaged) {
			t.Fatal(raw, err)
		}
	}
	w := begin(t, open(t, ""))
	if _, err := w.Add(nil, synth(1).pkg, nil, synth(1).frag); err == nil || fmt.Sprint(err) != "package store: adding package-1-1:1.1-3.fc44.x86_64: no key" {
		t.Fatal(err)
	}
}
