package reuse

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// hold keeps the composes from being removed as long as the files that it
// gives are open: who removes one locks its journal. It gives those composes
// that are there and are not being removed.
func hold(tops []string) (there []string, held []*os.File) {
	for _, top := range tops {
		f, err := os.Open(JournalOf(top))
		if err != nil {
			continue
		}
		if err := unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB); errors.Is(err, unix.EWOULDBLOCK) {
			f.Close()
			continue
		}
		there, held = append(there, top), append(held, f)
	}
	return there, held
}
