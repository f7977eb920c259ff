package reuse

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// A compose that results are taken from cannot be locked by who would remove
// it, until the memory is closed; one that is being removed is not used.
func TestHold(t *testing.T) {
	there, going := t.TempDir(), t.TempDir()
	for _, top := range []string{there, going} {
		if err := os.MkdirAll(filepath.Dir(JournalOf(top)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(JournalOf(top), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	lock := func(top string) error {
		f, err := os.Open(JournalOf(top))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	}
	if err := lock(going); err != nil {
		t.Fatal(err)
	}
	m, err := Open(t.TempDir(), []string{there, going, filepath.Join(there, "gone")})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.older) != 1 || m.older[0] != there {
		t.Errorf("uses %v", m.older)
	}
	if err := lock(there); !errors.Is(err, unix.EWOULDBLOCK) {
		t.Errorf("it can be removed: %v", err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if err := lock(there); err != nil {
		t.Error(err)
	}
}
