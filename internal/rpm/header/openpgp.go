package header

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	rpmlib "github.com/cavaliergopher/rpm"

	"compose/internal/rpm"
)

// keys fills the ids of the signing keys from the signatures of header and
// payload (v3), of the header (v4) and the list of signatures of format 6.
func (t tags) keys(p *rpm.Package) error {
	for _, id := range [...]int{sigDSAHeader, sigRSAHeader, sigOpenPGP, sigPGP, sigGPG, sigPGP5} {
		tag := t.sig.GetTag(id)
		if tag == nil {
			continue
		}
		ids, err := allSigners(tag)
		if err != nil {
			return fmt.Errorf("signature in tag %d: %w", id, err)
		}
		for _, id := range ids {
			if !slices.Contains(p.SigKeys, id) {
				p.SigKeys = append(p.SigKeys, id)
			}
		}
	}
	return nil
}

// allSigners gives the key ids of a tag: of one signature as it is, or of
// several in base64.
func allSigners(tag *rpmlib.Tag) ([]string, error) {
	if b := tag.Bytes(); b != nil {
		return signers(b)
	}
	var ids []string
	for _, s := range tag.StringSlice() {
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return nil, fmt.Errorf("bad base64: %w", err)
		}
		more, err := signers(b)
		if err != nil {
			return nil, err
		}
		ids = append(ids, more...)
	}
	if ids == nil {
		return nil, errors.New("is of the wrong type")
	}
	return ids, nil
}

var errShort = errors.New("is cut short")

// signers gives the key id of every packet of an OpenPGP signature, 16 lower
// case hex digits each. Anything but signature packets is an error.
func signers(b []byte) ([]string, error) {
	if len(b) == 0 {
		return nil, errShort
	}
	var ids []string
	for len(b) > 0 {
		kind, body, rest, err := packet(b)
		if err != nil {
			return nil, err
		}
		if kind != 2 {
			return nil, fmt.Errorf("packet of type %d", kind)
		}
		id, err := signer(body)
		if err != nil {
			return nil, err
		}
		ids = append(ids, hex.EncodeToString(id))
		b = rest
	}
	return ids, nil
}

// packet takes the first OpenPGP packet of b apart (RFC 9580, 4.2).
func packet(b []byte) (kind int, body, rest []byte, err error) {
	switch {
	case b[0]&0xc0 == 0xc0:
		body, rest, err = sized(b[1:])
		return int(b[0] & 0x3f), body, rest, err
	case b[0]&0x80 == 0:
		return 0, nil, nil, errors.New("is not an OpenPGP packet")
	case b[0]&3 == 3:
		return int(b[0] >> 2 & 0xf), b[1:], nil, nil
	}
	body, rest, err = prefixed(b[1:], 1<<(b[0]&3))
	return int(b[0] >> 2 & 0xf), body, rest, err
}

// sized takes off a part whose length is written in the one, two or five
// bytes form of packets and subpackets.
func sized(b []byte) (part, rest []byte, err error) {
	switch {
	case len(b) == 0:
		return nil, nil, errShort
	case b[0] < 192:
		return prefixed(b, 1)
	case b[0] == 255:
		return prefixed(b[1:], 4)
	case b[0] >= 224:
		return nil, nil, errors.New("has a packet in pieces")
	case len(b) < 2:
		return nil, nil, errShort
	}
	return take(b[2:], uint64(b[0]-192)<<8+uint64(b[1])+192)
}

// prefixed takes off a part whose length stands before it in n bytes.
func prefixed(b []byte, n int) (part, rest []byte, err error) {
	if len(b) < n {
		return nil, nil, errShort
	}
	var size [8]byte
	copy(size[8-n:], b[:n])
	return take(b[n:], binary.BigEndian.Uint64(size[:]))
}

func take(b []byte, n uint64) (part, rest []byte, err error) {
	if n > uint64(len(b)) {
		return nil, nil, errShort
	}
	return b[:n], b[n:], nil
}

// signer gives the id of the key that made a signature.
func signer(b []byte) ([]byte, error) {
	if len(b) == 0 {
		return nil, errShort
	}
	switch b[0] {
	case 2, 3: // version, 5, type, time, key id
		if len(b) < 15 {
			return nil, errShort
		}
		return b[7:15], nil
	case 4, 5:
		return issuer(b, 2)
	case 6:
		return issuer(b, 4)
	}
	return nil, fmt.Errorf("is of the unknown version %d", b[0])
}

// issuer finds the key in the subpackets of a signature whose two lists have
// lengths of n bytes. What the signature itself covers goes first.
func issuer(b []byte, n int) ([]byte, error) {
	if len(b) < 4 {
		return nil, errShort
	}
	b = b[4:]
	for range 2 {
		list, rest, err := prefixed(b, n)
		if err != nil {
			return nil, err
		}
		if id, err := issuerIn(list); id != nil || err != nil {
			return id, err
		}
		b = rest
	}
	return nil, errors.New("names no key")
}

// issuerIn looks in one list of subpackets, where a fingerprint (type 33)
// goes before a key id (type 16).
func issuerIn(list []byte) (id []byte, err error) {
	for len(list) > 0 {
		var sub []byte
		if sub, list, err = subpacket(list); err != nil {
			return nil, err
		}
		switch {
		case sub[0]&0x7f == 16 && len(sub) == 9 && id == nil:
			id = sub[1:]
		case sub[0]&0x7f == 33 && len(sub) == 22 && sub[1] == 4:
			return sub[14:], nil
		case sub[0]&0x7f == 33 && len(sub) == 34 && sub[1] > 4:
			return sub[2:10], nil
		}
	}
	return id, nil
}

// subpacket takes off one subpacket, at least its type. Its length has no
// form for pieces, so two bytes go further than in packets.
func subpacket(b []byte) (sub, rest []byte, err error) {
	if b[0] >= 224 && b[0] < 255 {
		if len(b) < 2 {
			return nil, nil, errShort
		}
		sub, rest, err = take(b[2:], uint64(b[0]-192)<<8+uint64(b[1])+192)
	} else {
		sub, rest, err = sized(b)
	}
	if err == nil && len(sub) == 0 {
		err = errors.New("has an empty subpacket")
	}
	return sub, rest, err
}
