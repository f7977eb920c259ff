package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"compose/phases"
)

// signFlags are the flags of compose repo sign.
type signFlags struct {
	repoFlags
	keyFile, keyID, passphraseFile string
	useGPG, publicKey              bool
}

func newRepoSignCmd() *cobra.Command {
	f := &signFlags{}
	cmd := &cobra.Command{
		Use:   "sign [flags] REPO",
		Short: "Sign a repository",
		Long: `Write repodata/repomd.xml.asc, an armoured detached OpenPGP signature of
repomd.xml, as dnf (repo_gpgcheck) and zypper check it. REPO is the folder of
the repository or its repodata.

The secret key comes from a file, armoured or not; where it needs a passphrase,
that comes from a file or is asked for on the terminal. With --gpg the gpg
program signs, with its own keys, agent and smart cards. SOURCE_DATE_EPOCH, when
set, is the time of a signature by a key from a file.`,
		Example: `  compose repo sign --key secret.asc --public-key /srv/repo
  compose repo sign --key secret.asc --passphrase-file /run/secrets/pass /srv/repo
  compose repo sign --gpg --key-id release@example.com /srv/repo`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeDirs,
		RunE:              func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	f.repoFlags.add(cmd)
	fl := cmd.Flags()
	fl.StringVar(&f.keyFile, "key", "", "`file` with the secret key")
	fl.BoolVar(&f.useGPG, "gpg", false, "sign with the gpg program")
	fl.StringVar(&f.keyID, "key-id", "", "which `key`: the end of a fingerprint, or an address; needed when there are several")
	fl.StringVar(&f.passphraseFile, "passphrase-file", "", "`file` whose first line is the passphrase")
	fl.BoolVar(&f.publicKey, "public-key", false, "write the public key to repodata/repomd.xml.key too")
	cmd.MarkFlagsMutuallyExclusive("key", "gpg")
	cmd.MarkFlagsOneRequired("key", "gpg")
	return cmd
}

func (f *signFlags) run(cmd *cobra.Command, dir string) error {
	signer, err := f.signer()
	if err != nil {
		return failure(err)
	}
	if err := phases.SignRepo(cmd.Context(), dir, signer, f.publicKeyToo()); err != nil {
		return ended(cmd, exitDoomed, err)
	}
	return f.result(cmd, map[string]string{"dir": dir}, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s: signed\n", dir)
		return err
	})
}

func (f *signFlags) publicKeyToo() phases.SignKey {
	if f.publicKey {
		return phases.SignWriteKey
	}
	return phases.SignLeaveKey
}

func (f *signFlags) signer() (phases.Signer, error) {
	if !f.useGPG {
		opt := phases.KeyOptions{ID: f.keyID, Passphrase: f.passphrase}
		if os.Getenv("SOURCE_DATE_EPOCH") != "" {
			var err error
			if opt.Time, err = composeTime(); err != nil {
				return nil, err
			}
		}
		return phases.OpenSignKey(f.keyFile, opt)
	}
	g := &phases.GPGSigner{KeyID: f.keyID, PassphraseFile: f.passphraseFile}
	if g.PassphraseFile != "" {
		abs, err := filepath.Abs(g.PassphraseFile)
		if err != nil {
			return nil, err
		}
		g.PassphraseFile = abs
	}
	return g, nil
}

// passphrase takes the first line of the file, or asks on the terminal.
func (f *signFlags) passphrase(what string) ([]byte, error) {
	if f.passphraseFile != "" {
		b, err := os.ReadFile(f.passphraseFile)
		if err != nil {
			return nil, fmt.Errorf("passphrase: %w", err)
		}
		line, _, _ := bytes.Cut(b, []byte("\n"))
		return bytes.TrimSuffix(line, []byte("\r")), nil
	}
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil, errors.New("the key needs a passphrase, and there is no terminal to ask for it: use --passphrase-file")
	}
	defer tty.Close()
	fmt.Fprintf(tty, "passphrase of %s: ", cleanLine(what))
	defer fmt.Fprintln(tty)
	return term.ReadPassword(int(tty.Fd()))
}
