package image

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSplitMedia(t *testing.T) {
	f := func(name string, size int64) MediaFile { return MediaFile{Path: name, Size: size} }
	sticky := func(name string, size int64) MediaFile { return MediaFile{name, size, true} }
	cases := []struct {
		name  string
		files []MediaFile
		limit int64
		want  string
	}{
		{"nothing", nil, 10000, ""},
		{"one", []MediaFile{f("a", 1)}, 10000, "a=2048"},
		{"no limit", []MediaFile{f("a", 1<<40), f("b", 1)}, 0, "a b=1099511629824"},
		{"blocks count", []MediaFile{f("a", 1), f("b", 1), f("c", 1)}, 4096, "a b=4096|c=2048"},
		{"exact", []MediaFile{f("a", 2048), f("b", 2048)}, 4096, "a b=4096"},
		{"no going back", []MediaFile{f("a", 3000), f("b", 5000), f("c", 100)}, 8192, "a=4096|b c=8192"},
		{"sticky", []MediaFile{f("a", 4096), sticky("s", 1), f("b", 4096), f("c", 1)}, 6144, "s a=6144|s b=6144|s c=4096"},
		{"only sticky", []MediaFile{sticky("s", 1)}, 6144, "s=2048"},
		{"rounded over the limit", []MediaFile{f("a", 5000), f("b", 1)}, 5000, "a=6144|b=2048"},
		{"twice", []MediaFile{f("a", 1), f("./a", 1)}, 5000, "a=2048"},
		{"empty file", []MediaFile{f("a", 0), f("b", 2048)}, 2048, "a b=2048"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			discs, err := SplitMedia(c.files, c.limit)
			var got []string
			for _, d := range discs {
				got = append(got, fmt.Sprintf("%s=%d", strings.Join(d.Files, " "), d.Size))
			}
			if s := strings.Join(got, "|"); err != nil || s != c.want {
				t.Errorf("%q, %v; want %q", s, err, c.want)
			}
		})
	}
	if _, err := SplitMedia([]MediaFile{f("a", 6000)}, 5000); err == nil || err.Error() != "splitting media: a has 6000 bytes, a disc 5000" {
		t.Error(err)
	}
	if _, err := SplitMedia([]MediaFile{f("a", 60), f("a", 61)}, 5000); err == nil {
		t.Error("no error for two sizes of one file")
	}
}

// TestSplitMediaKeepsAll checks what must be true of any split.
func TestSplitMediaKeepsAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const limit = 100_000
		var files []MediaFile
		var plain []string
		budget := int64(limit / 2)
		for i := range rapid.IntRange(1, 60).Draw(t, "n") {
			f := MediaFile{Path: fmt.Sprint("f", i), Size: rapid.Int64Range(0, 40_000).Draw(t, "size")}
			if blocks(f.Size) < budget && rapid.IntRange(0, 9).Draw(t, "sticky") == 0 {
				f.Sticky = true
				budget -= blocks(f.Size)
			} else {
				plain = append(plain, f.Path)
			}
			files = append(files, f)
		}
		discs, err := SplitMedia(files, limit)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range discs {
			if d.Size > limit {
				t.Fatalf("a disc of %d bytes", d.Size)
			}
			for _, p := range d.Files {
				if !files[index(p)].Sticky {
					got = append(got, p)
				}
			}
		}
		if !reflect.DeepEqual(got, plain) {
			t.Fatalf("%v, want %v", got, plain)
		}
	})
}

func index(p string) (n int) {
	fmt.Sscanf(p, "f%d", &n)
	return n
}

func TestParseMediaSize(t *testing.T) {
	for s, want := range map[string]int64{"4700000000": 4700000000, "10M": 10 << 20, "1k": 1024, "2G": 2 << 30, "7b": 7} {
		if got, err := ParseMediaSize(s); err != nil || got != want {
			t.Errorf("%q: %d, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "0", "-5", "10m", "10 M", "M", "1.5G", "9999999999G", "99999999999999999999"} {
		if got, err := ParseMediaSize(s); err == nil {
			t.Errorf("%q: %d, no error", s, got)
		}
	}
}
