package rpmmd

import (
	"bytes"
	"errors"
	"io"
)

// RepomdEdit says what EditRepomd changes.
type RepomdEdit struct {
	// Drop says which entries are taken out.
	Drop func(RepomdData) bool
	// Add are new entries. They stand where the first one was taken out, or
	// at the end.
	Add []RepomdData
}

// EditRepomd changes entries of a repomd.xml and leaves every other byte as
// it is, also what this package does not know. It gives the new file and the
// entries that were taken out.
func EditRepomd(xml []byte, edit RepomdEdit) (out []byte, dropped []RepomdData, err error) {
	if _, err := ReadRepomd(bytes.NewReader(xml)); err != nil {
		return nil, nil, err
	}
	e := repomdEditor{scanner: &scanner{buf: xml, end: len(xml), err: io.EOF}, edit: edit, at: -1}
	if err := e.run(); err != nil {
		return nil, nil, err
	}
	out = append(out, xml[:e.at]...) // no cut is before it
	for _, d := range edit.Add {
		out = d.appendXML(out)
	}
	from := e.at
	for _, cut := range e.cuts {
		out = append(out, xml[from:cut.from]...)
		from = cut.to
	}
	return append(out, xml[from:]...), e.dropped, nil
}

// repomdEditor finds the places in a document that is wholly in the buffer,
// so that positions are offsets.
type repomdEditor struct {
	*scanner
	edit    RepomdEdit
	cuts    []span
	at      int // where new entries go
	dropped []RepomdData
}

type span struct{ from, to int }

func (e *repomdEditor) run() error {
	if err := e.root("repomd"); err != nil {
		return err
	}
	if e.empty || bytes.IndexByte(e.names, ':') >= 0 {
		return errors.New("repomd.xml is not written in a form that can be edited")
	}
	for {
		name, err := e.child()
		if err != nil {
			return err
		}
		if name == nil {
			break
		}
		start := e.tag
		if string(name) != "data" {
			err = e.skip()
		} else {
			err = e.data(start)
		}
		if err != nil {
			return err
		}
	}
	if e.at < 0 {
		e.at = lineStart(e.buf, bytes.LastIndex(e.buf[:e.pos], []byte("</")))
	}
	return nil
}

func (e *repomdEditor) data(start int) error {
	d, err := e.repomdData()
	if err != nil || e.edit.Drop == nil || !e.edit.Drop(d) {
		return err
	}
	from, to := lineStart(e.buf, start), e.pos
	if rest := e.buf[to:]; from < start || start == 0 || e.buf[start-1] == '\n' {
		to += len(rest) - len(bytes.TrimLeft(rest, " \t\r"))
		if to < len(e.buf) && e.buf[to] == '\n' {
			to++
		}
	}
	if e.at < 0 {
		e.at = from
	}
	e.cuts = append(e.cuts, span{from, to})
	e.dropped = append(e.dropped, d)
	return nil
}

// lineStart gives the start of the line of at when only blanks are between.
func lineStart(b []byte, at int) int {
	from := bytes.LastIndexByte(b[:at], '\n') + 1
	if blanks(b[from:at]) != at-from {
		return at
	}
	return from
}
