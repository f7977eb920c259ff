package repoclosure_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"compose/internal/oracletest"
	"compose/internal/repoclosure"
	"compose/internal/rpm"
	"compose/internal/rpmtest"
)

// TestAnswersAreThoseOfDnf compares with dnf repoclosure on random pairs of
// repositories with all options, packages of foreign architectures among them.
func TestAnswersAreThoseOfDnf(t *testing.T) {
	dnf := rpmtest.DnfRepoclosure(t)
	broken := 0
	for seed := range uint64(5) {
		r := rand.New(rand.NewPCG(seed, 11))
		var args []string
		var o repoclosure.Options
		for _, name := range []string{"one", "two"} {
			dir := t.TempDir()
			pkgs := oracletest.Records(oracletest.Random(r, 3+10*int(seed)))
			for _, p := range pkgs.List {
				if r.IntN(8) == 0 && !p.IsSource() {
					p.Arch = []string{"aarch64", "i586", "ppc64le"}[r.IntN(3)]
				}
			}
			pkgs.List = slices.CompactFunc(pkgs.List, func(a, b *rpm.Package) bool { return a.NEVRA() == b.NEVRA() })
			writeRepo(t, dir, pkgs)
			id := fmt.Sprint(name, seed) // a name of its own in dnf's cache
			o.Repos = append(o.Repos, repoclosure.Repo{ID: id, Address: dir})
			args = append(args, "--repofrompath="+id+",file://"+dir)
		}
		first := o.Repos[0].ID
		for _, c := range []struct {
			args string
			set  func(o *repoclosure.Options)
		}{
			{"", func(*repoclosure.Options) {}},
			{"--check=" + first, func(o *repoclosure.Options) { o.Check = []string{first} }},
			{"--newest", func(o *repoclosure.Options) { o.Newest = true }},
			{"--best", func(o *repoclosure.Options) { o.Best = true }},
			{"--best --newest --arch=x86_64 --arch=src", func(o *repoclosure.Options) { o.Best, o.Newest, o.Arches = true, true, []string{"x86_64", "src"} }},
			{"--pkg=src1* --pkg=*-libs.i686", func(o *repoclosure.Options) { o.Packages = []string{"src1*", "*-libs.i686"} }},
			{"--pkg=*-1-1 --check=" + first, func(o *repoclosure.Options) { o.Packages, o.Check = []string{"*-1-1"}, []string{first} }},
			{"--forcearch=aarch64", func(o *repoclosure.Options) { o.Accepted = []string{"aarch64"} }},
			{"--forcearch=i686", func(o *repoclosure.Options) { o.Accepted = rpm.AcceptedArches("i686") }},
		} {
			o := o
			o.Accepted = []string{"x86_64", "i686", "i586", "i486", "i386"} // Debian's libsolv knows no athlon
			c.set(&o)
			all := append(slices.Clone(args), strings.Fields(c.args)...)
			if !strings.Contains(c.args, "forcearch") {
				all = append(all, "--forcearch=x86_64")
			}
			want := dnfLines(dnf(all...))
			report, err := repoclosure.Run(context.Background(), client(), o)
			if err != nil && len(o.Packages) > 0 && strings.HasPrefix(err.Error(), "no package matched") {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Split(strings.TrimSpace(show(report)), "\n")
			slices.Sort(got)
			broken += len(want)
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("seed %d, %s: got\n%s\nwant\n%s", seed, c.args, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	}
	if broken < 1000 {
		t.Errorf("only %d requirements compared", broken)
	}
}

// dnfLines gives what dnf prints in the form of show, sorted.
func dnfLines(out string) []string {
	var list []string
	pkg := ""
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		if p, ok := strings.CutPrefix(line, "package: "); ok {
			pkg = p
		} else if line != "" && !strings.HasPrefix(line, "unresolved deps") {
			list = append(list, pkg+" requires "+line)
		}
	}
	slices.Sort(list)
	return list
}
