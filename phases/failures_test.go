package phases_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"compose/phases"
)

// failure is a compose that must fail with this error and status; no status
// means that no compose was begun.
type failure struct {
	name     string
	packages string
	config   string // more of it
	arrange  func(f *fixture)
	status   phases.Status
	want     string
}

func (c failure) test(t *testing.T) {
	f := newFixture(t, c.packages)
	f.config += c.config
	if c.arrange != nil {
		c.arrange(f)
	}
	r := f.run()
	if got := r.text(); got != c.want {
		t.Errorf("the error is\n%s\nwant\n%s", got, c.want)
	}
	var status phases.Status
	if r.made != nil {
		status = r.made.Status
	}
	if status != c.status {
		t.Errorf("the status is %q, want %q", status, c.status)
	}
	if entries, _ := os.ReadDir(f.options.Target); c.status == "" && len(entries) > 0 {
		t.Errorf("the target holds %s", entries[0].Name())
	}
	latest, _ := filepath.Glob(filepath.Join(f.options.Target, "latest-*"))
	if latest != nil {
		t.Errorf("there is a latest link %s", latest)
	}
}

// missingFrom is what is said of missing-dependency.txt in a tree.
func missingFrom(tree string) string {
	var lines []string
	for _, text := range []string{
		"(missing-a or missing-b): nothing provides missing-a, missing-b", "(missing-c if lib): nothing provides missing-c",
		"/usr/bin/missing: nothing provides it", "lib >= 2: nothing provides it",
		"libmissing.so.1()(64bit): nothing provides it", "missing-script: nothing provides it",
	} {
		lines = append(lines, "gather/"+tree+": app-1.0-1.x86_64 needs "+text)
	}
	return strings.Join(lines, "\n")
}

