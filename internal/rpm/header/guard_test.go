package header

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strings"
	"testing"
)

func TestMinimal(t *testing.T) {
	if err := readBytes(t, pack(new(lump), minimal()), 1<<20); err != nil {
		t.Fatal(err)
	}
}

func TestGuard(t *testing.T) {
	with := func(e ...entry) []byte {
		l := minimal()
		l.entries = append(l.entries, e...)
		return pack(new(lump), l)
	}
	good := pack(new(lump), minimal())
	change := func(at int, b ...byte) []byte {
		x := bytes.Clone(good)
		copy(x[at:], b)
		return x
	}
	main := leadSize + introSize
	count32 := pack(new(lump), &lump{[]entry{{tagSize, typeInt32, 0, math.MaxUint32}}, make([]byte, 176-leadSize-3*introSize)})
	if len(count32) != 176 {
		t.Fatalf("%d bytes", len(count32))
	}
	for _, c := range []struct {
		what string
		in   []byte
		err  string
	}{
		{"empty", nil, "the signature header's intro ends at byte 112, beyond the file's 0"},
		{"no package", []byte(strings.Repeat("not a package ", 100)), "not an RPM package"},
		{"format 5", change(4, 5), "package format 5 is not supported"},
		{"bad signature magic", change(leadSize, 0), "signature header: bad magic"},
		{"bad header magic", change(main+3, 2), "header: bad magic"},
		{"too many tags", change(main+8, 0, 1, 0, 0), "header: 65536 tags"},
		{"too much data", change(main+12, 16, 0, 0, 0), "header: 268435456 bytes of data"},
		{"count 2^32-1 in 176 bytes", count32, "tag 1009: its value reaches beyond the data"},
		{"count 2^28", with(entry{5000, typeInt32, 0, 1 << 28}), "tag 5000: its value reaches beyond the data"},
		{"count 0", with(entry{5000, typeInt32, 0, 0}), "tag 5000: no value"},
		{"type 0", with(entry{5000, 0, 0, 1}), "tag 5000: unknown data type 0"},
		{"type 10", with(entry{5000, 10, 0, 1}), "tag 5000: unknown data type 10"},
		{"two strings in one", with(entry{tagURL, typeString, 0, 2}), "tag 1020: 2 values where one is possible"},
		{"offset beyond", with(entry{5000, typeBin, 1 << 20, 1}), "tag 5000: its value reaches beyond the data"},
		{"negative offset", with(entry{5000, typeBin, math.MaxUint32, 1}), "tag 5000: its value reaches beyond the data"},
		{"not aligned", with(entry{5000, typeInt64, 4, 1}), "tag 5000: offset 4 is not aligned"},
		{"not terminated", pack(new(lump), minimal().put(tagURL, typeString, 1, []byte("x"))), "tag 1020: a string is not terminated"},
		{"same value often", with(entry{5000, typeBin, 0, 16}, entry{5001, typeBin, 0, 16}, entry{5002, typeBin, 0, 16}), "its values overlap"},
	} {
		if err := readBytes(t, c.in, 1<<20); err == nil || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: error %v, want %s", c.what, err, c.err)
		}
	}
}

// TestOverlap: 300 lists of 1 Mi strings each, all over the same 1 MiB.
func TestOverlap(t *testing.T) {
	for _, tag := range []uint32{20000, tagProvideName} {
		l := &lump{data: make([]byte, 1<<20)}
		for range 300 {
			l.entries = append(l.entries, entry{tag, typeStringArray, 0, 1 << 20})
		}
		if err := readBytes(t, pack(new(lump), l), 20<<20); err == nil {
			t.Error("no error")
		}
	}
}

// TestManyStrings: what is allowed and costs most, a header full of empty strings.
func TestManyStrings(t *testing.T) {
	const n = 4 << 20
	b := pack(new(lump), minimal().put(tagProvideName, typeStringArray, n, make([]byte, n)))
	if err := readBytes(t, b, 32*n); err == nil {
		t.Error("no error")
	}
}

// TestLongPaths: few bytes of header that ask for many bytes of paths.
func TestLongPaths(t *testing.T) {
	const n = 100_000
	bases := bytes.Repeat([]byte("x\x00"), n)
	l := minimal().put(tagBasenames, typeStringArray, n, bases).
		put(tagDirIndexes, typeInt32, n, make([]byte, 4*n)).put(tagFileFlags, typeInt32, n, make([]byte, 4*n)).
		put(tagFileModes, typeInt16, n, make([]byte, 2*n)).
		put(tagDirnames, typeStringArray, 1, []byte("/"+strings.Repeat("d", 1<<20)+"/\x00"))
	if err := readBytes(t, pack(new(lump), l), 64<<20); err == nil || !strings.Contains(err.Error(), "bytes of paths") {
		t.Error(err)
	}
}

// TestSizes: the signature header knows how long the file is.
func TestSizes(t *testing.T) {
	num := func(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }
	size := uint32(len(minimal().bytes()))
	for _, c := range []struct {
		sig, main *lump
		ok        bool
	}{
		{new(lump).put(sigSize, typeInt32, 1, num(size)), minimal(), true},
		{new(lump).put(sigSize, typeInt32, 1, num(size-1)), minimal(), false},
		{new(lump).put(sigSize, typeInt32, 1, num(size+1)), minimal(), false},
		{new(lump).put(sigLongSize, typeInt64, 1, append(make([]byte, 4), num(size)...)), minimal(), true},
		{new(lump).put(sigLongSize, typeInt64, 1, append(make([]byte, 4), num(size+1)...)), minimal(), false},
		{new(lump).put(sigLongSize, typeInt64, 1, bytes.Repeat([]byte{255}, 8)), minimal(), false},
		{new(lump), minimal().put(tagPayloadSize, typeInt32, 1, num(9)).put(tagPayloadSizeAlt, typeInt32, 1, num(1)), false},
	} {
		if err := readBytes(t, pack(c.sig, c.main), 1<<20); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.sig, err)
		}
	}
}

// TestRegion: the digest covers the region, not what was added behind it.
func TestRegion(t *testing.T) {
	main := new(lump).put(tagImmutable, typeBin, 16, nil)
	main.str(tagName, "a").str(tagVersion, "1").str(tagRelease, "1").str(tagArch, "noarch").str(tagSourceRPM, "a-1-1.src.rpm")
	main.entries[0].off = uint32(len(main.data))
	trailer := binary.BigEndian.AppendUint32([]byte{0, 0, 0, tagImmutable, 0, 0, 0, typeBin}, -uint32(16*len(main.entries)))
	main.data = append(append(main.data, trailer...), 0, 0, 0, 16)
	sum := sha256.Sum256(main.bytes())
	sig := new(lump).str(sigSHA256, hex.EncodeToString(sum[:]))
	if err := readBytes(t, pack(sig, main), 1<<20); err != nil {
		t.Error(err)
	}
	if err := readBytes(t, pack(sig, main.put(5000, typeBin, 1, []byte{1})), 1<<20); err != nil {
		t.Error(err)
	}
	main.data[0] = 'b'
	if err := readBytes(t, pack(sig, main), 1<<20); err == nil {
		t.Error("a change in the region was not seen")
	}
}

// TestDigests: a header that does not have the digest it should have.
func TestDigests(t *testing.T) {
	for tag, digest := range map[uint32]string{sigSHA256: strings.Repeat("0", 64), sigSHA1: strings.Repeat("0", 40)} {
		err := readBytes(t, pack(new(lump).str(tag, digest), minimal()), 1<<20)
		if err == nil || !strings.Contains(err.Error(), "digest does not match") {
			t.Error(err)
		}
	}
}
