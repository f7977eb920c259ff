package rootfs_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"compose/image/rootfs"
	"compose/internal/rpm"
	"compose/internal/rpmtest"
	"compose/internal/sandbox"
)

func TestMain(m *testing.M) {
	sandbox.Main(rootfs.Hooks())
	os.Exit(m.Run())
}

// need skips where there is no rpm, or the kernel has no namespaces for us.
func need(t *testing.T, programs ...string) {
	t.Helper()
	rpmtest.NeedProgram(t, append(programs, "rpm")...)
	err := sandbox.Run(context.Background(), sandbox.Command{Args: []string{"true"}, Env: []string{"PATH=/usr/bin"}})
	if u := (*sandbox.UnavailableError)(nil); errors.As(err, &u) && os.Getenv("COMPOSE_REQUIRE_TOOLS") != "1" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

const sample = `
package filesystem 1-1 noarch
  dir /tmp 01777
  dir /run
  dir /proc 0555
  dir /etc
  dir /bin
  dir /root 0700

package hello 1-1 noarch
  requires filesystem, greeting
  file /usr/bin/hello 0755 "#!/bin/sh\necho hello\n"
  doc /usr/share/doc/hello/README "Read me"
  file /etc/machine-id 0644 "0123"

package greeting 1-1 noarch
  file /usr/share/greeting 04711 "hi"
  link /usr/share/other greeting
`

func build(t *testing.T, text string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(rpmtest.Build(t, text), "*.rpm"))
	if err != nil || len(files) == 0 {
		t.Fatal(err, "no packages")
	}
	return files
}

func install(t *testing.T, o rootfs.Options) (string, error) {
	t.Helper()
	o.Dir, o.Epoch = t.TempDir(), 1700000001
	return o.Dir, rootfs.Install(context.Background(), o)
}

func listing(t *testing.T, dir string) string {
	t.Helper()
	var b bytes.Buffer
	if err := rootfs.Tar(context.Background(), dir, &b); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for r := tar.NewReader(&b); ; {
		h, err := r.Next()
		if err == io.EOF {
			return out.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.ModTime.Unix() > 1700000001 {
			t.Errorf("%s is of %v", h.Name, h.ModTime)
		}
		out.WriteString(h.FileInfo().Mode().String() + " " + h.Name + " " + h.Linkname + "\n")
	}
}

func TestInstall(t *testing.T) {
	need(t)
	files := build(t, sample)
	dir, err := install(t, rootfs.Options{Packages: files, Hostname: "base", Docs: rootfs.ExcludeDocs})
	if err != nil {
		t.Fatal(err)
	}
	got := listing(t, dir)
	for _, want := range []string{"drwxr-xr-x ./ \n", "-rwxr-xr-x ./usr/bin/hello \n", "dr-xr-xr-x ./proc/ \n", "dtrwxrwxrwx ./tmp/ \n", "urwx--x--x ./usr/share/greeting \n",
		"Lrwxrwxrwx ./usr/share/other greeting\n", "./usr/lib/sysimage/rpm/rpmdb.sqlite \n", "./etc/hostname"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "README") || strings.Contains(got, "sqlite-") {
		t.Errorf("unwanted files:\n%s", got)
	}
	if id, err := os.ReadFile(filepath.Join(dir, "etc/machine-id")); err != nil || len(id) > 0 {
		t.Errorf("machine id %q, %v", id, err)
	}
	first := archive(t, dir)
	out, err := exec.Command("rpm", "--root", dir, "--dbpath", rootfs.DefaultDB, "-qa", "--qf", "%{name} %{installtime}\n").Output()
	if err != nil || !strings.Contains(string(out), "hello 170000000") {
		t.Errorf("rpm -qa: %s %v", out, err)
	}
	again, err := install(t, rootfs.Options{Packages: files, Hostname: "base", Docs: rootfs.ExcludeDocs})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, archive(t, again)) {
		t.Error("two installations differ")
	}
}

