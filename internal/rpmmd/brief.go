package rpmmd

import (
	"bytes"
	"context"
	"strconv"

	"compose/internal/rpm"
)

// BriefSink takes what ReadBrief reads, package by package: dependencies and
// files first. All bytes are valid during the call only.
type BriefSink interface {
	// Dep adds a dependency; evr is empty where no version is named.
	Dep(list string, name []byte, sense rpm.Sense, evr []byte)
	File(path []byte)
	// Package ends the package. An error ends the reading.
	Package(p *Brief) error
}

// Brief is what identifies a package.
type Brief struct {
	Name, Version, Release, Arch []byte
	Epoch                        uint32
	Sum                          []byte // hexadecimal digits
}

// ReadBrief reads a primary.xml, or a piece of one, that is in memory: only
// what dependencies are checked with, much faster than ReadPrimary, and only
// in the form in which createrepo_c and this program write it. It gives
// false where what it looks at has another form; then nothing that it passed
// on counts, and ReadPrimary is to be asked. What it passes on otherwise is
// what ReadPrimary gives. Faults in what it passes over it does not see.
//
// The lists are provides, requires, conflicts, obsoletes, recommends,
// suggests, supplements and enhances.
func ReadBrief(ctx context.Context, doc []byte, to BriefSink) (bool, error) {
	r := briefReader{doc: doc, to: to}
	for n := 0; r.next(); n++ {
		if n%(checkEvery*32) == 0 && ctx.Err() != nil {
			return false, ctx.Err()
		}
	}
	return !r.odd && r.done && r.err == nil && len(bytes.TrimSpace(doc[r.pos:])) == 0, r.err
}

// briefReader walks over the tags of a document.
type briefReader struct {
	doc   []byte
	pos   int
	to    BriefSink
	open  [8][]byte // the names of the open elements, with prefixes
	depth int       // how many there are
	done  bool      // the root was closed
	odd   bool      // of another form
	err   error

	pkg  Brief
	has  int    // bits: what of pkg was read
	list string // the open list of dependencies
	in   bool   // in <format>
	evr  []byte // scratch
	text []byte // scratch
	name []byte // scratch
}

// The depths of elements: metadata, package, its parts, lists and files, entries.
const (
	atPackage = 1
	atPart    = 2
	atList    = 3
	atEntry   = 4
)

// next reads one tag with the text behind it.
func (r *briefReader) next() bool {
	i := bytes.IndexByte(r.doc[r.pos:], '<')
	if i < 0 || r.odd || r.err != nil {
		return false
	}
	if r.depth == 0 && len(bytes.TrimSpace(r.doc[r.pos:r.pos+i])) > 0 {
		return r.isOdd()
	}
	r.pos += i + 1
	if r.pos == len(r.doc) {
		return r.isOdd()
	}
	switch r.doc[r.pos] {
	case '/':
		return r.end()
	case '!':
		return r.isOdd()
	case '?':
		const decl = `?xml version="1.0" encoding="UTF-8"?>`
		if r.pos > 1 || !bytes.HasPrefix(r.doc[r.pos:], []byte(decl)) {
			return r.isOdd()
		}
		r.pos += len(decl)
		return true
	}
	return r.start()
}

func (r *briefReader) isOdd() bool { r.odd = true; return false }

// end reads an end tag.
func (r *briefReader) end() bool {
	if r.depth == 0 {
		return r.isOdd()
	}
	r.depth--
	name, rest := r.open[r.depth], r.doc[r.pos+1:]
	if len(rest) <= len(name) || string(rest[:len(name)]) != string(name) || rest[len(name)] != '>' {
		return r.isOdd()
	}
	r.pos += len(name) + 2
	switch r.depth {
	case 0:
		r.done = true
	case atPackage:
		if string(name) != "package" {
			return true
		}
		if r.has != hasAll {
			return r.isOdd()
		}
		r.err = r.to.Package(&r.pkg)
	case atPart:
		r.in = false
	case atList:
		r.list = ""
	}
	return true
}

// What of a package must have been read.
const (
	hasName = 1 << iota
	hasArch
	hasVersion
	hasSum

	hasAll = hasName | hasArch | hasVersion | hasSum
)

// start reads a start tag and, where it matters, its attributes and text.
func (r *briefReader) start() bool {
	n := 0
	for rest := r.doc[r.pos:]; n < len(rest) && !nameEnds[rest[n]]; n++ {
	}
	if r.depth == len(r.open) || r.done {
		return r.isOdd()
	}
	r.open[r.depth] = r.doc[r.pos : r.pos+n]
	name := local(r.open[r.depth])
	r.pos += n
	r.depth++
	switch r.depth - 1 {
	case 0:
		if string(name) != "metadata" {
			return r.isOdd()
		}
	case atPackage:
		if string(r.open[1]) == "package" && !r.openPackage() {
			return false
		}
	case atPart:
		return r.part(name)
	case atList:
		if r.in {
			return r.listed(name)
		}
	case atEntry:
		if r.list != "" && string(name) == "entry" {
			return r.entry()
		}
	}
	return r.close()
}

// close goes to the end of the tag, whose attributes do not matter.
func (r *briefReader) close() bool {
	i := bytes.IndexByte(r.doc[r.pos:], '>')
	if i < 0 {
		return r.isOdd()
	}
	r.pos += i + 1
	if r.doc[r.pos-2] == '/' {
		r.depth--
	}
	return true
}

