package sign

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/ProtonMail/go-crypto/openpgp"
)

// Trusted are public keys whose signatures count.
type Trusted struct{ ring openpgp.EntityList }

// ReadTrusted reads public keys from files, armoured or not.
func ReadTrusted(paths ...string) (*Trusted, error) {
	t := &Trusted{}
	for _, path := range paths {
		fi, err := os.Stat(path)
		if err == nil && fi.Size() > maxKey {
			err = fmt.Errorf("more than %d bytes", maxKey)
		}
		var data []byte
		if err == nil {
			data, err = os.ReadFile(path)
		}
		var ring openpgp.EntityList
		if err == nil {
			ring, err = readRing(data)
		}
		if err != nil {
			return nil, fmt.Errorf("public key %s: %w", path, err)
		}
		t.ring = append(t.ring, ring...)
	}
	return t, nil
}

// Verify refuses data without a good signature by one of the keys. The
// signature is armoured or not; nil says that there is none.
func (t *Trusted) Verify(data, signature []byte) error {
	if len(signature) == 0 {
		return errors.New("there is none")
	}
	check := openpgp.CheckDetachedSignature
	if bytes.HasPrefix(bytes.TrimSpace(signature), []byte("-----BEGIN PGP ")) {
		check = openpgp.CheckArmoredDetachedSignature
	}
	_, err := check(t.ring, bytes.NewReader(data), bytes.NewReader(signature), nil)
	return err
}
