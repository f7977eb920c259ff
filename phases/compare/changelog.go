package compare

import (
	"maps"
	"os"
	"slices"
	"time"

	"compose/internal/rpm"
	"compose/internal/rpm/header"
)

// Build is a source package that came in a newer version.
type Build struct {
	Name string `json:"name"`
	Old  string `json:"old"`
	New  string `json:"new"`
	// Changes are the entries of the changelog that the older version does
	// not have, newest first; at most maxEntries.
	Changes []Entry `json:"changes"`
	// More is how many are left out.
	More int `json:"more,omitempty"`
	// Unreadable says why there are no entries, when the packages could not
	// be read.
	Unreadable string `json:"unreadable,omitempty"`
}

// Entry is one entry of a changelog.
type Entry struct {
	Date   string `json:"date"` // YYYY-MM-DD, UTC
	Author string `json:"author"`
	Text   string `json:"text"`
}

const maxEntries = 20

// builds reads the changelogs of what was upgraded, of one package per build.
func builds(changes []Change, before, after *compose) []Build {
	first := map[string]Change{}
	for _, c := range changes {
		if c.What != Upgraded && !(c.What == Moved && c.Old != c.New) {
			continue
		}
		if old, ok := first[c.source]; !ok || rank(c) < rank(old) {
			first[c.source] = c
		}
	}
	out := []Build{}
	for _, name := range slices.Sorted(maps.Keys(first)) {
		c := first[name]
		out = append(out, readBuild(Build{Name: name, Old: c.Old, New: c.New, Changes: []Entry{}}, before.file(c.oldPath), after.file(c.newPath)))
	}
	return out
}

// rank prefers source packages, then binary ones.
func rank(c Change) int { return slices.Index([]string{"source", "binary", "debug"}, c.Category) }

func readBuild(b Build, oldFile, newFile string) Build {
	old, err := changelog(oldFile)
	if err != nil {
		b.Unreadable = err.Error()
		return b
	}
	now, err := changelog(newFile)
	if err != nil {
		b.Unreadable = err.Error()
		return b
	}
	for _, e := range newer(now, old) {
		if len(b.Changes) == maxEntries {
			b.More++
			continue
		}
		b.Changes = append(b.Changes, Entry{time.Unix(e.Time, 0).UTC().Format(time.DateOnly), e.Author, e.Text})
	}
	return b
}

// changelog reads the header of a package and nothing else of it.
func changelog(file string) ([]rpm.Changelog, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return nil, err
	}
	_, details, err := header.Read(f, fi.Size())
	if err != nil {
		return nil, err
	}
	return details.Changelogs, nil
}

// newer gives the entries of a changelog that another one has not.
func newer(now, old []rpm.Changelog) []rpm.Changelog {
	known := map[rpm.Changelog]bool{}
	for _, e := range old {
		known[e] = true
	}
	return slices.DeleteFunc(slices.Clone(now), func(e rpm.Changelog) bool { return known[e] })
}
