package phases_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"compose/internal/rpm"
	"compose/internal/rpmtest"
	"compose/internal/sandbox"
	"compose/phases"
	"compose/phases/event"
)

// rootPackages are those of the fixtures with root file systems.
const rootPackages = `
build filesystem 1-1 noarch
  dir /tmp 01777
  dir /run
  dir /etc

build app 1-1 noarch
  requires filesystem, shell
  file /usr/bin/app 0755
    | #!/bin/sh
    | echo the app runs
  doc /usr/share/doc/app/README "Read me"
  script post
    | echo configured > /etc/app

build broken 1-1 noarch
  requires shell
  script post
    | echo the moon is not full
    | exit 1

build lacking 1-1 noarch
  requires nowhere

build other 1-1 noarch
  file /usr/share/other "x"
`

// newRootFixture has packages for root file systems, a shell of this machine
// among them, and a configuration that ends in text.
func newRootFixture(t *testing.T, text string) *fixture {
	t.Helper()
	rpmtest.NeedProgram(t, "rpm")
	err := sandbox.Run(context.Background(), sandbox.Command{Args: []string{"true"}, Env: []string{"PATH=/usr/bin"}})
	if u := (*sandbox.UnavailableError)(nil); errors.As(err, &u) && os.Getenv("COMPOSE_REQUIRE_TOOLS") != "1" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	f := newFixture(t, rootPackages)
	f.program("shell", rpmtest.HostProgram(t, "dash", "/bin/sh"))
	f.config += "\n[gather]\ncheck_deps = false\n" + text
	return f
}

// program adds a package of that name with files, and its source package.
func (f *fixture) program(name string, files []rpmtest.File) {
	f.t.Helper()
	src := rpmtest.Package{Name: name, Version: "1", Release: "1", Arch: "src"}
	self, err := rpmtest.ParseDep(name + " = 1-1")
	if err != nil {
		f.t.Fatal(err)
	}
	p := rpmtest.Package{Name: name, Version: "1", Release: "1", Arch: "x86_64", SourceRPM: src.FileName(), Provides: []rpm.Dep{self}, Files: files}
	if _, err := rpmtest.Write(f.packages, []rpmtest.Package{src, p}); err != nil {
		f.t.Fatal(err)
	}
}

const baseImage = `
[[rootfs]]
name = "base"
packages = ["app"]
formats = ["oci-archive", "oci", "tar.gz", "squashfs", "erofs", "raw", "qcow2"]
hostname = "base"
commands = ["echo more >> /etc/app"]
[rootfs.container]
cmd = ["/usr/bin/app"]
labels = ["name=base"]
[rootfs.disk]
boot = []
`

// images reads images.json.
func (r *result) images(t *testing.T) map[string]map[string]any {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(r.made.Dir, "compose/metadata/images.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Payload struct {
			Images map[string]map[string][]map[string]any
		}
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]any{}
	for _, img := range file.Payload.Images["Server"]["x86_64"] {
		out[img["format"].(string)] = img
	}
	return out
}

