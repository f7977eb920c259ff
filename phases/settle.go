package phases

import (
	"os"
	"path/filepath"
	"time"

	"compose/internal/notify"
)

// settling decides which files are whole. A file that was seen to be written
// to and not closed is not; one that was closed, or moved here, is. Of any
// other its time tells, and whether it stays the same: over the network, and
// before watching began, nobody tells of writes.
type settling struct {
	dir     string
	wait    time.Duration
	watcher *notify.Watcher // nil: nobody tells

	now  time.Time
	seen map[string]sight // of files that may be unfinished, as they were found the last time
	open map[string]sight // of this time: files that are left out
	soon bool             // one of them may soon be found whole, and nobody will tell
}

// maxUnsure is how long a file is looked at often that does not become whole:
// an empty one.
const maxUnsure = time.Minute

// sight is how a file was found.
type sight struct {
	size    int64
	modTime time.Time
	since   time.Time // when it was first found like this
}

func (s *settling) begin(now time.Time) {
	s.now = now
	s.seen, s.open, s.soon = s.open, map[string]sight{}, false
}

// notYet says whether a file is left out for now.
func (s *settling) notYet(rel string, seconds int64) bool {
	state := notify.Unknown
	if s.watcher != nil {
		state = s.watcher.State(rel)
	}
	_, before := s.seen[rel]
	old := s.now.Unix()-seconds > int64(s.wait/time.Second)+1
	if state == notify.Closed || state == notify.Unknown && old && !before {
		return false
	}
	fi, err := os.Stat(filepath.Join(s.dir, rel))
	if err != nil {
		return true // gone meanwhile
	}
	found := sight{fi.Size(), fi.ModTime(), s.now}
	if last, ok := s.seen[rel]; ok && last.size == found.size && last.modTime.Equal(found.modTime) {
		found.since = last.since
	}
	switch {
	case state == notify.Writing:
	case found.size > 0 && (s.now.Sub(found.since) >= s.wait || found.modTime.Before(s.now) && s.now.Sub(found.modTime) >= s.wait && !before):
		return false
	}
	s.open[rel] = found
	s.soon = s.soon || state != notify.Writing && s.now.Sub(found.since) < maxUnsure
	return true
}

// end lets go of what was told of files before this time.
func (s *settling) end() {
	if s.watcher != nil {
		s.watcher.Forget(s.now.Add(-2 * s.wait))
	}
}
