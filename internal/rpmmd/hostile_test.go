package rpmmd

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

// peak runs fn and gives by how much the heap grew in the meantime.
func peak(fn func()) (grown uint64) {
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	runtime.GC()
	before := heap()
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn()
	}()
	most := before
	for {
		select {
		case <-done:
			return most - before
		case <-time.After(2 * time.Millisecond):
			most = max(most, heap())
		}
	}
}

// readers are all readers of streams.
func readers() map[string]func(io.Reader) error {
	ctx := context.Background()
	return map[string]func(io.Reader) error{
		"metadata":  func(r io.Reader) error { return ReadPrimary(ctx, r, func(Entry) error { return nil }) },
		"metadata ": func(r io.Reader) error { return ReadPrimaryDetails(ctx, r, func(Entry) error { return nil }) },
		"filelists": func(r io.Reader) error { return ReadListed(ctx, Filelists, r, func(Listed) error { return nil }) },
		"otherdata": func(r io.Reader) error { return ReadListed(ctx, Other, r, func(Listed) error { return nil }) },
		"filelists ": func(r io.Reader) error {
			return ReadFilelists(ctx, r, func(string, []byte, FileKind) error { return nil })
		},
		"repomd": func(r io.Reader) error {
			_, err := ReadRepomd(r)
			return err
		},
	}
}

// What has no end, or wants to grow, is refused within a bounded amount of
// memory by every reader.
func TestHostileMemory(t *testing.T) {
	const limit = 200 << 20
	package1 := `<package pkgid="x" type="rpm">`
	for name, e := range map[string]endless{
		"text":            {start: package1 + "<name>", text: "x"},
		"description":     {start: package1 + "<description>", text: "many words "},
		"tag":             {text: "<xxxxxxx", start: package1},
		"tag name":        {start: package1 + "<", text: "x"},
		"attribute":       {start: package1 + `<a b="`, text: "x"},
		"attributes":      {start: package1 + "<a ", text: `b="c" `},
		"nesting":         {text: "<a>"},
		"nesting deep":    {start: package1 + "<format>", text: "<provides><entry>"},
		"end tags":        {start: package1, text: "</a>"},
		"files":           {start: package1, text: "<file>/usr/share/xxxxxxxxxxxxxxxx</file>"},
		"listed files":    {start: package1 + "<format>", text: "<file>/usr/share/xxxxxxxxxxxxxxxx</file>"},
		"entries":         {start: package1 + "<format><provides>", text: `<entry name="xxxxxxxxxxxxxxxxxx" flags="EQ" ver="1"/>`},
		"changelogs":      {start: package1, text: `<changelog author="aaaaaaaa" date="1">text of it</changelog>`},
		"entity text":     {start: package1 + "<name>", text: "&lt;"},
		"references":      {start: package1 + "<name>", text: "&#x1F600;"},
		"cdata":           {start: package1 + "<name><![CDATA[", text: "x"},
		"comments":        {start: package1 + "<name>", text: "x<!-- -->"},
		"doctype":         {start: "<!DOCTYPE ", text: "x"},
		"instruction":     {start: "<?xml ", text: "x"},
		"checksum":        {start: package1 + `<checksum type="sha256">`, text: "a"},
		"number":          {start: package1 + `<size package="`, text: "1"},
		"data":            {text: `<data type="x"><location href="repodata/x"/></data>`},
		"data in package": {start: package1, text: `<version epoch="0" ver="1" rel="1"/>`},
	} {
		for root, read := range readers() {
			if !matters(name, root) {
				continue
			}
			t.Run(name+" in "+root, func(t *testing.T) {
				open := "<" + strings.TrimSpace(root) + ">"
				if strings.HasPrefix(e.start, "<!") || strings.HasPrefix(e.start, "<?") {
					open = ""
				}
				in := &endless{start: open + e.start, text: e.text}
				stop := &bounded{in, 100 << 20, 100 << 20} // of what is skipped, any amount is harmless
				var err error
				grown := peak(func() { err = read(stop) })
				if err == nil || grown > limit {
					t.Errorf("error %v, %d MiB more memory after %d MiB", err, grown>>20, in.given>>20)
				}
			})
		}
	}
}

// matters says whether a reader looks at what a case is about. The others
// skip it.
func matters(name, root string) bool {
	switch name {
	case "tag", "attributes", "nesting":
		return true
	case "files":
		return strings.HasPrefix(root, "filelists")
	case "changelogs":
		return root == "otherdata"
	case "data":
		return root == "repomd"
	}
	return root == "metadata "
}

