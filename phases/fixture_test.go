package phases_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"compose/internal/composetest"
	"compose/internal/rpmtest"
	"compose/phases"
)

// fixture is a small compose in the making: packages, a configuration that
// takes all of them for one tree, and options to run it with.
type fixture struct {
	t        *testing.T
	work     string
	packages string // folder
	config   string // text of the configuration
	options  phases.RunOptions
}

// smallConfig is the configuration of a fixture. SOURCE stands for the lines
// that say where the packages come from.
const smallConfig = `
[release]
name = "Dummy Product"
short = "DP"
version = "1.0"

[[pkgset]]
tag = "base"
SOURCE

[[variant]]
id = "Server"
arches = ["x86_64"]

[[gather.tree]]
add = ["*"]
`

const dirSource = `source = "dir"
path = "packages"`

// smallPackages is what most fixtures compose.
const smallPackages = `
build app 1.0-1 x86_64
    requires lib = 1.0-1, app-data
    file /usr/bin/app 0755 "app\n"
    debuginfo
  sub app-data noarch
    file /usr/share/app "data\n"

build lib 1.0-1 x86_64
    noise /usr/lib64/lib.so 30000
`

// newFixture builds the packages of a text description.
func newFixture(t *testing.T, text string) *fixture {
	t.Helper()
	work := t.TempDir()
	f := &fixture{t: t, work: work, packages: filepath.Join(work, "packages"), config: smallConfig, options: runOptions(work)}
	f.build(text)
	return f
}

// build adds packages.
func (f *fixture) build(text string) {
	f.t.Helper()
	pkgs, err := rpmtest.Parse(strings.NewReader(text), f.t.Name())
	if err != nil {
		f.t.Fatal(err)
	}
	paths, err := rpmtest.Write(f.packages, pkgs)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, path := range paths {
		if err := os.Chtimes(path, composetest.FileTime, composetest.FileTime); err != nil {
			f.t.Fatal(err)
		}
	}
}

// from says where the packages come from, in place of the folder.
func (f *fixture) from(source string) { f.config = strings.ReplaceAll(f.config, "SOURCE", source) }

// file is the path of a package.
func (f *fixture) file(name string) string { return filepath.Join(f.packages, name) }

// write puts a file into the work folder.
func (f *fixture) write(name string, data []byte) {
	f.t.Helper()
	path := filepath.Join(f.work, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		f.t.Fatal(err)
	}
}

// run makes the compose, and wants everything that is there afterwards to be
// whole and in its place: nothing beside target and cache is touched.
func (f *fixture) run(defines ...string) *result {
	f.t.Helper()
	f.from(dirSource)
	f.write("config.toml", []byte(f.config))
	others := composetest.Listing{Skip: own}
	before := composetest.Tree(f.t, f.work, others)
	cfg := load(f.t, filepath.Join(f.work, "config.toml"), defines...)
	r := run(f.t, cfg, f.options)
	r.work = f.work
	if d := difference(composetest.Tree(f.t, f.work, others), before); d != "" {
		f.t.Errorf("beside target and cache there are changes:\n%s", d)
	}
	if r.made != nil {
		composetest.Whole(f.t, r.made.Dir+"/compose", f.packages)
		r.checkStatus(f.t)
	}
	return r
}

// own says whether a path of the work folder belongs to the compose.
func own(path string) bool {
	return path == "target" || path == "cache" || path == "disk"
}

// checkStatus wants the file STATUS to say what the run says.
func (r *result) checkStatus(t *testing.T) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(r.made.Dir, "STATUS"))
	if err != nil || string(b) != string(r.made.Status)+"\n" {
		t.Errorf("STATUS is %q, %v; the run ended %s", b, err, r.made.Status)
	}
}

// text is the error of a run with the work folder replaced.
func (r *result) text() string {
	if r.err == nil {
		return ""
	}
	return strings.ReplaceAll(r.err.Error(), r.work, "$WORK")
}

// log gives the log of a step that belongs to no architecture.
func (r *result) log(t *testing.T, step string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(r.made.Dir, "logs", "global", step+".log"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), r.work, "$WORK")
}
