package rpmmd

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"compose/internal/rpm"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

const sampleRepomd = `<?xml version="1.0" encoding="UTF-8"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo" xmlns:rpm="http://linux.duke.edu/metadata/rpm">
  <revision>1700000000</revision>
  <data type="primary">
    <checksum type="md5">0123456789abcdef0123456789abcdef</checksum>
    <open-checksum type="md5">fedcba9876543210fedcba9876543210</open-checksum>
    <location href="repodata/primary.xml.gz"/>
    <timestamp>1700000001</timestamp>
    <size>10</size>
    <open-size>20</open-size>
  </data>
  <data type="group">
    <checksum type="md5">0123456789abcdef0123456789abcdef</checksum>
    <location href="repodata/comps.xml"/>
    <timestamp>5</timestamp>
    <size>7</size>
  </data>
</repomd>
`

func TestRepomd(t *testing.T) {
	sum := rpm.Checksum{Type: "md5", Hex: "0123456789abcdef0123456789abcdef"}
	want := &Repomd{Revision: "1700000000", Data: []RepomdData{
		{Type: "primary", Href: "repodata/primary.xml.gz", Sum: sum, OpenSum: rpm.Checksum{Type: "md5", Hex: "fedcba9876543210fedcba9876543210"}, Size: 10, OpenSize: 20, Timestamp: 1700000001},
		{Type: "group", Href: "repodata/comps.xml", Sum: sum, Size: 7, Timestamp: 5},
	}}
	if got := string(want.XML()); got != sampleRepomd {
		t.Errorf("written:\n%s", got)
	}
	got, err := ReadRepomd(strings.NewReader(sampleRepomd))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v, %v", got, err)
	}
	if d, ok := got.Find("group"); !ok || d.Size != 7 {
		t.Errorf("Find: %v %t", d, ok)
	}
	if _, ok := got.Find("other"); ok {
		t.Error("Find found what is not there")
	}
}

func TestRepomdRefuses(t *testing.T) {
	for old, new := range map[string]string{
		`repodata/primary.xml.gz`:          `../primary.xml.gz`,
		`repodata/comps.xml`:               `/etc/passwd`,
		`<size>10<`:                        `<size>-1<`,
		`<timestamp>5<`:                    `<timestamp>now<`,
		`type="group"`:                     `type="gr/oup"`,
		`0123456789abcdef0123456789abcdef`: `00`,
		`</repomd>`:                        ``,
	} {
		if _, err := ReadRepomd(strings.NewReader(strings.Replace(sampleRepomd, old, new, 1))); err == nil {
			t.Errorf("%s accepted", new)
		}
	}
	old := strings.Replace(sampleRepomd, "1700000001", "1700000001.75", 1)
	if m, err := ReadRepomd(strings.NewReader(old)); err != nil || m.Data[0].Timestamp != 1700000001 {
		t.Errorf("a time with a fraction: %v", err)
	}
}

// packed gives "hello hello" in every compression, each as two streams.
func packed(t testing.TB) map[string][]byte {
	pack := func(open func(w io.Writer) (io.WriteCloser, error)) []byte {
		var b bytes.Buffer
		for _, text := range []string{"hello ", "hello"} {
			w, err := open(&b)
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(w, text)
			w.Close()
		}
		return b.Bytes()
	}
	// The standard library writes no bzip2.
	bz2, err := hex.DecodeString("425a68393141592653597669e0d4000001110040000244a00030cd00c34629971772453850907669e0d4" +
		"425a68393141592653591931653d00000081000244a000219a68334d07338bb9229c28480c98b29e80")
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		"x.gz":  pack(func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }),
		"x.zst": pack(func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) }),
		"x.xz":  pack(func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) }),
		"x.bz2": bz2,
		"x.xml": []byte("hello hello"),
	}
}

func TestDecompress(t *testing.T) {
	for name, data := range packed(t) {
		for _, name := range []string{name, "no-suffix"} { // the second time the first bytes tell
			r, err := Decompress(bytes.NewReader(data), name)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			got, err := io.ReadAll(r)
			if string(got) != "hello hello" || err != nil || r.Close() != nil {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
		if name == "x.xml" {
			continue
		}
		r, err := Decompress(bytes.NewReader(data[:len(data)-3]), name)
		if err == nil {
			_, err = io.ReadAll(r)
		}
		if err == nil {
			t.Errorf("%s: cut short without an error", name)
		}
	}
}

func TestDecompressRefuses(t *testing.T) {
	for _, name := range []string{"a/x.gz", "x.zst", "x.xz", "x.bz2"} {
		for _, text := range []string{"", "<metadata/>"} {
			if _, err := Decompress(strings.NewReader(text), name); err == nil || !strings.Contains(err.Error(), "is not") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := Decompress(strings.NewReader("\x00ZCK1xxxx"), "x.zck"); err == nil {
		t.Error("zchunk accepted")
	}
	window512M := "\x28\xb5\x2f\xfd\x00\x98\x01\x00\x00"
	r, err := Decompress(strings.NewReader(window512M), "x.zst")
	if err == nil {
		_, err = io.ReadAll(r)
	}
	if err == nil {
		t.Error("a window of 512 MiB is accepted")
	}
}

func TestBounded(t *testing.T) {
	for _, n := range []int{0, 9, 10, 11, 1000} {
		got, err := io.ReadAll(Bounded(strings.NewReader(strings.Repeat("x", n)), 10))
		if len(got) != min(n, 10) || errors.As(err, new(ErrTooLong)) != (n > 10) {
			t.Errorf("%d bytes: %d, %v", n, len(got), err)
		}
	}
}