// Entities that contain entities are refused where they are declared, and
// where they are used.
func TestEntityBombs(t *testing.T) {
	bomb := "<!DOCTYPE x [\n<!ENTITY a0 \"ha\">\n"
	for i := 1; i < 30; i++ {
		bomb += fmt.Sprintf("<!ENTITY a%d \"&a%d;&a%d;\">\n", i, i-1, i-1)
	}
	bomb += "]>\n"
	for root, read := range readers() {
		root = strings.TrimSpace(root)
		for _, doc := range []string{
			`<?xml version="1.0"?>` + bomb + "<" + root + "><package pkgid='x'><name>&a29;</name></package><revision>&a29;</revision></" + root + ">",
			`<!DOCTYPE x SYSTEM "file:///etc/passwd"><` + root + `><package pkgid="x"><name>&x;</name><file>&x;</file><changelog date="1">&x;</changelog></package><revision>&x;</revision></` + root + `>`,
			`<` + root + `><package pkgid="&x;"/><revision>&x;</revision></` + root + `>`,
		} {
			if err := read(strings.NewReader(doc)); err == nil {
				t.Errorf("%s: accepted: %.300s", root, doc)
			}
		}
	}
	if _, err := ReadUpdates([]byte(bomb + "<updates/>")); err == nil {
		t.Error("updateinfo: accepted")
	}
	if _, _, err := EditRepomd([]byte(bomb+"<repomd></repomd>"), RepomdEdit{}); err == nil {
		t.Error("repomd edited")
	}
}

// A small file that decompresses to a huge one is read as far as its stated
// size, and takes no memory for the rest.
func TestDecompressionBombs(t *testing.T) {
	zeros := func(w io.WriteCloser, n int) {
		block := make([]byte, 1<<20)
		for range n {
			w.Write(block)
		}
		w.Close()
	}
	var gz, zs bytes.Buffer
	zeros(gzip.NewWriter(&gz), 512)
	z, err := zstd.NewWriter(&zs, zstd.WithWindowSize(8<<20))
	if err != nil {
		t.Fatal(err)
	}
	zeros(z, 512)
	for name, b := range map[string]*bytes.Buffer{"x.gz": &gz, "x.zst": &zs} {
		data := b.Bytes()
		var err error
		var n int64
		grown := peak(func() {
			var r io.ReadCloser
			if r, err = Decompress(bytes.NewReader(data), name); err != nil {
				return
			}
			defer r.Close()
			n, err = io.Copy(io.Discard, Bounded(r, 300<<20))
		})
		if !errors.As(err, new(ErrTooLong)) || n != 300<<20 || grown > 64<<20 {
			t.Errorf("%s: %v after %d bytes, %d MiB more memory", name, err, n, grown>>20)
		}
		if err := ReadPrimary(t.Context(), decompressed(t, data, name), func(Entry) error { return nil }); err == nil {
			t.Errorf("%s: zeros are metadata", name)
		}
	}
}

func decompressed(t *testing.T, data []byte, name string) io.Reader {
	t.Helper()
	r, err := Decompress(bytes.NewReader(data), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// Headers that ask for gigabytes of window or dictionary are refused before
// they get them.
func TestGreedyWindows(t *testing.T) {
	for name, data := range map[string]string{
		"x.zst": "\x28\xb5\x2f\xfd\x00\xf8" + strings.Repeat("\x00", 64),                                                             // a window of 2 TiB
		"y.zst": "\x28\xb5\x2f\xfd\xe0\xff\xff\xff\xff\xff\xff\xff\x7f" + strings.Repeat("\x00", 64),                                 // a single segment of 2^63 bytes
		"x.xz":  "\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4\x46\x02\x00\x21\x01\x28\x00\x00\x00\x28\xd2\x33\x7b" + strings.Repeat("\x00", 64), // a dictionary of 4 GiB
		"x.gz":  "\x1f\x8b\x08\x04\x00\x00\x00\x00\x00\xff\xff\xff",                                                                  // an extra field that is not there
		"x.bz2": "BZh9" + strings.Repeat("\xff", 64),
	} {
		var err error
		grown := peak(func() {
			var r io.ReadCloser
			if r, err = Decompress(strings.NewReader(data), name); err != nil {
				return
			}
			defer r.Close()
			_, err = io.Copy(io.Discard, Bounded(r, 1<<20))
		})
		if err == nil || grown > 160<<20 {
			t.Errorf("%s: %v, %d MiB more memory", name, err, grown>>20)
		}
	}
}
