package gather_test

import (
	"context"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"compose/gather"
	"compose/internal/oracletest"
	"compose/internal/rpm"
	"compose/internal/rpm/header"
)

// corpus reads the packages below $COMPOSE_CORPUS with all their paths.
func corpus(b testing.TB) *oracletest.Packages {
	dir := os.Getenv("COMPOSE_CORPUS")
	if dir == "" {
		b.Skip("COMPOSE_CORPUS names no folder of packages")
	}
	pkgs := &oracletest.Packages{Files: map[*rpm.Package][]string{}}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".rpm") {
			return err
		}
		p, d, err := header.ReadFile(path)
		if err != nil {
			return err
		}
		pkgs.List = append(pkgs.List, p)
		for _, f := range d.Files {
			pkgs.Files[p] = append(pkgs.Files[p], f.Path)
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return pkgs
}

// BenchmarkCorpus solves trees of a real-looking distribution: everything,
// and what a few packages need.
func BenchmarkCorpus(b *testing.B) {
	pkgs := corpus(b)
	paths := pkgs.Paths()
	u := gather.NewUniverse("x86_64", pkgs.List, paths)
	b.Run("index", func(b *testing.B) {
		for b.Loop() {
			gather.NewUniverse("x86_64", pkgs.List, paths)
		}
	})
	eachPath := func(p *rpm.Package, fn func([]byte) bool) error {
		for _, f := range pkgs.Files[p] {
			if !fn([]byte(f)) {
				break
			}
		}
		return nil
	}
	for name, in := range map[string]gather.Input{
		"all":        {Packages: patterns("*")},
		"all-pungi":  {Packages: patterns("*"), Compat: gather.CompatPungi43},
		"few":        {Packages: patterns("bash", "dnf", "gcc", "rpm*")},
		"everything": {Packages: patterns("*"), FullTree: true, SelfHosting: true, Greedy: gather.GreedyBuild, Multilib: gather.Multilib{Methods: []gather.MultilibMethod{gather.MultilibDevel}, EachPath: eachPath}},
	} {
		in.Universe = u
		b.Run(name, func(b *testing.B) { benchGather(b, in) })
	}
	b.Run("few-again", func(b *testing.B) {
		benchAgain(b, gather.Input{Universe: u, Packages: patterns("bash", "dnf", "gcc", "rpm*")})
	})
	b.Run("all-again", func(b *testing.B) { benchAgain(b, gather.Input{Universe: u, Packages: patterns("*")}) })
}

// benchAgain looks whether an earlier result stands.
func benchAgain(b *testing.B, in gather.Input) {
	start := time.Now()
	_, footprint, err := gather.Kept(context.Background(), in)
	if err != nil {
		b.Fatal(err)
	}
	took := time.Since(start)
	for b.Loop() {
		if _, err := gather.Again(footprint, in); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(took.Seconds()*1000, "kept-ms")
	b.ReportMetric(float64(len(footprint)), "footprint-bytes")
}

// BenchmarkRandom indexes and closes 60,000 made-up packages.
func BenchmarkRandom(b *testing.B) {
	pkgs := oracletest.Records(oracletest.Random(rand.New(rand.NewPCG(1, 1)), 13000))
	b.Logf("%d packages", len(pkgs.List))
	paths := pkgs.Paths()
	in := gather.Input{Packages: patterns("*"), Universe: gather.NewUniverse("x86_64", pkgs.List, paths)}
	b.Run("index", func(b *testing.B) {
		for b.Loop() {
			gather.NewUniverse("x86_64", pkgs.List, paths)
		}
	})
	b.Run("all", func(b *testing.B) { benchGather(b, in) })
}

func benchGather(b *testing.B, in gather.Input) {
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		r, err := gather.Gather(context.Background(), in)
		if err != nil {
			b.Fatal(err)
		}
		n = len(r.Packages)
	}
	b.ReportMetric(float64(n), "packages")
}

func patterns(texts ...string) []gather.Pattern {
	var list []gather.Pattern
	for _, text := range texts {
		list = append(list, gather.Pattern{Text: text})
	}
	return list
}
