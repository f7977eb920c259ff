package rpmtest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const everything = `
defaults
  vendor Dummy
  sign rsa 0123456789abcdef
build shell 1:5.2~rc1-1^x x86_64 i686
  summary The shell, with a "quote"
  description
    | One line
    | and another
  changelog 1700000000 A B <a@b> - 5.2-1
    | - one
    | - two
  modularity shell:1:2:3
  copy alt dsa fedcba9876543210
  exclusivearch x86_64 i686
  buildrequires libc-devel
  requires libc.so.6%{_bits}, (foo if bar)
  requires(post) /sbin/ldconfig >= 2
  file /usr/bin/shell 0755
    | #!/bin/sh
    | echo hi
  link /usr/bin/sh shell
  dir /usr/share/shell
  ghost /var/log/shell
  config /etc/shell.conf "a\tb"
  noise /usr/%{_lib}/libshell.so 3000
  script post
    | echo installed
  script preun <lua>
    | print("x")
  debuginfo
 sub shell-doc noarch
  payload zstd
  doc /usr/share/doc/shell/README "Read me"
build six 1-1 noarch
  nosource
  format 6
  sign ed25519 v6 000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f
  file /etc/six/x "hello"
  dir /etc/six
build three 1-1 noarch
  format 3
  file /etc/three "hi"
  sign legacy rsa v3 0123456789abcdef
build large 1-1 noarch
  large
  sign eddsa 00000000000000ff
  file /etc/large "hi"
package huge 1-1 noarch
  source huge-1-1.src.rpm
  huge /etc/huge 5000000000
`

func TestNames(t *testing.T) {
	pkgs, err := Parse(strings.NewReader(everything), "x")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range pkgs {
		got = append(got, filepath.Join(p.Dir, p.FileName()))
	}
	want := `shell-5.2~rc1-1^x.src.rpm alt/shell-5.2~rc1-1^x.src.rpm
shell-5.2~rc1-1^x.x86_64.rpm alt/shell-5.2~rc1-1^x.x86_64.rpm shell-5.2~rc1-1^x.i686.rpm alt/shell-5.2~rc1-1^x.i686.rpm
shell-doc-5.2~rc1-1^x.noarch.rpm alt/shell-doc-5.2~rc1-1^x.noarch.rpm
shell-debugsource-5.2~rc1-1^x.x86_64.rpm alt/shell-debugsource-5.2~rc1-1^x.x86_64.rpm
shell-debuginfo-5.2~rc1-1^x.x86_64.rpm alt/shell-debuginfo-5.2~rc1-1^x.x86_64.rpm
shell-debugsource-5.2~rc1-1^x.i686.rpm alt/shell-debugsource-5.2~rc1-1^x.i686.rpm
shell-debuginfo-5.2~rc1-1^x.i686.rpm alt/shell-debuginfo-5.2~rc1-1^x.i686.rpm
six-1-1.nosrc.rpm six-1-1.noarch.rpm three-1-1.src.rpm three-1-1.noarch.rpm large-1-1.src.rpm large-1-1.noarch.rpm huge-1-1.noarch.rpm`
	if strings.Join(got, " ") != strings.Join(strings.Fields(want), " ") {
		t.Errorf("have %s", strings.Join(got, "\n"))
	}
}

func TestDeterministic(t *testing.T) {
	a, b := Build(t, everything), Build(t, everything)
	paths, err := filepath.Glob(filepath.Join(a, "*.rpm"))
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		x, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		y, err := os.ReadFile(filepath.Join(b, filepath.Base(path)))
		if err != nil || !bytes.Equal(x, y) {
			t.Errorf("%s differs (%v)", filepath.Base(path), err)
		}
	}
}

// TestRPMAccepts lets rpm check the digests, and read what the header says.
func TestRPMAccepts(t *testing.T) {
	NeedProgram(t, "rpm")
	dir := Build(t, everything)
	files, err := filepath.Glob(filepath.Join(dir, "*.rpm"))
	if err != nil {
		t.Fatal(err)
	}
	out := run(t, dir, append([]string{"rpm", "-K", "--nosignature"}, files...)...)
	if strings.Contains(out, "NOT OK") || strings.Count(out, "digests OK") != 15 {
		t.Errorf("rpm -K: %s", out)
	}
	out = run(t, dir, "rpm", "-qp", "--requires", "--scripts", "--changelog", "-lv", "--qf",
		"%{nevra} %{modularitylabel} %{rsaheader:pgpsig} %{description}\n", "shell-5.2~rc1-1^x.x86_64.rpm")
	for _, want := range []string{
		"shell-1:5.2~rc1-1^x.x86_64 shell:1:2:3 RSA/SHA256", "Key ID 0123456789abcdef", "One line\nand another",
		"post: /sbin/ldconfig >= 2\n", "post,interp: /bin/sh\n", "libc.so.6()(64bit)\n", "(foo if bar)\n", "rpmlib(CaretInVersions)",
		"postinstall scriptlet (using /bin/sh):\necho installed\n", "* Tue Nov 14 2023 A B <a@b> - 5.2-1\n- one\n- two\n",
		"/usr/bin/sh -> shell\n", "drwxr-xr-x", "3000 Nov 14  2023 /usr/lib64/libshell.so\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
	for file, want := range map[string]string{
		"alt/shell-5.2~rc1-1^x.src.rpm": "DSA/SHA256",
		"large-1-1.noarch.rpm":          "Key ID 00000000000000ff",
	} {
		out := run(t, dir, "rpm", "-qp", "--qf", "%{dsaheader:pgpsig}", file)
		if !strings.Contains(out, want) {
			t.Errorf("%s: no %q in %s", file, want, out)
		}
	}
}

// TestRPMInstalls unpacks every payload form with rpm.
func TestRPMInstalls(t *testing.T) {
	NeedProgram(t, "rpm")
	if os.Getuid() != 0 {
		t.Skip("rpm --root wants root")
	}
	dir, root := Build(t, everything), t.TempDir()
	run(t, dir, "rpm", "--root", root, "-i", "--nodeps", "--nosignature", "--noscripts",
		"shell-5.2~rc1-1^x.x86_64.rpm", "shell-doc-5.2~rc1-1^x.noarch.rpm", "six-1-1.noarch.rpm", "three-1-1.noarch.rpm", "large-1-1.noarch.rpm")
	for path, want := range map[string]string{
		"usr/bin/sh": "#!/bin/sh\necho hi\n", "etc/shell.conf": "a\tb", "usr/share/doc/shell/README": "Read me",
		"etc/six/x": "hello", "etc/three": "hi", "etc/large": "hi",
	} {
		got, err := os.ReadFile(filepath.Join(root, path))
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
}

// run runs a program in dir.
func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "LC_ALL=C.UTF-8", "TZ=UTC")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}
