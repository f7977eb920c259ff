package rpmmd

import (
	"context"
	"io"
	"strconv"

	"compose/internal/rpm"
)

// FileKind is what filelists.xml says about a path.
type FileKind byte

// The kinds of paths.
const (
	RegularFile FileKind = iota // anything that is shipped and no directory
	Directory
	Ghost // owned but not shipped
)

// ReadFilelists reads a filelists.xml as a stream and calls fn for each path,
// with the checksum that identifies the package in primary.xml. pkgid is one
// string for all paths of a package; path is valid during the call only. An
// error of fn ends the reading and is returned as it is.
func ReadFilelists(ctx context.Context, r io.Reader, fn func(pkgid string, path []byte, kind FileKind) error) error {
	s := newScanner(r)
	return eachPackage(ctx, s, "filelists", func() error {
		pkgid, err := s.pkgid()
		if err != nil {
			return err
		}
		for {
			name, err := s.child()
			if err != nil || name == nil {
				return err
			}
			if string(name) != "file" {
				err = s.skip()
			} else {
				err = s.listed(pkgid, fn)
			}
			if err != nil {
				return err
			}
		}
	})
}

func (s *scanner) listed(pkgid string, fn func(string, []byte, FileKind) error) error {
	kind := RegularFile
	switch string(s.attr("type")) {
	case "dir":
		kind = Directory
	case "ghost":
		kind = Ghost
	}
	path, err := s.content()
	if err != nil {
		return err
	}
	return fn(pkgid, path, kind)
}

// ReadOther reads an other.xml as a stream and calls fn for each package with
// its changelog in the order of the file (createrepo_c: oldest first). An
// error of fn ends the reading and is returned as it is.
func ReadOther(ctx context.Context, r io.Reader, fn func(pkgid string, log []rpm.Changelog) error) error {
	s := newScanner(r)
	return eachPackage(ctx, s, "otherdata", func() error {
		pkgid, err := s.pkgid()
		if err != nil {
			return err
		}
		log, err := s.changelogs()
		if err != nil {
			return err
		}
		return fn(pkgid, log)
	})
}

func (s *scanner) changelogs() (log []rpm.Changelog, err error) {
	kept := 0
	for {
		name, err := s.child()
		if err != nil || name == nil {
			return log, err
		}
		if string(name) != "changelog" {
			if err := s.skip(); err != nil {
				return nil, err
			}
			continue
		}
		c, err := s.changelog()
		if err != nil {
			return nil, err
		}
		if kept += len(c.Author) + len(c.Text) + 64; kept > maxPackageText {
			return nil, s.fail("a changelog of more than %d bytes", maxPackageText)
		}
		log = append(log, c)
	}
}

func (s *scanner) changelog() (c rpm.Changelog, err error) {
	author, err := s.value("author")
	if err != nil {
		return c, err
	}
	c.Author = string(author)
	if date := s.attr("date"); date != nil {
		if c.Time, err = strconv.ParseInt(string(date), 10, 64); err != nil {
			return c, s.fail("date=%.40q is not a number", date)
		}
	}
	text, err := s.content()
	c.Text = string(text)
	return c, err
}

func (s *scanner) pkgid() (string, error) {
	id, err := s.value("pkgid")
	if err != nil {
		return "", err
	}
	if len(id) == 0 || len(id) > 128 {
		return "", s.fail("a package without a pkgid")
	}
	return string(id), nil
}
