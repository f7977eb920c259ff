// Package modulemd reads, merges and writes the metadata of module streams
// (modulemd, its defaults, obsoletes and translations), chooses streams, and
// says which packages belong to them.
//
// What it reads is hostile until checked here: size, depth, aliases and names
// are bounded. What it writes is canonical, in the order and the style of
// libmodulemd: documents that say the same have the same bytes. It knows no
// variants and no configuration.
package modulemd

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Index is the documents of one modules.yaml or of several, in the order in
// which they came. It is plain data and is not changed after it was made, so
// any number of goroutines may read it.
type Index struct {
	Streams      []*Stream
	Defaults     []*Defaults // one for each module
	Obsoletes    []*Obsolete
	Translations []*Translation
	// Notes tell of documents that were left out because they have no place
	// in the metadata of a repository.
	Notes []string
}

// ID identifies a build of a module stream.
type ID struct {
	Name, Stream string
	Version      uint64 // 0: none
	Context      string // empty in old documents
}

// String gives name:stream:version:context, without what is missing at the end.
func (id ID) String() string {
	s := id.NameStream()
	if id.Version != 0 || id.Context != "" {
		s += ":" + strconv.FormatUint(id.Version, 10)
	}
	if id.Context != "" {
		s += ":" + id.Context
	}
	return s
}

// NameStream gives name:stream.
func (id ID) NameStream() string { return id.Name + ":" + id.Stream }

func (id ID) compare(o ID) int {
	return cmp.Or(cmp.Compare(id.Name, o.Name), cmp.Compare(id.Stream, o.Stream),
		cmp.Compare(id.Version, o.Version), cmp.Compare(id.Context, o.Context))
}

// Stream is a document "modulemd": one build of a module stream for an
// architecture.
type Stream struct {
	ID
	// Arch is the architecture, empty in old documents.
	Arch string
	// StaticContext says that the packager chose the context.
	StaticContext bool
	// Requires are the modules it needs: one of the combinations.
	Requires []Requirements
	// Artifacts are the packages, as name-epoch:version-release.arch, sorted.
	Artifacts []string
	// Demodularized are names of packages that left the module: others of
	// that name stay visible beside it.
	Demodularized []string

	text string
}

// Requirements are the streams of each module that is needed: what the list
// names, what it does not name where the names have a "-" before them, or any
// for an empty list.
type Requirements map[string][]string

// Defaults is a document "modulemd-defaults": what a user gets who names no
// stream or no profile.
type Defaults struct {
	Module   string
	Stream   string // empty: there is no default stream
	Modified uint64 // YYYYMMDDHHMM; 0: unknown
	Profiles map[string][]string
	Intents  map[string]Intent

	text string
}

// Intent is the defaults of systems of one purpose.
type Intent struct {
	Stream   string
	Profiles map[string][]string
}

// Obsolete is a document "modulemd-obsoletes": a stream ends, or another one
// takes its place.
type Obsolete struct {
	Module, Stream string
	Context        string // empty: all
	Modified       string // YYYY-MM-DDTHH:MMZ

	text string
}

// Translation is a document "modulemd-translations".
type Translation struct {
	Module, Stream string
	Modified       uint64

	text string
}

// Modules gives the names of all modules that the documents speak of, sorted.
func (x *Index) Modules() []string {
	var names []string
	for _, d := range x.documents() {
		names = append(names, d.module)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// DefaultStream gives the default stream of a module, or "".
func (x *Index) DefaultStream(module string) string {
	for _, d := range x.Defaults {
		if d.Module == module {
			return d.Stream
		}
	}
	return ""
}

// Having gives the documents for a tree that has the given streams: these,
// and the defaults, obsoletes and translations of their modules.
func (x *Index) Having(streams []*Stream) *Index {
	modules := map[string]bool{}
	for _, s := range streams {
		modules[s.Name] = true
	}
	out := x.Only(func(module string) bool { return modules[module] })
	out.Streams = streams
	return out
}

// Only gives the documents of the modules that keep says yes to.
func (x *Index) Only(keep func(module string) bool) *Index {
	return &Index{
		Streams:      filter(x.Streams, func(s *Stream) bool { return keep(s.Name) }),
		Defaults:     filter(x.Defaults, func(d *Defaults) bool { return keep(d.Module) }),
		Obsoletes:    filter(x.Obsoletes, func(o *Obsolete) bool { return keep(o.Module) }),
		Translations: filter(x.Translations, func(t *Translation) bool { return keep(t.Module) }),
		Notes:        x.Notes,
	}
}

func filter[T any](list []T, keep func(T) bool) (out []T) {
	for _, e := range list {
		if keep(e) {
			out = append(out, e)
		}
	}
	return out
}

// document is what YAML orders documents by.
type document struct {
	module string
	rank   int
	id     ID
	more   string
	text   string
}

func (x *Index) documents() []document {
	var out []document
	for _, d := range x.Defaults {
		out = append(out, document{d.Module, 0, ID{}, "", d.text})
	}
	for _, o := range x.Obsoletes {
		out = append(out, document{o.Module, 1, ID{Stream: o.Stream, Context: o.Context}, o.Modified, o.text})
	}
	for _, t := range x.Translations {
		out = append(out, document{t.Module, 2, ID{Stream: t.Stream}, "", t.text})
	}
	for _, s := range x.Streams {
		out = append(out, document{s.Name, 3, s.ID, s.Arch, s.text})
	}
	return out
}

// YAML gives the documents as one file, by module as libmodulemd orders them:
// defaults, obsoletes, translations, and the streams by stream, version,
// context and architecture.
func (x *Index) YAML() []byte {
	docs := x.documents()
	slices.SortStableFunc(docs, func(a, b document) int {
		return cmp.Or(cmp.Compare(a.module, b.module), cmp.Compare(a.rank, b.rank), a.id.compare(b.id), cmp.Compare(a.more, b.more))
	})
	var out strings.Builder
	for _, d := range docs {
		out.WriteString("---\n")
		out.WriteString(d.text)
		out.WriteString("...\n")
	}
	return []byte(out.String())
}
