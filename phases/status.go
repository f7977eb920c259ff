package phases

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"compose/internal/whole"
)

// Status is the one word in a compose's STATUS file, as Pungi's consumers
// (compose-tracker, openQA, Bodhi) read it.
type Status string

// The states of a compose.
const (
	Started            Status = "STARTED"
	Finished           Status = "FINISHED"
	FinishedIncomplete Status = "FINISHED_INCOMPLETE" // an optional part is missing
	Doomed             Status = "DOOMED"
	Terminated         Status = "TERMINATED" // stopped by a signal
)

// setStatus writes the STATUS file; a reader sees the old or the new word. On
// a full disk the word is written over the old one, which takes no room: a
// compose that is doomed for lack of room must not seem to be under way.
func setStatus(l Layout, s Status) error {
	word := []byte(string(s) + "\n")
	err := writeFile(l.Status(), word)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		if overwrite(l.Status(), word) == nil {
			return nil
		}
	}
	return err
}

// overwrite changes a file that is there.
func overwrite(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(data, 0)
	if err == nil {
		err = f.Truncate(int64(len(data)))
	}
	return errors.Join(err, f.Close())
}

// writeFile puts a complete file under its final name, making its folder.
func writeFile(path string, data []byte) error {
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = whole.Write(path, data)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// Latest says which link to the newest compose is switched at the end
// (Pungi's --latest-link-* options, pungi A.0.10).
type Latest struct {
	// Off leaves the link alone.
	Off bool
	// Statuses are the final states that move the link; empty means
	// FINISHED and FINISHED_INCOMPLETE.
	Statuses []string
	// Components is how many parts of the version stand in the link's name:
	// n > 0 keeps n, n < 0 drops -n but keeps at least one, 0 means none.
	Components int
}

// FinalStatuses are the words with which a compose can end.
func FinalStatuses() []string {
	return []string{string(Finished), string(FinishedIncomplete), string(Doomed), string(Terminated)}
}

// check refuses a status that no compose ever has, for which a reader of the
// link would wait in vain.
func (o Latest) check() error {
	for _, s := range o.Statuses {
		if !slices.Contains(FinalStatuses(), s) {
			return fmt.Errorf("latest link: there is no status %q; a compose ends with %s", s, strings.Join(FinalStatuses(), ", "))
		}
	}
	return nil
}

func (o Latest) wants(s Status) bool {
	if o.Off {
		return false
	}
	if len(o.Statuses) == 0 {
		return s == Finished || s == FinishedIncomplete
	}
	return slices.Contains(o.Statuses, string(s))
}

// latestTemp is the name that the link to a compose has before it is switched.
func latestTemp(l Layout) string {
	return filepath.Join(filepath.Dir(l.Top), ".latest-"+filepath.Base(l.Top))
}

// switchLatest points link, beside the compose, at it. The new link takes the
// old one's name by rename, so a reader never finds it missing.
func switchLatest(link, composeDir string) error {
	tmp := latestTemp(Layout{Top: composeDir})
	os.Remove(tmp)
	if err := os.Symlink(filepath.Base(composeDir), tmp); err != nil {
		return fmt.Errorf("latest link: %w", err)
	}
	if err := os.Rename(tmp, link); err != nil {
		os.Remove(tmp)
		return fmt.Errorf("latest link: switching %s: %w", link, err)
	}
	return nil
}
