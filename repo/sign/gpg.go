package sign

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"compose/internal/proc"
)

// GPG signs with the gpg program, which knows the secret key or asks an agent
// or a smart card for it.
type GPG struct {
	// KeyID is what gpg calls the key; "" is gpg's default key.
	KeyID string
	// PassphraseFile holds the passphrase; "" leaves asking to gpg's agent.
	PassphraseFile string
	// Home is gpg's folder; "" is that of the environment.
	Home string

	signedBy string // the fingerprint of the key, when something was signed
}

// Sign is Signer's.
func (g *GPG) Sign(ctx context.Context, data []byte) ([]byte, error) {
	args := []string{"--status-fd", "2", "--armor", "--detach-sign"}
	if g.KeyID != "" {
		args = append(args, "--local-user", g.KeyID)
	}
	if g.PassphraseFile != "" {
		args = append(args, "--pinentry-mode", "loopback", "--passphrase-file", g.PassphraseFile)
	}
	sig, status, err := g.run(ctx, data, append(args, "--output", "-", "-"))
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(status) {
		if f := strings.Fields(line); len(f) > 7 && f[1] == "SIG_CREATED" {
			g.signedBy = f[7]
		}
	}
	if g.signedBy == "" || !bytes.HasPrefix(sig, []byte("-----BEGIN PGP SIGNATURE-----")) {
		return nil, errors.New("gpg made no signature")
	}
	return sig, nil
}

// PublicKey is Signer's.
func (g *GPG) PublicKey(ctx context.Context) ([]byte, error) {
	if g.signedBy == "" {
		return nil, errors.New("nothing was signed")
	}
	key, _, err := g.run(ctx, nil, []string{"--armor", "--export", g.signedBy})
	if err == nil && len(key) == 0 {
		err = fmt.Errorf("gpg has no public key %s", g.signedBy)
	}
	return key, err
}

// run gives standard output and standard error.
func (g *GPG) run(ctx context.Context, in []byte, args []string) (out []byte, text string, err error) {
	var stdout, stderr bytes.Buffer
	err = proc.Run(ctx, proc.Command{
		Args: append([]string{"gpg", "--batch", "--yes", "--no-tty"}, args...), Dir: "/", Env: g.env(),
		Stdin: bytes.NewReader(in), Stdout: &stdout, Output: &stderr,
	})
	return stdout.Bytes(), stderr.String(), err
}

// env has what gpg needs to find its keys and its agent.
func (g *GPG) env() []string {
	var extra []string
	for _, name := range []string{"GNUPGHOME", "GPG_TTY", "DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "SSH_AUTH_SOCK"} {
		if v, ok := os.LookupEnv(name); ok && (name != "GNUPGHOME" || g.Home == "") {
			extra = append(extra, name+"="+v)
		}
	}
	if g.Home != "" {
		extra = append(extra, "GNUPGHOME="+g.Home)
	}
	return proc.Env(extra...)
}
