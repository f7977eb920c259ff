package gather

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"compose/internal/oracletest"
	"compose/internal/rpm"
)

// TestReference compares the solver with the reference on small random
// universes and random options: with Pungi's faults and without.
func TestReference(t *testing.T) {
	for _, compat := range []Compat{CompatPungi43, CompatNone} {
		testReference(t, compat)
	}
}

func testReference(t *testing.T, compat Compat) {
	runs := 4000
	if testing.Short() {
		runs = 400
	}
	seen := map[string]int{}
	for seed := range uint64(runs) {
		r := rand.New(rand.NewPCG(seed, 3))
		pkgs := oracletest.Records(oracletest.Random(r, 3+r.IntN(6)))
		own, aside := splitAside(r, pkgs)
		in := randomInput(r, pkgs)
		if in.Compat = compat; compat == CompatNone {
			in.Recommends = r.IntN(4) == 0
			in.Packages = append(in.Packages, Pattern{Text: randomName(r) + randomArch(r)})
			in.Filters = append(in.Filters, Pattern{Text: randomName(r) + randomArch(r)})
		}
		in.Universe = NewUniverse("x86_64", own, pkgs.Paths())
		if len(aside) > 0 {
			in.Universe = in.Universe.WithLookaside(aside, pkgs.Paths())
		}
		got, missing := solveByName(t, in)
		ref := newReference(in, own, aside, pkgs.Files)
		ref.run()
		want, wantMissing := ref.lines()
		if !slices.Equal(got, want) || !slices.Equal(missing, wantMissing) {
			t.Fatalf("seed %d:\n%s\n%s\ninput: %s", seed, difference(got, want), difference(missing, wantMissing), describe(in))
		}
		countWords(seen, got, missing)
	}
	for _, word := range []string{"input", "prepopulate", "conditional", "self-hosting", "fulltree", "fulltree-exclude", "langpack", "multilib", "lookaside", "debuginfo", "srpm", "and", "or", "if", "unless", "with", "without", "else"} {
		if seen[word] < runs/400 {
			t.Errorf("%d of %d results have %s", seen[word], runs, word)
		}
	}
}

// countWords counts in how many results each flag, kind and rich operator is.
func countWords(seen map[string]int, lists ...[]string) {
	once := map[string]bool{}
	for _, list := range lists {
		for _, line := range list {
			for _, word := range strings.FieldsFunc(line, func(c rune) bool { return strings.ContainsRune(" []()", c) }) {
				once[word] = true
			}
		}
	}
	for word := range once {
		seen[word]++
	}
}

// solveByName is Gather, but walking by name whosoever's rules count.
func solveByName(t *testing.T, in Input) (lines, missing []string) {
	if err := in.Multilib.check(); err != nil {
		t.Fatal(err)
	}
	s := newSolver(&in)
	s.walk = nil
	s.addPackages()
	s.addPrepopulate()
	if err := s.run(context.Background()); err != nil {
		t.Fatal(err)
	}
	result := s.result()
	for _, p := range result.Packages {
		lines = append(lines, fmt.Sprint(p.Kind, " ", p.Pkg, " ", p.Flags))
	}
	for _, m := range result.Missing {
		missing = append(missing, m.Pkg.NEVRA()+" needs "+m.Requires.String())
	}
	return sorted(lines), sorted(missing)
}

