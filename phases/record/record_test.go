package record

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"compose/gather"
	"compose/internal/oracletest"
	"compose/internal/rpm"
	"compose/pkgset"
)

// TestGathered wants of results on random universes what was written to come
// back, and to read the same to people.
func TestGathered(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 17))
		pkgs := oracletest.Records(oracletest.Random(r, 3+r.IntN(6)))
		half := len(pkgs.List) / 2
		u := gather.NewUniverse("x86_64", pkgs.List[:half], pkgs.Paths()).WithLookaside(pkgs.List[half:], pkgs.Paths())
		res, err := gather.Gather(context.Background(), gather.Input{
			Universe: u, SelfHosting: r.IntN(2) == 0, FullTree: r.IntN(2) == 0, Recommends: true,
			Packages: []gather.Pattern{{Text: "src1*", Origin: "config.toml:7 gather.tree.add"}, {Text: "nothing", Arch: "i686"}},
			Filters:  []gather.Pattern{{Text: "*-libs", Origin: "config.toml:9"}, {Text: "none*"}},
			Multilib: gather.Multilib{Methods: []gather.MultilibMethod{gather.MultilibAll}},
		})
		if err != nil {
			t.Fatal(err)
		}
		own := map[*rpm.Package]bool{}
		for _, p := range pkgs.List[:half] {
			own[p] = true
		}
		data := Gathered(res, func(p *rpm.Package) bool { return own[p] })
		checkForm(t, data)
		back, err := ReadGathered(bytes.NewReader(data), nil)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, data)
		}
		if got, want := describe(back), describe(res); got != want {
			t.Fatalf("seed %d:\n%s\nwant\n%s", seed, got, want)
		}
	}
}

func every(string) bool { return true }

