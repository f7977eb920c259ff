package reuse

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Record is what a step made.
type Record struct {
	Step   string          `json:"step"`
	Print  Fingerprint     `json:"print"`
	Result json.RawMessage `json:"result"`
	// Roots are the files and folders that the result stands for.
	Roots []Root `json:"roots,omitempty"`
	// Boot is the start of the machine that the record was written in: of what
	// was not on disk when it went down, parts may be lost.
	Boot string `json:"boot,omitempty"`

	top string // folder of the compose that has it
}

// Root is a file, or a folder with all that is in it.
type Root struct {
	Path  string `json:"path"` // below the compose
	Dir   bool   `json:"dir,omitempty"`
	Files []File `json:"files"`
}

// File is a file of a root as it was when the step ended.
type File struct {
	Path  string `json:"path,omitempty"` // below the root; empty for a root that is a file
	Size  int64  `json:"size"`
	MTime int64  `json:"mtime"` // nanoseconds
	Link  string `json:"link,omitempty"`
	// Sum is the SHA-256 of a file that need not have been on disk when the
	// record was written; larger ones were.
	Sum string `json:"sum,omitempty"`
}

// Journal takes the records of one compose. It is safe for concurrent use.
type Journal struct {
	top  string
	boot string
	mu   sync.Mutex
	file *os.File
}

// The bounds of a journal that is read.
const (
	maxJournal = 2 << 30
	maxLine    = 256 << 20
)

// JournalOf is where a compose keeps its journal.
func JournalOf(top string) string { return filepath.Join(top, JournalFile) }

// JournalFile is the journal by its path in the compose.
const JournalFile = "work/global/steps.jsonl"

// OpenJournal opens the journal of a compose for more records, with those that
// it has. What was torn at its end when it was written is cut off.
func OpenJournal(top string) (*Journal, []*Record, error) {
	if err := os.MkdirAll(filepath.Dir(JournalOf(top)), 0o755); err != nil {
		return nil, nil, err
	}
	f, err := os.OpenFile(JournalOf(top), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, nil, err
	}
	records, end, err := read(f, top)
	if err == nil {
		err = f.Truncate(end)
	}
	if err == nil {
		_, err = f.Seek(end, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return &Journal{top: top, boot: BootID(), file: f}, records, nil
}

// Close ends the journal.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.file.Close()
}

// ReadJournal gives the records of a compose; one without a journal has none.
func ReadJournal(top string) ([]*Record, error) {
	f, err := os.Open(JournalOf(top))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	records, _, err := read(f, top)
	return records, err
}

// read gives the records up to the first that is not whole, and where that
// begins.
func read(f *os.File, top string) (out []*Record, end int64, err error) {
	if fi, err := f.Stat(); err != nil || fi.Size() > maxJournal || !fi.Mode().IsRegular() {
		return nil, 0, errors.Join(err, fmt.Errorf("%s: no journal of at most %d bytes", f.Name(), maxJournal))
	}
	r := bufio.NewReaderSize(f, 1<<20)
	for {
		line, err := r.ReadBytes('\n')
		if err == io.EOF {
			return out, end, nil
		}
		if err != nil {
			return nil, 0, err
		}
		rec := recordOf(line)
		if rec == nil || len(line) > maxLine {
			return out, end, nil
		}
		rec.top = top
		out = append(out, rec)
		end += int64(len(line))
	}
}

// recordOf gives the record of a line, nil where the line is damaged.
func recordOf(line []byte) *Record {
	sum, text, ok := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
	if !ok || string(sum) != check(text) {
		return nil
	}
	rec := &Record{}
	if json.Unmarshal(text, rec) != nil || rec.Step == "" {
		return nil
	}
	for _, root := range rec.Roots {
		if !filepath.IsLocal(root.Path) {
			return nil
		}
		for _, f := range root.Files {
			if f.Path != "" && !filepath.IsLocal(f.Path) {
				return nil
			}
		}
	}
	return rec
}

func check(text []byte) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE(text)) }

// add writes a record. It counts from then on, also when the process is killed
// in the next moment.
func (j *Journal) add(rec *Record) error {
	rec.top, rec.Boot = j.top, j.boot
	text, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	line := append([]byte(check(text)+" "), text...)
	j.mu.Lock()
	defer j.mu.Unlock()
	_, err = j.file.Write(append(line, '\n'))
	return err
}

// BootID tells starts of the machine apart; "" where it does not say.
func BootID() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return string(bytes.TrimSpace(b))
}
