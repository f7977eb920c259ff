package reuse

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Memory is what is remembered of earlier composes, and what the one that is
// made writes down for later ones. It is safe for concurrent use.
type Memory struct {
	journal *Journal
	own     map[string]*Record // by fingerprint: of this compose, before it was interrupted
	before  []*Record          // all of these, with those that are not believed
	older   []string           // folders of composes, the newest first
	read    sync.Once
	found   map[string][]*Record // of older composes, by fingerprint
	last    map[string]*Record   // of the newest one that has the step, by step
	notes   []string
	held    []*os.File // keep older from being removed
}

// Open begins the memory of the compose in top. older are folders of other
// composes; they are read when the first step asks.
func Open(top string, older []string) (*Memory, error) {
	j, records, err := OpenJournal(top)
	if err != nil {
		return nil, fmt.Errorf("journal of steps: %w", err)
	}
	m := &Memory{journal: j, own: map[string]*Record{}}
	m.older, m.held = hold(older)
	for _, rec := range records {
		m.own[rec.Print.Sum] = rec
	}
	return m, nil
}

// Close ends the journal.
func (m *Memory) Close() error {
	for _, f := range m.held {
		f.Close()
	}
	return m.journal.Close()
}

func (m *Memory) readOlder() {
	m.found, m.last = map[string][]*Record{}, map[string]*Record{}
	for _, top := range m.older {
		records, err := ReadJournal(top)
		if err != nil {
			m.notes = append(m.notes, "steps of an earlier compose are not used again: "+err.Error())
		}
		for _, rec := range records {
			m.found[rec.Print.Sum] = append(m.found[rec.Print.Sum], rec)
			if at := m.last[rec.Step]; at == nil || at.top == top {
				m.last[rec.Step] = rec
			}
		}
	}
}

// Discard removes the files that a step of this compose made before it was
// interrupted: the step makes something else now.
func (m *Memory) Discard(step string) error {
	for _, rec := range m.before {
		if rec.Step != step {
			continue
		}
		for _, root := range rec.Roots {
			for _, f := range root.Files {
				if err := os.Remove(filepath.Join(rec.top, root.Path, f.Path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
					return err
				}
			}
		}
	}
	return nil
}

// Notes say what could not be read.
func (m *Memory) Notes() []string { return m.notes }

// Before gives what the newest earlier compose wrote down of a step, nil where
// there is nothing.
func (m *Memory) Before(step string) *Record {
	m.read.Do(m.readOlder)
	return m.last[step]
}

// Found are the records with a fingerprint whose files are all there, those of
// this compose first.
func (m *Memory) Found(print Fingerprint) []*Record {
	m.read.Do(m.readOlder)
	var out []*Record
	if rec := m.own[print.Sum]; rec != nil && m.whole(rec) {
		return []*Record{rec}
	}
	for _, rec := range m.found[print.Sum] {
		if m.whole(rec) {
			out = append(out, rec)
		}
	}
	return out
}

// whole says whether the files of a record are as they were. Where the machine
// was started since, sizes and times do not tell whether their content has
// reached the disk.
func (m *Memory) whole(r *Record) bool {
	for _, root := range r.Roots {
		if !root.there(r.top) {
			return false
		}
		if (r.Boot == "" || r.Boot != m.journal.boot) && !root.same(r.top) {
			return false
		}
	}
	return true
}

// Origin names the compose that has the record.
func (r *Record) Origin() string { return filepath.Base(r.top) }

// inside stands for the folder of the compose in results that are kept.
const inside = `"\u0000top`

// Decode reads the result of a record, as if it had been made in the compose
// in top.
func (r *Record) Decode(top string, to any) error {
	return json.Unmarshal(bytes.ReplaceAll(r.Result, []byte(inside+"/"), []byte(quoted(top)+"/")), to)
}

// quoted begins a JSON string with a text.
func quoted(s string) string {
	b, _ := json.Marshal(s) // a string always can be
	return string(b[:len(b)-1])
}

// Take brings the files of a record to the paths that its result has now, one
// for each root, in order.
func (r *Record) Take(ctx context.Context, paths []string) error {
	if len(paths) != len(r.Roots) {
		return fmt.Errorf("%d files, where the earlier result has %d", len(paths), len(r.Roots))
	}
	for i, root := range r.Roots {
		if filepath.Join(r.top, root.Path) == paths[i] {
			continue
		}
		if err := root.link(ctx, r.top, paths[i]); err != nil {
			return err
		}
	}
	return nil
}

// Note writes down what a step of this compose made: its result, plain data as
// JSON, and the files and folders that it stands for, below the compose.
func (m *Memory) Note(step string, print Fingerprint, result any, paths []string) error {
	text, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("writing the result down: %w", err)
	}
	if bytes.Contains(text, []byte(inside)) {
		return errors.New("writing the result down: a zero byte in a text")
	}
	rec := &Record{Step: step, Print: print}
	rec.Result = bytes.ReplaceAll(text, []byte(quoted(m.journal.top)+"/"), []byte(inside+"/"))
	for _, path := range paths {
		root, err := rootOf(m.journal.top, path)
		if err != nil {
			return fmt.Errorf("writing the result down: %w", err)
		}
		rec.Roots = append(rec.Roots, root)
	}
	return m.journal.add(rec)
}