func archive(t *testing.T, dir string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := rootfs.Tar(context.Background(), dir, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestInstallFailures(t *testing.T) {
	need(t)
	for _, c := range []struct{ text, want string }{
		{"package a 1-1 noarch\n  requires nowhere", "nowhere is needed by a-1-1.noarch"},
		{"package a 1-1 noarch\n  script pre <lua>\n    | print('the reason'); error('no')\n", "pre"},
		{"package a 1-1 noarch\n  file /x 0644 \"1\"\npackage b 1-1 noarch\n  file /x 0644 \"2\"", "conflicts"},
	} {
		_, err := install(t, rootfs.Options{Packages: build(t, c.text)})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	if _, err := install(t, rootfs.Options{}); err == nil || !strings.Contains(err.Error(), "there are no packages") {
		t.Error(err)
	}
	_, err := install(t, rootfs.Options{Packages: build(t, sample), Commands: []string{"true"}})
	if err == nil || !strings.Contains(err.Error(), `command "true": sandbox: exec: "/bin/sh"`) {
		t.Error(err)
	}
}

// shell writes a package with a shell of this machine, which takes sleep with it.
func shell(t *testing.T, dir string) {
	t.Helper()
	p := rpmtest.Package{Name: "shell", Version: "1", Release: "1", Arch: "x86_64", Files: rpmtest.HostProgram(t, "dash", "/bin/sh")}
	if _, err := rpmtest.Write(dir, []rpmtest.Package{p}); err != nil {
		t.Fatal(err)
	}
}

// withShell builds packages, and one with a shell.
func withShell(t *testing.T, text string) []string {
	t.Helper()
	files := build(t, text)
	shell(t, filepath.Dir(files[0]))
	return append(files, filepath.Join(filepath.Dir(files[0]), "shell-1-1.x86_64.rpm"))
}

const scriptlets = `
package data 1-1 noarch
  file /data/x 0644 "x"
  script post
    | echo "uid $(read a b < /proc/self/uid_map; echo $a)" > /data/made
    | echo > /dev/null && echo mine > /var/tmp/left

package bad 1-1 noarch
  script post
    | echo "the disk is not round"
    | exit 3
`

func TestScriptlets(t *testing.T) {
	need(t)
	files := withShell(t, scriptlets)
	bad := slices.IndexFunc(files, func(f string) bool { return strings.Contains(f, "bad-") })
	good := slices.Delete(slices.Clone(files), bad, bad+1)
	dir, err := install(t, rootfs.Options{Packages: good, Commands: []string{"echo $SOURCE_DATE_EPOCH >> /data/made", "echo x > /tmp/y"}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "data/made")); err != nil || string(got) != "uid 0\n1700000001\n" {
		t.Errorf("%q, %v", got, err)
	}
	if got := listing(t, dir); strings.Contains(got, "left") {
		t.Errorf("left over:\n%s", got)
	}
	_, err = install(t, rootfs.Options{Packages: files})
	if err == nil || !strings.Contains(err.Error(), "%post(bad-1-1.noarch)") || !strings.Contains(err.Error(), "which said: the disk is not round") {
		t.Error(err)
	}
	if _, err = install(t, rootfs.Options{Packages: files, Scriptlets: rootfs.MayFail}); err != nil {
		t.Error(err)
	}
	_, err = install(t, rootfs.Options{Packages: good, Commands: []string{"echo nearly; exit 4"}})
	if err == nil || !strings.Contains(err.Error(), `command "echo nearly; exit 4": running sh: exit status 4: nearly`) {
		t.Error(err)
	}
}

// TestCancel ends an installation in the middle: nothing is left that runs.
func TestCancel(t *testing.T) {
	need(t)
	files := withShell(t, "package slow 1-1 noarch\n  script post\n    | echo begun; while :; do :; done\n")
	ctx, stop := context.WithCancelCause(context.Background())
	dir := t.TempDir()
	err := rootfs.Install(ctx, rootfs.Options{Dir: dir, Packages: files, Log: writerFunc(func(p []byte) (int, error) {
		stop(errors.New("enough"))
		return len(p), nil
	})})
	if err == nil || !strings.Contains(err.Error(), "enough") {
		t.Error(err)
	}
	if err := rootfs.Remove(dir); err != nil {
		t.Error(err)
	}
	if b, _ := os.ReadFile("/proc/self/mountinfo"); strings.Contains(string(b), dir) {
		t.Errorf("mounts remain: %s", b)
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestFilesystems(t *testing.T) {
	need(t, "mksquashfs", "unsquashfs", "mkfs.erofs", "fsck.erofs")
	files := withShell(t, sample)
	var images [2][2][]byte
	for i := range images {
		dir, err := install(t, rootfs.Options{Packages: files})
		if err != nil {
			t.Fatal(err)
		}
		for k, fn := range []func(context.Context, rootfs.Filesystem) error{rootfs.Squashfs, rootfs.EROFS} {
			name := filepath.Join(t.TempDir(), "image")
			f := rootfs.Filesystem{Dir: dir, File: name, Epoch: 1700000001, UUID: "01234567-89ab-4def-8123-456789abcdef", Jobs: 2}
			if err := fn(context.Background(), f); err != nil {
				t.Fatal(err)
			}
			check := [][]string{{"unsquashfs", "-cat", name, "usr/bin/hello"}, {"fsck.erofs", name}}[k]
			if out, err := exec.Command(check[0], check[1:]...).CombinedOutput(); err != nil || k == 0 && string(out) != "#!/bin/sh\necho hello\n" {
				t.Errorf("%v: %v\n%s", check, err, out)
			}
			if images[i][k], err = os.ReadFile(name); err != nil {
				t.Fatal(err)
			}
			for _, cut := range []int64{int64(len(images[i][k])) / 2, 1000, 0} {
				if err := os.Truncate(name, cut); err != nil {
					t.Fatal(err)
				}
				if err := rootfs.CheckFilesystem(name); err == nil {
					t.Errorf("%d bytes are taken for all of it", cut)
				}
			}
		}
	}
	for k, kind := range []string{"squashfs", "erofs"} {
		if !bytes.Equal(images[0][k], images[1][k]) {
			t.Errorf("two images of kind %s differ", kind)
		}
	}
}

// TestOwners has a file that belongs to a user of the root file system, with
// capabilities: both are in the archive as they are on the installed system.
func TestOwners(t *testing.T) {
	need(t)
	dir := t.TempDir()
	files, err := rpmtest.Write(dir, []rpmtest.Package{
		{Name: "setup", Version: "1", Release: "1", Arch: "noarch", Files: []rpmtest.File{
			{Path: "/etc/group", Data: []byte("root:x:0:\nweb:x:78:\n")},
			{Path: "/etc/passwd", Data: []byte("root:x:0:0::/root:/bin/sh\nweb:x:77:78::/:/bin/false\n")},
		}},
		{Name: "web", Version: "1", Release: "1", Arch: "noarch", Requires: []rpm.Dep{{Name: "/etc/passwd"}}, Files: []rpmtest.File{
			{Path: "/usr/bin/web", Mode: 0o100755, Data: []byte("x"), User: "web", Group: "web"},
		}, Extra: []rpmtest.Tag{{ID: 5010, Type: "strings", Values: []string{"cap_net_bind_service=ep"}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	root, err := install(t, rootfs.Options{Packages: files})
	if !sandbox.ManyIDs() {
		if err == nil || !strings.Contains(err.Error(), "this user has no subordinate ids") || !strings.Contains(err.Error(), "/usr/bin/web") {
			t.Error(err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(bytes.NewReader(archive(t, root))); ; {
		h, err := r.Next()
		if err != nil {
			t.Fatal("no file of that name: ", err)
		}
		if h.Name != "./usr/bin/web" {
			continue
		}
		if h.Uid != 77 || h.Gid != 78 || h.Uname != "" {
			t.Errorf("it belongs to %d:%d %q", h.Uid, h.Gid, h.Uname)
		}
		// vfs_cap_data of revision 2 with the effective bit, CAP_NET_BIND_SERVICE permitted
		if caps := h.PAXRecords["SCHILY.xattr.security.capability"]; caps != "\x01\x00\x00\x02\x00\x04"+strings.Repeat("\x00", 14) {
			t.Errorf("capabilities %q", caps)
		}
		return
	}
}
