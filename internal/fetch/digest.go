package fetch

import (
	"context"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"strings"

	"compose/internal/digest"
)

// newHash gives the hash of a digest type by the names of rpm-md ("sha" is
// SHA-1 there). MD5 is refused: it no longer proves anything.
func newHash(typ string) (hash.Hash, error) {
	switch typ {
	case "sha":
		typ = "sha1"
	case "md5":
		return nil, fmt.Errorf("checksum type md5 is too weak to verify anything")
	}
	if h := digest.New(typ); h != nil {
		return h, nil
	}
	return nil, fmt.Errorf("unknown checksum type %q", typ)
}

// Check says whether the digest is one that can be verified: a type that is
// known and strong enough, and as many hexadecimal digits as it has.
func (d Digest) Check() error {
	h, err := newHash(d.Type)
	if err != nil {
		return err
	}
	if len(d.Hex) != 2*h.Size() || strings.Trim(d.Hex, "0123456789abcdef") != "" {
		return fmt.Errorf("%s checksum %.140q is malformed", d.Type, d.Hex)
	}
	return nil
}

// verifier hashes content on its way. Without a digest it only lets pass.
type verifier struct {
	want Digest
	hash hash.Hash
}

func newVerifier(d Digest) (*verifier, error) {
	if d == (Digest{}) {
		return &verifier{}, nil
	}
	if err := d.Check(); err != nil {
		return nil, err
	}
	h, err := newHash(d.Type)
	return &verifier{d, h}, err
}

func (v *verifier) Write(p []byte) (int, error) {
	if v.hash != nil {
		v.hash.Write(p)
	}
	return len(p), nil
}

func (v *verifier) reset() {
	if v.hash != nil {
		v.hash.Reset()
	}
}

// verify compares what passed with what was wanted.
func (v *verifier) verify() error {
	if v.hash == nil {
		return nil
	}
	if got := hex.EncodeToString(v.hash.Sum(nil)); got != v.want.Hex {
		return fmt.Errorf("%s checksum is %s, want %s", v.want.Type, got, v.want.Hex)
	}
	return nil
}

// VerifyFile says whether a file has the digest. Its errors name the file.
func (d Digest) VerifyFile(ctx context.Context, path string) error {
	v, err := newVerifier(d)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	f, err := openLocal(path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer f.Close()
	if _, err := io.CopyBuffer(v, ctxReader{ctx, f}, make([]byte, bufferSize)); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := v.verify(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
