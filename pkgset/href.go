package pkgset

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"strings"

	"compose/internal/fetch"
	"compose/internal/rpm"
	"compose/internal/rpmmd"
)

// location is where a package of a repository lies.
type location struct {
	repo     *repository
	base     string   // another base address than the repository's, or ""
	local    string   // the path, when the file is on this machine
	href     string   // below the base
	fileTime int64    // as the repository states it
	files    []string // those that primary.xml lists
}

// String gives the address, safe to show.
func (l *location) String() string {
	switch {
	case l.local != "":
		return l.local
	case l.base != "":
		return fetch.Redact(strings.TrimRight(l.base, "/") + "/" + l.href)
	}
	return l.repo.name + "/" + l.href
}

// request asks for the whole file.
func (l *location) request(p *rpm.Package) fetch.Request {
	r := fetch.Request{Mirrors: l.repo.mirrors, Path: l.href, Size: p.Size, Sum: fetch.Digest(p.Sum)}
	if l.base != "" {
		r.Mirrors = []string{l.base}
	}
	return r
}

var (
	errClimbs   = errors.New(`leads out of the repository`)
	errAbsolute = errors.New("is not a relative path")
	errOdd      = errors.New("has characters that no path has")
)

// checkHref refuses an href that is anything but a path below its base,
// percent-encoded or not.
func checkHref(s string) error {
	plain, err := url.PathUnescape(s)
	if err != nil {
		plain = s // a "%" that is no escape stands for itself
	}
	for _, t := range []string{s, plain} {
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

func climbs(s string) bool {
	for part := range strings.SplitSeq(s, "/") {
		if part == ".." {
			return true
		}
	}
	return false
}

// fileName gives the name that a file gets in a tree.
func fileName(href string) string {
	name := path.Base(href)
	if plain, err := url.PathUnescape(name); err == nil {
		return plain
	}
	return name
}

// localFile gives the path of an href in a folder. Metadata is written with
// plain names; where there is no such file, with percent escapes.
func localFile(dir, href string) string {
	file := strings.TrimRight(dir, "/") + "/" + href
	if !strings.Contains(href, "%") {
		return file
	}
	if _, err := os.Lstat(file); err != nil {
		if plain, err := url.PathUnescape(href); err == nil {
			return strings.TrimRight(dir, "/") + "/" + plain
		}
	}
	return file
}

// locate checks where a package is said to lie. xml:base may be a path below
// the repository or another address, but never leads from the network to
// this machine, or from https to http.
func (r *repository) locate(x *rpmmd.Entry) (*location, error) {
	l := &location{repo: r, href: x.Href, fileTime: x.FileTime, files: x.Files}
	if err := checkHref(l.href); err != nil {
		return nil, err
	}
	if err := checkFileName(fileName(l.href)); err != nil {
		return nil, err
	}
	dir := r.local
	switch {
	case x.Base == "":
	case !strings.Contains(x.Base, "://"):
		l.href = strings.TrimRight(x.Base, "/") + "/" + l.href
		if err := checkHref(l.href); err != nil {
			return nil, err
		}
	default:
		if err := r.checkBase(x.Base); err != nil {
			return nil, err
		}
		l.base = x.Base
		dir, _ = fetch.LocalPath(x.Base)
	}
	if dir != "" {
		l.local = localFile(dir, l.href)
	}
	return l, nil
}

func (r *repository) checkBase(base string) error {
	scheme, rest, _ := strings.Cut(base, "://")
	shown := fetch.Redact(base)
	switch {
	case scheme == "file" && r.local == "":
		return fmt.Errorf("base %.200q of a remote repository lies on this machine", shown)
	case scheme == "http" && strings.HasPrefix(r.mirrors[0], "https:"):
		return fmt.Errorf("base %.200q leads from https to http", shown)
	case scheme != "file" && scheme != "http" && scheme != "https", climbs(rest), hasControl(base):
		return fmt.Errorf("base %.200q: not usable", shown)
	}
	if _, err := fetch.JoinURL(base, "x"); err != nil {
		return fmt.Errorf("base %.200q: not usable", shown)
	}
	return nil
}
