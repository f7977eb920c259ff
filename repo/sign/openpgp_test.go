package sign

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func export(t *testing.T, home string, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	out := gpg(t, home, append([]string{"gpg", "--batch", "--pinentry-mode", "loopback", "--passphrase", "word"}, args...)...)
	if err := os.WriteFile(file, out, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// gpgv accepts what is signed with keys that gpg made, of each kind.
func TestKeyFile(t *testing.T) {
	for _, algo := range []string{"rsa2048", "ed25519", "nistp256"} {
		home := gpgHome(t, algo, "word")
		for _, args := range [][]string{{"--export-secret-keys"}, {"--armor", "--export-secret-keys"}} {
			file := export(t, home, args...)
			asked := 0
			opt := KeyOptions{Time: time.Now(), Passphrase: func(what string) ([]byte, error) {
				if asked++; !strings.Contains(what, "Test <test@example>") {
					t.Errorf("asked for %s", what)
				}
				return []byte("word"), nil
			}}
			k, err := OpenKey(file, opt)
			if err != nil {
				t.Fatal(err)
			}
			dir := makeRepo(t)
			if err := Repository(t.Context(), dir, k, WriteKey); err != nil {
				t.Fatal(err)
			}
			if err := check(t, dir); err != nil || asked != 1 {
				t.Errorf("%s %v: %v, asked %d times", algo, args, err, asked)
			}
			trusts(t, dir)
			if algo != "nistp256" {
				sameAgain(t, file, opt)
			}
		}
	}
}

// trusts checks the signature in process, and that it fits nothing else.
func trusts(t *testing.T, dir string) {
	t.Helper()
	at := filepath.Join(dir, "repodata", "repomd.xml")
	tr, err := ReadTrusted(at + ".key")
	if err != nil {
		t.Fatal(err)
	}
	sig, err := os.ReadFile(at + ".asc")
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Verify([]byte(repomd), sig); err != nil {
		t.Error(err)
	}
	for _, c := range []struct{ data, sig string }{{repomd + " ", string(sig)}, {repomd, ""}, {repomd, "x"}, {repomd, string(sig[:100])}} {
		if tr.Verify([]byte(c.data), []byte(c.sig)) == nil {
			t.Errorf("a bad signature is good: %q", c)
		}
	}
	if (&Trusted{}).Verify([]byte(repomd), sig) == nil {
		t.Error("anybody's signature is good")
	}
}

func sameAgain(t *testing.T, file string, opt KeyOptions) {
	t.Helper()
	var all [2]string
	for i := range all {
		k, err := OpenKey(file, opt)
		if err != nil {
			t.Fatal(err)
		}
		sig, err := k.Sign(t.Context(), []byte("x"))
		if err != nil {
			t.Fatal(err)
		}
		all[i] = string(sig)
	}
	if all[0] != all[1] {
		t.Error("two signatures of one time differ")
	}
}

// A subkey signs for a primary key that is kept elsewhere.
func TestSubkey(t *testing.T) {
	home := gpgHome(t, "ed25519", "word")
	fpr := ""
	for line := range strings.Lines(string(gpg(t, home, "gpg", "--batch", "--with-colons", "--list-keys"))) {
		if f := strings.Split(line, ":"); f[0] == "fpr" && fpr == "" {
			fpr = f[9]
		}
	}
	gpg(t, home, "gpg", "--batch", "--pinentry-mode", "loopback", "--passphrase", "word", "--quick-add-key", fpr, "ed25519", "sign", "never")
	file := export(t, home, "--armor", "--export-secret-subkeys")
	k, err := OpenKey(file, KeyOptions{ID: fpr[24:], Passphrase: func(string) ([]byte, error) { return []byte("word"), nil }})
	if err != nil {
		t.Fatal(err)
	}
	dir := makeRepo(t)
	if err := Repository(t.Context(), dir, k, WriteKey); err != nil {
		t.Fatal(err)
	}
	if err := check(t, dir); err != nil {
		t.Error(err)
	}
}

func TestOpenKeyRefuses(t *testing.T) {
	home := gpgHome(t, "ed25519", "word")
	gpg(t, home, "gpg", "--batch", "--pinentry-mode", "loopback", "--passphrase", "", "--quick-generate-key", "Other <other@example>", "ed25519", "cert", "never")
	both := export(t, home, "--armor", "--export-secret-keys")
	public := filepath.Join(t.TempDir(), "public")
	os.WriteFile(public, gpg(t, home, "gpg", "--armor", "--export"), 0o600)
	garbage := filepath.Join(t.TempDir(), "garbage")
	os.WriteFile(garbage, []byte("-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nAAAA\n"), 0o600)
	no := errors.New("no terminal")
	for _, c := range []struct {
		file string
		opt  KeyOptions
		want string
	}{
		{both, KeyOptions{}, "several keys"},
		{both, KeyOptions{ID: "other@example"}, "cannot sign"},
		{both, KeyOptions{ID: "test@example"}, "needs a passphrase"},
		{both, KeyOptions{ID: "TEST@example", Passphrase: func(string) ([]byte, error) { return nil, no }}, "no terminal"},
		{both, KeyOptions{ID: "test@example", Passphrase: func(string) ([]byte, error) { return []byte("x"), nil }}, "wrong passphrase"},
		{both, KeyOptions{ID: "nobody@example"}, "no secret key nobody@example"},
		{both, KeyOptions{ID: "test@example", Time: time.Unix(1000, 0)}, "cannot sign"},
		{public, KeyOptions{}, "public keys only"},
		{garbage, KeyOptions{}, ""},
		{"/nowhere", KeyOptions{}, "no such file"},
	} {
		_, err := OpenKey(c.file, c.opt)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "secret key "+c.file) {
			t.Errorf("%v: %v, want %s", c.opt.ID, err, c.want)
		}
	}
	if _, err := ReadTrusted(garbage); err == nil {
		t.Error("garbage is trusted")
	}
}
