package header_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"compose/internal/rpm"
	"compose/internal/rpm/header"
	"compose/internal/rpmtest"
)

// latin1 is text that dump.py wrote byte by byte.
type latin1 string

func (l *latin1) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	var out []byte
	for _, r := range s {
		out = append(out, byte(r))
	}
	*l = latin1(out)
	return nil
}

type oracleDep struct {
	Name  latin1
	Sense uint32
	EVR   latin1
}

// oracle is what rpm and createrepo_c read from a package.
type oracle struct {
	Provide, Require, Conflict, Obsolete    []oracleDep
	Recommend, Suggest, Supplement, Enhance []oracleDep
	Weak                                    [4][]latin1 // their names, and those of the older forms

	Files []struct {
		Path  latin1
		Mode  uint16
		Flags uint32
	}
	Types      []string // dir, ghost or nothing, per file
	Changelogs []struct {
		Time         int64
		Author, Text latin1
	}
	Name, Arch, Version, Epoch, Release        latin1
	Summary, Description, URL, License, Vendor latin1
	Group, BuildHost, SourceRPM, Packager      latin1
	PkgID, Modularity                          latin1
	Sizes                                      [6]int64 // package, installed, archive, build time, header range
	ExcludeArch, ExclusiveArch                 []latin1
	Signatures                                 []string
}

// ask has dump.py read the packages.
func ask(t *testing.T, files []string) []oracle {
	t.Helper()
	script, err := filepath.Abs("testdata/dump.py")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/usr/bin/python3", script)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "LANGUAGE=")
	cmd.Stdin = strings.NewReader(strings.Join(files, "\n"))
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%.2000s", err, errs.String())
	}
	var list []oracle
	in := bufio.NewReader(&out)
	for dec := json.NewDecoder(in); dec.More(); {
		var o oracle
		if err := dec.Decode(&o); err != nil {
			t.Fatal(err)
		}
		list = append(list, o)
	}
	if len(list) != len(files) {
		t.Fatalf("%d answers for %d files", len(list), len(files))
	}
	return list
}

func needOracle(t *testing.T) {
	rpmtest.NeedProgram(t, "rpm", "/usr/bin/python3")
	if err := exec.Command("/usr/bin/python3", "-c", "import rpm, createrepo_c").Run(); err != nil {
		if os.Getenv("COMPOSE_REQUIRE_TOOLS") == "1" {
			t.Fatal("python3-rpm or python3-createrepo-c is missing")
		}
		t.Skip("python3-rpm or python3-createrepo-c is missing")
	}
}

// compare reads every file and reports where the oracle read something else.
func compare(t *testing.T, files []string) {
	t.Helper()
	const batch = 2000
	for len(files) > 0 {
		part := files[:min(batch, len(files))]
		files = files[len(part):]
		for i, o := range ask(t, part) {
			p, d, err := header.ReadFile(part[i])
			if err != nil {
				t.Error(err)
				continue
			}
			for _, diff := range o.differences(p, d) {
				t.Errorf("%s: %s", part[i], diff)
			}
		}
	}
}

func (o *oracle) differences(p *rpm.Package, d *rpm.Details) []string {
	var diffs []string
	check := func(what string, got, want any) {
		if !reflect.DeepEqual(got, want) {
			diffs = append(diffs, fmt.Sprintf("%s: got %.300v, want %.300v", what, got, want))
		}
	}
	for _, f := range []struct {
		what string
		got  string
		want latin1
	}{
		{"name", p.Name, o.Name}, {"version", p.Version, o.Version}, {"release", p.Release, o.Release},
		{"epoch", strconv.Itoa(int(p.Epoch)), o.Epoch}, {"arch", strings.TrimPrefix(p.Arch, "no"), latin1(strings.TrimPrefix(string(o.Arch), "no"))},
		{"sourcerpm", p.SourceRPM, o.SourceRPM}, {"sum", p.Sum.Hex, o.PkgID}, {"modularity", p.Modularity, o.Modularity},
		{"summary", d.Summary, o.Summary}, {"description", d.Description, o.Description}, {"url", d.URL, o.URL},
		{"license", d.License, o.License}, {"vendor", d.Vendor, o.Vendor}, {"group", d.Group, o.Group},
		{"buildhost", d.BuildHost, o.BuildHost}, {"packager", d.Packager, o.Packager},
	} {
		check(f.what, f.got, string(f.want))
	}
	check("sizes", [6]int64{p.Size, p.Installed, d.ArchiveSize, p.BuildTime, p.HeaderStart, p.HeaderEnd}, o.Sizes)
	check("excludearch", p.ExcludeArch, plain(o.ExcludeArch))
	check("exclusivearch", p.ExclusiveArch, plain(o.ExclusiveArch))
	check("keys", p.SigKeys, keyIDs(o.Signatures))
	for _, k := range []struct {
		what string
		got  []rpm.Dep
		want []oracleDep
	}{
		{"provides", p.Provides, o.Provide}, {"requires", p.Requires, o.Require},
		{"conflicts", p.Conflicts, o.Conflict}, {"obsoletes", p.Obsoletes, o.Obsolete},
	} {
		check(k.what, k.got, plainDeps(k.want))
	}
	o.compareWeak(p, check)
	check("files", d.Files, o.files())
	check("file types", fileTypes(d.Files), append([]string(nil), o.Types...))
	check("changelogs", d.Changelogs, o.changelogs())
	return diffs
}