// packagesIn reads the record of what is in an image.
func (r *result) packagesIn(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(r.made.Dir, "work/x86_64/image_packages", path+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Packages []struct{ NEVRA, Checksum string }
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range file.Packages {
		if !strings.HasPrefix(p.Checksum, "sha256:") {
			t.Errorf("%s has the checksum %q", p.NEVRA, p.Checksum)
		}
		out = append(out, p.NEVRA)
	}
	return strings.Join(out, " ")
}

// nothingLeft wants no mount and no work of a step to be left.
func (r *result) nothingLeft(t *testing.T) {
	t.Helper()
	if b, _ := os.ReadFile("/proc/self/mountinfo"); strings.Contains(string(b), r.work+"/") {
		t.Errorf("mounts remain:\n%s", b)
	}
	for _, kind := range []string{"rootfs", "task"} {
		if list, _ := os.ReadDir(filepath.Join(r.made.Dir, "work/x86_64", kind)); len(list) > 0 {
			t.Errorf("work of %s is left: %v", kind, list)
		}
	}
}

// TestBaseImages makes all formats; a second compose takes them over.
func TestBaseImages(t *testing.T) {
	rpmtest.NeedProgram(t, "mksquashfs", "mkfs.erofs", "mke2fs", "debugfs", "skopeo", "umoci", "unsquashfs", "qemu-img", "tar")
	f := newRootFixture(t, baseImage)
	r := f.run()
	if r.err != nil {
		t.Fatal(r.text())
	}
	r.nothingLeft(t)
	images := r.images(t)
	for _, format := range []string{"ociarchive", "tar.gz", "liveimg.squashfs", "erofs", "raw", "qcow2"} {
		img := images[format]
		if img == nil || img["subvariant"] != "base" {
			t.Fatalf("no %s in images.json: %v", format, images)
		}
		if got := r.packagesIn(t, img["path"].(string)); got != "app-0:1-1.noarch filesystem-0:1-1.noarch shell-0:1-1.x86_64" {
			t.Errorf("%s is said to have %s", format, got)
		}
	}
	at := func(format string) string {
		return filepath.Join(r.made.Dir, "compose", images[format]["path"].(string))
	}
	for _, c := range []struct{ want, command string }{
		{"configured\nmore\n", "tar xzfO " + at("tar.gz") + " ./etc/app"},
		{"base\n", "unsquashfs -cat " + at("liveimg.squashfs") + " etc/hostname"},
		{"No errors were found on the image.", "qemu-img check " + at("qcow2")},
		{"Images are identical.", "qemu-img compare -f raw -F qcow2 " + at("raw") + " " + at("qcow2")},
		{`"name": "base"`, "skopeo inspect oci-archive:" + at("ociarchive")},
	} {
		if out, err := exec.Command("sh", "-c", c.command).Output(); err != nil || !strings.Contains(string(out), c.want) {
			t.Errorf("%s: %v\n%s", c.command, err, out)
		}
	}
	containerRuns(t, strings.TrimSuffix(at("ociarchive"), ".tar"))

	f.options.Events = event.New(nil)
	again := f.run()
	if again.err != nil {
		t.Fatal(again.text())
	}
	i := slices.IndexFunc(again.facts, func(e event.Event) bool { return e.Step == "rootfs/base.x86_64" && e.Kind == event.Ended })
	if i < 0 || again.facts[i].State != event.Reused {
		t.Errorf("not taken over: %v", again.facts[i])
	}
	name := strings.Replace(images["ociarchive"]["path"].(string), ".t.0-", ".t.1-", 1)
	if again.images(t)["ociarchive"]["path"] != name {
		t.Errorf("path %v, want %s", again.images(t)["ociarchive"]["path"], name)
	}
	folder := strings.TrimSuffix(name, ".tar")
	if _, err := os.Stat(filepath.Join(again.made.Dir, "compose", folder, "index.json")); err != nil {
		t.Error(err)
	}
	if got := again.packagesIn(t, folder); !strings.HasPrefix(got, "app-0:1-1.noarch ") {
		t.Errorf("the folder is said to have %q", got)
	}
}

// containerRuns unpacks a container image and runs its program.
func containerRuns(t *testing.T, layout string) {
	t.Helper()
	if os.Geteuid() != 0 {
		return // umoci unpacks as root
	}
	bundle := filepath.Join(t.TempDir(), "bundle")
	if out, err := exec.Command("umoci", "unpack", "--image", layout+":base:1.0", bundle).CombinedOutput(); err != nil {
		t.Fatalf("umoci: %v\n%s", err, out)
	}
	var out strings.Builder
	err := sandbox.Run(context.Background(), sandbox.Command{Root: filepath.Join(bundle, "rootfs"), Args: []string{"/usr/bin/app"}, Output: &out})
	if err != nil || out.String() != "the app runs\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
}

// TestSameBaseImages makes two composes without taking anything over.
func TestSameBaseImages(t *testing.T) {
	rpmtest.NeedProgram(t, "mksquashfs", "mkfs.erofs", "mke2fs", "debugfs")
	var all [2]map[string]any
	for i := range all {
		r := newRootFixture(t, baseImage).run()
		if r.err != nil {
			t.Fatal(r.text())
		}
		all[i] = map[string]any{}
		for format, img := range r.images(t) {
			all[i][format] = img["checksums"].(map[string]any)["sha256"]
		}
	}
	for format, sum := range all[0] {
		if all[1][format] != sum {
			t.Errorf("two images of format %s differ", format)
		}
	}
}

func TestBaseImageFailures(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`["app"]`, `["app", "gone"]`, `rootfs.base packages: "gone" matches no package of the tree`},
		{`["app"]`, `["lacking"]`, "the packages cannot be installed: lacking-1-1.noarch needs nowhere"},
		{`["app"]`, `["broken"]`, "which said: the moon is not full"},
		{`"echo more >> /etc/app"`, `"exit 9"`, `command "exit 9": running sh: exit status 9`},
		{"boot = []", `boot = ["bios"]`, "no installed package has a kernel"},
		{"boot = []", "boot = []\nsize = \"1MiB\"", "root file system of 1 MiB"},
		{`formats`, "exclude = [\"shell\"]\nformats", "cannot be installed: app-1-1.noarch needs /bin/sh: no candidate left"},
		{`[rootfs.container]`, "[media]\nname_format = \"" + strings.Repeat("n", 300) + "{suffix}\"\n[rootfs.container]", "name of an image"},
	} {
		text := strings.Replace(baseImage, c.old, c.new, 1)
		text = strings.Replace(text, `"oci-archive", "oci", "tar.gz", "squashfs", "erofs", "raw", "qcow2"`, `"raw"`, 1)
		r := newRootFixture(t, text).run()
		if r.err == nil || !strings.Contains(r.text(), c.want) {
			t.Errorf("error %q, want %q", r.text(), c.want)
			continue
		}
		r.nothingLeft(t)
		if list, _ := filepath.Glob(filepath.Join(r.made.Dir, "compose/Server/x86_64/images/*")); len(list) > 0 {
			t.Errorf("images are left: %v", list)
		}
	}
}

