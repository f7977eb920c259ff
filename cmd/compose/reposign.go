package main

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"compose/phases"
)

// signFlags are the flags of compose repo sign.
type signFlags struct {
	repoFlags
	gpg       phases.GPGSigner
	useGPG    bool
	publicKey bool
}

func newRepoSignCmd() *cobra.Command {
	f := &signFlags{}
	cmd := &cobra.Command{
		Use:   "sign [flags] REPO",
		Short: "Sign a repository",
		Long: `Write repodata/repomd.xml.asc, an armoured detached OpenPGP signature of
repomd.xml, as dnf (repo_gpgcheck) and zypper check it. REPO is the folder of
the repository or its repodata. gpg makes the signature, with its own keys,
agent and smart cards.`,
		Example: `  compose repo sign --gpg /srv/repo
  compose repo sign --gpg --key-id release@example.com --public-key /srv/repo
  compose repo sign --gpg --key-id 0123456789ABCDEF --passphrase-file /run/secrets/pass /srv/repo`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeDirs,
		RunE:              func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	f.repoFlags.add(cmd)
	fl := cmd.Flags()
	fl.BoolVar(&f.useGPG, "gpg", false, "sign with the gpg program")
	fl.StringVar(&f.gpg.KeyID, "key-id", "", "`key` to sign with: the end of a fingerprint, or an address")
	fl.StringVar(&f.gpg.PassphraseFile, "passphrase-file", "", "`file` whose first line is the passphrase")
	fl.BoolVar(&f.publicKey, "public-key", false, "write the public key to repodata/repomd.xml.key too")
	_ = cmd.MarkFlagRequired("gpg")
	return cmd
}

func (f *signFlags) run(cmd *cobra.Command, dir string) error {
	key := phases.SignLeaveKey
	if f.publicKey {
		key = phases.SignWriteKey
	}
	if f.gpg.PassphraseFile != "" {
		abs, err := filepath.Abs(f.gpg.PassphraseFile)
		if err != nil {
			return err
		}
		f.gpg.PassphraseFile = abs
	}
	if err := phases.SignRepo(cmd.Context(), dir, &f.gpg, key); err != nil {
		return ended(cmd, exitDoomed, err)
	}
	return f.result(cmd, map[string]string{"dir": dir}, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s: signed\n", dir)
		return err
	})
}
