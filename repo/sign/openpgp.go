package sign

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"compose/internal/rpmmd"
)

// KeyFile signs with a secret key from a file. No other program is needed.
type KeyFile struct {
	entity *openpgp.Entity
	at     time.Time
}

// KeyOptions are the choices of OpenKey.
type KeyOptions struct {
	// ID chooses among several keys in the file: the end of a fingerprint in
	// hexadecimal digits, or an address.
	ID string
	// Passphrase is asked once when the key needs one; what names the key.
	Passphrase func(what string) ([]byte, error)
	// Time is when signatures are made; zero is now. The same time, key and
	// data give the same signature.
	Time time.Time
}

// maxKey bounds a file with keys.
const maxKey = 16 << 20

// OpenKey reads a secret key, armoured or not, that can sign now.
func OpenKey(path string, opt KeyOptions) (*KeyFile, error) {
	k, err := openKey(path, opt)
	if err != nil {
		return nil, fmt.Errorf("secret key %s: %w", path, err)
	}
	return k, nil
}

func openKey(path string, opt KeyOptions) (*KeyFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	defer f.Close()
	data, err := io.ReadAll(rpmmd.Bounded(f, maxKey))
	if err != nil {
		return nil, err
	}
	ring, err := readRing(data)
	if err != nil {
		return nil, err
	}
	k := &KeyFile{at: opt.Time}
	if k.entity, err = choose(ring, opt.ID); err != nil {
		return nil, err
	}
	return k, k.unlock(opt.Passphrase)
}

// readRing reads keys in either form.
func readRing(data []byte) (openpgp.EntityList, error) {
	var ring openpgp.EntityList
	var err error
	if bytes.Contains(data[:min(len(data), 4096)], []byte("-----BEGIN PGP ")) {
		ring, err = openpgp.ReadArmoredKeyRing(bytes.NewReader(data))
	} else {
		ring, err = openpgp.ReadKeyRing(bytes.NewReader(data))
	}
	if err == nil && len(ring) == 0 {
		err = errors.New("holds no key")
	}
	return ring, err
}

// choose finds the one secret key that is meant.
func choose(ring openpgp.EntityList, id string) (*openpgp.Entity, error) {
	var found []*openpgp.Entity
	for _, e := range ring {
		if e.PrivateKey != nil && (id == "" || isMeant(e, id)) {
			found = append(found, e)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0 && id == "":
		return nil, errors.New("holds public keys only")
	case len(found) == 0:
		return nil, fmt.Errorf("holds no secret key %s", id)
	}
	var names []string
	for _, e := range found {
		names = append(names, nameOf(e))
	}
	return nil, fmt.Errorf("holds several keys, and none was chosen: %s", strings.Join(names, ", "))
}

func isMeant(e *openpgp.Entity, id string) bool {
	id = strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(id, " ", ""), "0x"))
	if len(id) >= 8 && strings.Trim(id, "0123456789abcdef") == "" {
		return strings.HasSuffix(fmt.Sprintf("%x", e.PrimaryKey.Fingerprint), id)
	}
	for _, i := range e.Identities {
		if i.UserId != nil && strings.EqualFold(i.UserId.Email, id) {
			return true
		}
	}
	return false
}

func nameOf(e *openpgp.Entity) string {
	name := fmt.Sprintf("%X", e.PrimaryKey.Fingerprint)
	if i := e.PrimaryIdentity(); i != nil {
		name += " (" + i.Name + ")"
	}
	return name
}

// unlock makes the part of the key that signs usable.
func (k *KeyFile) unlock(ask func(string) ([]byte, error)) error {
	key, ok := k.entity.SigningKey(k.now())
	switch {
	case !ok:
		return fmt.Errorf("%s cannot sign: it has expired, was revoked, or is not made for it", nameOf(k.entity))
	case key.PrivateKey == nil || key.PrivateKey.Dummy():
		return fmt.Errorf("%s: the secret part that signs is not in the file", nameOf(k.entity))
	case !key.PrivateKey.Encrypted:
		return nil
	case ask == nil:
		return fmt.Errorf("%s needs a passphrase", nameOf(k.entity))
	}
	passphrase, err := ask(nameOf(k.entity))
	if err != nil {
		return err
	}
	defer clear(passphrase)
	if err := key.PrivateKey.Decrypt(passphrase); err != nil {
		return fmt.Errorf("%s: wrong passphrase", nameOf(k.entity))
	}
	return nil
}

// now is the time of a signature.
func (k *KeyFile) now() time.Time {
	if k.at.IsZero() {
		return time.Now()
	}
	return k.at
}

// made says whether a signature of data is the key's own.
func (k *KeyFile) made(data, signature []byte) bool {
	t := Trusted{openpgp.EntityList{k.entity}}
	return t.Verify(data, signature) == nil
}

func (k *KeyFile) config() *packet.Config {
	same := false
	return &packet.Config{Time: k.now, NonDeterministicSignaturesViaNotation: &same}
}

// Sign is Signer's.
func (k *KeyFile) Sign(_ context.Context, data []byte) ([]byte, error) {
	var b bytes.Buffer
	if err := openpgp.ArmoredDetachSign(&b, k.entity, bytes.NewReader(data), k.config()); err != nil {
		return nil, fmt.Errorf("signing with %s: %w", nameOf(k.entity), err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// PublicKey is Signer's.
func (k *KeyFile) PublicKey(context.Context) ([]byte, error) {
	var b bytes.Buffer
	w, err := armor.Encode(&b, openpgp.PublicKeyType, nil)
	if err == nil {
		err = k.entity.Serialize(w)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("writing the public key of %s: %w", nameOf(k.entity), err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}
