package header

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// verify compares what the signature header says of the rest with what there
// is: the size of the file, and the best digest of the main header.
func (s *scratch) verify(lay layout, t tags) error {
	if err := s.verifySize(lay, t); err != nil {
		return err
	}
	main := s.raw[lay.main.start:lay.main.end]
	if want := t.sig.GetTag(sigSHA256).String(); want != "" {
		got := sha256.Sum256(main)
		return matchDigest("SHA-256", got[:], want)
	}
	if want := t.sig.GetTag(sigSHA1).String(); want != "" {
		got := sha1.Sum(main)
		return matchDigest("SHA-1", got[:], want)
	}
	return nil
}

func matchDigest(what string, got []byte, want string) error {
	if !strings.EqualFold(hex.EncodeToString(got), want) {
		return fmt.Errorf("header: its %s digest does not match", what)
	}
	return nil
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
