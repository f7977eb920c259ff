package gather_test

import (
	"slices"
	"strings"
	"testing"

	"compose/gather"
	"compose/internal/rpm"
)

// picked reads "[KIND ]NAME[:FLAG]" words; all packages are noarch.
func picked(words string) []gather.Picked {
	var list []gather.Picked
	for _, w := range strings.Fields(words) {
		name, flag, _ := strings.Cut(w, ":")
		p := gather.Picked{Pkg: &rpm.Package{Name: name, Version: "1", Release: "1", Arch: "noarch"}}
		if strings.HasSuffix(name, ".src") {
			p.Kind, p.Pkg.Name, p.Pkg.Arch = gather.Source, strings.TrimSuffix(name, ".src"), "src"
		}
		if flag != "" {
			p.Flags = strings.Split(flag, ",")
		}
		list = append(list, p)
	}
	return list
}

func names(list []gather.Picked) string {
	var out []string
	for _, p := range list {
		name := p.Pkg.Name
		if p.Kind == gather.Source {
			name += ".src"
		}
		out = append(out, name)
	}
	return strings.Join(out, " ")
}

func family() []gather.Tree {
	return []gather.Tree{
		{Variant: "Top", Type: gather.Variant, Arch: "x86_64", Packages: picked("base m base.src")},
		{Variant: "Top-Add", Parent: "Top", Type: gather.Addon, Arch: "x86_64", Packages: picked("base extra f:fulltree-exclude g:fulltree-exclude,input base.src extra.src")},
		{Variant: "Top-LP", Parent: "Top", Type: gather.LayeredProduct, Arch: "x86_64", Packages: picked("base extra product base.src extra.src product.src")},
		{Variant: "Top-optional", Parent: "Top", Type: gather.Optional, Arch: "x86_64", Packages: picked("base extra product more f base.src extra.src more.src")},
		{Variant: "Far", Type: gather.Variant, Arch: "x86_64", Packages: picked("base")},
		{Variant: "Far-optional", Parent: "Far", Type: gather.Optional, Arch: "x86_64", Packages: picked("base extra last")},
	}
}

func TestTrim(t *testing.T) {
	given := family()
	got, changes := gather.Trim(given, gather.CompatNone)
	want := map[string]string{
		"Top":          "base f m base.src",
		"Top-Add":      "extra g extra.src",
		"Top-LP":       "product extra.src product.src",
		"Top-optional": "more more.src",
		"Far":          "base",
		"Far-optional": "extra last",
	}
	for i, tree := range got {
		if names(tree.Packages) != want[tree.Variant] {
			t.Errorf("%s has %q, want %q", tree.Variant, names(tree.Packages), want[tree.Variant])
		}
		if names(given[i].Packages) != names(family()[i].Packages) {
			t.Errorf("%s: the given list was changed", tree.Variant)
		}
	}
	var lines []string
	for _, c := range changes {
		lines = append(lines, c.String())
	}
	for _, line := range []string{
		"Top-Add.x86_64: rpm f-1-1.noarch moved to Top",
		"Top-Add.x86_64: srpm base-1-1.src removed: it is in Top",
		"Top-LP.x86_64: rpm extra-1-1.noarch removed: it is in the addon variants",
		"Top-optional.x86_64: rpm product-1-1.noarch removed: it is in the layered-product variants",
	} {
		if !slices.Contains(lines, line) {
			t.Errorf("no change %q in:\n%s", line, strings.Join(lines, "\n"))
		}
	}
}

// TestTrimComparesWithAllFamilies: Pungi takes from an optional variant what
// the addons of any family have.
func TestTrimComparesWithAllFamilies(t *testing.T) {
	got, _ := gather.Trim(family(), gather.CompatPungi43)
	if last := got[len(got)-1]; names(last.Packages) != "last" {
		t.Errorf("%s has %q", last.Variant, names(last.Packages))
	}
}
