package header

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strings"
)

// verify compares what the signature header says of the rest with what there
// is: the size of the file, and the best digest of the main header.
func (s *scratch) verify(lay layout, t tags) error {
	if err := s.verifySize(lay, t); err != nil {
		return err
	}
	if want := t.sig.GetTag(sigSHA256).String(); want != "" {
		return s.matchDigest(lay.main, sha256.New(), want)
	}
	if want := t.sig.GetTag(sigSHA1).String(); want != "" {
		return s.matchDigest(lay.main, sha1.New(), want)
	}
	return nil
}

// matchDigest compares a digest of the header's immutable region with what it
// should be, in hex.
func (s *scratch) matchDigest(sec section, h hash.Hash, want string) error {
	entries, data := s.region(sec)
	var intro [introSize]byte
	copy(intro[:], s.raw[sec.start:])
	binary.BigEndian.PutUint32(intro[8:], uint32(entries))
	binary.BigEndian.PutUint32(intro[12:], uint32(data))
	h.Write(intro[:])
	h.Write(s.raw[sec.index : sec.index+entries*entrySize])
	h.Write(s.raw[sec.store : sec.store+data])
	if got := hex.EncodeToString(h.Sum(nil)); !strings.EqualFold(got, want) {
		return errors.New("header: its digest does not match")
	}
	return nil
}

// region gives the number of entries and of bytes of data that the digests of
// a header are made over. As a rule these are all; what a header has beyond
// its region was added when it was finished. The region's entry comes first,
// and its value, the trailer, ends the region's data.
func (s *scratch) region(sec section) (entries, data int) {
	entries, data = (sec.store-sec.index)/entrySize, sec.end-sec.store
	if entries == 0 {
		return entries, data
	}
	e := entryAt(s.raw[sec.index:])
	end := int(e.off) + entrySize
	if e.tag != tagImmutable || e.typ != typeBin || e.count != entrySize || end > data {
		return entries, data
	}
	trailer := entryAt(s.raw[sec.store+int(e.off):])
	if n := -int64(int32(trailer.off)) / entrySize; n > 0 && n < int64(entries) {
		return int(n), end
	}
	return entries, data
}

// verifySize finds truncated and overlong files. Up to format 4 the signature
// header has the size of all that follows it. Format 6 has the sizes of the
// payload in its compressed and its plain form, either of which it may have.
func (s *scratch) verifySize(lay layout, t tags) error {
	want, err := t.firstInt(-sigLongSize, -sigSize)
	if err != nil {
		return err
	}
	if want > 0 {
		if have := s.size - int64(lay.main.start); have != want {
			return fmt.Errorf("header and payload are %d bytes, the signature header says %d", have, want)
		}
		return nil
	}
	packed, err1 := t.firstInt(tagPayloadSize)
	plain, err2 := t.firstInt(tagPayloadSizeAlt)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if have := s.size - int64(lay.main.end); have < min(packed, plain) {
		return fmt.Errorf("the payload is %d bytes, the header says %d", have, min(packed, plain))
	}
	return nil
}

// payload is the digest that a payload is compared with as it is read.
type payload struct {
	hash.Hash
	want string
}

// payload gives what the header says of the payload; nil where that is
// nothing, as in packages built before rpm 4.14.
func (t tags) payload() *payload {
	want, algo := t.strs(tagPayloadDigest), t.ints(tagPayloadAlgo)
	if len(want) == 0 || len(algo) == 0 {
		return nil
	}
	switch algo[0] { // OpenPGP hash numbers
	case 8:
		return &payload{sha256.New(), want[0]}
	case 9:
		return &payload{sha512.New384(), want[0]}
	case 10:
		return &payload{sha512.New(), want[0]}
	}
	return nil
}

// verify says whether the payload that was written to p is the right one.
func (p *payload) verify() error {
	if got := hex.EncodeToString(p.Sum(nil)); !strings.EqualFold(got, p.want) {
		return errors.New("payload: its digest does not match")
	}
	return nil
}
