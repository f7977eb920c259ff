package phases

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"compose/config"
	"compose/phases/dag"
	"compose/phases/event"
)

// toyPlan is a plan of a configuration with nothing in it but what a test adds.
func toyPlan(t *testing.T, more string) *plan {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "config.toml")
	text := "[release]\nname = \"Dummy Product\"\nshort = \"DP\"\nversion = \"1.0\"\n" +
		"[[pkgset]]\ntag = \"base\"\nsource = \"dir\"\npath = \".\"\n" +
		"[[variant]]\nid = \"Server\"\narches = [\"x86_64\", \"aarch64\"]\n" + more
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return newPlan(cfg, Options{Layout: Layout{Top: dir}})
}

// deliver adds a step that makes a deliverable, and ends with err.
func (p *plan) deliver(d deliverable, err error) dag.Promise[int] {
	s := p.Add(d.Kind+"/"+d.Tree.String()+d.Subject, "cpu")
	p.mayFail(s, d)
	return dag.Do(s, func(context.Context, *event.Scope) (int, error) { return 0, err })
}

// TestFailable lets deliverables fail, and looks at what Pungi's readers see.
func TestFailable(t *testing.T) {
	p := toyPlan(t, `
[[failable]]
arch = "aarch64"
deliverables = ["buildinstall", "iso"]
[[failable]]
variant = "Server"
deliverables = ["image"]
names = ["Extra*"]
`)
	x86, arm := Tree{Variant: "Server", Arch: "x86_64"}, Tree{Variant: "Server", Arch: "aarch64"}
	broken := errors.New("running lorax: exit status 1")
	p.deliver(deliverable{Tree: x86, Kind: "buildinstall"}, nil)
	boot := p.deliver(deliverable{Tree: arm, Kind: "buildinstall"}, broken)
	p.deliver(deliverable{Tree: x86, Kind: "image", Subject: "Extra-KDE"}, broken)
	p.deliver(deliverable{Tree: x86, Kind: "image", Subject: "Main"}, nil)
	p.deliver(deliverable{Tree: arm, Kind: "live", Subject: "Own", Failable: []string{"aarch64"}}, broken)
	iso := p.Add("iso/Server.aarch64", "cpu")
	p.mayFail(iso, deliverable{Tree: arm, Kind: "iso"})
	dag.Need(iso, boot)
	dag.Do(iso, func(context.Context, *event.Scope) (int, error) { return 0, nil })

	events := event.New(nil)
	out := p.built.Dag.Run(t.Context(), dag.Options{Pools: Pools(1), Events: events})
	if out.Err() != nil || out.Status != dag.Incomplete {
		t.Errorf("%s: %v", out.Status, out.Err())
	}
	var notes []string
	for _, e := range events.Facts() {
		if e.Kind == event.Note {
			notes = append(notes, e.Text)
		}
	}
	wantNotes := []string{
		"[FAIL] Buildinstall (variant Server, arch aarch64) failed, but going on anyway.\nrunning lorax: exit status 1",
		"[FAIL] Image (variant Server, arch x86_64, subvariant Extra-KDE) failed, but going on anyway.\nrunning lorax: exit status 1",
		"[FAIL] Live (variant Server, arch aarch64, subvariant Own) failed, but going on anyway.\nrunning lorax: exit status 1",
	}
	if got, want := strings.Join(notes, "\n"), strings.Join(wantNotes, "\n"); got != want {
		t.Errorf("notes:\n%s\nwant\n%s", got, want)
	}
	if err := writeDeliverables(p.dirs, p.built, out); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(p.dirs.Top, "logs", "global", "deliverables.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"required":{"buildinstall":[["Server","x86_64",null]],"image":[["Server","x86_64","Main"]]},` +
		`"failed":{"buildinstall":[["Server","aarch64",null]],"image":[["Server","x86_64","Extra-KDE"]],"live":[["Server","aarch64","Own"]]},` +
		`"attempted":{"buildinstall":[["Server","aarch64",null]],"image":[["Server","x86_64","Extra-KDE"]],"live":[["Server","aarch64","Own"]]}}`
	if got := strings.NewReplacer(" ", "", "\n", "").Replace(string(b)); got != want {
		t.Errorf("deliverables.json is\n%s\nwant\n%s", got, want)
	}
}

// TestFailableRequired dooms the compose where nothing lets the deliverable fail.
func TestFailableRequired(t *testing.T) {
	p := toyPlan(t, "[[failable]]\narch = \"aarch64\"\ndeliverables = [\"iso\"]\n")
	p.deliver(deliverable{Tree: Tree{Variant: "Server", Arch: "x86_64"}, Kind: "iso"}, errors.New("no space"))
	if out := p.built.Dag.Run(t.Context(), dag.Options{Pools: Pools(1)}); out.Status != dag.Doomed {
		t.Errorf("%s", out.Status)
	}
}

// TestUnmatchedStep refuses a [[step]] block that is about no step.
func TestUnmatchedStep(t *testing.T) {
	p := toyPlan(t, "[[step]]\nname = \"iso/*\"\ntimeout = \"1h\"\ncpu = 2\n[[step]]\nname = \"createios/*\"\ntimeout = \"1h\"\n")
	p.deliver(deliverable{Tree: Tree{Variant: "Server", Arch: "x86_64"}, Kind: "iso"}, nil)
	err := p.allot()
	if want := `config.toml:16: step.name: "createios/*" matches no step; compose plan lists them, they begin with iso`; err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}
