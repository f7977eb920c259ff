package oci_test

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"compose/image/oci"
	"compose/internal/rpmtest"
	"compose/internal/sandbox"
)

func TestMain(m *testing.M) {
	sandbox.Main(nil)
	os.Exit(m.Run())
}

var options = oci.Options{
	Arch: "x86_64", Created: time.Unix(1700000000, 0), Name: "base:1", Env: []string{"A=b"}, Cmd: []string{"/bin/sh"},
	Entrypoint: []string{"/bin/init"}, WorkingDir: "/srv", User: "0", Labels: map[string]string{"name": "base"}, Annotations: map[string]string{"x": "y"},
}

// layer writes an archive with a shell that runs.
func layer(t *testing.T) func(io.Writer) error {
	files := rpmtest.HostProgram(t, "dash", "/bin/sh")
	return func(w io.Writer) error {
		out := tar.NewWriter(w)
		for _, f := range files {
			if err := out.WriteHeader(&tar.Header{Name: "." + f.Path, Mode: 0o755, Size: int64(len(f.Data)), Format: tar.FormatPAX}); err != nil {
				return err
			}
			if _, err := out.Write(f.Data); err != nil {
				return err
			}
		}
		return out.Close()
	}
}

func write(t *testing.T, o oci.Options) string {
	t.Helper()
	dir := t.TempDir()
	digest, err := oci.WriteLayout(dir, o, layer(t))
	if err != nil || !strings.HasPrefix(digest, "sha256:") {
		t.Fatal(digest, err)
	}
	if err := oci.Check(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func archive(t *testing.T, dir string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := oci.WriteArchive(&b, dir, options.Created); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSameBytes(t *testing.T) {
	for _, c := range []oci.Compression{oci.Gzip, oci.Zstd} {
		o := options
		o.Compression = c
		if !bytes.Equal(archive(t, write(t, o)), archive(t, write(t, o))) {
			t.Error("two images differ")
		}
	}
}

// TestSkopeo lets skopeo read the archive and the layout.
func TestSkopeo(t *testing.T) {
	rpmtest.NeedProgram(t, "skopeo")
	dir := write(t, options)
	name := filepath.Join(t.TempDir(), "image.tar")
	if err := os.WriteFile(name, archive(t, dir), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{"oci-archive:" + name, "oci:" + dir + ":base:1"} {
		out, err := exec.Command("skopeo", "inspect", "--config", ref).Output()
		if err != nil {
			t.Fatalf("%s: %v", ref, err)
		}
		var got struct {
			Architecture string
			Config       struct{ Entrypoint, Cmd, Env []string }
		}
		if err := json.Unmarshal(out, &got); err != nil || got.Architecture != "amd64" || got.Config.Cmd[0] != "/bin/sh" || got.Config.Env[0] != "A=b" {
			t.Errorf("%s: %v", out, err)
		}
		to := filepath.Join(t.TempDir(), "copy")
		if out, err := exec.Command("skopeo", "copy", "--insecure-policy", ref, "dir:"+to).CombinedOutput(); err != nil {
			t.Errorf("skopeo copy %s: %v\n%s", ref, err, out)
		}
	}
}

// TestUmoci lets umoci unpack the image, and runs its program.
func TestUmoci(t *testing.T) {
	rpmtest.NeedProgram(t, "umoci")
	if os.Geteuid() != 0 {
		t.Skip("umoci unpacks as root")
	}
	dir, to := write(t, options), filepath.Join(t.TempDir(), "bundle")
	if out, err := exec.Command("umoci", "unpack", "--image", dir+":base:1", to).CombinedOutput(); err != nil {
		t.Fatalf("umoci: %v\n%s", err, out)
	}
	var out strings.Builder
	err := sandbox.Run(context.Background(), sandbox.Command{Root: filepath.Join(to, "rootfs"), Args: []string{"/bin/sh", "-c", "echo it runs"}, Output: &out})
	if u := (*sandbox.UnavailableError)(nil); errors.As(err, &u) && os.Getenv("COMPOSE_REQUIRE_TOOLS") != "1" {
		t.Skip(err)
	}
	if err != nil || out.String() != "it runs\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
}

// TestDamage changes a byte of each file, and cuts each short.
func TestDamage(t *testing.T) {
	dir := write(t, options)
	files, err := filepath.Glob(filepath.Join(dir, "blobs", "sha256", "*"))
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		flipped := bytes.Clone(b)
		flipped[len(b)/2] ^= 1
		for _, bad := range [][]byte{flipped, b[:len(b)-1], nil} {
			if err := os.WriteFile(name, bad, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := oci.Check(dir); err == nil {
				t.Errorf("%s is not missed", filepath.Base(name))
			}
		}
		if err := os.WriteFile(name, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := oci.Check(dir); err != nil {
		t.Error(err)
	}
}

func TestFailures(t *testing.T) {
	o := options
	o.Arch = "vax"
	if _, err := oci.WriteLayout(t.TempDir(), o, nil); err == nil || !strings.Contains(err.Error(), `no word for the architecture "vax"`) {
		t.Error(err)
	}
	dir := t.TempDir()
	_, err := oci.WriteLayout(dir, options, func(io.Writer) error { return errors.New("no layer") })
	if err == nil || !strings.Contains(err.Error(), "layer: no layer") {
		t.Error(err)
	}
	if list, _ := filepath.Glob(filepath.Join(dir, ".layer-*")); len(list) > 0 {
		t.Errorf("left: %v", list)
	}
}
