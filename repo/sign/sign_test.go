package sign

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"compose/internal/rpmtest"
)

const repomd = `<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>1</revision></repomd>`

func makeRepo(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "repodata"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "repodata/repomd.xml"), []byte(repomd), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// gpgHome makes keys with gpg: a folder for it, short enough for its socket.
func gpgHome(t *testing.T, algo, passphrase string) string {
	t.Helper()
	rpmtest.NeedProgram(t, "gpg", "gpgv")
	home, err := os.MkdirTemp("/tmp", "gpg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		gpg(t, home, "gpgconf", "--kill", "all")
		os.RemoveAll(home)
	})
	// Fewer rounds from passphrase to key: the agent measures for seconds otherwise.
	if err := os.WriteFile(filepath.Join(home, "gpg-agent.conf"), []byte("s2k-count 65536\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	gpg(t, home, "gpg", "--batch", "--pinentry-mode", "loopback", "--passphrase", passphrase, "--quick-generate-key", "Test <test@example>", algo, "sign", "never")
	return home
}

func gpg(t *testing.T, home string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "GNUPGHOME="+home)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, errs.String())
	}
	return out
}

// check has gpgv judge the signature by the key beside it.
func check(t *testing.T, dir string) error {
	t.Helper()
	at := func(name string) string { return filepath.Join(dir, "repodata", name) }
	ring := filepath.Join(t.TempDir(), "ring.gpg")
	if out, err := exec.Command("gpg", "--batch", "--yes", "--dearmor", "-o", ring, at("repomd.xml.key")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := exec.Command("gpgv", "--keyring", ring, at("repomd.xml.asc"), at("repomd.xml")).CombinedOutput()
	if err == nil && !strings.Contains(string(out), "Good signature") {
		t.Errorf("gpgv says %s", out)
	}
	return err
}

func TestGPG(t *testing.T) {
	home := gpgHome(t, "ed25519", "word")
	pass := filepath.Join(t.TempDir(), "pass")
	os.WriteFile(pass, []byte("word\n"), 0o600)
	for _, g := range []*GPG{{Home: home, PassphraseFile: pass}, {Home: home, PassphraseFile: pass, KeyID: "test@example"}} {
		dir := makeRepo(t)
		if err := Repository(t.Context(), dir, g, WriteKey); err != nil {
			t.Fatal(err)
		}
		if err := check(t, dir); err != nil {
			t.Error(err)
		}
		os.WriteFile(filepath.Join(dir, "repodata/repomd.xml"), []byte(repomd+" "), 0o644)
		if check(t, dir) == nil {
			t.Error("a signature fits other content")
		}
	}
	dir := makeRepo(t)
	err := Repository(t.Context(), dir, &GPG{Home: home, KeyID: "nobody@example"}, LeaveKey)
	if err == nil || !strings.Contains(err.Error(), "nobody@example") {
		t.Errorf("error %v", err)
	}
	if left, _ := os.ReadDir(filepath.Join(dir, "repodata")); len(left) != 1 {
		t.Errorf("left %v", left)
	}
}

// fake signs with text, and does something in between.
type fake struct {
	then func()
	err  error
}

func (f fake) Sign(context.Context, []byte) ([]byte, error) {
	if f.then != nil {
		f.then()
	}
	return []byte("signature"), f.err
}

func (f fake) PublicKey(context.Context) ([]byte, error) { return []byte("key"), nil }

func TestRepository(t *testing.T) {
	dir := makeRepo(t)
	at := filepath.Join(dir, "repodata", "repomd.xml")
	if err := Repository(t.Context(), dir, fake{}, LeaveKey); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(at + ".asc"); string(b) != "signature" {
		t.Errorf("%s", b)
	}
	if _, err := os.Stat(at + ".key"); err == nil {
		t.Error("a key was written")
	}
	bad := errors.New("bad")
	if err := Repository(t.Context(), dir, fake{err: bad}, WriteKey); !errors.Is(err, bad) {
		t.Errorf("error %v", err)
	}
	os.Remove(at + ".asc")
	err := Repository(t.Context(), dir, fake{then: func() { os.WriteFile(at, []byte("<repomd></repomd>"), 0o644) }}, LeaveKey)
	if err == nil || !strings.Contains(err.Error(), "changed while it was signed") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(at + ".asc"); err == nil {
		t.Error("a signature of something else was written")
	}
	os.WriteFile(at, []byte("<x/>"), 0o644)
	if err := Repository(t.Context(), dir, fake{}, LeaveKey); err == nil {
		t.Error("signs anything")
	}
	if err := Repository(t.Context(), t.TempDir(), fake{}, LeaveKey); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}
