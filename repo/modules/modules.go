// Package modules reads and merges the modular metadata of repositories: the
// YAML documents of modulemd, its defaults, obsoletes and translations.
//
// Documents keep the text that they came with, but for defaults that had to
// be put together. The package knows what identifies a document; what it
// means to a solver it does not.
package modules

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Kind is what a document says it is.
type Kind string

// The kinds of documents, in the order in which those of one module are
// written. Any other kind is kept too, and comes last.
const (
	Defaults     Kind = "modulemd-defaults"
	Stream       Kind = "modulemd"
	Obsoletes    Kind = "modulemd-obsoletes"
	Translations Kind = "modulemd-translations"
)

// Document is one document of a modules.yaml.
type Document struct {
	Kind Kind
	// Module is the name of the module; a stream of old form may have none.
	Module  string
	Stream  string
	Version uint64 // of a stream
	Context string // of a stream or obsoletes
	Arch    string // of a stream
	// Modified is when defaults, obsoletes or translations were changed, as
	// the document writes it: a number or a date, which sort as text.
	Modified string
	// Text is the document as it came, without the markers around it.
	Text string
}

// Index is the documents of one modules.yaml or of several.
type Index struct{ Documents []Document }

// The bounds of what Read accepts.
const (
	maxFile     = 256 << 20
	maxDocument = 8 << 20
)

// Read takes a modules.yaml apart. name is what errors call it; they give
// the line at which the document begins.
func Read(data []byte, name string) (*Index, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: more than %d bytes", name, maxFile)
	}
	x := &Index{}
	for _, part := range split(data) {
		if len(part.text) > maxDocument {
			return nil, fmt.Errorf("%s:%d: a document of more than %d bytes", name, part.line, maxDocument)
		}
		d, err := parse(part.text)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, part.line, err)
		}
		if d != nil {
			x.Documents = append(x.Documents, *d)
		}
	}
	return x, nil
}

// part is the text between two markers.
type part struct {
	text string
	line int
}

// split cuts at the markers "---" and "...", which YAML allows nowhere else
// at the start of a line.
func split(data []byte) (out []part) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	var text strings.Builder
	begun := 1
	end := func(next int) {
		if strings.TrimSpace(text.String()) != "" {
			out = append(out, part{text.String(), begun})
		}
		text.Reset()
		begun = next
	}
	line := 0
	for l := range bytes.Lines(data) {
		line++
		switch rest, marker := cutMarker(l); {
		case marker == "":
			text.Write(l)
		case marker == "---" && len(bytes.TrimSpace(rest)) > 0: // content on the line of the marker
			end(line)
			text.Write(bytes.TrimLeft(rest, " \t"))
		default:
			end(line + 1)
		}
	}
	end(0)
	return out
}

func cutMarker(l []byte) (rest []byte, marker string) {
	for _, m := range []string{"---", "..."} {
		if rest, ok := bytes.CutPrefix(l, []byte(m)); ok && (len(rest) == 0 || strings.IndexByte(" \t\r\n", rest[0]) >= 0) {
			return rest, m
		}
	}
	return nil, ""
}

// head is what identifies a document. Scalars are strings: a stream 1.10 is
// no number.
type head struct {
	Document string
	Data     struct {
		Name, Module, Stream, Version, Context, Arch, Modified string
	}
}

// parse reads what identifies a document; nil for one that is all comments.
func parse(text string) (*Document, error) {
	if onlyComments(text) {
		return nil, nil
	}
	var h head
	if err := decode(text, &h); err != nil {
		return nil, err
	}
	d := &Document{Kind: Kind(h.Document), Stream: h.Data.Stream, Context: h.Data.Context, Arch: h.Data.Arch, Modified: h.Data.Modified, Text: text}
	d.Module = cmp.Or(h.Data.Module, h.Data.Name)
	switch {
	case d.Kind == "":
		return nil, errors.New("no key document")
	case d.Module == "" && d.Kind != Stream:
		return nil, fmt.Errorf("document %.40q without a module", d.Kind)
	case h.Data.Version == "":
	default:
		var err error
		if d.Version, err = strconv.ParseUint(h.Data.Version, 10, 64); err != nil {
			return nil, fmt.Errorf("version %.40q is not a number", h.Data.Version)
		}
	}
	return d, nil
}

func onlyComments(text string) bool {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' && line[0] != '%' {
			return false
		}
	}
	return true
}

// decode is yaml.Unmarshal whose errors are one line.
func decode(text string, v any) error {
	err := yaml.Unmarshal([]byte(text), v)
	if err == nil {
		return nil
	}
	return errors.New(strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "yaml: ")), " "))
}

// key tells documents apart: two of one key are the same thing.
type key struct {
	kind                              Kind
	module, stream                    string
	version                           uint64
	context, arch, modified, anything string
}

func (d *Document) key() key {
	k := key{kind: d.Kind, module: d.Module}
	switch d.Kind {
	case Defaults:
	case Stream:
		k.stream, k.version, k.context, k.arch = d.Stream, d.Version, d.Context, d.Arch
		if d.Module == "" || d.Stream == "" {
			k.anything = d.Text
		}
	case Obsoletes:
		k.stream, k.context, k.modified = d.Stream, d.Context, d.Modified
	case Translations:
		k.stream = d.Stream
	default:
		k.anything = d.Text
	}
	return k
}

// YAML gives the documents as one file: by module, the defaults of each
// first, then its streams, obsoletes and translations in the order of stream,
// version and context.
func (x *Index) YAML() []byte {
	docs := slices.Clone(x.Documents)
	slices.SortStableFunc(docs, func(a, b Document) int {
		return cmp.Or(cmp.Compare(a.Module, b.Module), cmp.Compare(a.Kind.rank(), b.Kind.rank()),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.Version, b.Version),
			cmp.Compare(a.Context, b.Context), cmp.Compare(a.Arch, b.Arch), cmp.Compare(a.Modified, b.Modified))
	})
	var out []byte
	for _, d := range docs {
		out = append(out, "---\n"...)
		out = append(out, d.Text...)
		if !strings.HasSuffix(d.Text, "\n") {
			out = append(out, '\n')
		}
		out = append(out, "...\n"...)
	}
	return out
}

func (k Kind) rank() int {
	if i := slices.Index([]Kind{Defaults, Stream, Obsoletes, Translations}, k); i >= 0 {
		return i
	}
	return 9
}
