package repo

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"compose/internal/depindex"
	"compose/internal/rpm"
)

// ClosureInput is what CheckClosure works on.
type ClosureInput struct {
	// Packages are those of the repository to be checked. Lookaside are those
	// of other repositories that may answer a requirement.
	Packages, Lookaside []*rpm.Package
	// Paths knows the carriers of every path that the checked packages require.
	Paths rpm.PathIndex
	// Arches are the architectures that a system using the repository
	// accepts, noarch always among them; packages of others are neither
	// checked nor asked. Empty means every architecture.
	Arches []string
	// Workers is how many packages are checked at once; 0 means one per CPU.
	Workers int
}

// Broken is a requirement that no package answers.
type Broken struct {
	Pkg      *rpm.Package
	Requires rpm.Dep
}

// String gives "bash-5.2-1.x86_64 requires libtinfo.so.6()(64bit)".
func (b Broken) String() string { return fmt.Sprintf("%s requires %s", b.Pkg, b.Requires) }

// CheckClosure finds the requirements of a repository that nothing in it or
// in its lookasides provides, as dnf repoclosure does: every binary package
// is checked, in every version, with what its scriptlets need; a rich
// dependency holds when any of its parts is provided. The answer is ordered
// by name, version and architecture of the package, then by requirement. The
// only error is the end of ctx.
func CheckClosure(ctx context.Context, in ClosureInput) ([]Broken, error) {
	pkgs, aside := usable(in.Packages, in.Arches), usable(in.Lookaside, in.Arches)
	index := depindex.New(slices.Concat(pkgs, aside), in.Paths)
	workers := in.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	parts := make([][]Broken, workers)
	g, ctx := errgroup.WithContext(ctx)
	for w := range workers {
		g.Go(func() (err error) {
			from, to := len(pkgs)*w/workers, len(pkgs)*(w+1)/workers
			parts[w], err = checkPart(ctx, index, pkgs[from:to])
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("checking closure: %w", err)
	}
	broken := slices.Concat(parts...)
	slices.SortFunc(broken, compareBroken)
	return slices.CompactFunc(broken, func(a, b Broken) bool { return compareBroken(a, b) == 0 && a.Pkg == b.Pkg }), nil
}

func usable(pkgs []*rpm.Package, arches []string) []*rpm.Package {
	return slices.DeleteFunc(slices.Clone(pkgs), func(p *rpm.Package) bool {
		return p.IsSource() || len(arches) > 0 && p.Arch != "noarch" && !slices.Contains(arches, p.Arch)
	})
}

// checkPart checks some of the packages. Each worker remembers answers for
// itself, so that no lock is needed.
func checkPart(ctx context.Context, index *depindex.Index, pkgs []*rpm.Package) ([]Broken, error) {
	var broken []Broken
	known := map[rpm.Dep]bool{}
	for _, p := range pkgs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for d := range index.Requires(p) {
			d.Sense = d.Sense.Compare() // when it is needed does not matter
			ok, seen := known[d]
			if !seen {
				ok = index.Satisfied(d)
				known[d] = ok
			}
			if !ok {
				broken = append(broken, Broken{p, d})
			}
		}
	}
	return broken, nil
}

func compareBroken(a, b Broken) int {
	return cmp.Or(
		strings.Compare(a.Pkg.Name, b.Pkg.Name),
		a.Pkg.EVR().Compare(b.Pkg.EVR()),
		strings.Compare(a.Pkg.Arch, b.Pkg.Arch),
		strings.Compare(a.Requires.Name, b.Requires.Name),
		strings.Compare(a.Requires.EVR, b.Requires.EVR),
		cmp.Compare(a.Requires.Sense, b.Requires.Sense),
	)
}
