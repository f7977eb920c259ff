package rpmmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// The bounds of a scanner. A metadata file of any size is read within them.
const (
	firstBuffer = 64 << 10
	maxToken    = 8 << 20 // a tag with its attributes, or one run of text
	maxDepth    = 64
	maxAttrs    = 256
)

var errTruncated = errors.New("unexpected end of file")

// scanner reads XML as a tree that the caller walks element by element. It
// knows what metadata files contain (namespaces by prefix, comments, CDATA,
// processing instructions, character references) and refuses document types
// with declarations and entities other than the five of XML itself, so
// nothing grows beyond what is in the file. It checks that tags match.
//
// Elements go by their local names: rpm:entry is "entry".
type scanner struct {
	r     io.Reader
	buf   []byte
	pos   int // of the next byte
	end   int // of the bytes read
	tag   int // of the start tag that was opened last
	err   error
	lines int // newlines in what the buffer held before

	attrs  []attribute
	empty  bool   // the element just opened closes itself
	names  []byte // names of the open elements, one after the other
	starts []int  // where each begins in names
	text   []byte // scratch of text
}

// attribute is in the scanner's buffer, valid until the scanner moves on.
type attribute struct{ name, value []byte }

func newScanner(r io.Reader) *scanner {
	return &scanner{r: r, buf: make([]byte, firstBuffer)}
}

// fail adds the line to an error.
func (s *scanner) fail(format string, args ...any) error {
	line := 1 + s.lines + bytes.Count(s.buf[:min(s.pos, s.end)], []byte{'\n'})
	return fmt.Errorf("line %d: %w", line, fmt.Errorf(format, args...))
}

// fill reads more bytes behind those from keep on, which move to the front.
func (s *scanner) fill(keep int) error {
	if s.err != nil {
		return s.eof()
	}
	s.lines += bytes.Count(s.buf[:keep], []byte{'\n'})
	if s.end-keep == len(s.buf) {
		if len(s.buf) >= maxToken {
			return s.fail("a tag or text of more than %d bytes", maxToken)
		}
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	s.end = copy(s.buf, s.buf[keep:s.end])
	s.pos -= keep
	before := s.end
	for s.end < len(s.buf) && s.err == nil {
		var n int
		n, s.err = s.r.Read(s.buf[s.end:])
		s.end += n
	}
	if s.end == before {
		return s.eof()
	}
	return nil
}

func (s *scanner) eof() error {
	if s.err == io.EOF {
		return s.fail("%w", errTruncated)
	}
	return s.fail("%w", s.err)
}

// find gives the distance from pos to the next sep that is at least from
// bytes away, reading on as needed. All bytes from pos on are kept.
func (s *scanner) find(sep string, from int) (int, error) {
	for {
		if s.pos+from < s.end {
			if i := bytes.Index(s.buf[s.pos+from:s.end], []byte(sep)); i >= 0 {
				return from + i, nil
			}
			from = max(from, s.end-s.pos-len(sep)+1)
		}
		if err := s.fill(s.pos); err != nil {
			return 0, err
		}
	}
}

// skipPast drops everything up to and with sep, however long.
func (s *scanner) skipPast(sep string) error {
	for {
		if i := bytes.Index(s.buf[s.pos:s.end], []byte(sep)); i >= 0 {
			s.pos += i + len(sep)
			return nil
		}
		s.pos = max(s.pos, s.end-len(sep)+1)
		if err := s.fill(s.pos); err != nil {
			return err
		}
	}
}

// peek makes n bytes available at pos.
func (s *scanner) peek(n int) ([]byte, error) {
	for s.end-s.pos < n {
		if err := s.fill(s.pos); err != nil {
			return nil, err
		}
	}
	return s.buf[s.pos : s.pos+n], nil
}

// markup says what begins at a "<".
type markup int

const (
	startTag markup = iota
	endTag
	cdata
	other // a comment or an instruction, already skipped
)

// next looks at the markup at pos, which is at a "<".
func (s *scanner) next() (markup, error) {
	b, err := s.peek(2)
	if err != nil {
		return 0, err
	}
	switch b[1] {
	case '/':
		return endTag, nil
	case '?':
		return other, s.instruction()
	case '!':
		return s.declaration()
	}
	return startTag, nil
}

func (s *scanner) declaration() (markup, error) {
	b, err := s.peek(9)
	if err != nil {
		return 0, err
	}
	switch {
	case bytes.HasPrefix(b, []byte("<!--")):
		s.pos += 4
		return other, s.skipPast("-->")
	case bytes.Equal(b, []byte("<![CDATA[")):
		return cdata, nil
	case bytes.Equal(b, []byte("<!DOCTYPE")) && len(s.starts) == 0:
		return other, s.doctype()
	}
	return 0, s.fail("unexpected %q", b)
}

// doctype skips a document type that only names a DTD.
func (s *scanner) doctype() error {
	n, err := s.find(">", 0)
	if err != nil {
		return err
	}
	if bytes.IndexByte(s.buf[s.pos:s.pos+n], '[') >= 0 {
		return s.fail("a document type with declarations is not accepted")
	}
	s.pos += n + 1
	return nil
}

// instruction skips <?...?>, but looks at the encoding of <?xml ...?>.
func (s *scanner) instruction() error {
	n, err := s.find("?>", 2)
	if err != nil {
		return err
	}
	b := s.buf[s.pos : s.pos+n]
	s.pos += n + 2
	if !bytes.HasPrefix(b, []byte("<?xml ")) {
		return nil
	}
	_, enc, ok := bytes.Cut(b, []byte("encoding="))
	if !ok || len(enc) < 2 {
		return nil
	}
	enc, _, _ = bytes.Cut(enc[1:], enc[:1])
	switch string(bytes.ToUpper(enc)) {
	case "UTF-8", "UTF8", "US-ASCII", "ASCII":
		return nil
	}
	return s.fail("encoding %q is not supported", enc)
}
