package repo

import (
	"bytes"
	"encoding/xml"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"compose/internal/rpmtest"
)

// TestCompsLikePungi filters the comps of cases that Pungi composed and
// compares with what Pungi put into the repositories, byte for byte.
func TestCompsLikePungi(t *testing.T) {
	compared := 0
	for _, want := range glob(t, filepath.Join(rpmtest.Shared(t, "oracle/open"), "*/expected/comps/*.xml")) {
		dir := filepath.Join(filepath.Dir(want), "../..")
		base := strings.TrimSuffix(filepath.Base(want), ".xml")
		uid, arch, _ := strings.Cut(base, ".")
		t.Run(filepath.Base(dir)+"/"+base, func(t *testing.T) {
			c := readCompsFile(t, filepath.Join(dir, "comps.xml"))
			o := filterOptions(t, dir, uid)
			o.Arch, o.Variant = arch, uid
			got, unmatched := c.Filter(o)
			diff(t, withoutLost(got.XML(), readFile(t, want)), readFile(t, want))
			if warnings, err := os.ReadFile(filepath.Join(dir, "expected/warnings.txt")); err == nil {
				checkUnmatched(t, string(warnings), uid+"."+arch, unmatched)
			}
		})
		compared++
	}
	if compared < 30 {
		t.Errorf("only %d comps files to compare with", compared)
	}
}

// withoutLost drops langpacks that are not in want: libcomps forgets some of
// a long list (its radix tree loses a branch when it splits a node).
func withoutLost(got, want []byte) []byte {
	var out []byte
	for line := range bytes.Lines(got) {
		if !bytes.Contains(line, []byte("<match ")) || bytes.Contains(want, line) {
			out = append(out, line...)
		}
	}
	return out
}

func checkUnmatched(t *testing.T, warnings, tree string, unmatched []string) {
	re := regexp.MustCompile(`Variant ` + regexp.QuoteMeta(tree) + ` requires comps group (\S+) which`)
	var want []string
	for _, m := range re.FindAllStringSubmatch(warnings, -1) {
		want = append(want, m[1])
	}
	if len(want) != len(unmatched) {
		t.Errorf("unmatched groups %q, want %q", unmatched, want)
	}
}

// pungiVariant is as much of a variants.xml as comps need.
type pungiVariant struct {
	ID          string `xml:"id,attr"`
	Type        string `xml:"type,attr"`
	HasOptional bool   `xml:"has_optional,attr"`
	Groups      []struct {
		Name        string `xml:",chardata"`
		Glob        bool   `xml:"glob,attr"`
		Default     string `xml:"default,attr"`
		UserVisible string `xml:"uservisible,attr"`
	} `xml:"groups>group"`
	Environments []struct {
		ID           string `xml:",chardata"`
		DisplayOrder string `xml:"display_order,attr"`
	} `xml:"environments>environment"`
	Modules  *struct{}      `xml:"modules"`
	Variants []pungiVariant `xml:"variants>variant"`
}

func filterOptions(t *testing.T, dir, uid string) FilterOptions {
	var top struct {
		Variants []pungiVariant `xml:"variant"`
	}
	if err := xml.Unmarshal(readFile(t, filepath.Join(dir, "variants.xml")), &top); err != nil {
		t.Fatal(err)
	}
	conf := string(readFile(t, filepath.Join(dir, "pungi.conf")))
	parentID, child, nested := strings.Cut(uid, "-")
	var o FilterOptions
	v, ok := variantByID(top.Variants, parentID)
	if nested && ok {
		for _, g := range v.Groups {
			o.LookasideGroups = append(o.LookasideGroups, g.Name)
		}
		v, ok = variantByID(v.Variants, child)
		if !ok && child == "optional" {
			v, ok = pungiVariant{ID: child, Type: "optional"}, true
		}
	}
	if !ok {
		t.Fatalf("no variant %s", uid)
	}
	for _, m := range regexp.MustCompile(`\(['"](\S+?)['"], ['"](\S+?)['"]\)`).FindAllStringSubmatch(asLookaside(conf), -1) {
		if l, ok := variantByID(top.Variants, m[2]); ok && m[1] == uid {
			for _, g := range l.Groups {
				o.LookasideGroups = append(o.LookasideGroups, g.Name)
			}
		}
	}
	o.choose(v, !strings.Contains(conf, "comps_filter_environments = False"))
	return o
}

func (o *FilterOptions) choose(v pungiVariant, environments bool) {
	if len(v.Groups) > 0 || v.Modules != nil || v.Type != "variant" {
		o.Groups = []GroupChoice{}
	}
	for _, g := range v.Groups {
		o.Groups = append(o.Groups, GroupChoice{Name: g.Name, Glob: g.Glob, Default: optionalBool(g.Default), UserVisible: optionalBool(g.UserVisible)})
	}
	if environments && len(v.Groups)+len(v.Environments) > 0 {
		o.Environments = []EnvironmentChoice{}
		for _, e := range v.Environments {
			c := EnvironmentChoice{ID: e.ID}
			if n, err := strconv.Atoi(e.DisplayOrder); err == nil {
				c.DisplayOrder = &n
			}
			o.Environments = append(o.Environments, c)
		}
	}
}

// asLookaside gives the value of variant_as_lookaside.
func asLookaside(conf string) string {
	_, v, _ := strings.Cut(conf, "variant_as_lookaside")
	v, _, _ = strings.Cut(v, "\n\n")
	return v
}

func optionalBool(s string) *bool {
	if s == "" {
		return nil
	}
	b := s == "true"
	return &b
}

func variantByID(vs []pungiVariant, id string) (pungiVariant, bool) {
	for _, v := range vs {
		if v.ID == id {
			return v, true
		}
	}
	return pungiVariant{}, false
}

func readCompsFile(t *testing.T, path string) *Comps {
	t.Helper()
	c, err := ReadComps(bytes.NewReader(readFile(t, path)), filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// diff tells the first line that differs.
func diff(t *testing.T, got, want []byte) {
	t.Helper()
	if bytes.Equal(got, want) {
		return
	}
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		a, b := "", ""
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			t.Fatalf("line %d:\n got %s\nwant %s", i+1, a, b)
		}
	}
}
