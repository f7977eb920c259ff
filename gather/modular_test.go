package gather_test

import (
	"context"
	"strings"
	"testing"

	"compose/gather"
	"compose/internal/rpm"
)

// perl is in two streams and beside them, newest outside.
const modules = `
build perl 30-1 x86_64
    requires perl-libs = 30-1
    debuginfo
  sub perl-libs
build perl 32-1 x86_64
    requires perl-libs = 32-1
    debuginfo
  sub perl-libs
build perl 34-1 x86_64
    requires perl-libs = 34-1
  sub perl-libs
build plain 1-1 x86_64
    requires perl-libs
build needs32 1-1 x86_64
    requires perl-libs = 32
build addon 30-1 x86_64
    requires perl-libs, extra
build extra 1-1 x86_64
`

// moduleInput has stream 30 of perl and addon, and stream 32 apart or not.
func moduleInput(t *testing.T, streams ...string) gather.Input {
	t.Helper()
	pkgs := casePackages(t, modules)
	in := gather.Input{Universe: gather.NewUniverse("x86_64", pkgs.List, pkgs.Paths()), Apart: map[*rpm.Package]string{}}
	for _, p := range pkgs.List {
		stream := p.Version
		switch {
		case stream != "30" && stream != "32":
		case strings.Contains(strings.Join(streams, " "), stream):
			if !p.IsDebug() {
				in.Modular = append(in.Modular, gather.Modular{Pkg: p, Origin: "module perl:" + stream})
			}
		default:
			in.Apart[p] = "belongs to module perl:" + stream
		}
	}
	return in
}

func onRequest(in gather.Input) gather.Input {
	for i := range in.Modular {
		in.Modular[i].OnRequest = true
	}
	return in
}

func asking(in gather.Input, texts ...string) gather.Input {
	in.Packages = patterns(texts...)
	return in
}

func TestModular(t *testing.T) {
	nodeps := moduleInput(t, "30")
	nodeps.Method = gather.NoDeps
	filtered := moduleInput(t, "30")
	filtered.Filters = patterns("perl-libs")
	for _, c := range []struct {
		name string
		in   gather.Input
		want string
	}{
		{"older than what is outside, with its source and debug packages", moduleInput(t, "30"),
			"addon-30-1 extra-1-1 perl-30-1 perl-libs-30-1 perl-debuginfo-30-1 perl-debugsource-30-1 perl-libs-debuginfo-30-1 addon-30-1.src extra-1-1.src perl-30-1.src"},
		{"both streams", moduleInput(t, "30", "32"),
			"addon-30-1 extra-1-1 perl-30-1 perl-32-1 perl-libs-30-1 perl-libs-32-1 perl-debuginfo-30-1 perl-debuginfo-32-1 perl-debugsource-30-1 perl-debugsource-32-1 perl-libs-debuginfo-30-1 perl-libs-debuginfo-32-1 addon-30-1.src extra-1-1.src perl-30-1.src perl-32-1.src"},
		{"what is there by default answers others", asking(moduleInput(t, "30"), "plain"),
			"addon-30-1 extra-1-1 perl-30-1 perl-libs-30-1 plain-1-1 perl-debuginfo-30-1 perl-debugsource-30-1 perl-libs-debuginfo-30-1 addon-30-1.src extra-1-1.src perl-30-1.src plain-1-1.src"},
		{"what is there on request answers itself only", asking(onRequest(moduleInput(t, "30")), "plain"),
			"addon-30-1 extra-1-1 perl-30-1 perl-libs-30-1 perl-libs-34-1 plain-1-1 perl-debuginfo-30-1 perl-debugsource-30-1 perl-libs-debuginfo-30-1 addon-30-1.src extra-1-1.src perl-30-1.src perl-34-1.src plain-1-1.src"},
		{"a name means what is outside of streams on request", asking(onRequest(moduleInput(t, "32")), "perl"),
			"perl-32-1 perl-34-1 perl-libs-32-1 perl-libs-34-1 perl-debuginfo-32-1 perl-debugsource-32-1 perl-libs-debuginfo-32-1 perl-32-1.src perl-34-1.src"},
		{"on request is better than nothing", asking(onRequest(moduleInput(t, "32")), "needs32"),
			"needs32-1-1 perl-32-1 perl-libs-32-1 perl-debuginfo-32-1 perl-debugsource-32-1 perl-libs-debuginfo-32-1 needs32-1-1.src perl-32-1.src"},
		{"without modules they are apart", asking(moduleInput(t), "perl", "addon"),
			"perl-34-1 perl-libs-34-1 perl-34-1.src"},
		{"nodeps", nodeps,
			"addon-30-1 perl-30-1 perl-libs-30-1 perl-debuginfo-30-1 perl-debugsource-30-1 perl-libs-debuginfo-30-1 addon-30-1.src perl-30-1.src"},
		{"a filter keeps out", filtered,
			"addon-30-1 extra-1-1 perl-30-1 perl-debuginfo-30-1 perl-debugsource-30-1 addon-30-1.src extra-1-1.src perl-30-1.src"},
	} {
		r, err := gather.Gather(context.Background(), c.in)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range r.Packages {
			name := p.Pkg.NVR()
			if p.Kind == gather.Source {
				name += ".src"
			}
			got = append(got, name)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, strings.Join(got, " "), c.want)
		}
	}
}

func TestModularReasons(t *testing.T) {
	r, err := gather.Gather(context.Background(), asking(moduleInput(t, "30"), "needs32"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range r.Packages {
		if p.Pkg.NVR() == "perl-30-1" && p.Kind == gather.Binary {
			if got := p.Why.String(); got != `asked for by "perl.x86_64" (module perl:30)` {
				t.Errorf("reason %s", got)
			}
			if len(p.Flags) != 1 || p.Flags[0] != "input" {
				t.Errorf("flags %q", p.Flags)
			}
		}
	}
	if len(r.Missing) != 1 || !strings.Contains(r.Missing[0].String(), "no candidate left\n    perl-libs-32-1.x86_64: belongs to module perl:32") {
		t.Errorf("missing %v", r.Missing)
	}
	var hidden []string
	for _, h := range r.Hidden {
		if h.Cause == gather.Apart && !h.Pkg.IsDebug() && !h.Pkg.IsSource() {
			hidden = append(hidden, h.String())
		}
	}
	if got := strings.Join(hidden, "\n"); got != "perl-32-1.x86_64: belongs to module perl:32\nperl-libs-32-1.x86_64: belongs to module perl:32" {
		t.Errorf("hidden %s", got)
	}
}
