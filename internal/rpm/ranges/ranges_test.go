package ranges_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"compose/internal/rpm"
	"compose/internal/rpm/ranges"
)

// TestMatch compares with looking at each capability.
func TestMatch(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	random := func() rpm.Dep {
		d := rpm.Dep{Name: "x"}
		if r.IntN(5) > 0 {
			d.Sense = []rpm.Sense{rpm.Equal, rpm.Less, rpm.Greater, rpm.Less | rpm.Equal, rpm.Greater | rpm.Equal}[r.IntN(5)]
			d.EVR = pick("", "0:", "1:") + pick("1", "1.0", "1.1", "2~rc", "2", "2^git", "10") + pick("", "-1", "-2", "-01")
		}
		return d
	}
	for range 200 {
		list := make([]rpm.Dep, r.IntN(60))
		for i := range list {
			list[i] = random()
		}
		x := ranges.New(len(list), func(i int32) rpm.Dep { return list[i] })
		for range 20 {
			d := random()
			var got, want []int32
			for run := range x.Match(d) {
				got = append(got, run...)
			}
			slices.Sort(got)
			for i, p := range list {
				if rpm.Satisfies(p, d) {
					want = append(want, int32(i))
				}
			}
			if ranges.Narrows(d) && !slices.Equal(got, want) {
				t.Fatalf("%s: %v, want %v", d, got, want)
			}
			if ranges.Narrows(d) && x.Any(d) != (len(want) > 0) {
				t.Fatalf("%s: any is %v", d, x.Any(d))
			}
		}
	}
}
