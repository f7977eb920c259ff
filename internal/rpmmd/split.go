package rpmmd

import (
	"bytes"
	"io"
)

// Splitter cuts a primary.xml, filelists.xml or other.xml into documents of
// their own, so that several goroutines can read one file. It looks for the
// ends of packages only: where a file has that text within a comment or an
// attribute, reading the pieces fails although the file is sound. Whoever
// gets an error of a piece reads the file again as a whole.
type Splitter struct {
	r    io.Reader
	size int
	head []byte // what stands before the first package
	tail []byte // ends the root element
	rest []byte // read, but not given yet
	err  error  // of r
	last bool   // all was given
}

const packageEnd = "</package>"

// NewSplitter cuts what r gives into pieces of about size bytes.
func NewSplitter(r io.Reader, size int) *Splitter { return &Splitter{r: r, size: size} }

// Next gives the next piece, which belongs to the caller; io.EOF at the end.
func (s *Splitter) Next() ([]byte, error) {
	if s.last {
		return nil, io.EOF
	}
	piece := append(make([]byte, 0, len(s.head)+len(s.rest)+s.size+len(s.tail)), s.head...)
	piece = append(piece, s.rest...)
	s.rest = s.rest[:0]
	for want := len(piece) + s.size; s.err == nil; want += s.size {
		piece = s.fill(piece, want)
		if s.head == nil {
			s.begin(piece)
		}
		if cut := s.cut(piece); cut > 0 && s.err == nil {
			s.rest = append(s.rest, piece[cut:]...)
			return append(piece[:cut], s.tail...), nil
		}
		if len(piece) > maxPiece {
			break
		}
	}
	s.last = true
	switch {
	case len(piece) > maxPiece:
		return nil, ErrTooLong{maxPiece}
	case s.err != io.EOF:
		return nil, s.err
	}
	return piece, nil
}

// maxPiece bounds what lies between the ends of two packages.
const maxPiece = 1 << 30

func (s *Splitter) fill(piece []byte, want int) []byte {
	for len(piece) < want && s.err == nil {
		if len(piece) == cap(piece) {
			piece = append(piece, 0)[:len(piece)]
		}
		var n int
		n, s.err = s.r.Read(piece[len(piece):min(want, cap(piece))])
		piece = piece[:len(piece)+n]
	}
	return piece
}

// begin finds the head. What is no head here leaves the file in one piece.
func (s *Splitter) begin(piece []byte) {
	s.head = []byte{}
	i := bytes.Index(piece, []byte("<package "))
	if i < 0 {
		return
	}
	open := bytes.LastIndexByte(piece[:i], '<')
	if open < 0 {
		return
	}
	name := piece[open+1 : i]
	if n := bytes.IndexAny(name, " \t\r\n/>"); n > 0 {
		s.head = bytes.Clone(piece[:i])
		s.tail = append(append([]byte("</"), name[:n]...), '>')
	}
}

// cut gives the end of the last package in the piece, 0 for none.
func (s *Splitter) cut(piece []byte) int {
	if s.tail == nil {
		return 0
	}
	i := bytes.LastIndex(piece[len(s.head):], []byte(packageEnd))
	if i < 0 {
		return 0
	}
	return len(s.head) + i + len(packageEnd)
}
