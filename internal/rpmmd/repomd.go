package rpmmd

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"compose/internal/rpm"
)

// Repomd is the table of contents of a repository, repomd.xml.
type Repomd struct {
	Revision string
	Tags     Tags
	Data     []RepomdData // in the order of the file
}

// RepomdData is one file of the metadata.
type RepomdData struct {
	Type string // primary, filelists, other, group, modules, …
	Href string // relative to the repository: "repodata/…"
	// Sum and Size are those of the file, OpenSum and OpenSize those of what
	// it decompresses to; these are zero for a file that is not compressed.
	Sum, OpenSum   rpm.Checksum
	Size, OpenSize int64
	// Timestamp is in seconds since the epoch. Old repositories wrote
	// fractions, which reading drops.
	Timestamp int64
	// DatabaseVersion is that of an SQLite database, else 0.
	DatabaseVersion int64
}

// The bounds of a repomd.xml.
const (
	maxRepomd     = 8 << 20
	maxRepomdData = 1000
)

// Find gives the first file of a type.
func (m *Repomd) Find(typ string) (RepomdData, bool) {
	for _, d := range m.Data {
		if d.Type == typ {
			return d, true
		}
	}
	return RepomdData{}, false
}

// XML gives the file as createrepo_c writes it.
func (m *Repomd) XML() []byte {
	dst := []byte(xmlDecl + `<repomd xmlns="http://linux.duke.edu/metadata/repo" xmlns:rpm="http://linux.duke.edu/metadata/rpm">` + "\n")
	dst = appendElement(dst, "  <revision>", m.Revision, "</revision>\n")
	dst = m.Tags.appendXML(dst)
	for _, d := range m.Data {
		dst = d.appendXML(dst)
	}
	return append(dst, "</repomd>\n"...)
}

func (d *RepomdData) appendXML(dst []byte) []byte {
	dst = append(dst, `  <data type="`...)
	dst = append(appendAttr(dst, d.Type), "\">\n"...)
	dst = appendSum(dst, "checksum", d.Sum)
	if d.OpenSum.Hex != "" {
		dst = appendSum(dst, "open-checksum", d.OpenSum)
	}
	dst = append(dst, `    <location href="`...)
	dst = append(appendAttr(dst, d.Href), "\"/>\n"...)
	dst = appendElement(dst, "    <timestamp>", strconv.FormatInt(d.Timestamp, 10), "</timestamp>\n")
	dst = appendElement(dst, "    <size>", strconv.FormatInt(d.Size, 10), "</size>\n")
	if d.OpenSum.Hex != "" {
		dst = appendElement(dst, "    <open-size>", strconv.FormatInt(d.OpenSize, 10), "</open-size>\n")
	}
	if d.DatabaseVersion != 0 {
		dst = appendElement(dst, "    <database_version>", strconv.FormatInt(d.DatabaseVersion, 10), "</database_version>\n")
	}
	return append(dst, "  </data>\n"...)
}

func appendSum(dst []byte, element string, sum rpm.Checksum) []byte {
	dst = append(append(dst, "    <"...), element...)
	dst = append(append(dst, ` type="`...), sum.Type...)
	dst = append(append(dst, `">`...), sum.Hex...)
	return append(append(append(dst, "</"...), element...), ">\n"...)
}

func appendElement(dst []byte, open, value, close string) []byte {
	dst, _ = escape(append(dst, open...), value, inText)
	return append(dst, close...)
}

// ReadRepomd reads a repomd.xml. It refuses locations that lead out of the
// repository, unknown kinds of checksums and sizes that are not numbers.
func ReadRepomd(r io.Reader) (*Repomd, error) {
	s := newScanner(Bounded(r, maxRepomd))
	if err := s.root("repomd"); err != nil {
		return nil, err
	}
	m := &Repomd{}
	for {
		name, err := s.child()
		if err != nil {
			return nil, err
		}
		if name == nil {
			return m, s.finish()
		}
		if err := s.repomdElement(m, string(name)); err != nil {
			return nil, err
		}
	}
}

func (s *scanner) repomdElement(m *Repomd, name string) error {
	switch name {
	case "revision":
		text, err := s.content()
		m.Revision = string(text)
		return err
	case "tags":
		return s.tags(&m.Tags)
	case "data":
		if len(m.Data) == maxRepomdData {
			return s.fail("more than %d files", maxRepomdData)
		}
		d, err := s.repomdData()
		m.Data = append(m.Data, d)
		return err
	}
	return s.skip()
}

func (s *scanner) repomdData() (d RepomdData, err error) {
	typ, err := s.value("type")
	if err != nil {
		return d, err
	}
	d.Type = string(typ)
	for {
		name, err := s.child()
		if err != nil {
			return d, err
		}
		if name == nil {
			break
		}
		if err := s.repomdField(&d, string(name)); err != nil {
			return d, err
		}
	}
	if err := checkWord(d.Type); err != nil {
		return d, s.fail("type %.80q: %w", d.Type, err)
	}
	if err := checkHref(d.Href); err != nil {
		return d, s.fail("%s: location %.200q: %w", d.Type, d.Href, err)
	}
	return d, nil
}

func (s *scanner) repomdField(d *RepomdData, name string) (err error) {
	switch name {
	case "checksum":
		return s.checksum(&d.Sum)
	case "open-checksum":
		return s.checksum(&d.OpenSum)
	case "timestamp":
		d.Timestamp, err = s.numberText(name)
		return err
	case "size":
		d.Size, err = s.numberText(name)
		return err
	case "open-size":
		d.OpenSize, err = s.numberText(name)
		return err
	case "database_version":
		d.DatabaseVersion, err = s.numberText(name)
		return err
	case "location":
		href, err := s.value("href")
		if err != nil {
			return err
		}
		d.Href = string(href)
	}
	return s.skip()
}

// numberText reads the open element as a number and closes it.
func (s *scanner) numberText(name string) (int64, error) {
	text, err := s.content()
	if err != nil {
		return 0, err
	}
	whole, _, _ := strings.Cut(strings.TrimSpace(string(text)), ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n < 0 {
		return 0, s.fail("%s %.40q is not a number", name, text)
	}
	return n, nil
}

// ErrTooLong is what Bounded reports.
type ErrTooLong struct{ Max int64 }

func (e ErrTooLong) Error() string { return fmt.Sprintf("longer than %d bytes", e.Max) }

// Bounded reads r and fails with ErrTooLong when there is more than max bytes.
func Bounded(r io.Reader, max int64) io.Reader { return &bounded{r, max, max} }

type bounded struct {
	r         io.Reader
	left, max int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	if int64(n) > b.left {
		n = int(b.left)
		b.left = 0
		return n, ErrTooLong{b.max}
	}
	b.left -= int64(n)
	return n, err
}
