package gates

import (
	"fmt"
	"strings"
	"testing"
)

func list(text string) []Package {
	var out []Package
	for f := range strings.FieldsSeq(text) {
		name, signed := strings.CutSuffix(f, "+")
		base, arch, _ := strings.Cut(name, ".")
		out = append(out, Package{NEVRA: base + "-0:1-1." + arch, Name: base, Arch: arch, Signed: signed, Size: 100})
	}
	return out
}

func TestFault(t *testing.T) {
	for _, c := range []struct {
		rule        Rule
		now, before string
		want        string
	}{
		{Rule{Check: "growth", Percent: 50}, "a.x b.x c.x", "a.x b.x", ""},
		{Rule{Check: "growth", Percent: 49}, "a.x b.x c.x", "a.x b.x", "packages grew by 50.0 % from 200 to 300 bytes; 49 % are allowed"},
		{Rule{Check: "growth", Percent: 1, Packages: []string{"a"}}, "a.x b.x c.x", "a.x b.x", ""},
		{Rule{Check: "growth", Percent: 1}, "a.x", "", ""},
		{Rule{Check: "removed"}, "a.x", "a.x b.x b.x c.y", "2 packages are gone, where 0 may be: b-0:1-1.x, c-0:1-1.y"},
		{Rule{Check: "removed", Max: 2}, "a.x", "a.x b.x c.y", ""},
		{Rule{Check: "removed", Packages: []string{"*.y"}}, "", "a.x b.x c.y", "1 package is gone, where 0 may be: c-0:1-1.y"},
		{Rule{Check: "removed"}, "a.x", "", ""},
		{Rule{Check: "unsigned"}, "a.x+ b.x+", "", ""},
		{Rule{Check: "unsigned"}, "a.x+ b.x", "", "1 package is unsigned: b-0:1-1.x"},
		{Rule{Check: "forbidden", Packages: []string{"b*", "a.y"}}, "a.x b.x bb.x", "", "2 packages are forbidden: b-0:1-1.x, bb-0:1-1.x"},
	} {
		if got := c.rule.Fault(list(c.now), list(c.before)); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.rule, got, c.want)
		}
	}
}

func TestManyNames(t *testing.T) {
	var all []string
	for i := range 30 {
		all = append(all, fmt.Sprintf("p%02d.x", i))
	}
	got := Rule{Check: "unsigned"}.Fault(list(strings.Join(all, " ")), nil)
	if !strings.HasPrefix(got, "30 packages are unsigned: p00-0:1-1.x, ") || !strings.HasSuffix(got, "p19-0:1-1.x and 10 more") {
		t.Error(got)
	}
}

func TestImageGrowth(t *testing.T) {
	dvd, boot := Image{Type: "dvd", Format: "iso", Disc: 1}, Image{Type: "boot", Format: "iso", Disc: 1}
	before := map[Image]Sized{dvd: {"old", 1000}, {Type: "qcow2"}: {"gone", 1}}
	r := Rule{Percent: 10}
	if got := r.ImageFault(map[Image]Sized{dvd: {"a", 1100}, boot: {"new", 5000}}, before); got != nil {
		t.Error(got)
	}
	want := "a grew by 10.1 % from 1000 to 1101 bytes; 10 % are allowed"
	if got := r.ImageFault(map[Image]Sized{dvd: {"a", 1101}}, before); len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %s", got, want)
	}
}
