package header

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"compose/internal/rpmtest"
)

func TestReadFileRefuses(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo.rpm"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"empty.rpm": "", "text.rpm": strings.Repeat("text\n", 99)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"":            "not a regular file",
		"/fifo.rpm":   "not a regular file",
		"/none.rpm":   "no such file or directory",
		"/text.rpm/x": "not a directory",
		"/empty.rpm":  "the signature header's intro ends at byte 112, beyond the file's 0",
		"/text.rpm":   "not an RPM package",
	} {
		_, _, err := ReadFile(dir + name)
		if err == nil || err.Error() != "reading "+dir+name+": "+want {
			t.Errorf("%s: error %v, want %s", name, err, want)
		}
	}
}

// TestChecksum reads files shorter and longer than what is read at once.
func TestChecksum(t *testing.T) {
	for _, n := range []int{0, 1, wholeFile, wholeFile + 1, 3*wholeFile + 17} {
		b := append(pack(new(lump), minimal()), bytes.Repeat([]byte("x"), n)...)
		path := filepath.Join(t.TempDir(), "a.rpm")
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		p, _, err := ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want := sha256.Sum256(b)
		if p.Sum.Type != "sha256" || p.Sum.Hex != hex.EncodeToString(want[:]) || p.Size != int64(len(b)) {
			t.Errorf("%d bytes: %+v, %d", len(b), p.Sum, p.Size)
		}
	}
}

// moving is a file whose size, time or content change at the first read.
type moving struct {
	io.ReaderAt
	size  int64
	time  time.Time
	touch func(*moving)
}

func (m *moving) ReadAt(p []byte, off int64) (int, error) {
	n, err := m.ReaderAt.ReadAt(p, off)
	m.touch(m)
	return n, err
}

func (m *moving) Stat() (fs.FileInfo, error) {
	c := *m
	return &c, nil
}

func (m *moving) Name() string       { return "a.rpm" }
func (m *moving) Size() int64        { return m.size }
func (m *moving) Mode() fs.FileMode  { return 0o644 }
func (m *moving) ModTime() time.Time { return m.time }
func (m *moving) IsDir() bool        { return false }
func (m *moving) Sys() any           { return nil }

func TestChangingFile(t *testing.T) {
	b := append(pack(new(lump), minimal()), make([]byte, 2*wholeFile)...)
	const changed = "the file changed while it was read"
	for _, c := range []struct {
		want  string
		touch func(*moving)
	}{
		{"", func(*moving) {}},
		{changed, func(m *moving) { m.time = m.time.Add(1) }},
		{changed, func(m *moving) { m.size++ }},
		{"reading byte 262144 of 524555: unexpected EOF", func(m *moving) { m.ReaderAt = bytes.NewReader(b[:wholeFile]) }},
		{"reading byte 393216 of 524555: unexpected EOF", func(m *moving) { m.ReaderAt = bytes.NewReader(b[:wholeFile*3/2]) }},
	} {
		m := &moving{ReaderAt: bytes.NewReader(b), size: int64(len(b)), touch: c.touch}
		_, _, err := Options{}.readStable(m)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	m := &moving{ReaderAt: bytes.NewReader(b[:100]), size: int64(len(b)), touch: func(*moving) {}}
	if _, _, err := (Options{}).readStable(m); err == nil || !strings.Contains(err.Error(), "reading bytes 0 to 262144 of") {
		t.Error(err)
	}
}

// counting counts the reads.
type counting struct {
	bytes.Reader
	n int
}

func (c *counting) ReadAt(p []byte, off int64) (int, error) {
	c.n++
	return c.Reader.ReadAt(p, off)
}

// TestFewReads: over HTTP every ReadAt is a request.
func TestFewReads(t *testing.T) {
	long := func(n int) *lump { return new(lump).put(20000, typeBin, uint32(n), make([]byte, n)) }
	for _, c := range []struct {
		sig, rest *lump
		reads     int
	}{
		{new(lump), long(1), 1},
		{new(lump), long(60 << 10), 1},
		{new(lump), long(64 << 10), 2},
		{new(lump), long(300 << 10), 2},
		{long(100 << 10), long(1), 2},
		{long(100 << 10), long(300 << 10), 3},
	} {
		main := minimal()
		main.put(20000, typeBin, uint32(len(c.rest.data)), c.rest.data)
		b := append(pack(c.sig, main), make([]byte, 1<<20)...)
		r := &counting{Reader: *bytes.NewReader(b)}
		if _, _, err := Read(r, int64(len(b))); err != nil || r.n != c.reads {
			t.Errorf("%d reads, want %d: %v", r.n, c.reads, err)
		}
	}
}

// TestDamage flips each bit of a package with digests and cuts it at every
// length: nothing panics, no cut goes unseen, and no flip in the main header.
func TestDamage(t *testing.T) {
	full := minimal()
	for _, tag := range []uint32{tagProvideName, tagProvideVersion, tagBasenames, tagDirnames} {
		full.put(tag, typeStringArray, 2, []byte("a\x00b\x00"))
	}
	for _, tag := range []uint32{tagProvideFlags, tagDirIndexes, tagFileFlags, tagFileModes} {
		full.put(tag, typeInt32, 2, make([]byte, 8))
	}
	h := full.bytes()
	sum := sha256.Sum256(h)
	sig := new(lump).str(sigSHA256, hex.EncodeToString(sum[:])).
		put(sigSize, typeInt32, 1, []byte{0, 0, byte(len(h) >> 8), byte(len(h))})
	b := pack(sig, full)
	start := len(b) - len(h)
	if err := readBytes(t, b, 1<<20); err != nil {
		t.Fatal(err)
	}
	for n := range b {
		if _, _, err := Read(bytes.NewReader(b[:n]), int64(n)); err == nil {
			t.Fatalf("cut at %d unseen", n)
		}
		for bit := range 8 {
			b[n] ^= 1 << bit
			if _, _, err := Read(bytes.NewReader(b), int64(len(b))); err == nil && n >= start {
				t.Errorf("bit %d of byte %d unseen", bit, n)
			}
			b[n] ^= 1 << bit
		}
	}
}

// TestPayloadDigest turns single bits of payloads over: that shows when it is
// asked for, and the packages as they are pass.
func TestPayloadDigest(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(rpmtest.RepoRoot(t), "testdata", "rpms", "*.rpm"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no packages: %v", err)
	}
	for _, path := range paths {
		p, _, err := Options{Payload: true}.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []int64{p.HeaderEnd, (p.HeaderEnd + p.Size) / 2, p.Size - 1} {
			if at >= p.Size {
				continue // there is no payload
			}
			damaged := filepath.Join(t.TempDir(), "damaged.rpm")
			b[at] ^= 1
			if err := os.WriteFile(damaged, b, 0o644); err != nil {
				t.Fatal(err)
			}
			b[at] ^= 1
			if _, _, err := ReadFile(damaged); err != nil {
				t.Errorf("%s, byte %d: %v, and nobody asked", path, at, err)
			}
			if _, _, err := (Options{Payload: true}).ReadFile(damaged); err == nil || !strings.HasSuffix(err.Error(), ": payload: its digest does not match") {
				t.Errorf("%s, byte %d: %v", path, at, err)
			}
		}
	}
}
