package gather_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"compose/gather"
	"compose/internal/oracletest"
	"compose/internal/rpm"
	"compose/internal/rpmtest"
)

var update = flag.Bool("update", false, "write what comes out into testdata/gather")

// TestCases solves the cases in testdata/gather. Each file tells its rule,
// then has the sections packages (as in testdata/packages), lookaside, tree
// (one option per line), result, and result pungi-4.3 where that differs.
func TestCases(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(rpmtest.RepoRoot(t), "testdata", "gather", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) { testCase(t, f) })
	}
}

func testCase(t *testing.T, path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	archive := txtar.Parse(text)
	if strings.TrimSpace(string(archive.Comment)) == "" {
		t.Error("the case names no rule")
	}
	sections := map[string]string{}
	for _, f := range archive.Files {
		sections[f.Name] = string(f.Data)
	}
	in := caseInput(t, sections)
	right := solveCase(t, in)
	in.Compat = gather.CompatPungi43
	pungi := withoutReasons(solveCase(t, in))
	if *update {
		writeCase(t, path, archive, right, pungi)
		return
	}
	if right != sections["result"] {
		t.Errorf("result:\n%swant:\n%s", right, sections["result"])
	}
	want, differs := sections["result pungi-4.3"]
	if !differs {
		want = withoutReasons(sections["result"])
	}
	if pungi != want {
		t.Errorf("result pungi-4.3:\n%swant:\n%s", pungi, want)
	}
}

// withoutReasons leaves the packages, their flags and what is missing.
func withoutReasons(result string) string {
	var b strings.Builder
	for line := range strings.Lines(result) {
		i := strings.IndexByte(line, ']')
		if i < 0 || strings.HasPrefix(line, " ") || strings.HasPrefix(line, "missing") || strings.HasPrefix(line, "unmatched") {
			b.WriteString(line)
			continue
		}
		b.WriteString(line[:i+1] + "\n")
	}
	return b.String()
}

func writeCase(t *testing.T, path string, a *txtar.Archive, right, pungi string) {
	var files []txtar.File
	for _, f := range a.Files {
		if !strings.HasPrefix(f.Name, "result") {
			files = append(files, f)
		}
	}
	files = append(files, txtar.File{Name: "result", Data: []byte(right)})
	if pungi != withoutReasons(right) {
		files = append(files, txtar.File{Name: "result pungi-4.3", Data: []byte(pungi)})
	}
	a.Files = files
	if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
		t.Fatal(err)
	}
}

func solveCase(t *testing.T, in gather.Input) string {
	r, err := gather.Gather(context.Background(), in)
	if err != nil {
		return fmt.Sprintf("error: %v\n", err)
	}
	var b strings.Builder
	for _, p := range r.Packages {
		fmt.Fprintf(&b, "%s %s %v %s\n", p.Kind, p.Pkg, p.Flags, p.Why)
	}
	for _, m := range r.Missing {
		fmt.Fprintf(&b, "missing: %s\n", m)
	}
	for _, u := range r.Unmatched {
		fmt.Fprintf(&b, "unmatched: %s %s\n", u.Use, u.Pattern)
	}
	return b.String()
}

func caseInput(t *testing.T, sections map[string]string) gather.Input {
	own, aside := casePackages(t, sections["packages"]), casePackages(t, sections["lookaside"])
	in := gather.Input{}
	arch := "x86_64"
	for line := range strings.Lines(sections["tree"]) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if key == "arch" {
			arch = value
		} else if err := caseOption(&in, key, value); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	paths := own.Paths()
	in.Universe = gather.NewUniverse(arch, own.List, paths)
	if len(aside.List) > 0 {
		for path, list := range aside.Paths() {
			paths[path] = append(paths[path], list...)
		}
		in.Universe = in.Universe.WithLookaside(aside.List, paths)
	}
	in.Multilib.EachPath = func(p *rpm.Package, fn func([]byte) bool) error {
		for _, f := range own.Files[p] {
			if !fn([]byte(f)) {
				break
			}
		}
		return nil
	}
	return in
}

func casePackages(t *testing.T, text string) *oracletest.Packages {
	list, err := rpmtest.Parse(strings.NewReader(text), t.Name())
	if err != nil {
		t.Fatal(err)
	}
	return oracletest.Records(list)
}

func caseOption(in *gather.Input, key, value string) error {
	lists := map[string]*[]gather.Pattern{
		"package": &in.Packages, "filter": &in.Filters, "prepopulate": &in.Prepopulate,
		"whitelist": &in.Multilib.Whitelist, "blacklist": &in.Multilib.Blacklist, "multilib-name": &in.Multilib.Names,
	}
	if list := lists[key]; list != nil {
		for _, text := range strings.Fields(value) {
			*list = append(*list, gather.Pattern{Text: text})
		}
		return nil
	}
	words := strings.Fields(value)
	switch key {
	case "group": // a package of a group has the tree's architecture
		in.Packages = append(in.Packages, gather.Pattern{Text: words[0], Arch: words[1], Origin: "comps group"})
	case "method":
		in.Method = gather.NoDeps
	case "conditional":
		in.Conditional = append(in.Conditional, gather.Conditional{Package: gather.Pattern{Text: words[0]}, Requires: words[2]})
	case "langpack":
		in.Langpacks = append(in.Langpacks, gather.Langpack{Name: words[0], Install: gather.Pattern{Text: words[1]}})
	case "greedy":
		in.Greedy = map[string]gather.Greedy{"all": gather.GreedyAll, "build": gather.GreedyBuild}[value]
	case "multilib":
		for _, m := range words {
			in.Multilib.Methods = append(in.Multilib.Methods, gather.MultilibMethod(m))
		}
	case "fulltree":
		in.FullTree = true
	case "fulltree-exclude":
		in.FullTreeExcludes = append(in.FullTreeExcludes, words...)
	case "selfhosting":
		in.SelfHosting = true
	case "recommends":
		in.Recommends = true
	default:
		return fmt.Errorf("no option %q", key)
	}
	return nil
}