// TestFailures makes composes that cannot be made.
func TestFailures(t *testing.T) {
	missing, err := os.ReadFile("../testdata/packages/missing-dependency.txt")
	if err != nil {
		t.Fatal(err)
	}
	unsigned, err := os.ReadFile("../testdata/packages/signatures.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []failure{
		{
			name: "missing dependencies", packages: string(missing), status: phases.Doomed,
			want: "gather/check: " + missingFrom("Server.x86_64"),
		},
		{
			name: "missing dependencies with a strict closure", packages: string(missing), status: phases.Doomed,
			config: "[[repoclosure.tree]]\nstrictness = \"fatal\"\n",
			want:   "gather/check: " + missingFrom("Server.x86_64"),
		},
		{
			name: "missing dependencies of several trees", packages: string(missing), status: phases.Doomed,
			config: "\n[[variant]]\nid = \"Other\"\narches = [\"x86_64\"]\n",
			want:   "gather/check: " + missingFrom("Server.x86_64") + "\n" + missingFrom("Other.x86_64"),
		},
		{
			name: "dependency filtered out", packages: smallPackages, status: phases.Doomed,
			config: "filter = [\"lib\"]\n",
			want: `gather/check: gather/Server.x86_64: app-1.0-1.x86_64 needs lib = 1.0-1: no candidate left
    lib-1.0-1.x86_64: excluded by "lib" ($WORK/config.toml:18 gather.tree.filter)`,
		},
		{
			name: "broken closure of a tree that is to have none", packages: string(missing), status: phases.Doomed,
			config: "[gather]\ncheck_deps = false\n[[repoclosure.tree]]\nstrictness = \"fatal\"\n",
			want: `repoclosure/Server.x86_64: 6 unresolved dependencies
    app-1.0-1.x86_64 needs (missing-a or missing-b)
    app-1.0-1.x86_64 needs (missing-c if lib)
    app-1.0-1.x86_64 needs /usr/bin/missing
    app-1.0-1.x86_64 needs lib >= 2
    app-1.0-1.x86_64 needs libmissing.so.1()(64bit)
    app-1.0-1.x86_64 needs missing-script`,
		},
		{
			name: "a package that cannot be installed", status: phases.Doomed,
			packages: "build app 1.0-1 x86_64\n    requires lib\n    conflicts lib < 2\nbuild lib 1.0-1 x86_64\n",
			config:   "[[repoclosure.tree]]\ninstallable = \"fatal\"\n",
			want: `repoclosure/Server.x86_64: 1 of the packages cannot be installed
    app-1.0-1.x86_64:
      package app-1.0-1.x86_64 requires lib, but none of the providers can be installed
      package app-1.0-1.x86_64 conflicts with lib < 2 provided by lib-1.0-1.x86_64`,
		},
		{
			name: "unsigned packages", packages: string(unsigned), status: phases.Doomed,
			arrange: func(f *fixture) { f.from(dirSource + "\nsigkeys = [\"b4a59687\"]") },
			want:    `gather/check: pkgset base: 6 packages not signed by any of [b4a59687]: also-plain-2.0-1.x86_64; plain-1.0-1.noarch; unexpected-1.0-1.noarch (signed by 9999999999999999); also-plain-2.0-1.src; plain-1.0-1.src; unexpected-1.0-1.src (signed by 9999999999999999)`,
		},
		{
			name: "missing package of comps", packages: smallPackages, status: phases.Doomed,
			arrange: func(f *fixture) {
				f.config = "comps = \"comps.xml\"\n" + f.config + "[gather]\nrequire_all_comps_packages = true\n"
				f.write("comps.xml", []byte("<comps><group><id>g</id><name>G</name><packagelist><packagereq>nothing</packagereq><packagereq>app</packagereq></packagelist></group></comps>"))
			},
			want: `gather/check: gather: comps group "g" names nothing, which no package set has (Server.x86_64)`,
		},
		{
			name: "broken comps", packages: smallPackages, status: phases.Doomed,
			arrange: func(f *fixture) {
				f.config = "comps = \"comps.xml\"\n" + f.config
				f.write("comps.xml", []byte("<comps><group><id>g</id>"))
			},
			want: `comps: comps.xml: line 1: unexpected EOF`,
		},
		{
			name: "production without label", packages: smallPackages,
			config: "\n[compose]\ntype = \"production\"\n",
			want:   `a production compose needs --label NAME-X.Y, or --no-label`,
		},
		{
			name: "unknown label", packages: smallPackages,
			arrange: func(f *fixture) { f.options.Label = "Gold-1.0" },
			want:    `label "Gold-1.0": want NAME-X.Y with a NAME of EA, DevelPhaseExit, InternalAlpha, Alpha, InternalSnapshot, Beta, Snapshot, RC, Update, SecurityFix`,
		},
		{
			name: "label without a number", packages: smallPackages,
			arrange: func(f *fixture) { f.options.Label = "RC" },
			want:    `label "RC": want NAME-X.Y with a NAME of EA, DevelPhaseExit, InternalAlpha, Alpha, InternalSnapshot, Beta, Snapshot, RC, Update, SecurityFix`,
		},
		{
			name: "phase without what it needs", packages: smallPackages,
			arrange: func(f *fixture) { f.options.Skip = []string{"gather"} },
			want:    `phases: link needs gather, which would not run (--skip-phase gather); repoclosure needs gather, which would not run (--skip-phase gather)`,
		},
		{
			name: "unknown phase", packages: smallPackages,
			arrange: func(f *fixture) { f.options.Just = []string{"creatrepo"} },
			want:    `phases: there is no phase "creatrepo"; phases are ` + strings.Join(phases.PhaseNames(), ", "),
		},
		{
			name: "target is a file", packages: smallPackages,
			arrange: func(f *fixture) { f.write("file", nil); f.options.Target = filepath.Join(f.work, "file") },
			want:    `making target folder: mkdir $WORK/file: not a directory`,
		},
		{
			name: "target cannot be made", packages: smallPackages,
			arrange: func(f *fixture) { f.write("file", nil); f.options.Target = filepath.Join(f.work, "file", "target") },
			want:    `making target folder: mkdir $WORK/file: not a directory`,
		},
		{
			name: "cache cannot be made", packages: smallPackages, status: phases.Doomed,
			arrange: func(f *fixture) { f.write("file", nil); f.options.CacheDir = filepath.Join(f.work, "file", "cache") },
			want:    `cache: opening the package store $WORK/file/cache/store: mkdir $WORK/file: not a directory`,
		},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), c.test)
	}
}
