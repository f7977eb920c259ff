package rpmtest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
)

// OpenPGP public key algorithm numbers, and how many integers of how many
// bytes a signature of that kind has. 0 integers: 64 bytes as they are.
func pgpAlgo(name string) (id byte, mpis, size int, err error) {
	switch name {
	case "", "rsa":
		return 1, 1, 256, nil
	case "dsa":
		return 17, 2, 32, nil
	case "ecdsa":
		return 19, 2, 32, nil
	case "eddsa":
		return 22, 2, 32, nil
	case "ed25519":
		return 27, 0, 64, nil
	}
	return 0, 0, 0, fmt.Errorf("unknown signature algorithm %q", name)
}

// packet gives the OpenPGP signature packet over data. rpm compares the two
// bytes of digest that it holds, so those are right.
func (s Signature) packet(data []byte) ([]byte, error) {
	algo, mpis, size, err := pgpAlgo(s.Algo)
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(s.KeyID)
	if err != nil {
		return nil, fmt.Errorf("key id %q: %w", s.KeyID, err)
	}
	want := 8
	if s.Version == 6 {
		want = 32
	}
	if len(key) != want {
		return nil, fmt.Errorf("key id %q: want %d hex digits", s.KeyID, 2*want)
	}
	body := s.fields(algo, key, data)
	for i := range max(mpis, 1) {
		if mpis > 0 {
			body = binary.BigEndian.AppendUint16(body, uint16(8*size))
		}
		for j := range size {
			body = append(body, byte(0x81+i+j))
		}
	}
	out := []byte{0x80 | 2<<2 | 1} // signature packet, two bytes of length
	if s.Version == 6 {
		out = []byte{0xc0 | 2, byte((len(body)-192)>>8) + 192, byte(len(body) - 192)}
		if len(body) < 192 {
			out = []byte{0xc0 | 2, byte(len(body))}
		}
		return append(out, body...), nil
	}
	out = binary.BigEndian.AppendUint16(out, uint16(len(body)))
	return append(out, body...), nil
}

// fields gives the packet up to its integers.
func (s Signature) fields(algo byte, key, data []byte) []byte {
	const hashSHA256, salt = 8, "saltsaltsaltsalt"
	created := binary.BigEndian.AppendUint32(nil, DefaultTime)
	switch s.Version {
	case 3:
		b := append([]byte{3, 5, 0}, created...)
		sum := sha256.Sum256(slices.Concat(data, b[2:]))
		return append(append(b, key...), algo, hashSHA256, sum[0], sum[1])
	case 6:
		sub := append([]byte{5, 2}, created...)
		sub = append(append(sub, 34, 33, 6), key...) // issuer fingerprint of a version 6 key
		b := []byte{6, 0, algo, hashSHA256}
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(sub))), sub...)
		sum := sha256.Sum256(slices.Concat([]byte(salt), data, b, trailer(6, len(b))))
		b = append(b, 0, 0, 0, 0, sum[0], sum[1], byte(len(salt)))
		return append(b, salt...)
	}
	b := append([]byte{4, 0, algo, hashSHA256, 0, 6, 5, 2}, created...)
	sum := sha256.Sum256(slices.Concat(data, b, trailer(4, len(b))))
	b = append(b, 0, 10, 9, 16) // not hashed: the issuer's key id
	return append(append(b, key...), sum[0], sum[1])
}

// trailer is hashed after the signed data and the fields of n bytes.
func trailer(version byte, n int) []byte {
	return binary.BigEndian.AppendUint32([]byte{version, 0xff}, uint32(n))
}

// The tags of the signature header that hold signatures.
const (
	sigDSAHeader = 267
	sigRSAHeader = 268
	sigOpenPGP   = 278
	sigPGP       = 1002
	sigGPG       = 1005
)

// sign puts the packets into the signature header.
func (p *Package) sign(sig *header, main, payload []byte) error {
	var openPGP []string
	for _, s := range p.Signatures {
		data := main
		if s.Legacy && p.Format != 6 {
			data = slices.Concat(main, payload)
		}
		b, err := s.packet(data)
		if err != nil {
			return err
		}
		rsa := s.Algo == "" || s.Algo == "rsa"
		switch {
		case s.Version == 6 || p.Format == 6 && !s.Legacy:
			openPGP = append(openPGP, base64.StdEncoding.EncodeToString(b))
		case p.Format == 6 && rsa:
			sig.bin(sigRSAHeader, b)
		case p.Format == 6:
			sig.bin(sigDSAHeader, b)
		case s.Legacy && rsa:
			sig.bin(sigPGP, b)
		case s.Legacy:
			sig.bin(sigGPG, b)
		case rsa:
			sig.bin(sigRSAHeader, b)
		default:
			sig.bin(sigDSAHeader, b)
		}
	}
	sig.strs(sigOpenPGP, openPGP)
	return nil
}