// TestBaseImageMayFail has an image that may fail, and does.
func TestBaseImageMayFail(t *testing.T) {
	text := "[[failable]]\ndeliverables = [\"image\"]\n" + strings.Replace(baseImage, `["app"]`, `["broken"]`, 1)
	r := newRootFixture(t, text).run()
	if r.err != nil || r.made.Status != phases.FinishedIncomplete {
		t.Errorf("%v, %s", r.made.Status, r.text())
	}
}

// TestBaseImageStopped stops a run while a scriptlet is busy.
func TestBaseImageStopped(t *testing.T) {
	f := newRootFixture(t, strings.Replace(baseImage, "echo more >> /etc/app", "echo busy; while :; do :; done", 1))
	f.from(dirSource)
	f.write("config.toml", []byte(f.config))
	ctx, stop := context.WithCancelCause(context.Background())
	f.options.Events.Subscribe(event.HandlerFunc(func(e event.Event) {
		if e.Step == "rootfs/base.x86_64" && strings.Contains(e.Text, "busy") {
			stop(errors.New("enough"))
		}
	}))
	made, err := phases.Run(ctx, load(t, filepath.Join(f.work, "config.toml")), f.options)
	if err == nil || made == nil || made.Status != phases.Terminated {
		t.Fatalf("%v, %v", made, err)
	}
	r := &result{work: f.work, made: made, err: err}
	r.nothingLeft(t)
	_ = filepath.WalkDir(filepath.Join(made.Dir, "compose"), func(name string, e fs.DirEntry, err error) error {
		if strings.Contains(name, "images/") {
			t.Errorf("%s is left", name)
		}
		return err
	})
}

// TestBaseImageFullDisk makes images on a disk that is too small for them.
func TestBaseImageFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("mounting needs root")
	}
	for _, kib := range []int{1500, 4000} { // full while packages are installed, and in the first image
		f := newRootFixture(t, baseImage)
		f.options.Target = filepath.Join(smallDisk(f, kib), "target")
		r := f.run()
		if r.err == nil || r.made == nil {
			t.Fatal("it fits")
		}
		if !strings.Contains(r.text(), "more space on the / filesystem") { // rpm looks beforehand
			wantFull(t, r)
		}
		for _, kind := range []string{"rootfs", "images"} {
			if list, _ := filepath.Glob(filepath.Join(r.made.Dir, "*", "*", "*", kind, "*")); len(list) > 0 {
				t.Errorf("left: %v", list)
			}
		}
	}
}

