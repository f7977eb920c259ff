package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"compose/internal/rpm"
	"compose/internal/rpmtest"
)

// tool runs a program of others and gives its output; a failure of it fails
// the test.
func tool(t testing.TB, name string, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, &out)
	}
	return out.String()
}

// needPython skips the test where python3 lacks a module, or fails it as
// rpmtest.NeedProgram does.
func needPython(t testing.TB, module string) {
	t.Helper()
	rpmtest.NeedProgram(t, "/usr/bin/python3")
	if exec.Command("/usr/bin/python3", "-c", "import "+module).Run() == nil {
		return
	}
	if os.Getenv("COMPOSE_REQUIRE_TOOLS") == "1" {
		t.Fatalf("no python3 module %s, and COMPOSE_REQUIRE_TOOLS=1", module)
	}
	t.Skipf("no python3 module %s", module)
}

// needRoot skips the test for those who cannot install packages.
func needRoot(t testing.TB) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("installing packages needs root")
	}
}

// repositories are the folders in a compose that hold a repodata.
func repositories(t testing.TB, compose string) []string {
	t.Helper()
	var dirs []string
	err := filepath.WalkDir(compose, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Name() == "repodata" {
			dirs = append(dirs, filepath.Dir(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return dirs
}

// TestCreaterepoReads has createrepo_c's own parser read every repository of
// composes, and compares each field with what createrepo_c writes for the
// same files.
func TestCreaterepoReads(t *testing.T) {
	needPython(t, "createrepo_c")
	rpmtest.NeedProgram(t, "createrepo_c")
	for name, checksum := range map[string]string{"sample": "sha256", "noarch": "sha384", "tags": "sha512"} {
		w := newWorkplace(t, name)
		w.run(exitFinished, "run", "-q", "--define", "createrepo.checksum="+checksum, "config.toml")
		dirs := repositories(t, w.compose()+"/compose")
		for _, dir := range dirs {
			compareWithCreaterepo(t, dir, w.compose(), "--checksum", checksum)
		}
		if len(dirs) < 3 {
			t.Errorf("%s: %d repositories", name, len(dirs))
		}
	}
}

// TestChecksums compares the checksums of packages and of metadata, of all
// types, with those that createrepo_c writes.
func TestChecksums(t *testing.T) {
	needPython(t, "createrepo_c")
	rpmtest.NeedProgram(t, "createrepo_c")
	w := newWorkplace(t, "sample")
	for _, checksum := range []string{"sha256", "sha384", "sha512"} {
		dir := w.path(checksum)
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		w.run(exitFinished, "createrepo", "-q", "--general-compress-type", "gz", "--checksum", checksum, "--outputdir", dir, "packages")
		compareRepodata(t, dir, w.path("packages"), "--checksum", checksum)
		b, err := os.ReadFile(filepath.Join(dir, "repodata/repomd.xml"))
		if n := strings.Count(string(b), `checksum type="`+checksum+`"`); err != nil || n != 6 {
			t.Errorf("%s: %d checksums in repomd.xml, want 6, %v", checksum, n, err)
		}
	}
}

// compareWithCreaterepo compares the repository in dir with the one that
// createrepo_c makes of the packages there.
func compareWithCreaterepo(t testing.TB, dir, top string, args ...string) {
	t.Helper()
	variant, arch, _ := strings.Cut(filepath.ToSlash(strings.TrimSuffix(strings.TrimPrefix(dir, top+"/compose/"), "/os")), "/")
	comps := filepath.Join(top, "work", arch, "comps", "comps-"+variant+"."+arch+".xml")
	if _, err := os.Stat(comps); err == nil {
		args = append(args, "--groupfile", comps)
	}
	compareRepodata(t, dir, dir, args...)
}

// compareRepodata compares the repository in dir with the one that
// createrepo_c makes of a folder of packages.
func compareRepodata(t testing.TB, dir, packages string, args ...string) {
	t.Helper()
	theirs := t.TempDir()
	tool(t, "createrepo_c", append(args, "--quiet", "--no-database", "--workers", "2", "--outputdir", theirs, packages)...)
	compare := filepath.Join(rpmtest.RepoRoot(t), "repo", "testdata", "compare.py")
	out := tool(t, "/usr/bin/python3", compare, dir, theirs)
	n := 0
	err := filepath.WalkDir(packages, func(path string, d os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".rpm") {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%d packages, ", n); !strings.HasPrefix(out, want) {
		t.Errorf("%s: %d packages, and createrepo_c reads\n%s", dir, n, out)
	}
}

// TestProductmdRules holds the metadata of composes against productmd's rules.
func TestProductmdRules(t *testing.T) {
	rpmtest.NeedProgram(t, "/usr/bin/python3")
	for name, flags := range map[string][]string{
		"sample": nil, "family": nil, "hashed": nil, "tags": nil, "noarch": nil, "signatures": nil,
		"layered": {"--type", "production", "--label", "Beta-1.2"},
	} {
		w := newWorkplace(t, name)
		w.run(exitFinished, append(append([]string{"run", "-q"}, flags...), "config.toml")...)
		if out := tool(t, "/usr/bin/python3", filepath.Join(rpmtest.RepoRoot(t), "testdata", "productmd.py"), w.compose()); out != "" {
			t.Errorf("%s:\n%s", name, out)
		}
	}
}

// machine is the architecture of this machine as packages name it.
func machine() string {
	return map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]
}

// dnf runs dnf with one repository and nothing of this system's.
func dnf(t testing.TB, url string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(dir+"/log", 0o755); err != nil {
		t.Fatal(err)
	}
	options := []string{"-y", "--disableplugin=local", "--releasever=1", "--forcearch=" + machine(),
		"--setopt=reposdir=" + dir, "--setopt=cachedir=" + dir + "/cache", "--setopt=logdir=" + dir + "/log", "--setopt=persistdir=" + dir + "/persist",
		"--setopt=varsdir=" + dir, "--setopt=gpgcheck=0", "--setopt=install_weak_deps=False", "--setopt=module_platform_id=platform:1",
		"--repofrompath=compose," + url, "--repo=compose"}
	return tool(t, "dnf", append(options, args...)...)
}

// places gives the addresses by which a tree of a compose can be reached.
func places(t testing.TB, dir string) []string {
	srv := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(srv.Close)
	return []string{"file://" + dir, srv.URL}
}

// TestDnfInstalls installs a group of the composed sample into an empty
// root, from disk and from a server, and runs a program there.
func TestDnfInstalls(t *testing.T) {
	rpmtest.NeedProgram(t, "dnf", "rpm")
	needRoot(t)
	if machine() == "" {
		t.Skip("the sample has no packages for this machine")
	}
	w := newWorkplace(t, "sample")
	w.run(exitFinished, "run", "-q", "config.toml")
	tree := filepath.Join(w.compose(), "compose", "Minimal", machine(), "os")
	for _, url := range places(t, tree) {
		root := t.TempDir()
		dnf(t, url, "--installroot="+root, "install", "@minimal")
		cmd := exec.Command("/usr/bin/hello-native")
		cmd.Dir = "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
		out, err := cmd.CombinedOutput()
		if err != nil || string(out) != "Hello, machine!\n" {
			t.Errorf("%s: the installed program says %q, %v", url, out, err)
		}
	}
	// The packages of this tree do nothing, but they can be installed.
	tree = filepath.Join(w.compose(), "compose", "Server", machine(), "os")
	root := t.TempDir()
	dnf(t, "file://"+tree, "--installroot="+root, "install", "@core", "@web-server")
	if _, err := os.Stat(filepath.Join(root, "usr/bin/httpd")); err != nil {
		t.Error(err)
	}
}

// TestDnfRepoclosure compares the dependencies that we find broken in a tree
// with those that dnf finds there.
func TestDnfRepoclosure(t *testing.T) {
	needDnfRepoclosure(t)
	w := newWorkplace(t, "nodeps")
	w.run(exitFinished, "run", "-q", "config.toml")
	if n := compareWithDnf(t, w.compose(), "Server"); n == 0 {
		t.Error("nothing is broken")
	}
}

func needDnfRepoclosure(t testing.TB) {
	t.Helper()
	rpmtest.NeedProgram(t, "dnf")
	if exec.Command("dnf", "repoclosure", "--help").Run() == nil {
		return
	}
	if os.Getenv("COMPOSE_REQUIRE_TOOLS") == "1" {
		t.Fatal("dnf has no repoclosure command (dnf-plugins-core), and COMPOSE_REQUIRE_TOOLS=1")
	}
	t.Skip("dnf has no repoclosure command here (dnf-plugins-core)")
}

// compareWithDnf compares what our check of a variant's tree for x86_64 has
// in its log with what dnf finds there, and gives the number of faults.
func compareWithDnf(t testing.TB, top, variant string) int {
	t.Helper()
	log, err := os.ReadFile(filepath.Join(top, "logs", "x86_64", "repoclosure-"+variant+".x86_64.log"))
	if err != nil {
		t.Fatal(err)
	}
	var ours []string
	for line := range strings.Lines(string(log)) {
		if pkg, dep, ok := strings.Cut(strings.TrimSpace(line), " needs "); ok {
			ours = append(ours, normalDep(pkg, dep))
		}
	}
	theirs := dnfClosure(t, "file://"+filepath.Join(top, "compose", variant, "x86_64", "os"))
	slices.Sort(ours)
	slices.Sort(theirs)
	for _, side := range []struct {
		who       string
		has, lack []string
	}{{"we find", ours, theirs}, {"dnf finds", theirs, ours}} {
		for _, line := range side.has {
			if !slices.Contains(side.lack, line) {
				t.Errorf("only %s: %s", side.who, line)
			}
		}
	}
	return len(ours)
}

// normalDep leaves out the parentheses of rich dependencies, which libsolv
// writes in its own way.
func normalDep(pkg, dep string) string {
	return pkg + " needs " + strings.NewReplacer("(", "", ")", "").Replace(dep)
}

// dnfClosure gives what dnf repoclosure finds broken, as "package needs dep".
func dnfClosure(t testing.TB, url string) []string {
	t.Helper()
	dir := t.TempDir()
	args := []string{"-q", "repoclosure", "--disableplugin=local", "--releasever=1", "--forcearch=x86_64",
		"--setopt=cachedir=" + dir, "--setopt=reposdir=/nonexistent", "--repofrompath=r," + url, "--repo=r", "--check=r", "--setopt=r.gpgcheck=0"}
	for _, a := range append(rpm.CompatArches("x86_64"), rpm.MultilibArches("x86_64")...) {
		args = append(args, "--arch="+a)
	}
	out, _ := exec.Command("dnf", args...).Output() // it fails when something is broken
	var lines []string
	pkg := ""
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		if p, ok := strings.CutPrefix(line, "package: "); ok {
			pkg, _, _ = strings.Cut(p, " ")
		} else if line != "" && !strings.HasPrefix(line, "unresolved deps") {
			lines = append(lines, normalDep(pkg, line))
		}
	}
	return lines
}

// TestSecondRunOpensNoPackage watches a second run with strace: no RPM is
// opened, of the source or of a tree.
func TestSecondRunOpensNoPackage(t *testing.T) {
	rpmtest.NeedProgram(t, "strace")
	w := newWorkplace(t, "sample")
	if opened := w.traced("run", "-q", "config.toml"); len(opened) == 0 {
		t.Fatal("strace sees no package opened in the first run")
	}
	if opened := w.traced("run", "-q", "config.toml"); len(opened) > 0 {
		t.Errorf("%d packages are opened in the second run: %s", len(opened), opened[0])
	}
}

// traced runs the program under strace and gives the calls that open an RPM.
func (w *workplace) traced(args ...string) []string {
	w.t.Helper()
	log := w.path("strace.log")
	cmd := w.command(args...)
	cmd.Args = append([]string{"strace", "-f", "-qq", "-o", log, "-e", "trace=open,openat,openat2", cmd.Path}, cmd.Args[1:]...)
	strace, err := exec.LookPath("strace")
	if err != nil {
		w.t.Fatal(err)
	}
	cmd.Path = strace
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
	b, err := os.ReadFile(log)
	if err != nil {
		w.t.Fatal(err)
	}
	var opened []string
	for line := range strings.Lines(string(b)) {
		if strings.Contains(line, `.rpm"`) {
			opened = append(opened, line)
		}
	}
	return opened
}
