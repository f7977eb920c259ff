package pkgset

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"compose/internal/repository"
)

func TestCleanCache(t *testing.T) {
	dir, tree := t.TempDir(), t.TempDir()
	for _, name := range []string{"packages/ab/abcd", "packages/ab/linked", "packages/ab/x.part", "metadata/00/0011", "store/packs/x"} {
		path := filepath.Join(dir, name)
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, []byte("12345"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(dir+"/packages/ab/linked", tree+"/x"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		unused time.Duration
		want   CacheUsage
	}{{time.Hour, CacheUsage{}}, {-time.Hour, CacheUsage{3, 15}}} {
		if got, err := CleanCache(dir, tt.unused); got != tt.want || err != nil {
			t.Errorf("%s: %+v, error %v", tt.unused, got, err)
		}
	}
	if got, err := CacheStats(dir); got != (CacheUsage{1, 5}) || err != nil {
		t.Errorf("left: %+v, error %v", got, err)
	}
	if _, err := os.Stat(dir + "/store/packs/x"); err != nil {
		t.Error(err)
	}
	if got, err := CacheStats(dir + "/none"); got != (CacheUsage{}) || err != nil {
		t.Errorf("%+v, error %v", got, err)
	}
}

func FuzzHref(f *testing.F) {
	for _, s := range []string{"a/b.rpm", "../x", "a/%2e%2e/b", "%2fetc", "a%zz.rpm", "/x", "a//b", "./a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, href string) {
		if repository.CheckHref(href) != nil || repository.CheckFileName(repository.FileName(href)) != nil {
			return
		}
		for _, path := range []string{filepath.Join("/top/in", href), repository.LocalFile("/top/in", href), filepath.Join("/tree", repository.FileName(href))} {
			if path = filepath.Clean(path); !strings.HasPrefix(path, "/top/in") && filepath.Dir(path) != "/tree" {
				t.Errorf("%q leads to %s", href, path)
			}
		}
	})
}
