package rpmmd

import (
	"context"
	"io"
	"strconv"

	"compose/internal/rpm"
)

// Listed is one package of a filelists.xml or other.xml.
type Listed struct {
	ID         string // the checksum by which primary.xml knows the package
	Name, Arch string
	EVR        rpm.EVR
	Files      []rpm.File      // of filelists.xml; Mode says directory, Flags ghost
	Changelogs []rpm.Changelog // of other.xml, in its order: mostly oldest first

	// Of filelists-ext.xml: the digest of each of Files, "" for what has none,
	// and the type of all of them.
	FileDigests []string
	DigestType  string
}

// ReadListed reads a filelists.xml (kind Filelists), a filelists-ext.xml
// (FilelistsExt) or an other.xml (Other) as a stream and calls fn for each package in the order of the file; fn may
// keep what it gets. An error of fn ends the reading and is returned as it is.
func ReadListed(ctx context.Context, kind Kind, r io.Reader, fn func(Listed) error) error {
	p := primaryReader{scanner: newScanner(r), strings: intern{}}
	return eachPackage(ctx, p.scanner, kind.root(), func() error {
		l, err := p.listed()
		if err != nil {
			return err
		}
		return fn(l)
	})
}

func (p *primaryReader) listed() (l Listed, err error) {
	p.kept = 0
	if l.ID, err = p.pkgid(); err != nil {
		return l, err
	}
	if l.Name, err = p.keep(p.value("name")); err != nil {
		return l, err
	}
	if l.Arch, err = p.keep(p.value("arch")); err != nil {
		return l, err
	}
	for {
		name, err := p.child()
		if err != nil || name == nil {
			return l, err
		}
		if err := p.listedElement(&l, string(name)); err != nil {
			return l, err
		}
	}
}

func (p *primaryReader) listedElement(l *Listed, name string) error {
	switch name {
	case "version":
		var pkg rpm.Package
		if err := p.version(&pkg); err != nil {
			return err
		}
		l.EVR = pkg.EVR()
	case "file":
		return p.listedFile(l)
	case "checksum":
		l.DigestType = string(p.attr("type"))
	case "changelog":
		c, err := p.changelog()
		if err != nil {
			return err
		}
		if p.kept += len(c.Author) + len(c.Text) + 64; p.kept > maxPackageText {
			return p.fail("a changelog of more than %d bytes", maxPackageText)
		}
		l.Changelogs = append(l.Changelogs, c)
		return nil
	}
	return p.skip()
}

// modeDir is S_IFDIR, modeFile S_IFREG.
const (
	modeDir  = 0o040000
	modeFile = 0o100000
)

func (p *primaryReader) listedFile(l *Listed) error {
	f := rpm.File{Mode: modeFile}
	switch string(p.attr("type")) {
	case "dir":
		f.Mode = modeDir
	case "ghost":
		f.Flags = rpm.FileGhost
	}
	digest := string(p.attr("hash"))
	path, err := p.content()
	if err != nil {
		return err
	}
	if digest != "" {
		l.FileDigests = append(l.FileDigests, make([]string, len(l.Files)-len(l.FileDigests))...)
		l.FileDigests = append(l.FileDigests, digest)
	}
	if p.kept += len(path) + len(digest) + 32; p.kept > maxPackageText {
		return p.fail("a package of more than %d bytes", maxPackageText)
	}
	f.Path = string(path)
	l.Files = append(l.Files, f)
	return nil
}

// root gives the name of the root element.
func (k Kind) root() string {
	return [...]string{"metadata", "filelists", "otherdata", "filelists-ext"}[k]
}

// ReadCount reads how many packages a primary.xml, filelists.xml or
// other.xml says it has; ok is false when it does not say.
func ReadCount(kind Kind, r io.Reader) (n int64, ok bool, err error) {
	s := newScanner(r)
	if err := s.root(kind.root()); err != nil {
		return 0, false, err
	}
	text := s.attr("packages")
	if text == nil {
		return 0, false, nil
	}
	n, err = strconv.ParseInt(string(text), 10, 64)
	if err != nil || n < 0 {
		return 0, false, s.fail("packages=%.40q is not a number", text)
	}
	return n, true, nil
}
