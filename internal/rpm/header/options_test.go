package header

import (
	"crypto/sha512"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"compose/internal/rpmtest"
)

// The digests of the files and of the package are those that rpm and
// crypto/sha512 give.
func TestOptions(t *testing.T) {
	rpmtest.NeedProgram(t, "rpm")
	paths, err := filepath.Glob(filepath.Join(rpmtest.RepoRoot(t), "testdata/rpms/*.rpm"))
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		p, d, err := Options{Checksum: "sha512", FileDigests: true}.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha512.Sum512(b)
		if p.Sum.Type != "sha512" || p.Sum.Hex != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: checksum %v", path, p.Sum)
		}
		out, err := exec.Command("rpm", "-qp", "--nosignature", "--qf", "%{FILEDIGESTALGO}\n[%{FILEDIGESTS}\n]", path).Output()
		if err != nil {
			t.Fatal(err)
		}
		algo, want, _ := strings.Cut(string(out), "\n")
		if got := strings.Join(append(d.FileDigests, ""), "\n"); got != want {
			t.Errorf("%s: digests\n%swant\n%s", path, got, want)
		}
		if name := map[string]string{"8": "sha256", "1": "md5", "(none)": "md5", "2": "sha1", "10": "sha512"}[algo]; d.DigestType != name {
			t.Errorf("%s: digests are %s, rpm says %s", path, d.DigestType, algo)
		}
	}
	if _, _, err := (Options{Checksum: "sha1"}).ReadFile(paths[0]); err == nil || !strings.Contains(err.Error(), `unknown type of checksum "sha1"`) {
		t.Error(err)
	}
	if _, d, err := ReadFile(paths[0]); err != nil || d.FileDigests != nil || d.DigestType != "" {
		t.Errorf("digests without being asked for: %v, %v", d, err)
	}
}
