package gather_test

import (
	"context"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"

	"compose/gather"
	"compose/internal/oracletest"
)

// TestSameResultAlways solves one tree many times at once on one universe,
// and once on a universe whose packages came in another order.
func TestSameResultAlways(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	pkgs := oracletest.Records(oracletest.Random(r, 40))
	in := gather.Input{
		Universe: gather.NewUniverse("x86_64", pkgs.List, pkgs.Paths()), Packages: patterns("*-libs", "src1*"),
		Filters: patterns("src3-*"), FullTree: true, SelfHosting: true, Recommends: true, Multilib: gather.Multilib{Methods: []gather.MultilibMethod{gather.MultilibAll}},
	}
	for _, compat := range []gather.Compat{gather.CompatNone, gather.CompatPungi43} {
		in.Compat = compat
		results := make([]*gather.Result, 8)
		var wg sync.WaitGroup
		for i := range results {
			wg.Go(func() { results[i], _ = gather.Gather(context.Background(), in) })
		}
		wg.Wait()
		other := in
		r.Shuffle(len(pkgs.List), func(i, j int) { pkgs.List[i], pkgs.List[j] = pkgs.List[j], pkgs.List[i] })
		other.Universe = gather.NewUniverse("x86_64", pkgs.List, pkgs.Paths())
		shuffled, err := gather.Gather(context.Background(), other)
		if err != nil || len(shuffled.Packages) < 50 {
			t.Fatalf("%v, %d packages", err, len(shuffled.Packages))
		}
		for _, got := range results {
			if !reflect.DeepEqual(got.Packages, results[0].Packages) || !reflect.DeepEqual(got.Missing, results[0].Missing) {
				t.Fatal("two runs differ")
			}
		}
		for i, p := range shuffled.Packages {
			p.Why.Over = nil // listed in the order of the packages
			q := results[0].Packages[i]
			q.Why.Over = nil
			if !reflect.DeepEqual(p, q) {
				t.Fatalf("%v is %v when the packages come in another order", q, p)
			}
		}
	}
}

func TestMerge(t *testing.T) {
	pkgs := casePackages(t, "build a 1-1 noarch\n requires b, none\nbuild b 1-1 noarch\nbuild c 1-1 noarch\n requires none\n")
	u := gather.NewUniverse("x86_64", pkgs.List, nil)
	solve := func(in gather.Input) *gather.Result {
		in.Universe = u
		r, err := gather.Gather(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	one := solve(gather.Input{Packages: patterns("a", "absent"), Filters: patterns("zz*")})
	two := solve(gather.Input{Packages: patterns("b", "c", "absent"), Filters: patterns("c.src")})
	got := gather.Merge(one, two, one)
	if n := names(got.Packages); n != "a b c a.src b.src" {
		t.Errorf("packages %s", n)
	}
	if b := got.Packages[1]; len(b.Flags) != 1 || b.Flags[0] != "input" || b.Why.Kind != gather.ByRequires || len(one.Packages[1].Flags) != 0 {
		t.Errorf("%v", b)
	}
	if len(got.Missing) != 2 || len(got.Unmatched) != 2 || len(got.Hidden) != 1 {
		t.Errorf("missing %v, unmatched %v, hidden %v", got.Missing, got.Unmatched, got.Hidden)
	}
}