// compareWeak compares the weak dependencies: their names with those of
// createrepo_c, all else with rpm where the header has them in today's form.
func (o *oracle) compareWeak(p *rpm.Package, check func(what string, got, want any)) {
	for i, k := range []struct {
		what string
		got  []rpm.Dep
		want []oracleDep
	}{
		{"recommends", p.Recommends, o.Recommend}, {"suggests", p.Suggests, o.Suggest},
		{"supplements", p.Supplements, o.Supplement}, {"enhances", p.Enhances, o.Enhance},
	} {
		var names []string
		for _, d := range k.got {
			names = append(names, d.Name)
		}
		check("names of "+k.what, names, plain(o.Weak[i]))
		if len(k.want) == len(k.got) {
			check(k.what, k.got, plainDeps(k.want))
		}
	}
}

func (o *oracle) files() []rpm.File {
	var list []rpm.File
	for _, f := range o.Files {
		list = append(list, rpm.File{Path: string(f.Path), Mode: f.Mode, Flags: f.Flags})
	}
	return list
}

func (o *oracle) changelogs() []rpm.Changelog {
	var list []rpm.Changelog
	for _, c := range o.Changelogs {
		list = append(list, rpm.Changelog{Time: c.Time, Author: string(c.Author), Text: string(c.Text)})
	}
	return list
}

func fileTypes(files []rpm.File) []string {
	var list []string
	for _, f := range files {
		switch {
		case f.IsDir():
			list = append(list, "dir")
		case f.IsGhost():
			list = append(list, "ghost")
		default:
			list = append(list, "")
		}
	}
	return list
}

func plain(list []latin1) []string {
	var out []string
	for _, s := range list {
		out = append(out, string(s))
	}
	return out
}

func plainDeps(list []oracleDep) []rpm.Dep {
	var out []rpm.Dep
	for _, d := range list {
		if d.Sense&(1<<19) != 0 { // RPMSENSE_MISSINGOK: see compareWeak
			continue
		}
		out = append(out, rpm.Dep{Name: string(d.Name), Sense: rpm.Sense(d.Sense), EVR: string(d.EVR)})
	}
	return out
}

// keyIDs takes the ids from lines such as "RSA/SHA1, Mon …, Key ID 0123…".
func keyIDs(sigs []string) []string {
	var out []string
	for _, s := range sigs {
		_, id, ok := strings.Cut(s, "Key ID ")
		if ok && (len(out) == 0 || out[len(out)-1] != id) {
			out = append(out, id)
		}
	}
	return out
}

func TestCorpusAgainstOracle(t *testing.T) {
	files := corpus(t)
	needOracle(t)
	compare(t, files)
}

// TestOldPackagesAgainstOracle reads signed packages of 2002 to 2015 that come
// with the header library's source.
func TestOldPackagesAgainstOracle(t *testing.T) {
	needOracle(t)
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/cavaliergopher/rpm").Output()
	if err != nil {
		t.Skip("the header library's source is not at hand")
	}
	compare(t, rpmsBelow(t, filepath.Join(strings.TrimSpace(string(out)), "testdata")))
}
