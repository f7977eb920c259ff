package rpmmd_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"compose/internal/rpm"
	"compose/internal/rpmmd"
)

// notes writes down what a BriefSink is given.
type notes struct {
	lines []string
	err   error
}

func (n *notes) Dep(list string, name []byte, sense rpm.Sense, evr []byte) {
	n.lines = append(n.lines, fmt.Sprintf("%s %q %d %q", list, name, sense, evr))
}

func (n *notes) File(path []byte) { n.lines = append(n.lines, fmt.Sprintf("file %q", path)) }

// Package sorts the lists by their names: a file has them in any order.
func (n *notes) Package(p *rpmmd.Brief) error {
	first := len(n.lines)
	for first > 0 && !strings.HasPrefix(n.lines[first-1], "package ") {
		first--
	}
	slices.SortStableFunc(n.lines[first:], func(a, b string) int {
		a, _, _ = strings.Cut(a, " ")
		b, _, _ = strings.Cut(b, " ")
		return strings.Compare(a, b)
	})
	n.lines = append(n.lines, fmt.Sprintf("package %s-%d:%s-%s.%s %s", p.Name, p.Epoch, p.Version, p.Release, p.Arch, p.Sum))
	return n.err
}

// wanted writes down what ReadPrimary gives in the same way.
func wanted(doc []byte) (*notes, error) {
	var n notes
	err := rpmmd.ReadPrimary(context.Background(), bytes.NewReader(doc), func(e rpmmd.Entry) error {
		p := e.Pkg
		for _, l := range []struct {
			list string
			deps []rpm.Dep
		}{
			{"provides", p.Provides}, {"requires", p.Requires}, {"conflicts", p.Conflicts}, {"obsoletes", p.Obsoletes},
			{"recommends", p.Recommends}, {"suggests", p.Suggests}, {"supplements", p.Supplements}, {"enhances", p.Enhances},
		} {
			for _, d := range l.deps {
				n.Dep(l.list, []byte(d.Name), d.Sense.Compare(), []byte(d.EVR))
			}
		}
		for _, f := range e.Files {
			n.File([]byte(f))
		}
		return n.Package(&rpmmd.Brief{
			Name: []byte(p.Name), Version: []byte(p.Version), Release: []byte(p.Release), Arch: []byte(p.Arch), Epoch: p.Epoch, Sum: []byte(p.Sum.Hex),
		})
	})
	return &n, err
}

// briefDoc renders packages with all that matters here.
func briefDoc(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	word := func() string {
		return []string{"a", "lib<x>(64bit)", "/usr/bin/&", "(b >= 2 if c)", "ä", `"q'`}[r.IntN(6)]
	}
	doc := rpmmd.Primary.AppendHead(nil, n)
	for i := range n {
		p := &rpm.Package{
			Name: fmt.Sprint("p", i), Epoch: uint32(r.IntN(2)), Version: "1.0~rc1", Release: "2", Arch: "noarch",
			SourceRPM: "s-1-1.src.rpm", Sum: rpm.Checksum{Type: "sha256", Hex: fmt.Sprintf("%064x", i)},
		}
		for _, list := range []*[]rpm.Dep{
			&p.Provides, &p.Requires, &p.Conflicts, &p.Obsoletes, &p.Recommends, &p.Suggests, &p.Supplements, &p.Enhances,
		} {
			for range r.IntN(5) {
				d := rpm.Dep{Name: word()}
				if r.IntN(2) == 0 {
					d.Sense, d.EVR = rpm.Sense(r.IntN(8))<<1&(rpm.Less|rpm.Greater|rpm.Equal), []string{"1", "0:1-1", "3:2-1"}[r.IntN(3)]
				}
				if d.Sense.Compare() == rpm.Less|rpm.Greater || d.Sense.Compare() == rpm.Less|rpm.Greater|rpm.Equal {
					d.Sense = rpm.Equal
				}
				*list = append(*list, d)
			}
		}
		f, _ := rpmmd.Render(p, &rpm.Details{
			Summary: "a < b", Description: "text\n& more", Files: []rpm.File{{Path: "/etc/x", Mode: 0o100644}, {Path: "/usr/bin/<y>"}},
		})
		doc = rpmmd.AppendPrimary(doc, p, f, rpmmd.Place{Href: p.FileName()})
	}
	return rpmmd.Primary.AppendTail(doc)
}

func TestReadBrief(t *testing.T) {
	for seed := range uint64(20) {
		doc := briefDoc(seed, int(seed))
		want, err := wanted(doc)
		if err != nil {
			t.Fatal(err)
		}
		var got notes
		ok, err := rpmmd.ReadBrief(context.Background(), doc, &got)
		if !ok || err != nil {
			t.Fatalf("seed %d: %v, error %v", seed, ok, err)
		}
		if !slices.Equal(got.lines, want.lines) {
			t.Fatalf("seed %d:\n%s\nwant\n%s", seed, strings.Join(got.lines, "\n"), strings.Join(want.lines, "\n"))
		}
	}
	stop := errors.New("stop")
	if ok, err := rpmmd.ReadBrief(context.Background(), briefDoc(1, 3), &notes{err: stop}); ok || err != stop {
		t.Errorf("%v, error %v", ok, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if ok, err := rpmmd.ReadBrief(ctx, briefDoc(1, 3), &notes{}); ok || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, error %v", ok, err)
	}
}

// TestReadBriefForms gives documents of other forms: they are read rightly or
// left to ReadPrimary.
func TestReadBriefForms(t *testing.T) {
	doc := string(briefDoc(4, 2))
	read := 0
	for _, change := range [][2]string{
		{`"/>`, `" />`}, {"<package type=\"rpm\">", "<package type='rpm'>"}, {"</package>", "<!-- x --></package>"}, {"<name>", "<name >"},
		{"<rpm:provides>", "<rpm:provides\n>"}, {"EQ", "XX"}, {`epoch="0"`, `epoch="x"`}, {"p0", "p/0"}, {"p0", ".."}, {"noarch", "no arch"},
		{"</rpm:license>", "</license>"}, {"<summary>", "<summary><x/>"}, {"&amp;", "&#38;"}, {"&amp;", "&x;"}, {`sha256`, `md5`},
		{"</metadata>", "</metadata><metadata></metadata>"}, {"</metadata>", ""}, {"<metadata", "<other"}, {"ver=", "version="},
		{"rpm:", ""}, {"<format>", "<format><format>"}, {" type=\"rpm\"", ""}, {`"2"`, `"&gt;"`}, {"<description>", "<description>]]>"},
	} {
		text := []byte(strings.Replace(doc, change[0], change[1], -1))
		if string(text) == doc {
			t.Errorf("%q is not in the document", change[0])
		}
		compareBrief(t, text, &read)
	}
	if read < 3 {
		t.Errorf("only %d documents were read", read)
	}
}

func compareBrief(t *testing.T, doc []byte, read *int) {
	t.Helper()
	var got notes
	ok, err := rpmmd.ReadBrief(context.Background(), doc, &got)
	if !ok {
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	*read++
	want, err := wanted(doc)
	if err == nil && !slices.Equal(got.lines, want.lines) { // what is passed over may be refused
		t.Errorf("%q, want %q", got.lines, want.lines)
	}
}

func FuzzReadBrief(f *testing.F) {
	f.Add(briefDoc(4, 2))
	f.Add([]byte("<metadata></metadata>"))
	f.Fuzz(func(t *testing.T, doc []byte) {
		read := 0
		compareBrief(t, doc, &read)
	})
}
