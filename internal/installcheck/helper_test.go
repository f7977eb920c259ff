package installcheck_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"compose/internal/installcheck"
	"compose/internal/rpm"
	"compose/internal/rpmmd"
	"compose/internal/rpmtest"
	"compose/internal/universe"
)

// machine is what an x86_64 machine accepts.
var machine = []string{"x86_64", "i686", "i586"}

// list makes packages from lines "name-[epoch:]version-release.arch", each
// followed by words like "requires:" and dependencies between semicolons.
// Every binary package provides itself.
func list(t *testing.T, text string) []*rpm.Package {
	t.Helper()
	var pkgs []*rpm.Package
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		nevra, rest, _ := strings.Cut(line, " ")
		p, err := rpm.ParseNEVRA(nevra)
		if err != nil {
			t.Fatal(err)
		}
		lists := map[string]*[]rpm.Dep{
			"provides": &p.Provides, "requires": &p.Requires, "conflicts": &p.Conflicts, "obsoletes": &p.Obsoletes,
			"recommends": &p.Recommends, "suggests": &p.Suggests, "supplements": &p.Supplements, "enhances": &p.Enhances,
		}
		parts := regexp.MustCompile(`([a-z]+): `).FindAllStringSubmatchIndex(rest, -1)
		for i, m := range parts {
			end := len(rest)
			if i+1 < len(parts) {
				end = parts[i+1][0]
			}
			for _, d := range strings.Split(rest[m[1]:end], ";") {
				to := lists[rest[m[2]:m[3]]]
				*to = append(*to, dep(t, strings.TrimSpace(d)))
			}
		}
		pkgs = append(pkgs, &p)
	}
	return finished(pkgs)
}

