package results

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestStore(t *testing.T) {
	s := Store{filepath.Join(t.TempDir(), "a", "b")}
	var got []string
	if s.Get("x", &got) {
		t.Error("something is there")
	}
	s.Put("x", []string{"1", "2"})
	if !s.Get("x", &got) || len(got) != 2 {
		t.Errorf("got %v", got)
	}
	os.WriteFile(filepath.Join(s.Dir, "x"), []byte("damaged"), 0o644)
	if s.Get("x", &got) {
		t.Error("damage is not noticed")
	}
	old, older := time.Now().Add(-48*time.Hour), time.Now().Add(-maxAge-time.Hour)
	s.Put("used", 1)
	s.Put("unused", 1)
	os.Chtimes(filepath.Join(s.Dir, "used"), old, old)
	os.Chtimes(filepath.Join(s.Dir, "unused"), older, older)
	if _, ok := s.File("used"); !ok {
		t.Error("not there")
	}
	s.Put("y", 1)
	if _, ok := s.File("unused"); ok {
		t.Error("what is old is still there")
	}
	if fi, _ := os.Stat(filepath.Join(s.Dir, "used")); time.Since(fi.ModTime()) > time.Hour {
		t.Error("use is not noted")
	}
	if list, _ := os.ReadDir(s.Dir); len(list) != 3 {
		t.Errorf("%d files", len(list))
	}
	none := Store{}
	none.Put("x", 1)
	if none.Get("x", &got) {
		t.Error("kept nowhere")
	}
	blocked := Store{filepath.Join(s.Dir, "x", "below")}
	blocked.Put("x", 1)
}

func TestKey(t *testing.T) {
	seen := map[string]bool{}
	for _, parts := range [][]string{{}, {""}, {"", ""}, {"ab"}, {"a", "b"}, {"b", "a"}, {"1:a"}} {
		if k := Key(parts...); seen[k] || len(k) != 64 {
			t.Errorf("key of %q: %s", parts, k)
		} else {
			seen[k] = true
		}
	}
}

func TestClear(t *testing.T) {
	s := Store{filepath.Join(t.TempDir(), "none")}
	if err := s.Clear(); err != nil {
		t.Error(err)
	}
	s.Put("x", 1)
	if err := s.Clear(); err != nil {
		t.Error(err)
	}
	if _, ok := s.GetBytes("x"); ok {
		t.Error("an answer is left")
	}
}
