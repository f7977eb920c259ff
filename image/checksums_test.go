package image

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"compose/internal/rpmtest"
)

func TestChecksumFiles(t *testing.T) {
	images := []Summed{
		{"Server/x86_64/iso/b.iso", 20, map[string]string{"md5": "0b", "sha256": "1b"}},
		{"Server/x86_64/iso/a.iso", 10, map[string]string{"md5": "0a", "sha256": "1a"}},
	}
	const dir = "Server/x86_64/iso"
	keys := fedora.Keys().with("variant", "Server", "arch", "x86_64")
	files, err := ChecksumRules{Algorithms: []string{"md5", "sha256"}}.Files(dir, images, keys)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"MD5SUM":          "# a.iso: 10 bytes\nMD5 (a.iso) = 0a\n# b.iso: 20 bytes\nMD5 (b.iso) = 0b\n",
		"SHA256SUM":       "# a.iso: 10 bytes\nSHA256 (a.iso) = 1a\n# b.iso: 20 bytes\nSHA256 (b.iso) = 1b\n",
		"a.iso.MD5SUM":    "# a.iso: 10 bytes\nMD5 (a.iso) = 0a\n",
		"b.iso.MD5SUM":    "# b.iso: 20 bytes\nMD5 (b.iso) = 0b\n",
		"a.iso.SHA256SUM": "# a.iso: 10 bytes\nSHA256 (a.iso) = 1a\n",
		"b.iso.SHA256SUM": "# b.iso: 20 bytes\nSHA256 (b.iso) = 1b\n",
	}
	if len(files) != len(want) {
		t.Errorf("%d files, want %d", len(files), len(want))
	}
	for name, text := range want {
		if string(files[name]) != text {
			t.Errorf("%s: %q, want %q", name, files[name], text)
		}
	}
	one := ChecksumRules{Algorithms: []string{"sha256"}, OneFile: true, Base: "{release_short}-{variant}-%(version)s-{date}{type_suffix}.{respin}-{arch}-{dirname}"}
	files, err = one.Files(dir, images, keys)
	if err != nil || len(files) != 1 || string(files["Fedora-Server-44-20261124.n.0-x86_64-iso-CHECKSUM"]) != want["SHA256SUM"] {
		t.Errorf("%q %v", files, err)
	}
	based := ChecksumRules{Algorithms: []string{"sha256"}, Base: "{variant}"}
	if files, err = based.Files(dir, images[:1], keys); err != nil || len(files) != 2 || files["Server-SHA256SUM"] == nil || files["b.iso.SHA256SUM"] == nil {
		t.Errorf("%q %v", files, err)
	}
}

func TestChecksumFaults(t *testing.T) {
	img := []Summed{{"d/a.iso", 1, map[string]string{"sha256": "1a"}}}
	for want, r := range map[string]ChecksumRules{
		"exactly one of them, not 2": {Algorithms: []string{"md5", "sha256"}, OneFile: true},
		`media checksum "crc32"`:     {Algorithms: []string{"crc32"}},
		`unknown key "dirname"`:      {Algorithms: []string{"sha256"}, Base: "{dirname}"},
		"is not a file name":         {Algorithms: []string{"sha256"}, Base: "a/b"},
	} {
		if _, err := r.Files("d", img, Keys{"arch": "x"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := (ChecksumRules{Algorithms: []string{"md5"}}).Files("e", img, nil); err == nil || !strings.Contains(err.Error(), "lies elsewhere") {
		t.Error(err)
	}
}

func TestSumProgramsAccept(t *testing.T) {
	rpmtest.NeedProgram(t, "sha256sum", "sha512sum")
	dir := t.TempDir()
	a, b := []byte("content"), []byte("more (of) it")
	os.WriteFile(filepath.Join(dir, "a.iso"), a, 0o644)
	os.WriteFile(filepath.Join(dir, "b (x).iso"), b, 0o644)
	sums := func(p string, c []byte) Summed {
		s, l := sha256.Sum256(c), sha512.Sum512(c)
		return Summed{p, int64(len(c)), map[string]string{"sha256": hex.EncodeToString(s[:]), "sha512": hex.EncodeToString(l[:])}}
	}
	files, err := ChecksumRules{Algorithms: []string{"sha256", "sha512"}}.Files("d", []Summed{sums("d/a.iso", a), sums("d/b (x).iso", b)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		os.WriteFile(filepath.Join(dir, name), text, 0o644)
		tool := "sha256sum"
		if strings.HasSuffix(name, "SHA512SUM") {
			tool = "sha512sum"
		}
		cmd := exec.Command(tool, "-c", "--strict", name)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s -c %s: %v\n%s", tool, name, err, out)
		}
	}
}