func dep(t *testing.T, text string) rpm.Dep {
	t.Helper()
	d, err := rpmtest.ParseDep(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// finished gives packages what rpmbuild gives them.
func finished(pkgs []*rpm.Package) []*rpm.Package {
	for i, p := range pkgs {
		p.Sum = rpm.Checksum{Type: "sha256", Hex: fmt.Sprintf("%064x", i+1)}
		if !p.IsSource() {
			p.SourceRPM = "s-1-1.src.rpm"
			p.Provides = append(p.Provides, rpm.Dep{Name: p.Name, Sense: rpm.Equal, EVR: p.EVR().String()})
		}
	}
	return pkgs
}

// universeOf gives the packages as their primary.xml has them.
func universeOf(t *testing.T, pkgs []*rpm.Package) *universe.Universe {
	t.Helper()
	b := universe.NewBuilder()
	err := rpmmd.ReadPrimary(context.Background(), bytes.NewReader(primary(pkgs)), func(e rpmmd.Entry) error {
		return b.Add(e.Pkg, e.Files)
	})
	if err != nil {
		t.Fatal(err)
	}
	return universe.New(b.Set(), universe.Options{Arches: machine})
}

func primary(pkgs []*rpm.Package) []byte {
	xml := rpmmd.Primary.AppendHead(nil, len(pkgs))
	for _, p := range pkgs {
		f, _ := rpmmd.Render(p, &rpm.Details{})
		xml = rpmmd.AppendPrimary(xml, p, f, rpmmd.Place{Href: p.FileName()})
	}
	return rpmmd.Primary.AppendTail(xml)
}

// check gives what cannot be installed, each package with its reasons.
func check(t *testing.T, u *universe.Universe, o installcheck.Options) map[string][]string {
	t.Helper()
	res, err := installcheck.Check(context.Background(), u, o)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for _, p := range res.Problems {
		if p.Undecided || len(p.Why) == 0 {
			t.Errorf("%s: undecided, or without reasons", u.NEVRA(p.Pkg))
		}
		out[u.NEVRA(p.Pkg)] = nil
		for _, r := range p.Why {
			out[u.NEVRA(p.Pkg)] = append(out[u.NEVRA(p.Pkg)], text(u, r))
		}
	}
	return out
}

func text(u *universe.Universe, r installcheck.Reason) string {
	return r.Text(u, u.Dep(int32(r.Dep)).String())
}

func keys[V any](m map[string]V) []string {
	list := []string{}
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}

// random makes up n packages of few names.
type random struct {
	*rand.Rand
	names int
	rich  int // how many of a hundred dependencies are rich
}

func (r random) pick(list ...string) string { return list[r.IntN(len(list))] }

func (r random) packages(n int) []*rpm.Package {
	var pkgs []*rpm.Package
	seen := map[string]bool{}
	for range n {
		p := &rpm.Package{
			Name: r.name(), Version: r.pick("1", "2", "3"), Release: r.pick("1", "1", "2"),
			// With a second foreign architecture the answers of libsolv
			// depend on the order in which it tries packages.
			Arch: r.pick("x86_64", "x86_64", "x86_64", "noarch", "i686", "i686", "src", "aarch64"),
		}
		if seen[p.NEVRA()] {
			continue
		}
		seen[p.NEVRA()] = true
		p.Requires = r.deps(3)
		if !p.IsSource() {
			p.Provides = r.provides(r.IntN(3))
			p.Conflicts = r.deps(1 - r.IntN(2))
			p.Recommends, p.Suggests, p.Supplements, p.Enhances = r.deps(r.IntN(2)), r.deps(r.IntN(2)), r.deps(r.IntN(2)), r.deps(r.IntN(2))
			if r.IntN(5) == 0 {
				p.Obsoletes = []rpm.Dep{r.dep()}
			}
		}
		pkgs = append(pkgs, p)
	}
	return finished(pkgs)
}

func (r random) name() string       { return fmt.Sprintf("p%d", r.IntN(r.names)) }
func (r random) capability() string { return fmt.Sprintf("c%d", r.IntN(1+r.names/2)) }

func (r random) provides(n int) []rpm.Dep {
	var list []rpm.Dep
	for range n {
		d := rpm.Dep{Name: r.capability()}
		if r.IntN(2) == 0 {
			d.Sense, d.EVR = rpm.Equal, r.pick("1", "2", "2-1", "3")
		}
		list = append(list, d)
	}
	return list
}

func (r random) dep() rpm.Dep {
	d := rpm.Dep{Name: r.name()}
	if r.IntN(2) == 0 {
		d.Name = r.capability()
	}
	if r.IntN(3) == 0 {
		d.Sense = []rpm.Sense{rpm.Equal, rpm.Less, rpm.Greater, rpm.Less | rpm.Equal, rpm.Greater | rpm.Equal}[r.IntN(5)]
		d.EVR = r.pick("1", "2", "2-1", "3")
	}
	return d
}

func (r random) deps(most int) []rpm.Dep {
	var list []rpm.Dep
	for range r.IntN(most + 1) {
		if r.IntN(100) < r.rich {
			list = append(list, rpm.Dep{Name: r.richDep(2)})
		} else {
			list = append(list, r.dep())
		}
	}
	return list
}

func (r random) richDep(depth int) string {
	arg := func() string {
		if depth > 0 && r.IntN(3) == 0 {
			return r.richDep(depth - 1)
		}
		return r.dep().String()
	}
	switch op := r.pick("and", "or", "if", "unless", "with", "without", "else"); op {
	case "else":
		return fmt.Sprintf("(%s %s %s else %s)", arg(), r.pick("if", "unless"), arg(), arg())
	case "with", "without":
		return fmt.Sprintf("(%s %s %s)", r.dep(), op, r.dep())
	default:
		return fmt.Sprintf("(%s %s %s)", arg(), op, arg())
	}
}

// shim makes Debian's build of installcheck, which takes packages for
// Debian's, take them for RPMs.
const shim = `
#define _GNU_SOURCE
#include <dlfcn.h>
extern int pool_setdisttype(void *pool, int disttype);
void *pool_create(void)
{
  void *pool = ((void *(*)(void))dlsym(RTLD_NEXT, "pool_create"))();
  pool_setdisttype(pool, 0);
  return pool;
}
`

// program gives a function that runs installcheck.
func program(t testing.TB) func(args ...string) string {
	rpmtest.NeedProgram(t, "installcheck", "cc")
	dir := t.TempDir()
	source, lib := filepath.Join(dir, "shim.c"), filepath.Join(dir, "shim.so")
	if err := os.WriteFile(source, []byte(shim), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("cc", "-shared", "-fPIC", "-o", lib, source).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return func(args ...string) string {
		cmd := exec.Command("installcheck", args...)
		cmd.Env = append(os.Environ(), "LD_PRELOAD="+lib)
		out, err := cmd.Output()
		if exit := (*exec.ExitError)(nil); err != nil && (!asExit(err, &exit) || exit.ExitCode() > 2) {
			t.Fatalf("installcheck %v: %v", args, err)
		}
		return string(out)
	}
}

func asExit(err error, to **exec.ExitError) bool {
	e, ok := err.(*exec.ExitError)
	*to = e
	return ok
}

// broken lists the packages that installcheck complains about.
func broken(out string) []string {
	names := map[string]bool{}
	for line := range strings.Lines(out) {
		if rest, ok := strings.CutPrefix(line, "can't install "); ok {
			names[strings.TrimSuffix(strings.TrimSpace(rest), ":")] = true
		}
	}
	return keys(names)
}
