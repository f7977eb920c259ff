package universe_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"testing"

	"compose/internal/depindex"
	"compose/internal/oracletest"
	"compose/internal/rpm"
	"compose/internal/rpmmd"
	"compose/internal/universe"
)

// setOf gives packages with their files as one set, made of two.
func setOf(t testing.TB, pkgs *oracletest.Packages) *universe.Set {
	t.Helper()
	all := universe.NewBuilder()
	for half := range slices.Chunk(pkgs.List, max(1, (len(pkgs.List)+1)/2)) {
		b := universe.NewBuilder()
		for _, p := range half {
			files := slices.DeleteFunc(slices.Clone(pkgs.Files[p]), func(f string) bool { return !rpmmd.IsPrimary(f) })
			if err := b.Add(p, files); err != nil {
				t.Fatal(err)
			}
		}
		if err := all.AddSet(b.Set()); err != nil {
			t.Fatal(err)
		}
	}
	return all.Set()
}

func carriers(pkgs *oracletest.Packages) []universe.Carrier {
	var list []universe.Carrier
	for i, p := range pkgs.List {
		for _, f := range pkgs.Files[p] {
			if !rpmmd.IsPrimary(f) {
				list = append(list, universe.Carrier{Path: f, Pkg: int32(i)})
			}
		}
	}
	return list
}

// TestProviders compares with depindex, which is compared with dnf.
func TestProviders(t *testing.T) {
	for seed := range uint64(40) {
		pkgs := oracletest.Records(oracletest.Random(rand.New(rand.NewPCG(seed, 3)), 1+int(seed)))
		index := depindex.New(pkgs.List, pkgs.Paths())
		set, err := universe.Decode(setOf(t, pkgs).Encode())
		if err != nil {
			t.Fatal(err)
		}
		u := universe.New(set, universe.Options{Carriers: carriers(pkgs)})
		for d := range uint32(set.Deps()) {
			dep := set.Dep(int32(d))
			var got, want []string
			for _, p := range u.Providers(nil, d) {
				got = append(got, u.NEVRA(p))
			}
			for _, p := range index.Providers(dep) {
				want = append(want, p.String())
			}
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d: %s: %q, want %q", seed, dep, got, want)
			}
			if u.Satisfied(d) != index.Satisfied(dep) {
				t.Fatalf("seed %d: %s: satisfied is %v", seed, dep, u.Satisfied(d))
			}
		}
	}
}

// TestWide has a name in so many versions that they are searched in order.
func TestWide(t *testing.T) {
	pkgs := &oracletest.Packages{}
	for i := range 1200 {
		p := &rpm.Package{Name: "x", Version: fmt.Sprint(i%50, ".5"), Release: "1", Arch: "noarch", Epoch: uint32(i % 3)}
		pkgs.List = append(pkgs.List, p)
		for _, op := range []rpm.Sense{rpm.Equal, rpm.Less, rpm.Greater | rpm.Equal} {
			p.Requires = append(p.Requires, rpm.Dep{Name: "x", Sense: op, EVR: p.Version})
		}
	}
	index, set := depindex.New(pkgs.List, nil), setOf(t, pkgs)
	u := universe.New(set, universe.Options{})
	for d := range uint32(set.Deps()) {
		if got, want := len(u.Providers(nil, d)), len(index.Providers(set.Dep(int32(d)))); got != want || (got > 0) != u.Satisfied(d) {
			t.Errorf("%s: %d providers, want %d", set.Dep(int32(d)), got, want)
		}
	}
}

// TestDetails looks at what the comparison with depindex does not reach.
func TestDetails(t *testing.T) {
	b := universe.NewBuilder()
	add := func(name, arch string, requires ...rpm.Dep) {
		p := &rpm.Package{Name: name, Version: "1", Release: "1", Arch: arch, Epoch: 2, Requires: requires, Sum: rpm.Checksum{Type: "sha256", Hex: name}}
		if err := b.Add(p, []string{"/usr/bin/" + name}); err != nil {
			t.Fatal(err)
		}
	}
	add("a", "i686", rpm.Dep{Name: "/usr/bin/b", Sense: rpm.Equal, EVR: "7"}, rpm.Dep{Name: "rpmlib(x)"},
		rpm.Dep{Name: "b", Sense: rpm.Equal | rpm.ScriptPre, EVR: "0:1"}, rpm.Dep{Name: "b", Sense: rpm.Equal, EVR: "1"}, rpm.Dep{Name: "(broken"})
	add("b", "x86_64")
	add("c", "src")
	add("d", "ppc64")
	add("e", "noarch")
	set := b.Set()
	u := universe.New(set, universe.Options{Arches: []string{"x86_64", "i686"}, Hidden: []bool{4: true}})
	for p, want := range []universe.Class{universe.Best + 1, universe.Best, universe.Foreign, universe.Foreign, universe.Foreign} {
		if got := u.Class(int32(p)); got != want {
			t.Errorf("%s is of class %d", u.NEVRA(int32(p)), got)
		}
	}
	list := u.List(0, universe.Requires)
	if len(list) != 4 || !u.Satisfied(list[0]) || !u.Satisfied(list[1]) || u.Satisfied(list[2]) || u.Satisfied(list[3]) || !u.IsRich(list[3]) {
		t.Errorf("requirements %v", list)
	}
	if u.NEVRA(1) != "b-2:1-1.x86_64" || !u.IsSource(2) || u.Sum(3) != "d" || len(u.Namesakes(1)) != 1 {
		t.Error("details of packages")
	}
	if none := universe.NewBuilder().Set(); none.Digest() == set.Digest() {
		t.Error("digests are equal")
	}
	head, err := universe.ReadDigest(set.Encode()[:universe.HeadSize])
	if err != nil || head != set.Digest() {
		t.Errorf("digest of the stored set: %v", err)
	}
}

// FuzzDecode wants damaged sets to be refused, and sound ones to be usable.
func FuzzDecode(f *testing.F) {
	pkgs := oracletest.Records(oracletest.Random(rand.New(rand.NewPCG(1, 1)), 3))
	sound := setOf(f, pkgs).Encode()
	f.Add(sound[:len(sound)-4])
	f.Add(universe.NewBuilder().Set().Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		sum := crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
		s, err := universe.Decode(binary.LittleEndian.AppendUint32(bytes.Clone(b), sum))
		if err != nil {
			return
		}
		u := universe.New(s, universe.Options{Arches: []string{"x86_64"}})
		for d := range uint32(s.Deps()) {
			if (len(u.Providers(nil, d)) > 0) != u.Satisfied(d) && !u.IsRpmlib(d) {
				t.Errorf("%s", s.Dep(int32(d)))
			}
		}
		for p := range int32(s.Len()) {
			_ = u.NEVRA(p) + u.Sum(p)
		}
	})
}
