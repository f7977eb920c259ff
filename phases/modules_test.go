package phases_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"compose/internal/composetest"
	"compose/internal/rpmtest"
	"compose/phases"
)

// editConfig replaces texts of the configuration of a case.
func editConfig(t *testing.T, path string, pairs ...string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("no %q in the configuration", pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// composeModules makes the case "modules", changed.
func composeModules(t *testing.T, pairs ...string) *result {
	t.Helper()
	path := composetest.Setup(t, "modules")
	editConfig(t, path, pairs...)
	return run(t, load(t, path), runOptions(filepath.Dir(path)))
}

// The module metadata of a repository does the same as a folder of files.
func TestModulesOfRepository(t *testing.T) {
	rpmtest.NeedProgram(t, "createrepo_c", "modifyrepo_c")
	want := mustCompose(t, composeModules(t))
	path := composetest.Setup(t, "modules")
	work := filepath.Dir(path)
	dir := filepath.Join(work, "packages", "all")
	all := filepath.Join(work, "modules.yaml")
	var text []byte
	for _, arch := range []string{"aarch64", "x86_64"} {
		b, err := os.ReadFile(filepath.Join(work, "modulemd", "modulemd."+arch+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, b...)
	}
	if err := os.WriteFile(all, text, 0o644); err != nil {
		t.Fatal(err)
	}
	command(t, "createrepo_c", "-q", dir)
	command(t, "modifyrepo_c", "--mdtype=modules", all, filepath.Join(dir, "repodata"))
	editConfig(t, path, `modules = "modulemd"`, "")
	fromRepo(t, path, func(string) string { return "file://" + dir })
	got := mustCompose(t, run(t, load(t, path), runOptions(work)))
	for _, name := range []string{"modules.json", "rpms.json"} {
		if a, b := metadata(t, want, name), metadata(t, got, name); a != b {
			t.Errorf("%s differs: %s", name, difference(b, a))
		}
	}
}

func mustCompose(t *testing.T, r *result) *result {
	t.Helper()
	if r.err != nil || r.made.Status != phases.Finished {
		t.Fatal(r.err)
	}
	return r
}

func metadata(t *testing.T, r *result, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(r.made.Dir, "compose", "metadata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// Whoever asks for what is not there is told where, and what there is.
func TestModulesRefused(t *testing.T) {
	second := "---\ndocument: modulemd-defaults\nversion: 1\ndata: {module: nodejs, stream: \"20\"}\n"
	for _, c := range []struct{ old, new, want string }{
		{`"redis:*"`, `"redis:6"`, `: module "redis:6" ($WORK/config.toml:30 variant.modules): there are only redis:7:1:00000000`},
		{`"redis:*"`, `"perl"`, `module "perl" ($WORK/config.toml:30 variant.modules): no default stream is to be had; there are perl:5.30:1:deadbeef`},
		{`"redis:*"`, `"ruby"`, `module "ruby" ($WORK/config.toml:30 variant.modules): no such module in the package sets`},
		{`modules = ["nodejs"`, `modules = ["php:8", "nodejs"`, `module "php:8" ($WORK/config.toml:30 variant.modules): no such module`},
		{`modules = "modulemd"`, `modules = "broken.yaml"`, `pkgset/all: reading $WORK/broken.yaml:2: no key "document"`},
		{`defaults = "defaults"`, `defaults = "twice"`, `pkgset/modules: reading twice: module nodejs has defaults in two files`},
		{`obsoletes = "obsoletes"`, `obsoletes = "packages"`, `pkgset/modules: reading packages: no file with a name that ends in .yaml`},
	} {
		path := composetest.Setup(t, "modules")
		work := filepath.Dir(path)
		for name, text := range map[string]string{"broken.yaml": "---\nx: 1\n", "twice/a.yaml": second, "twice/b.yaml": second} {
			file := filepath.Join(work, name)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		editConfig(t, path, c.old, c.new)
		r := run(t, load(t, path), runOptions(work))
		if r.err == nil || !strings.Contains(strings.ReplaceAll(r.err.Error(), work, "$WORK"), c.want) {
			t.Errorf("%s: got %v\nwant %s", c.new, r.err, c.want)
		}
	}
}

// What the configuration says beside has its effect, or is noticed.
func TestModulesConfigured(t *testing.T) {
	path := composetest.Setup(t, "modules")
	work := filepath.Dir(path)
	if err := os.WriteFile(filepath.Join(work, "override.yaml"), []byte("---\ndocument: modulemd-defaults\nversion: 1\ndata: {module: nodejs, stream: \"22\"}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	editConfig(t, path, `obsoletes = "obsoletes"`, "obsoletes = \"obsoletes\"\noverrides = \"override.yaml\"", `filter = ["nodejs:20"]`, `filter = ["nodejs:20", "nodejs:19"]`)
	r := mustCompose(t, run(t, load(t, path), runOptions(work)))
	if list := metadata(t, r, "modules.json"); !strings.Contains(list, "nodejs:22:1:c0ffee00") || strings.Contains(list, "nodejs:18:") {
		t.Errorf("modules are\n%s", list)
	}
	events := strings.ReplaceAll(eventsText(r.facts), work, "$WORK")
	if want := `warning $WORK/config.toml:24 modules.tree.filter: "nodejs:19" matches no module stream`; !strings.Contains(events, want) {
		t.Errorf("no %s in\n%s", want, events)
	}
}

// dnf finds the streams in the trees and installs from them.
func TestModulesWithDNF(t *testing.T) {
	rpmtest.NeedProgram(t, "dnf", "rpm")
	r := mustCompose(t, composeModules(t))
	u := &user{t: t, root: t.TempDir(), tree: filepath.Join(r.made.Dir, "compose", "Server", "x86_64", "os")}
	if got, want := u.streams(), []string{"nodejs 18 [d]", "nodejs 20", "perl 5.30", "redis 7"}; !slices.Equal(got, want) {
		t.Errorf("dnf lists %q, want %q", got, want)
	}
	u.dnf("install", "webapp", "script")
	if got, want := u.installed(), "nodejs-18-2 nodejs-libs-18-2 perl-5.40-1 perl-libs-5.40-1 script-1-1 webapp-1-1"; got != want {
		t.Errorf("by default there is %s", got)
	}
	u.root = t.TempDir()
	u.dnf("module", "install", "nodejs:20/common", "perl:5.30/common", "redis:7/common")
	u.dnf("install", "webapp", "script")
	if got, want := u.installed(), "nodejs-20-1 perl-5.30-1 perl-libs-5.30-1 redis-7-1 script-1-1 webapp-1-1"; got != want {
		t.Errorf("on request there is %s", got)
	}
	u.root, u.tree = t.TempDir(), strings.Replace(u.tree, "Server", "Client", 1)
	u.dnf("install", "webapp")
	if got, want := u.installed(), "js-shim-9-1 webapp-1-1"; got != want {
		t.Errorf("without modules there is %s", got)
	}
}

// user is a system that installs from a tree.
type user struct {
	t          *testing.T
	root, tree string
}

func (u *user) dnf(args ...string) string {
	u.t.Helper()
	return command(u.t, "dnf", append([]string{
		"-q", "-y", "--installroot=" + filepath.Join(u.root, "system"), "--setopt=cachedir=" + filepath.Join(u.root, "cache"), "--releasever=1",
		"--setopt=reposdir=/nonexistent", "--setopt=module_platform_id=platform:f12", "--setopt=install_weak_deps=0",
		"--forcearch=x86_64", "--nogpgcheck", "--repofrompath=tree,file://" + u.tree, "--repo=tree", "--setopt=tsflags=noscripts",
	}, args...)...)
}

// streams are the lines of dnf module list: name, stream, and [d] for default.
func (u *user) streams() (out []string) {
	for line := range strings.Lines(u.dnf("module", "list")) {
		f := strings.Fields(line)
		if len(f) < 3 || f[0] == "Name" || f[0] == "Hint:" {
			continue
		}
		f = f[:min(len(f), 3)]
		if f[2] != "[d]" {
			f = f[:2]
		}
		out = append(out, strings.Join(f, " "))
	}
	return out
}

func (u *user) installed() string {
	out := strings.Fields(command(u.t, "rpm", "--root="+filepath.Join(u.root, "system"), "-qa", "--qf", `%{NAME}-%{VERSION}-%{RELEASE}\n`))
	slices.Sort(out)
	return strings.Join(out, " ")
}