func (r *briefReader) openPackage() bool {
	if !bytes.HasPrefix(r.doc[r.pos:], []byte(` type="rpm">`)) {
		return r.isOdd()
	}
	r.pkg, r.has = Brief{}, 0
	return true
}

// part reads an element of a package.
func (r *briefReader) part(name []byte) bool {
	switch string(name) {
	case "name":
		r.pkg.Name, r.has = r.word(), r.has|hasName
	case "arch":
		r.pkg.Arch, r.has = r.word(), r.has|hasArch
	case "checksum":
		return r.checksum()
	case "version":
		return r.version()
	case "format":
		r.in = true
		return r.close()
	default:
		return r.close()
	}
	return !r.odd
}

// content reads the text of the open element and its end.
func (r *briefReader) content() []byte {
	rest := r.doc[r.pos:]
	i := bytes.IndexByte(rest, '<')
	if len(rest) == 0 || rest[0] != '>' || i < 0 || i+1 == len(rest) || rest[i+1] != '/' {
		r.isOdd()
		return nil
	}
	r.pos += i
	return r.plain(rest[1:i], &r.text)
}

// word reads a text that is part of a name.
func (r *briefReader) word() []byte { return r.checkWord(r.content()) }

func (r *briefReader) checkWord(b []byte) []byte {
	if len(b) == 0 || len(b) > 1024 || b[0] == '.' && len(b) < 3 {
		r.isOdd()
	}
	for _, c := range b {
		if c <= ' ' || c >= 0x7f || c == '/' || c == '\\' || c == '&' {
			r.isOdd()
		}
	}
	return b
}

func (r *briefReader) checksum() bool {
	a := attrs{r: r}
	var typ []byte
	for a.next() {
		if string(a.name) == "type" {
			typ = a.value
		}
	}
	if r.odd || a.empty {
		return r.isOdd()
	}
	r.pos--
	hex := r.content()
	length := 0
	switch string(typ) {
	case "sha256":
		length = 64
	case "sha512":
		length = 128
	case "sha1", "sha":
		length = 40
	}
	if len(hex) != length || length == 0 {
		return r.isOdd()
	}
	for _, c := range hex {
		if c-'0' > 9 && c-'a' > 'f'-'a' {
			return r.isOdd()
		}
	}
	r.pkg.Sum, r.has = hex, r.has|hasSum
	return !r.odd
}

func (r *briefReader) version() bool {
	a := attrs{r: r}
	for a.next() {
		switch string(a.name) {
		case "epoch":
			n, err := strconv.ParseUint(string(a.value), 10, 32)
			if err != nil {
				return r.isOdd()
			}
			r.pkg.Epoch = uint32(n)
		case "ver":
			r.pkg.Version = r.checkWord(a.value)
		case "rel":
			r.pkg.Release = r.checkWord(a.value)
		}
	}
	if r.pkg.Version == nil || r.pkg.Release == nil {
		return r.isOdd()
	}
	r.has |= hasVersion
	return r.closed(&a)
}

// closed ends a start tag whose attributes were read.
func (r *briefReader) closed(a *attrs) bool {
	if a.empty {
		r.depth--
	}
	return !r.odd
}

// listed reads an element of <format>.
func (r *briefReader) listed(name []byte) bool {
	switch string(name) {
	case "file":
		r.pos += max(0, bytes.IndexByte(r.doc[r.pos:], '>'))
		r.to.File(r.content())
		return !r.odd
	case "provides", "requires", "conflicts", "obsoletes", "recommends", "suggests", "supplements", "enhances":
		r.list = listName(name)
	}
	if !r.close() {
		return false
	}
	if r.depth == atList {
		r.list = "" // it is empty
	}
	return true
}

// listName gives the name as a string that is there already.
func listName(name []byte) string {
	for _, s := range [...]string{"provides", "requires", "conflicts", "obsoletes", "recommends", "suggests", "supplements", "enhances"} {
		if s == string(name) {
			return s
		}
	}
	return ""
}

// entry reads a dependency.
func (r *briefReader) entry() bool {
	var name, flags, epoch, ver, rel []byte
	a := attrs{r: r}
	for a.next() {
		switch string(a.name) {
		case "name":
			name = r.plain(a.value, &r.name)
		case "flags":
			flags = a.value
		case "epoch":
			epoch = a.value
		case "ver":
			ver = a.value
		case "rel":
			rel = a.value
		}
	}
	sense, ok := senses[string(flags)]
	if !ok || len(name) == 0 {
		return r.isOdd()
	}
	evr := r.evr[:0]
	if sense != 0 {
		if len(epoch) > 0 && string(epoch) != "0" {
			evr = append(append(evr, epoch...), ':')
		}
		evr = append(evr, ver...)
		if len(rel) > 0 {
			evr = append(append(evr, '-'), rel...)
		}
		r.evr = evr
		if bytes.IndexByte(evr, '&') >= 0 {
			return r.isOdd()
		}
	}
	r.to.Dep(r.list, name, sense, evr)
	return r.closed(&a)
}

// senses are the flags of entries.
var senses = map[string]rpm.Sense{
	"": 0, "EQ": rpm.Equal, "LT": rpm.Less, "LE": rpm.Less | rpm.Equal, "GT": rpm.Greater, "GE": rpm.Greater | rpm.Equal,
}
