package gather

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"compose/internal/oracletest"
	"compose/internal/rpm"
)

// TestAgain changes random universes and compares: whenever an earlier result
// is said to stand, the full solve gives the very same one. It must be said
// often enough to be of use.
func TestAgain(t *testing.T) {
	runs := 3000
	if testing.Short() {
		runs = 300
	}
	same, agree := 0, 0
	for seed := range uint64(runs) {
		before, after := randomChange(t, seed)
		res, footprint, err := Kept(context.Background(), before)
		if err != nil {
			t.Fatal(err)
		}
		if plain := mustGather(t, before); !reflect.DeepEqual(res, plain) {
			t.Fatalf("seed %d: noting what is asked changes the result", seed)
		}
		want := mustGather(t, after)
		if sameNames(res, want) {
			agree++
		}
		got, err := Again(footprint, after)
		if err != nil {
			continue
		}
		same++
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: the result does not stand:\n%+v\n%+v\n%s", seed, got, want, describe(after))
		}
	}
	t.Logf("%d of %d results stand, %d are the same packages", same, runs, agree)
	if same*3 < agree {
		t.Errorf("%d of %d equal results are recognised", same, agree)
	}
}

func mustGather(t *testing.T, in Input) *Result {
	t.Helper()
	res, err := Gather(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func sameNames(a, b *Result) bool {
	return slices.EqualFunc(a.Packages, b.Packages, func(p, q Picked) bool { return p.Pkg.Sum == q.Pkg.Sum })
}

// randomChange makes an input with two universes that differ by some packages.
// Those of the second are all new records.
func randomChange(t *testing.T, seed uint64) (before, after Input) {
	r := rand.New(rand.NewPCG(seed, 11))
	pkgs := oracletest.Records(oracletest.Random(r, 3+r.IntN([]int{8, 40}[r.IntN(2)])))
	for i, p := range pkgs.List {
		p.Sum = rpm.Checksum{Type: "sha256", Hex: fmt.Sprintf("%064x", i+1)}
	}
	in := randomInput(r, pkgs)
	in.Compat = Compat(r.IntN(2))
	in.Recommends = r.IntN(4) == 0
	if r.IntN(6) == 0 {
		in.Method = NoDeps
	}
	place, later := randomPlaces(r, len(pkgs.List))
	before, after = in, in
	setUniverse(&before, pkgs, place)
	copies := oracletest.Packages{Files: map[*rpm.Package][]string{}}
	now := map[*rpm.Package]*rpm.Package{}
	for _, p := range pkgs.List {
		q := *p
		copies.List, copies.Files[&q], now[p] = append(copies.List, &q), pkgs.Files[p], &q
		if r.IntN(3*len(pkgs.List)) == 0 {
			q.Sum.Hex = "ff" + q.Sum.Hex[2:]
			q.Provides = append(slices.Clone(q.Provides), rpm.Dep{Name: fmt.Sprintf("cap%d", r.IntN(20))})
		}
	}
	setUniverse(&after, &copies, later)
	randomModules(r, &before, pkgs.List)
	for _, m := range before.Modular {
		m.Pkg = now[m.Pkg]
		after.Modular = append(after.Modular, m)
	}
	if before.Apart != nil {
		after.Apart = map[*rpm.Package]string{}
		for p, why := range before.Apart {
			after.Apart[now[p]] = why
		}
	}
	return before, after
}

// randomPlaces says of n packages whether they are the tree's own (0), in a
// lookaside (1), both (2), or not there (3), before and after a change of few.
func randomPlaces(r *rand.Rand, n int) (place, later []int) {
	odds := []int{0, 0, 3}
	if r.IntN(3) == 0 {
		odds = []int{0, 0, 0, 1, 2, 3, 3}
	}
	place = make([]int, n)
	for i := range place {
		place[i] = odds[r.IntN(len(odds))]
	}
	later = slices.Clone(place)
	for range r.IntN(3) {
		i := r.IntN(n)
		for range n * r.IntN(6) { // most of the time, a package comes
			if place[i] == 3 {
				break
			}
			i = r.IntN(n)
		}
		later[i] = odds[r.IntN(len(odds))]
	}
	return place, later
}

func randomModules(r *rand.Rand, in *Input, list []*rpm.Package) {
	if r.IntN(5) > 0 {
		return
	}
	in.Apart = map[*rpm.Package]string{}
	for _, p := range list {
		switch r.IntN(30) {
		case 0:
			in.Apart[p] = "of another stream"
		case 1:
			in.Modular = append(in.Modular, Modular{Pkg: p, Origin: "a module", OnRequest: r.IntN(2) == 0})
		}
	}
}

func setUniverse(in *Input, pkgs *oracletest.Packages, place []int) {
	var own, aside []*rpm.Package
	for i, p := range pkgs.List {
		if place[i] == 0 || place[i] == 2 {
			own = append(own, p)
		}
		if place[i] == 1 || place[i] == 2 {
			aside = append(aside, p)
		}
	}
	in.Universe = NewUniverse("x86_64", own, pkgs.Paths())
	if len(aside) > 0 {
		in.Universe = in.Universe.WithLookaside(aside, pkgs.Paths())
	}
	in.Multilib.EachPath = func(p *rpm.Package, fn func([]byte) bool) error {
		for _, f := range pkgs.Files[p] {
			if !fn([]byte(f)) {
				break
			}
		}
		return nil
	}
}

// TestAgainDamaged cuts and changes a footprint: that is an error, whatever
// the damage, and never a result.
func TestAgainDamaged(t *testing.T) {
	before, _ := randomChange(t, 1)
	_, footprint, err := Kept(context.Background(), before)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Again(footprint, before); err != nil {
		t.Fatal(err)
	}
	for i := range footprint {
		if _, err := Again(footprint[:i], before); err == nil {
			t.Fatalf("%d of %d bytes are taken for a footprint", i, len(footprint))
		}
		bad := slices.Clone(footprint)
		bad[i] ^= 1
		if _, err := Again(bad, before); err == nil {
			t.Fatalf("damage at byte %d goes unnoticed", i)
		}
	}
}

// TestAgainReasons shows what an earlier result stands and what it does not.
func TestAgainReasons(t *testing.T) {
	pkg := func(nevra string, provides ...string) *rpm.Package {
		w := strings.Split(nevra, " ")
		p := &rpm.Package{Name: w[0], Version: w[1], Release: "1", Arch: "x86_64", SourceRPM: w[0] + "-" + w[1] + "-1.src.rpm"}
		p.Sum = rpm.Checksum{Type: "sha256", Hex: fmt.Sprint(nevra, provides)}
		for _, name := range provides {
			p.Provides = append(p.Provides, rpm.Dep{Name: name})
		}
		return p
	}
	shell := pkg("shell 1")
	shell.Requires = []rpm.Dep{{Name: "libc"}, {Name: "/bin/awk"}}
	libc, newLibc, tool, gawk := pkg("clib 1", "libc"), pkg("clib 2"), pkg("tool 1", "x"), pkg("gawk 1")
	paths := rpm.PathIndex{"/bin/awk": {gawk}}
	input := func(pkgs ...*rpm.Package) Input {
		return Input{Universe: NewUniverse("x86_64", pkgs, paths), Packages: []Pattern{{Text: "shell"}}}
	}
	_, footprint, err := Kept(context.Background(), input(shell, libc))
	if err != nil {
		t.Fatal(err)
	}
	apart := input(shell, libc)
	apart.Apart = map[*rpm.Package]string{libc: "of another stream"}
	for name, c := range map[string]struct {
		in   Input
		want string
	}{
		"nothing":         {input(shell, libc), ""},
		"other order":     {input(libc, shell, tool), "is at another place"},
		"another package": {input(shell, tool, libc), ""},
		"newer version":   {input(shell, libc, newLibc), "clib-2-1.x86_64 has come, and its name was asked for"},
		"carrier":         {input(shell, libc, gawk), "another package that carries /bin/awk has come"},
		"gone":            {input(shell), "is gone"},
		"modules":         {apart, "other packages belong to module streams"},
		"input":           {Input{Universe: apart.Universe}, "the input is another one"},
	} {
		res, err := Again(footprint, c.in)
		switch {
		case c.want == "" && (err != nil || !reflect.DeepEqual(res, mustGather(t, c.in))):
			t.Errorf("%s: %v, %v", name, res, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, not %q", name, err, c.want)
		}
	}
}
