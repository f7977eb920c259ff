// Package repository finds the files of an rpm-md repository, in a folder or
// behind an address: its repomd.xml, its metadata files (verified and
// decompressed within bounds), and where its packages lie. It does not know
// what the metadata says of packages, and writes nothing but its cache.
//
// What a repository says is hostile until it was checked here: locations
// stay below the repository or its stated base, a base never leads from the
// network to this machine, and sizes and checksums are those of repomd.xml.
package repository

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"compose/internal/fetch"
	"compose/internal/inputs"
	"compose/internal/rpmmd"
)

// Access is what repositories are reached with.
type Access struct {
	Fetch *fetch.Client
	// Dir keeps the metadata files of remote repositories, by checksum, below
	// metadata/. It may be shared with other processes.
	Dir string
	// Inputs takes down which repomd.xml was read, and says which one it has to
	// be. May be nil.
	Inputs *inputs.Lock
}

// Repository is a repository whose repomd.xml was read.
type Repository struct {
	// Name is its address as messages show it, without credentials.
	Name string
	// Mirrors are base addresses, best first.
	Mirrors []string
	// Dir is the folder, when the repository is on this machine.
	Dir string
	// Repomd is the table of contents, XML the bytes that it was read from.
	Repomd *rpmmd.Repomd
	XML    []byte

	access Access
}

// The bounds of small files.
const (
	maxRepomd = 8 << 20
	maxList   = 4 << 20
)

// repomdPath is where the table of contents lies below a base.
const repomdPath = "repodata/repomd.xml"

// Address says where a repository is: at mirrors, or at those that a list
// names.
type Address struct {
	// Name is how messages call it.
	Name string
	// Mirrors are base addresses, best first.
	Mirrors []string
	// Mirrorlist and Metalink are addresses of lists.
	Mirrorlist, Metalink string
	// Replace puts values in the place of variables in what a mirror list
	// names. May be nil.
	Replace func(address string) (string, error)
}

// ParseAddress reads what a user calls a repository: a folder, an http, https
// or file URL, or mirrorlist:URL or metalink:URL.
func ParseAddress(text string) (Address, error) {
	a := Address{Name: text}
	list, isList := strings.CutPrefix(text, "mirrorlist:")
	link, isLink := strings.CutPrefix(text, "metalink:")
	switch {
	case isList:
		a.Mirrorlist = list
	case isLink:
		a.Metalink = link
	case strings.Contains(text, "://"):
		a.Mirrors = []string{text}
	default:
		dir, err := filepath.Abs(text)
		if err != nil {
			return a, err
		}
		a.Mirrors = []string{FileURL(dir)}
	}
	return a, nil
}

// Open reads the repomd.xml of a repository; see ParseAddress.
func Open(ctx context.Context, a Access, address string) (*Repository, error) {
	at, err := ParseAddress(address)
	if err != nil {
		return nil, err
	}
	return OpenAddress(ctx, a, at)
}

// OpenAddress reads the repomd.xml of a repository.
func OpenAddress(ctx context.Context, a Access, at Address) (*Repository, error) {
	r := &Repository{Name: strings.TrimRight(fetch.Redact(at.Name), "/"), Mirrors: at.Mirrors, access: a}
	r.XML = r.locked()
	check, err := r.resolve(ctx, &at)
	if r.XML != nil {
		err = nil // what was locked is at hand, and so may be all else
	}
	if err == nil {
		if len(r.Mirrors) == 1 {
			r.Dir, _ = fetch.LocalPath(r.Mirrors[0])
		}
		err = r.load(ctx, check)
	}
	if err != nil {
		return nil, fmt.Errorf("repository %s: %w", r.Name, err)
	}
	return r, nil
}

func (r *Repository) load(ctx context.Context, check func([]byte) error) (err error) {
	if r.XML == nil {
		r.XML, err = r.access.Fetch.Bytes(ctx, fetch.Request{Mirrors: r.Mirrors, Path: repomdPath, Max: maxRepomd, Check: check})
		if err != nil {
			return err
		}
		if err := r.take(); err != nil {
			return err
		}
	}
	if r.Repomd, err = rpmmd.ReadRepomd(bytes.NewReader(r.XML)); err != nil {
		return fmt.Errorf("reading repomd.xml: %w", err)
	}
	return nil
}

// resolve replaces a mirror list or metalink by what it lists, and gives
// what the metalink demands of repomd.xml.
func (r *Repository) resolve(ctx context.Context, at *Address) (func([]byte) error, error) {
	switch {
	case at.Mirrorlist != "":
		return nil, r.mirrorlist(ctx, at)
	case at.Metalink != "":
		return r.metalink(ctx, at.Metalink)
	}
	return nil, nil
}

func (r *Repository) mirrorlist(ctx context.Context, at *Address) error {
	b, err := r.access.Fetch.Bytes(ctx, fetch.Request{Mirrors: []string{at.Mirrorlist}, Max: maxList})
	if err != nil {
		return err
	}
	list, err := fetch.ParseMirrorlist(b)
	if err != nil {
		return err
	}
	for _, m := range list {
		if at.Replace != nil {
			if m, err = at.Replace(m); err != nil {
				return fmt.Errorf("mirror list: address %s: %w", fetch.Redact(m), err)
			}
		}
		r.Mirrors = append(r.Mirrors, m)
	}
	return nil
}

func (r *Repository) metalink(ctx context.Context, address string) (func([]byte) error, error) {
	b, err := r.access.Fetch.Bytes(ctx, fetch.Request{Mirrors: []string{address}, Max: maxList})
	if err != nil {
		return nil, err
	}
	m, err := fetch.ParseMetalink(b, "repomd.xml")
	if err != nil {
		return nil, err
	}
	for _, u := range m.URLs {
		if base, ok := strings.CutSuffix(u, "/"+repomdPath); ok {
			r.Mirrors = append(r.Mirrors, base)
		}
	}
	if r.Mirrors == nil {
		return nil, errors.New("metalink: no address ends in /" + repomdPath)
	}
	return m.Check, nil
}

// FileURL gives the file URL of an absolute path.
func FileURL(path string) string {
	url, err := fetch.JoinURL("file:///", strings.ReplaceAll(strings.TrimPrefix(path, "/"), "%", "%25"))
	if err != nil {
		return "file://" + path
	}
	return url
}

// Has says whether the repository has metadata of a type.
func (r *Repository) Has(typ string) bool {
	_, ok := r.Repomd.Find(typ)
	return ok
}

// Bytes fetches a small file that repomd.xml does not list, such as its
// signature. A file that is not there is no error and gives nil.
func (r *Repository) Bytes(ctx context.Context, path string) ([]byte, error) {
	b, err := r.access.Fetch.Bytes(ctx, fetch.Request{Mirrors: r.Mirrors, Path: path})
	if isAbsent(err) {
		return nil, nil
	}
	return b, err
}

func isAbsent(err error) bool {
	var failed *fetch.Error
	return errors.As(err, &failed) && failed.NotFound() || errors.Is(err, os.ErrNotExist)
}
