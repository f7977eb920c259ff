package rpmmd

import (
	"context"
	"io"
	"strconv"
	"strings"

	"compose/internal/rpm"
)

// Entry is one package of a primary.xml.
type Entry struct {
	// Pkg has what primary.xml tells: no SigKeys, ExcludeArch, ExclusiveArch
	// and Modularity, no rpmlib() requirements, and Arch "src" for nosrc. A
	// requirement marked pre="1" has the Prereq bit. An EVR with epoch 0 has
	// none: "1.0-1" for epoch="0" ver="1.0" rel="1".
	Pkg *rpm.Package
	// Files are those that primary.xml lists, which is not all of them; see
	// IsPrimary.
	Files []string
	// Href is the path of the package file below Base, or below the
	// repository when Base is empty: relative, without "..".
	Href string
	Base string
	// FileTime is the time of the file in the repository.
	FileTime int64
	// Details is what only people read, without Files and Changelogs; see
	// ReadPrimaryDetails. nil otherwise.
	Details *rpm.Details
}

// maxPackageText bounds what is kept of one package, in bytes.
const maxPackageText = 64 << 20

// checkEvery is how many packages are read between two looks at the context.
const checkEvery = 256

// ReadPrimary reads a primary.xml as a stream and calls fn for each package
// in the order of the file; fn may keep what it gets. An error of fn ends the
// reading and is returned as it is.
//
// It refuses what is not well-formed, names and paths that would lead out of
// the directory they are put into, checksums that are not hexadecimal, and
// sizes that are not numbers.
func ReadPrimary(ctx context.Context, r io.Reader, fn func(Entry) error) error {
	p := primaryReader{scanner: newScanner(r), strings: intern{}}
	return p.read(ctx, fn)
}

// ReadPrimaryDetails is ReadPrimary that fills Entry.Details as well.
func ReadPrimaryDetails(ctx context.Context, r io.Reader, fn func(Entry) error) error {
	p := primaryReader{scanner: newScanner(r), strings: intern{}, detailed: true}
	return p.read(ctx, fn)
}

func (p *primaryReader) read(ctx context.Context, fn func(Entry) error) error {
	return eachPackage(ctx, p.scanner, "metadata", func() error {
		if typ := p.attr("type"); typ != nil && string(typ) != "rpm" {
			return p.skip()
		}
		e, err := p.entry()
		if err != nil {
			return err
		}
		return fn(e)
	})
}

// eachPackage opens the root element and calls fn with each <package> open.
// fn closes it.
func eachPackage(ctx context.Context, s *scanner, root string, fn func() error) error {
	if err := s.root(root); err != nil {
		return err
	}
	for n := 0; ; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		name, err := s.child()
		switch {
		case err != nil:
			return err
		case name == nil:
			return s.finish()
		case string(name) == "package":
			err = fn()
		default:
			err = s.skip()
		}
		if err != nil {
			return err
		}
	}
}

type primaryReader struct {
	*scanner
	strings intern
	deps    []rpm.Dep // scratch
	files   []string  // scratch
	evrText []byte    // scratch
	kept    int       // bytes of the current package

	detailed bool // fill Entry.Details
}

// keep makes a string of b and counts it.
func (p *primaryReader) keep(b []byte, err error) (string, error) {
	if err != nil {
		return "", err
	}
	if p.kept += len(b) + 32; p.kept > maxPackageText {
		return "", p.fail("a package of more than %d bytes", maxPackageText)
	}
	return p.strings.str(b), nil
}

func (p *primaryReader) keepContent() (string, error) { return p.keep(p.content()) }

func (p *primaryReader) entry() (Entry, error) {
	e := Entry{Pkg: &rpm.Package{}}
	if p.detailed {
		e.Details = &rpm.Details{}
	}
	p.kept, p.files = 0, p.files[:0]
	for {
		name, err := p.child()
		if err != nil {
			return e, err
		}
		if name == nil {
			break
		}
		if err := p.element(&e, string(name)); err != nil {
			return e, err
		}
	}
	if len(p.files) > 0 {
		e.Files = append([]string(nil), p.files...)
	}
	if err := checkEntry(&e); err != nil {
		return e, p.fail("package %.80q: %w", e.Pkg.Name, err)
	}
	return e, nil
}

