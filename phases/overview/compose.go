package overview

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"compose/phases/event"
	"compose/phases/report"
)

// Compose is how a compose fares.
type Compose struct {
	Dir, ID string
	Status  string // the word of STATUS
	// Held says whether a process works on it.
	Held bool
	Run  *report.Run
	Last []event.Event
	// Times counts how often it was begun.
	Times int
	// Before is the compose from which the times that steps are expected to
	// take come, "" for none.
	Before string
}

// State says in a word what a compose is doing.
func (c *Compose) State() string {
	switch {
	case c.Held:
		return "running"
	case c.Status == "STARTED":
		return "killed"
	}
	return "ended"
}

// Paths are those of a compose that are looked at.
type Paths struct{ ID, Status, Events, Progress string }

// Watch follows the compose in a folder.
type Watch struct {
	dir    string
	paths  func(dir string) Paths
	held   func(dir string) bool
	follow *Follower
	before string
	times  map[string]time.Duration // of the steps of before
	id     string
}

// Open begins to follow the compose in a folder; paths and held tell of any
// compose where its files are and whether a process works on it.
func Open(dir string, paths func(dir string) Paths, held func(dir string) bool) (*Watch, error) {
	id, err := readWord(paths(dir).ID)
	if err != nil {
		return nil, fmt.Errorf("%s is no compose: %w", dir, err)
	}
	w := &Watch{dir: dir, paths: paths, held: held, id: id}
	w.follow = Follow(paths(dir).Events, paths(dir).Progress)
	w.before, w.times = Expected(dir, id, paths)
	return w, nil
}

// Expected gives how long the steps of a compose are expected to take, by the
// newest finished compose of the same release and type that lies beside it and
// is older, and that compose; "" and nothing without one.
func Expected(dir, id string, paths func(dir string) Paths) (before string, times map[string]time.Duration) {
	if before = earlier(dir, id, paths); before == "" {
		return "", nil
	}
	f := Follow(paths(before).Events, "")
	if f.Update() != nil {
		return "", nil
	}
	times = map[string]time.Duration{}
	for _, s := range f.Run().Steps {
		if s.State.Good() {
			times[s.Name] = s.Ran()
		}
	}
	return before, times
}

// Look tells how the compose fares now.
func (w *Watch) Look() (*Compose, error) {
	held := w.held(w.dir) // before the rest: an end in between is no kill
	if err := w.follow.Update(); err != nil {
		return nil, err
	}
	status, err := readWord(w.paths(w.dir).Status)
	if err != nil {
		return nil, err
	}
	run := w.follow.Run()
	for _, s := range run.Steps {
		s.Expected = w.times[s.Name]
	}
	return &Compose{
		Dir: w.dir, ID: w.id, Status: status, Held: held, Run: run, Last: w.follow.Last(),
		Times: w.follow.Times, Before: w.before,
	}, nil
}

var errWord = errors.New("not a file with a word")

// readWord reads a file with one word.
func readWord(name string) (string, error) {
	fi, err := os.Stat(name)
	if err != nil {
		return "", err
	}
	if !fi.Mode().IsRegular() || fi.Size() > 4096 {
		return "", fmt.Errorf("%s: %w", name, errWord)
	}
	data, err := os.ReadFile(name)
	return strings.TrimSpace(string(data)), err
}

// composeID is an id in parts: release, date, type, respin.
var composeID = regexp.MustCompile(`^(.+)-([0-9]{8})(\.[a-z]+)?\.([0-9]+)$`)

// earlier gives the newest finished compose of the same release and type that
// lies beside this one and is older.
func earlier(dir, id string, paths func(dir string) Paths) string {
	me := composeID.FindStringSubmatch(id)
	abs, err := filepath.Abs(dir)
	if me == nil || err != nil {
		return ""
	}
	if abs, err = filepath.EvalSymlinks(abs); err != nil { // a latest link
		return ""
	}
	entries, err := os.ReadDir(filepath.Dir(abs))
	if err != nil {
		return ""
	}
	var found [][]string
	for _, e := range entries {
		m := composeID.FindStringSubmatch(e.Name())
		if !e.IsDir() || m == nil || m[1] != me[1] || m[3] != me[3] || compareID(m, me) >= 0 {
			continue
		}
		status, err := readWord(paths(filepath.Join(filepath.Dir(abs), m[0])).Status)
		if err == nil && (status == "FINISHED" || status == "FINISHED_INCOMPLETE") {
			found = append(found, m)
		}
	}
	if len(found) == 0 {
		return ""
	}
	return filepath.Join(filepath.Dir(abs), slices.MaxFunc(found, compareID)[0])
}

// compareID orders ids in parts by date and respin.
func compareID(a, b []string) int {
	x, _ := strconv.Atoi(a[4])
	y, _ := strconv.Atoi(b[4])
	return cmp.Or(cmp.Compare(a[2], b[2]), cmp.Compare(x, y))
}

// Find gives the composes in a folder, or the folder itself when it is one.
func Find(dir string, paths func(dir string) Paths) ([]string, error) {
	if _, err := os.Stat(paths(dir).ID); err == nil {
		return []string{dir}, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		sub := filepath.Join(dir, e.Name())
		if !e.IsDir() {
			continue
		}
		if _, err := os.Stat(paths(sub).ID); err == nil {
			out = append(out, sub)
		}
	}
	return out, nil
}