// TestSelection wants the same of one package from a part of a record as from
// all of it.
func TestSelection(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 18))
		pkgs := oracletest.Records(oracletest.Random(r, 3+r.IntN(6)))
		res, err := gather.Gather(context.Background(), gather.Input{
			Universe: gather.NewUniverse("x86_64", pkgs.List, pkgs.Paths()), FullTree: true,
			Packages: []gather.Pattern{{Text: "src*"}}, Filters: []gather.Pattern{{Text: "*-doc"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		data := Gathered(res, func(*rpm.Package) bool { return true })
		for _, p := range pkgs.List {
			match := func(nevra string) bool { return nevra == p.NEVRA() }
			part, err := ReadGathered(bytes.NewReader(data), match)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := about(part, match), about(res, match); got != want {
				t.Fatalf("seed %d: %s:\n%s\nwant\n%s", seed, p, got, want)
			}
			if len(part.Packages) > 0 && len(part.Packages) == len(res.Packages) && len(res.Packages) > 20 {
				t.Errorf("seed %d: %s: everything is read", seed, p)
			}
		}
	}
}

// about gives all that a result says of some packages.
func about(res *gather.Result, match Match) string {
	var b strings.Builder
	is := func(p *rpm.Package) bool { return match(p.NEVRA()) }
	chain := res.Chains()
	for _, p := range res.Packages {
		if is(p.Pkg) {
			fmt.Fprintln(&b, p.Pkg, p.Flags)
			for _, c := range chain(p.Pkg) {
				fmt.Fprintln(&b, "   <-", c.Pkg, c.Why)
			}
		}
	}
	for _, x := range res.Absent(is) {
		fmt.Fprintln(&b, x)
	}
	for _, m := range res.Missing {
		for _, r := range m.Rejected {
			if is(r.Pkg) {
				fmt.Fprintln(&b, m.Pkg, m.Requires, r)
			}
		}
	}
	return b.String()
}

// checkForm wants each line to be what encoding/json would have written.
func checkForm(t *testing.T, data []byte) {
	t.Helper()
	for line := range bytes.Lines(data) {
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		var v any
		for _, v = range []any{&pick{}, &hidden{}, &missing{}, &unmatched{}, &listed{}, &trimmed{}} {
			dec := json.NewDecoder(bytes.NewReader(line))
			dec.DisallowUnknownFields()
			if dec.Decode(v) == nil {
				break
			}
		}
		if err := enc.Encode(v); err != nil || want.String() != string(line) {
			t.Errorf("wrote %s     want %s", line, want.String())
		}
	}
}

// describe gives all that a result says.
func describe(res *gather.Result) string {
	var b strings.Builder
	chain := res.Chains()
	for _, p := range res.Packages {
		fmt.Fprintln(&b, p.Pkg.NEVRA(), p.Kind, p.Flags, p.Why)
		for _, o := range p.Why.Over {
			fmt.Fprintln(&b, "  ", o)
		}
		for _, c := range chain(p.Pkg) {
			fmt.Fprintln(&b, "   <-", c.Pkg)
		}
	}
	for _, h := range res.Hidden {
		fmt.Fprintln(&b, h)
	}
	for _, m := range res.Missing {
		fmt.Fprintln(&b, m)
	}
	for _, u := range res.Unmatched {
		fmt.Fprintf(&b, "%+v\n", u)
	}
	return b.String()
}

func TestPackages(t *testing.T) {
	entry := func(name, arch, tag string) *pkgset.Entry {
		p := &rpm.Package{Name: name, Version: "1", Release: "2", Arch: arch}
		return &pkgset.Entry{Pkg: p, Tag: tag, File: p.FileName(), SigOK: true}
	}
	unsigned, odd, other := entry("unsigned", "x86_64", "a"), entry("odd", "noarch", "a"), entry("odd", "noarch", "b")
	unsigned.SigOK, odd.File = false, "odd.rpm"
	sub := pkgset.NewSubset([]*pkgset.Set{{Tag: "a", Entries: []*pkgset.Entry{unsigned, odd}}, {Tag: "b", Entries: []*pkgset.Entry{other}}}, "x86_64", pkgset.SubsetOptions{})
	sub.Excluded = append(sub.Excluded, pkgset.Exclusion{Entry: entry("no", "noarch", "a"), Rule: "ExcludeArch", Arches: []string{"i686", "x86_64"}})
	checkForm(t, Packages(sub))
	list, err := ReadPackages(bytes.NewReader(Packages(sub)), every)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range list {
		got = append(got, fmt.Sprint(l.Pkg, " ", l.Tag, " ", l.File, " ", l.Unsigned, " ", l.Excluded))
	}
	want := `unsigned-1-2.x86_64 a unsigned-1-2.x86_64.rpm true 
odd-1-2.noarch a odd.rpm false 
odd-1-2.noarch b odd-1-2.noarch.rpm false in tag a
no-1-2.noarch a no-1-2.noarch.rpm false ExcludeArch i686 x86_64`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

func TestTrims(t *testing.T) {
	p := &rpm.Package{Name: "a", Epoch: 3, Version: "1", Release: "2", Arch: "src"}
	data := Trims([]gather.Change{
		{Variant: "Server-optional", Arch: "x86_64", Picked: gather.Picked{Pkg: p, Kind: gather.Source}, Moved: true, Other: "Server"},
		{Variant: "Server-addon", Arch: "x86_64", Picked: gather.Picked{Pkg: p, Kind: gather.Source}, Other: "Server"},
	})
	checkForm(t, data)
	list, err := ReadTrims(bytes.NewReader(data), every)
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	if x := list[0]; x.Tree != "Server-optional.x86_64" || x.Pkg.NEVRA() != p.NEVRA() || x.Kind != gather.Source || !x.Moved || x.Other != "Server" {
		t.Errorf("%+v", x)
	}
	if x := list[1]; x.Tree != "Server-addon.x86_64" || x.Moved {
		t.Errorf("%+v", x)
	}
}

// TestOddTexts are texts that JSON has to escape.
func TestOddTexts(t *testing.T) {
	p := &rpm.Package{Name: "a\"\\\x1bé<", Version: "1", Release: "2", Arch: "noarch"}
	res := &gather.Result{
		Packages:  []gather.Picked{{Pkg: p, Flags: []string{"a", "b"}, Why: gather.Reason{Pattern: gather.Pattern{Text: "<\n>", Arch: "x", Origin: "\t"}}}},
		Hidden:    []gather.Rejected{{Pkg: p, Filter: gather.Pattern{Text: "&"}}},
		Missing:   []gather.Missing{{Pkg: p, Requires: rpm.Dep{Name: "(a and b)"}, Lacks: []rpm.Dep{{Name: "a"}, {Name: "b"}}}},
		Unmatched: []gather.Unmatched{{Use: "package", Pattern: gather.Pattern{Text: "x"}}},
	}
	data := Gathered(res, func(*rpm.Package) bool { return false })
	checkForm(t, data)
	if n := bytes.Count(data, []byte("\n")); n != 4 {
		t.Errorf("%d lines, want 4", n)
	}
	if !bytes.HasPrefix(data, []byte(`{"package":"a\"\\\u001bé<-0:1-2.noarch","kind":"rpm","flags":["a","b"],"copy":"lookaside","reason":"pattern","pattern":"<\n>"`)) {
		t.Errorf("%s", data)
	}
}

// TestDamaged wants an error, with the line, for what no record can hold.
func TestDamaged(t *testing.T) {
	good := `{"package":"a-0:1-1.noarch","kind":"rpm","reason":"pattern","pattern":"a"}` + "\n"
	for text, want := range map[string]string{
		good + `{"package":`: "line 2: unexpected end of JSON input",
		good + `{}`:          "line 2: neither package",
		good + `[]`:          "line 2: json: cannot unmarshal array",
		good + "\n":          "line 2: unexpected end",
		`{"package":"a","kind":"rpm","reason":"pattern"}`:                    "want name-[epoch:]version",
		`{"package":"a-1-1.noarch","kind":"deb","reason":"pattern"}`:         `unknown word "deb"`,
		`{"package":"a-1-1.noarch","kind":"rpm","reason":"whim"}`:            `unknown word "whim"`,
		`{"package":"a-1-1.noarch","kind":"rpm","reason":"requires"}`:        `package a-1-1.noarch: reason "requires" without a package`,
		`{"package":"a-1-1.noarch","kind":"rpm","reason":"source","by":"b"}`: "want name-[epoch:]version",
		`{"hidden":"a-1-1.noarch","cause":"mood"}`:                           `unknown word "mood"`,
		`{"hidden":"a-1-1.noarch","cause":"outdated"}`:                       `cause "outdated" without a package`,
		`{"missing":"a"}`: "want name-[epoch:]version",
		`{"missing":"a-1-1.noarch","rejected":[{}]}`:         `unknown word ""`,
		`{"package":"` + strings.Repeat("a", maxLine) + `"}`: "line 1: longer than 16777216 bytes",
	} {
		if res, err := ReadGathered(strings.NewReader(text), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.200s\ngives %v, %v\nwant %s", text, res, err, want)
		}
	}
	for _, text := range []string{"{", `{"package":"a"}`} {
		if _, err := ReadPackages(strings.NewReader(text), every); err == nil {
			t.Errorf("packages: %s is taken", text)
		}
	}
	for _, text := range []string{"{", `{"package":"a-1-1.src"}`, `{"tree":"A.x86_64","package":"a-1-1.src"}`, `{"tree":"A.x86_64","package":"a"}`} {
		if _, err := ReadTrims(strings.NewReader(text), every); err == nil {
			t.Errorf("trims: %s is taken", text)
		}
	}
	if _, err := ReadGathered(&bounded{strings.NewReader(good), 3}, nil); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Error(err)
	}
}

// FuzzReadGathered wants no panic, and of what is read that it can be told.
func FuzzReadGathered(f *testing.F) {
	f.Add([]byte(`{"package":"a-0:1-1.noarch","kind":"rpm","reason":"requires","by":"a-0:1-1.noarch","dep":"(a and b)","over":[{"package":"b-1-1.src","cause":"filter"}]}`))
	f.Add([]byte(`{"package":"a-0:1-1.noarch","kind":"srpm","copy":"lookaside","reason":"source","by":"b-0:1-1.noarch"}` + "\n" + `{"package":"b-0:1-1.noarch","kind":"rpm","copy":"lookaside","reason":"pattern"}`))
	f.Add([]byte(`{"missing":"a-1-1.noarch","dep":"(b and c)","lacks":["b"],"rejected":[{"package":"b-1-1.src","cause":"not-in","than":"c-1-1.src"}]}`))
	f.Add([]byte(`{"hidden":"a-1-1.noarch","cause":"filter"}` + "\n" + `{"unmatched":"package","pattern":"x"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		res, err := ReadGathered(bytes.NewReader(data), nil)
		if err != nil {
			return
		}
		if strings.Contains(describe(res), "PANIC=") {
			t.Error(describe(res))
		}
		match := func(nevra string) bool { return strings.HasPrefix(nevra, "a-") }
		if part, err := ReadGathered(bytes.NewReader(data), match); err == nil && len(part.Packages) > len(res.Packages) {
			t.Errorf("%d of %d packages are read", len(part.Packages), len(res.Packages))
		}
	})
}

// BenchmarkGathered writes and reads the record of 60,000 packages.
func BenchmarkGathered(b *testing.B) {
	pkgs := oracletest.Records(oracletest.Random(rand.New(rand.NewPCG(1, 1)), 13000))
	res, err := gather.Gather(context.Background(), gather.Input{Universe: gather.NewUniverse("x86_64", pkgs.List, pkgs.Paths()), Packages: []gather.Pattern{{Text: "*", Origin: "config.toml:7 gather.tree.add"}}})
	if err != nil {
		b.Fatal(err)
	}
	own := func(*rpm.Package) bool { return true }
	data := Gathered(res, own)
	b.Logf("%d packages, %d bytes", len(res.Packages), len(data))
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			Gathered(res, own)
		}
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if _, err := ReadGathered(bytes.NewReader(data), nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}
