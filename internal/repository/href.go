package repository

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"strings"
	"unicode/utf8"

	"compose/internal/fetch"
	"compose/internal/rpm"
	"compose/internal/rpmmd"
)

// Location is where a package of a repository lies.
type Location struct {
	// Base is another base address than the repository's, or "".
	Base string
	// Href is the path below the base, as the metadata spells it.
	Href string
	// Local is the path of the file, when it is on this machine.
	Local string

	repo *Repository
}

// String gives the address, safe to show.
func (l *Location) String() string {
	switch {
	case l.Local != "":
		return l.Local
	case l.Base != "":
		return fetch.Redact(strings.TrimRight(l.Base, "/") + "/" + l.Href)
	}
	return l.repo.Name + "/" + l.Href
}

// Request asks for the whole file, of the size and checksum that the
// metadata states.
func (l *Location) Request(p *rpm.Package) fetch.Request {
	r := fetch.Request{Mirrors: l.repo.Mirrors, Path: l.Href, Size: p.Size, Sum: fetch.Digest(p.Sum)}
	if l.Base != "" {
		r.Mirrors = []string{l.Base}
	}
	return r
}

// Locate checks where a package is said to lie. xml:base may be a path below
// the repository or another address, but never leads from the network to
// this machine, or from https to http.
func (r *Repository) Locate(x *rpmmd.Entry) (*Location, error) {
	l := &Location{repo: r, Href: x.Href}
	if err := CheckHref(l.Href); err != nil {
		return nil, err
	}
	if err := CheckFileName(FileName(l.Href)); err != nil {
		return nil, err
	}
	dir := r.Dir
	switch {
	case x.Base == "":
	case !strings.Contains(x.Base, "://"):
		l.Href = strings.TrimRight(x.Base, "/") + "/" + l.Href
		if err := CheckHref(l.Href); err != nil {
			return nil, err
		}
	default:
		if err := r.checkBase(x.Base); err != nil {
			return nil, err
		}
		l.Base = x.Base
		dir, _ = fetch.LocalPath(x.Base)
	}
	if dir != "" {
		l.Local = LocalFile(dir, l.Href)
	}
	return l, nil
}

func (r *Repository) checkBase(base string) error {
	scheme, rest, _ := strings.Cut(base, "://")
	shown := fetch.Redact(base)
	switch {
	case scheme == "file" && r.Dir == "":
		return fmt.Errorf("base %.200q of a remote repository lies on this machine", shown)
	case scheme == "http" && strings.HasPrefix(r.Mirrors[0], "https:"):
		return fmt.Errorf("base %.200q leads from https to http", shown)
	case scheme != "file" && scheme != "http" && scheme != "https", climbs(rest), hasControl(base):
		return fmt.Errorf("base %.200q: not usable", shown)
	}
	if _, err := fetch.JoinURL(base, "x"); err != nil {
		return fmt.Errorf("base %.200q: not usable", shown)
	}
	return nil
}

var (
	errClimbs   = errors.New(`leads out of the repository`)
	errAbsolute = errors.New("is not a relative path")
	errOdd      = errors.New("has characters that no path has")
)

// CheckHref refuses an href that is anything but a path below its base,
// percent-encoded or not.
func CheckHref(s string) error {
	for _, t := range []string{s, unescape(s)} {
		var err error
		switch {
		case t == "" || t[0] == '/' || strings.Contains(t, "://"):
			err = errAbsolute
		case hasControl(t) || strings.ContainsRune(t, '\\'):
			err = errOdd
		case climbs(t):
			err = errClimbs
		default:
			continue
		}
		return fmt.Errorf("location %.200q %w", s, err)
	}
	return nil
}

// CheckFileName refuses a name that could lead out of a folder, or that a
// line-based file could not hold.
func CheckFileName(name string) error {
	switch {
	case name == "", name == ".", name == "..", strings.ContainsRune(name, '/'), len(name) > 255, hasControl(name), !utf8.ValidString(name):
		return fmt.Errorf("file name %.100q: not usable", name)
	}
	return nil
}

func climbs(s string) bool {
	for part := range strings.SplitSeq(s, "/") {
		if part == ".." {
			return true
		}
	}
	return false
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}

// FileName gives the name that a file gets in a folder.
func FileName(href string) string { return unescape(path.Base(href)) }

// unescape decodes percent escapes; a "%" that is none stands for itself.
func unescape(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

// LocalFile gives the path of an href in a folder. Metadata is written with
// plain names; where there is no such file, with percent escapes.
func LocalFile(dir, href string) string {
	file := strings.TrimRight(dir, "/") + "/" + href
	if !strings.Contains(href, "%") {
		return file
	}
	if _, err := os.Lstat(file); err != nil {
		return strings.TrimRight(dir, "/") + "/" + unescape(href)
	}
	return file
}

// Plain gives the path that a server serves an href from: its percent
// escapes decoded, without "." and empty parts.
func Plain(href string) string { return path.Clean(unescape(href)) }
