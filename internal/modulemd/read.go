package modulemd

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// The bounds of what Read accepts: of Fedora's and RHEL's files the largest
// has 9 MB, the largest document 400 kB and 15,000 values.
const (
	maxFile     = 64 << 20
	maxDocument = 1 << 20
	maxNodes    = 200_000
	maxDepth    = 50
	maxErrors   = 20
)

// Read takes a modules.yaml apart. name is what errors and notes call it; they
// give the line at which a document begins, and come all at once.
//
// Documents of modulemd versions 1 and 2, and of version 1 of defaults,
// obsoletes and translations are read. Of two that are about the same thing
// libmodulemd's rules decide, as Merge has them. Documents of other kinds, such as
// modulemd-packager, are left out with a note, as libmodulemd does.
func Read(data []byte, name string) (*Index, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("reading %s: more than %d MiB", name, maxFile>>20)
	}
	m := newMerger()
	var faults []error
	for part := range split(data) {
		err := m.read(part)
		if err == nil {
			continue
		}
		faults = append(faults, fmt.Errorf("reading %s:%d: %w", name, part.line, err))
		if len(faults) == maxErrors {
			break
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	for i, n := range m.notes {
		m.notes[i] = name + ": " + n
	}
	return m.index(), nil
}

// read takes in one document.
func (m *merger) read(p part) error {
	if len(p.text) > maxDocument {
		return fmt.Errorf("a document of more than %d MiB", maxDocument>>20)
	}
	root, err := parse(p.text)
	if err != nil || root == nil {
		return err
	}
	h := head{text(field(root, "document")), text(field(root, "version"))}
	read, known := readers[h]
	switch {
	case known:
		return read(m, root)
	case h.kind == "":
		return errors.New(`no key "document": not the metadata of a module`)
	case knownKind(h.kind):
		return fmt.Errorf("%s of version %.20q is not known", h.kind, h.version)
	}
	m.note("a document %.40q in line %d is left out: it has no place in a repository", h.kind, p.line)
	return nil
}

// head says what a document is.
type head struct{ kind, version string }

var readers = map[head]func(*merger, *node) error{
	{"modulemd", "1"}:              (*merger).readStream,
	{"modulemd", "2"}:              (*merger).readStream,
	{"modulemd-defaults", "1"}:     (*merger).readDefaults,
	{"modulemd-obsoletes", "1"}:    (*merger).readObsolete,
	{"modulemd-translations", "1"}: (*merger).readTranslation,
}

func knownKind(kind string) bool {
	_, ok := readers[head{kind, "1"}]
	return ok
}

// part is the text between two markers, and the line where it begins.
type part struct {
	text string
	line int
}

// split cuts at the markers "---" and "...", which YAML allows nowhere else at
// the start of a line. Parts without content are left out.
func split(data []byte) func(yield func(part) bool) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	return func(yield func(part) bool) {
		var text strings.Builder
		begun, line := 1, 0
		end := func(next int) bool {
			p := part{text.String(), begun}
			text.Reset()
			begun = next
			return !hasContent(p.text) || yield(p)
		}
		for l := range bytes.Lines(data) {
			line++
			rest, marker := cutMarker(l)
			next := line + 1
			if marker && len(bytes.TrimSpace(rest)) > 0 {
				next = line
			}
			if marker && !end(next) {
				return
			}
			if next == line || !marker {
				text.Write(rest)
			}
		}
		end(0)
	}
}

// cutMarker gives what follows a marker, or the whole line.
func cutMarker(l []byte) (rest []byte, marker bool) {
	for _, m := range []string{"---", "..."} {
		if rest, ok := bytes.CutPrefix(l, []byte(m)); ok && (len(rest) == 0 || strings.IndexByte(" \t\r\n", rest[0]) >= 0) {
			return bytes.TrimLeft(rest, " \t"), true
		}
	}
	return l, false
}

// hasContent says whether a part is more than comments and directives.
func hasContent(text string) bool {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' && line[0] != '%' {
			return true
		}
	}
	return false
}