const imageTask = `
[[image_task]]
name = "disc"
packages = ["shell"]
command = ["sh", "-c", """
read text < /input/notes
echo "$text $COMPOSE_ARCH $COMPOSE_VARIANT $COMPOSE_REPO" > /output/live.iso
echo app-1-1.noarch > /output/live.iso.packages
test -f /repo/repodata/repomd.xml -a ! -w /repo || exit 3
echo > /output/scrap"""]
[[image_task.input]]
path = "notes"
[[image_task.output]]
file = "live.iso"
type = "live"
format = "iso"
bootable = true
contains = "list"
`

// TestImageTask runs a command that makes an image; a second compose takes it
// over, and one with another input does not.
func TestImageTask(t *testing.T) {
	f := newRootFixture(t, imageTask)
	f.write("notes", []byte("noted\n"))
	r := f.run()
	if r.err != nil {
		t.Fatal(r.text())
	}
	r.nothingLeft(t)
	img := r.images(t)["iso"]
	if img == nil || img["type"] != "live" || img["bootable"] != true || img["subvariant"] != "disc" {
		t.Fatalf("images.json has %v", img)
	}
	path := img["path"].(string)
	if b, err := os.ReadFile(filepath.Join(r.made.Dir, "compose", path)); err != nil || string(b) != "noted x86_64 Server /repo\n" {
		t.Errorf("%q, %v", b, err)
	}
	if got := r.packagesIn(t, path); got != "app-0:1-1.noarch" {
		t.Errorf("it is said to have %q", got)
	}
	if !slices.ContainsFunc(r.facts, func(e event.Event) bool {
		return e.Text == "/output/scrap is left out: the configuration does not name it"
	}) {
		t.Error("nothing is said of what was left out")
	}
	for _, c := range []struct {
		notes string
		want  event.State
	}{{"noted\n", event.Reused}, {"other\n", event.OK}} {
		f.write("notes", []byte(c.notes))
		f.options.Events = event.New(nil)
		again := f.run()
		i := slices.IndexFunc(again.facts, func(e event.Event) bool { return e.Step == "task/disc.x86_64" && e.Kind == event.Ended })
		if i < 0 || again.facts[i].State != c.want {
			t.Errorf("notes %q: %v", c.notes, again.facts[i])
		}
	}
}

func TestImageTaskFailures(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"> /output/live.iso\n", "> /tmp/x\n", "the command did not make /output/live.iso"},
		{`echo "$text`, `false; echo "$text`, ""},
		{"echo app-1-1.noarch", "echo app-2-1.noarch", `it lists "app-2-1.noarch", which is no package of the tree`},
		{"echo app-1-1.noarch > /output/live.iso.packages", "", "the command did not list its packages in /output/live.iso.packages"},
		{"echo > /output/scrap", "echo why; exit 4", "running sh: exit status 4: why"},
	} {
		f := newRootFixture(t, strings.Replace(imageTask, c.old, c.new, 1))
		f.write("notes", []byte("noted\n"))
		r := f.run()
		if (r.err == nil) != (c.want == "") || !strings.Contains(r.text(), c.want) {
			t.Errorf("error %q, want %q", r.text(), c.want)
		}
		r.nothingLeft(t)
	}
}

// TestHostileTask has a command whose image is a link to a file of the machine.
func TestHostileTask(t *testing.T) {
	rpmtest.NeedProgram(t, "ln")
	f := newRootFixture(t, strings.Replace(imageTask, `packages = ["shell"]`, `packages = ["shell", "ln"]`, 1))
	var files []rpmtest.File
	for _, file := range rpmtest.HostProgram(t, "ln", "/bin/ln") {
		if !strings.Contains(file.Path, "libc.so") && !strings.Contains(file.Path, "ld-linux") {
			files = append(files, file)
		}
	}
	f.program("ln", files)
	f.config = strings.Replace(f.config, "echo > /output/scrap", "ln -sf /etc/shadow /output/live.iso", 1)
	f.write("notes", []byte("noted\n"))
	if r := f.run(); r.err == nil || !strings.Contains(r.text(), "/output/live.iso is not a file with something in it") {
		t.Error(r.text())
	}
}