func (p *primaryReader) element(e *Entry, name string) (err error) {
	pkg := e.Pkg
	switch name {
	case "name":
		pkg.Name, err = p.keepContent()
		return err
	case "arch":
		pkg.Arch, err = p.keepContent()
		return err
	case "checksum":
		return p.checksum(&pkg.Sum)
	case "format":
		return p.format(e)
	case "version":
		err = p.version(pkg)
	case "time":
		err = p.numbers("file", &e.FileTime, "build", &pkg.BuildTime)
	case "size":
		if err = p.numbers("package", &pkg.Size, "installed", &pkg.Installed); err == nil && e.Details != nil {
			e.Details.ArchiveSize, err = p.number("archive")
		}
	case "location":
		if e.Href, err = p.keep(p.value("href")); err == nil {
			e.Base, err = p.keep(p.value("xml:base"))
		}
	default:
		if text := detailText(e.Details, name); text != nil {
			*text, err = p.keepContent()
			return err
		}
	}
	if err != nil {
		return err
	}
	return p.skip()
}

func (p *primaryReader) numbers(a string, pa *int64, b string, pb *int64) (err error) {
	if *pa, err = p.number(a); err != nil {
		return err
	}
	*pb, err = p.number(b)
	return err
}

func (p *primaryReader) version(pkg *rpm.Package) (err error) {
	epoch, err := p.keep(p.value("epoch"))
	if err != nil {
		return err
	}
	n, err := strconv.ParseUint(epoch, 10, 32)
	if err != nil && epoch != "" {
		return p.fail("epoch %.40q is not a number", epoch)
	}
	pkg.Epoch = uint32(n)
	if pkg.Version, err = p.keep(p.value("ver")); err != nil {
		return err
	}
	pkg.Release, err = p.keep(p.value("rel"))
	return err
}

// checksum reads the open checksum element and closes it.
func (s *scanner) checksum(sum *rpm.Checksum) error {
	typ, err := s.value("type")
	if err != nil {
		return err
	}
	sum.Type = strings.ToLower(string(typ))
	if sum.Type == "sha" { // as old createrepo calls it
		sum.Type = "sha1"
	}
	hex, err := s.content()
	if err != nil {
		return err
	}
	sum.Hex = strings.ToLower(strings.TrimSpace(string(hex)))
	if err := checkSum(*sum); err != nil {
		return s.fail("%w", err)
	}
	return nil
}

func (p *primaryReader) format(e *Entry) error {
	pkg := e.Pkg
	for {
		name, err := p.child()
		if err != nil || name == nil {
			return err
		}
		switch string(name) {
		case "file":
			err = p.file()
		case "sourcerpm":
			pkg.SourceRPM, err = p.keepContent()
		case "header-range":
			if err = p.numbers("start", &pkg.HeaderStart, "end", &pkg.HeaderEnd); err == nil {
				err = p.skip()
			}
		default:
			if list := depList(pkg, string(name)); list != nil {
				err = p.dependencies(list)
			} else if text := detailText(e.Details, string(name)); text != nil {
				*text, err = p.keepContent()
			} else {
				err = p.skip()
			}
		}
		if err != nil {
			return err
		}
	}
}

func (p *primaryReader) file() error {
	path, err := p.keepContent()
	if err != nil {
		return err
	}
	p.files = append(p.files, path)
	return nil
}

func depList(pkg *rpm.Package, name string) *[]rpm.Dep {
	switch name {
	case "provides":
		return &pkg.Provides
	case "requires":
		return &pkg.Requires
	case "conflicts":
		return &pkg.Conflicts
	case "obsoletes":
		return &pkg.Obsoletes
	case "recommends":
		return &pkg.Recommends
	case "suggests":
		return &pkg.Suggests
	case "supplements":
		return &pkg.Supplements
	case "enhances":
		return &pkg.Enhances
	}
	return nil
}

func (p *primaryReader) dependencies(list *[]rpm.Dep) error {
	p.deps = append(p.deps[:0], *list...)
	for {
		name, err := p.child()
		if err != nil {
			return err
		}
		if name == nil {
			break
		}
		if string(name) == "entry" {
			if err := p.dependency(); err != nil {
				return err
			}
		}
		if err := p.skip(); err != nil {
			return err
		}
	}
	if len(p.deps) > 0 {
		*list = append([]rpm.Dep(nil), p.deps...)
	}
	return nil
}