func (r *reference) lines() (lines, missing []string) {
	for kind := range r.result {
		flags := map[*rpm.Package][]string{} // two copies are one package
		for e := range r.result[kind] {
			flags[e.Package] = append(flags[e.Package], slices.Collect(maps.Keys(r.flags[e]))...)
		}
		for p, list := range flags {
			lines = append(lines, fmt.Sprint(Kind(kind), " ", p, " ", slices.Compact(sorted(list))))
		}
	}
	for m := range r.miss {
		missing = append(missing, m)
	}
	return sorted(lines), sorted(missing)
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

func difference(got, want []string) string {
	var b strings.Builder
	for _, g := range got {
		if !slices.Contains(want, g) {
			fmt.Fprintln(&b, "too much:", g)
		}
	}
	for _, w := range want {
		if !slices.Contains(got, w) {
			fmt.Fprintln(&b, "lacking: ", w)
		}
	}
	if b.Len() == 0 && !slices.Equal(got, want) {
		fmt.Fprintln(&b, "not as often:", got, want)
	}
	return b.String()
}

func describe(in Input) string {
	in.Universe, in.Multilib.EachPath = nil, nil
	return fmt.Sprintf("%+v", in)
}

// splitAside makes some packages a lookaside: some of them are there only,
// some in both places, as the very same package or as a copy of it.
func splitAside(r *rand.Rand, pkgs *oracletest.Packages) (own, aside []*rpm.Package) {
	if r.IntN(3) > 0 {
		return pkgs.List, nil
	}
	copies := r.IntN(2) == 0
	for _, p := range slices.Clone(pkgs.List) {
		place := r.IntN(5)
		if place != 0 {
			own = append(own, p)
		}
		if place > 1 {
			continue
		}
		if copies {
			q := *p
			pkgs.List, pkgs.Files[&q] = append(pkgs.List, &q), pkgs.Files[p]
			p = &q
		}
		aside = append(aside, p)
	}
	return own, aside
}

func randomInput(r *rand.Rand, pkgs *oracletest.Packages) Input {
	in := Input{
		Greedy: Greedy(max(0, r.IntN(5)-2)), SelfHosting: r.IntN(3) == 0, FullTree: r.IntN(3) == 0,
		Packages: randomPatterns(r, 1+r.IntN(4)), Filters: randomPatterns(r, r.IntN(3)),
	}
	for range r.IntN(3) {
		in.Prepopulate = append(in.Prepopulate, Pattern{Text: randomName(r) + []string{".x86_64", ".i686", ".noarch"}[r.IntN(3)]})
		in.Conditional = append(in.Conditional, Conditional{Package: Pattern{Text: randomName(r)}, Requires: randomName(r)})
		in.FullTreeExcludes = append(in.FullTreeExcludes, fmt.Sprintf("src%d", r.IntN(6)))
		in.Langpacks = append(in.Langpacks, Langpack{Name: randomName(r), Install: Pattern{Text: fmt.Sprintf("src%d-langpack-%%s", r.IntN(6))}})
	}
	for _, m := range []MultilibMethod{MultilibAll, MultilibDevel, MultilibRuntime, MultilibNone, MultilibKernel, MultilibFile} {
		if r.IntN(6) == 0 {
			in.Multilib.Methods = append(in.Multilib.Methods, m)
		}
	}
	if r.IntN(3) == 0 {
		in.Multilib.Whitelist = []Pattern{{Text: randomName(r)}}
		in.Multilib.Blacklist = []Pattern{{Text: randomName(r) + "*"}}
	}
	in.Multilib.Names = []Pattern{{Text: randomName(r) + "*"}}
	in.Multilib.EachPath = func(p *rpm.Package, fn func([]byte) bool) error {
		for _, f := range pkgs.Files[p] {
			if !fn([]byte(f)) {
				break
			}
		}
		return nil
	}
	return in
}

func randomName(r *rand.Rand) string {
	return fmt.Sprintf("src%d%s", r.IntN(6), []string{"", "", "-libs", "-devel", "-doc", "-static"}[r.IntN(6)])
}

func randomArch(r *rand.Rand) string {
	return []string{".x86_64", ".i686", ".noarch"}[r.IntN(3)]
}

func randomPatterns(r *rand.Rand, n int) []Pattern {
	var list []Pattern
	for range n {
		text := randomName(r)
		switch r.IntN(8) {
		case 0:
			text += ".+"
		case 1:
			text = fmt.Sprintf("src%d*", r.IntN(6))
		case 2:
			text = fmt.Sprintf("src%d-debug*", r.IntN(6))
		case 3:
			text = fmt.Sprintf("src%d-debuginfo", r.IntN(6))
		case 4:
			text += ".src"
		}
		list = append(list, Pattern{Text: text})
	}
	return list
}
