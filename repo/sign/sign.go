// Package sign puts an OpenPGP signature beside the repomd.xml of a
// repository. As repomd.xml has the checksums of all metadata, and these
// those of all packages, it vouches for the whole repository.
package sign

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"compose/internal/rpmmd"
)

// Signer makes signatures with one key.
type Signer interface {
	// Sign gives an armoured detached signature.
	Sign(ctx context.Context, data []byte) ([]byte, error)
	// PublicKey gives the armoured key that the signatures can be checked
	// with. It is asked after Sign.
	PublicKey(ctx context.Context) ([]byte, error)
}

// Key says what becomes of repomd.xml.key, by which dnf and zypper offer a
// key for import.
type Key int

// LeaveKey does not touch it, WriteKey writes the public key.
const (
	LeaveKey Key = iota
	WriteKey
)

// maxRepomd bounds repomd.xml.
const maxRepomd = 8 << 20

// Repository signs dir/repodata/repomd.xml. repomd.xml.asc appears by a
// rename, after repomd.xml.key when that is wanted.
func Repository(ctx context.Context, dir string, s Signer, key Key) error {
	if err := repository(ctx, filepath.Join(dir, "repodata"), s, key); err != nil {
		return fmt.Errorf("signing repository %s: %w", dir, err)
	}
	return nil
}

func repository(ctx context.Context, repodata string, s Signer, key Key) error {
	path := filepath.Join(repodata, "repomd.xml")
	data, err := read(path)
	if err != nil {
		return err
	}
	if _, err := rpmmd.ReadRepomd(bytes.NewReader(data)); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	sig, err := s.Sign(ctx, data)
	if err != nil {
		return err
	}
	if key == WriteKey {
		public, err := s.PublicKey(ctx)
		if err != nil {
			return err
		}
		if err := replace(path+".key", public); err != nil {
			return err
		}
	}
	if now, err := read(path); err != nil || !bytes.Equal(now, data) {
		return errors.Join(err, errors.New("repomd.xml changed while it was signed"))
	}
	return replace(path+".asc", sig)
}

// Detached signs a repomd.xml that is not in its place yet. old, unless nil,
// is a signature of it that is there; it is given back when the key made it,
// and by a Signer that cannot tell. With WriteKey the public key is given too.
func Detached(ctx context.Context, s Signer, key Key, repomd, old []byte) (asc, public []byte, err error) {
	k, ok := s.(*KeyFile)
	switch {
	case old != nil && !ok:
		return old, nil, nil
	case old != nil && k.made(repomd, old):
		asc = old
	default:
		if asc, err = s.Sign(ctx, repomd); err != nil {
			return nil, nil, err
		}
	}
	if key == WriteKey {
		public, err = s.PublicKey(ctx)
	}
	return asc, public, err
}

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(rpmmd.Bounded(f, maxRepomd))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}

// replace writes a file of which nobody sees a part.
func replace(path string, data []byte) error {
	tmp := path + ".new"
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.WriteFile(tmp, data, 0o666); err != nil {
		os.Remove(tmp)
		return err
	}
	return os.Rename(tmp, path)
}
