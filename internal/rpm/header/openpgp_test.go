package header

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"os"
	"strings"
	"testing"
)

// gnupg gives signatures by GnuPG 2.2 per id of the key that it names.
func gnupg(tb testing.TB) map[string][]byte {
	text, err := os.ReadFile("testdata/gnupg.txt")
	if err != nil {
		tb.Fatal(err)
	}
	sigs := map[string][]byte{}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); f[0] != "#" {
			if sigs[f[1]], err = base64.StdEncoding.DecodeString(f[2]); err != nil {
				tb.Fatal(err)
			}
		}
	}
	return sigs
}

func TestGnuPG(t *testing.T) {
	var all []byte
	sigs := gnupg(t)
	for want, sig := range sigs {
		if ids, err := signers(sig); err != nil || len(ids) != 1 || ids[0] != want {
			t.Errorf("%v, %v, want %s", ids, err, want)
		}
		for n := range sig {
			if ids, err := signers(sig[:n]); err == nil {
				t.Fatalf("%d of %d bytes: %v", n, len(sig), ids)
			}
		}
		all = append(all, sig...)
	}
	if ids, err := signers(all); err != nil || len(ids) != len(sigs) || len(ids) != 4 {
		t.Errorf("%v, %v", ids, err)
	}
}

// TestSigners: forms that GnuPG does not write. Spaces only separate.
func TestSigners(t *testing.T) {
	const (
		keyID  = "0123456789abcdef"
		print4 = "00112233445566778899aabb" + keyID
		print6 = keyID + "00112233445566778899aabbccddeeff0011223344556677"
	)
	for in, want := range map[string]string{
		// old and new packet headers around version 3
		"88 11 03 05 00 00000000" + keyID + "0102":                      keyID,
		"89 0011 03 05 00 00000000" + keyID + "0102":                    keyID,
		"8a 00000011 03 05 00 00000000" + keyID + "0102":                keyID,
		"8b 03 05 00 00000000" + keyID + "0102":                         keyID,
		"c2 11 03 05 00 00000000" + keyID + "0102":                      keyID,
		"c2 ff00000011 03 05 00 00000000" + keyID + "0102":              keyID,
		"c2 c000 03 05 00 00000000" + keyID + strings.Repeat("00", 177): keyID,
		// version 4: key id hashed, not hashed; fingerprint; both
		"c2 12 04 00 01 08 000a 09 10" + keyID + "0000":                            keyID,
		"c2 12 04 00 01 08 0000 000a 09 10" + keyID:                                keyID,
		"c2 12 04 00 01 08 0000 000a 09 90" + keyID:                                keyID,
		"c2 1f 04 00 01 08 0017 16 21 04" + print4 + "0000":                        keyID,
		"c2 29 04 00 01 08 0021 09 10 ffffffffffffffff 16 21 04" + print4 + "0000": keyID,
		// version 6
		"c2 2f 06 00 1b 08 00000023 22 21 06" + print6 + "00000000": keyID,
		"c2 2f 06 00 1b 08 00000000 00000023 22 21 06" + print6:     keyID,
		// refused
		"":                                       "is cut short",
		"c2":                                     "is cut short",
		"c2 00":                                  "is cut short",
		"c2 c0":                                  "is cut short",
		"c2 e0 00":                               "has a packet in pieces",
		"02 00":                                  "is not an OpenPGP packet",
		"c6 01 04":                               "packet of type 6",
		"c2 01 07":                               "is of the unknown version 7",
		"c2 01 04":                               "is cut short",
		"c2 08 04 00 01 08 0000 0000":            "names no key",
		"c2 09 04 00 01 08 0001 00 0000":         "has an empty subpacket",
		"c2 09 04 00 01 08 0001 ff 0000":         "is cut short",
		"c2 08 04 00 01 08 ffff 0000":            "is cut short",
		"c2 0e 03 05 00 00000000 0123456789abcd": "is cut short",
	} {
		b, err := hex.DecodeString(strings.ReplaceAll(in, " ", ""))
		if err != nil {
			t.Fatal(in, err)
		}
		ids, err := signers(b)
		got := strings.Join(ids, " ")
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// TestBrokenSignature: a package whose signature is broken is not unsigned.
func TestBrokenSignature(t *testing.T) {
	sig := new(lump).put(sigRSAHeader, typeBin, 3, []byte{0x89, 0x01, 0x33})
	_, _, err := Read(bytes.NewReader(pack(sig, minimal())), int64(len(pack(sig, minimal()))))
	if err == nil || err.Error() != "signature in tag 268: is cut short" {
		t.Error(err)
	}
	sig = new(lump).put(sigOpenPGP, typeStringArray, 1, []byte("!\x00"))
	_, _, err = Read(bytes.NewReader(pack(sig, minimal())), int64(len(pack(sig, minimal()))))
	if err == nil || !strings.HasPrefix(err.Error(), "signature in tag 278: bad base64") {
		t.Error(err)
	}
	sig = new(lump).put(sigRSAHeader, typeInt32, 1, make([]byte, 4))
	_, _, err = Read(bytes.NewReader(pack(sig, minimal())), int64(len(pack(sig, minimal()))))
	if err == nil {
		t.Error("a number passed for a signature")
	}
}

func FuzzSigners(f *testing.F) {
	for _, sig := range gnupg(f) {
		f.Add(sig)
	}
	f.Add([]byte("\xc2\x11\x03\x05\x00\x00\x00\x00\x00\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x02"))
	f.Fuzz(func(t *testing.T, b []byte) {
		ids, err := signers(b)
		if err != nil {
			return
		}
		for _, id := range ids {
			if len(id) != 16 {
				t.Errorf("key id %q", id)
			}
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add(pack(new(lump), minimal()))
	full := minimal()
	for _, tag := range []uint32{tagProvideName, tagProvideVersion, tagBasenames, tagDirnames, tagChangelogName, tagChangelogText} {
		full.put(tag, typeStringArray, 2, []byte("a\x00b\x00"))
	}
	for _, tag := range []uint32{tagProvideFlags, tagDirIndexes, tagFileFlags, tagFileModes, tagChangelogTime} {
		full.put(tag, typeInt32, 2, make([]byte, 8))
	}
	full.put(tagSummary, typeI18N, 2, []byte("a\x00b\x00"))
	f.Add(pack(new(lump).put(sigRSAHeader, typeBin, 19, []byte("\xc2\x11\x03\x05\x00\x00\x00\x00\x00\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x02")), full))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, d, err := Read(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		if p.Name == "" || strings.ContainsAny(p.FileName(), "/\n\x00") || p.HeaderEnd > int64(len(b)) || d == nil {
			t.Errorf("%+v", p)
		}
	})
}
