package fetch

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxListed bounds the addresses that are kept of a list.
const maxListed = 500

// ParseMirrorlist reads a list of addresses, one a line; empty lines and
// those that begin with "#" say nothing. Only http and https addresses are
// kept.
func ParseMirrorlist(content []byte) ([]string, error) {
	var list []string
	sc := bufio.NewScanner(bytes.NewReader(content))
	for sc.Scan() && len(list) < maxListed {
		line := strings.TrimSpace(sc.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		if isWeb(line) {
			list = append(list, line)
		}
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("mirror list: %w", err)
	}
	if list == nil {
		return nil, errors.New("mirror list: no http or https address in it")
	}
	return list, nil
}

func isWeb(address string) bool {
	u, err := parseURL(address)
	return err == nil && u.Scheme != "file"
}

// Metalink says where a file is mirrored and what its content must be.
type Metalink struct {
	URLs []string // of the file itself, best first
	// Contents are the versions that count as good: the current one first,
	// then those that mirrors may still have.
	Contents []Content
}

// Content identifies a content by what a list says of it.
type Content struct {
	Size int64 // 0: not said
	Sums []Digest
}

// The elements of metalink 3 (with MirrorManager's alternates) and of
// metalink 4 (RFC 5854), without regard to namespaces.
type (
	xmlMetalink struct {
		Files3 []xmlFile `xml:"files>file"`
		Files4 []xmlFile `xml:"file"`
	}
	xmlFile struct {
		Name string `xml:"name,attr"`
		xmlContent
		Alternates []xmlContent `xml:"alternates>alternate"`
		URLs3      []xmlURL     `xml:"resources>url"`
		URLs4      []xmlURL     `xml:"url"`
	}
	xmlContent struct {
		Size  string    `xml:"size"`
		Sums3 []xmlHash `xml:"verification>hash"`
		Sums4 []xmlHash `xml:"hash"`
	}
	xmlHash struct {
		Type string `xml:"type,attr"`
		Hex  string `xml:",chardata"`
	}
	xmlURL struct {
		Preference string `xml:"preference,attr"` // metalink 3: 100 is best
		Priority   string `xml:"priority,attr"`   // metalink 4: 1 is best
		Text       string `xml:",chardata"`
	}
)

// ParseMetalink reads the entry for a file of that name ("repomd.xml").
// Addresses other than http and https are left out.
func ParseMetalink(content []byte, name string) (*Metalink, error) {
	var x xmlMetalink
	if err := xml.Unmarshal(content, &x); err != nil {
		return nil, fmt.Errorf("metalink: %w", err)
	}
	files := append(x.Files3, x.Files4...)
	i := slices.IndexFunc(files, func(f xmlFile) bool { return f.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("metalink: no entry for %s", name)
	}
	m := &Metalink{URLs: files[i].urls()}
	for _, c := range append([]xmlContent{files[i].xmlContent}, files[i].Alternates...) {
		if c := c.content(); len(c.Sums) > 0 && len(m.Contents) < maxListed {
			m.Contents = append(m.Contents, c)
		}
	}
	switch {
	case len(m.URLs) == 0:
		return nil, fmt.Errorf("metalink: no http or https address for %s", name)
	case len(m.Contents) == 0:
		return nil, fmt.Errorf("metalink: no usable checksum for %s", name)
	}
	return m, nil
}

// urls sorts by preference; addresses that say none come last, otherwise the
// order stays.
func (f *xmlFile) urls() []string {
	all := append(f.URLs3, f.URLs4...)
	slices.SortStableFunc(all, func(a, b xmlURL) int { return cmp.Compare(a.rank(), b.rank()) })
	var list []string
	for _, u := range all {
		if s := strings.TrimSpace(u.Text); isWeb(s) && len(list) < maxListed {
			list = append(list, s)
		}
	}
	return list
}

// rank is smaller for a better address.
func (u xmlURL) rank() int {
	if n, err := strconv.Atoi(u.Priority); err == nil && n > 0 {
		return min(n, 1<<20)
	}
	if n, err := strconv.Atoi(u.Preference); err == nil {
		return 100 - min(max(n, 0), 100)
	}
	return 1 << 21
}

// content keeps the checksums that prove something.
func (x xmlContent) content() Content {
	var c Content
	if n, err := strconv.ParseInt(strings.TrimSpace(x.Size), 10, 64); err == nil && n > 0 {
		c.Size = n
	}
	for _, h := range append(x.Sums3, x.Sums4...) {
		d := Digest{strings.ReplaceAll(strings.ToLower(h.Type), "-", ""), strings.ToLower(strings.TrimSpace(h.Hex))}
		if strings.HasPrefix(d.Type, "sha") && d.Type != "sha1" && d.Type != "sha" && d.Check() == nil {
			c.Sums = append(c.Sums, d)
		}
	}
	return c
}

// Check says whether content is one of those that the metalink allows.
func (m *Metalink) Check(content []byte) error {
	if slices.ContainsFunc(m.Contents, func(c Content) bool { return c.matches(content) }) {
		return nil
	}
	return errors.New("content is none of those that the metalink allows")
}

func (c Content) matches(content []byte) bool {
	if c.Size > 0 && c.Size != int64(len(content)) {
		return false
	}
	return !slices.ContainsFunc(c.Sums, func(d Digest) bool {
		v, err := newVerifier(d)
		if err != nil {
			return true
		}
		v.Write(content)
		return v.verify() != nil
	})
}
