package rpmtest

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"compose/internal/rpm"
)

// applier puts items into a package.
type applier struct {
	pkg    *Package
	vars   map[string]string
	self   bool
	copies []fileCopy
}

type fileCopy struct {
	dir        string
	signatures []Signature
}

// word is a word of a value; quoted ones were between quotes.
type word struct {
	text   string
	quoted bool
}

func splitWords(s string) ([]word, error) {
	var words []word
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		if s[0] == '"' {
			q, err := strconv.QuotedPrefix(s)
			if err != nil {
				return nil, fmt.Errorf("bad quoting: %s", s)
			}
			text, err := strconv.Unquote(q)
			if err != nil {
				return nil, err
			}
			words = append(words, word{text, true})
			s = s[len(q):]
			continue
		}
		w, rest, _ := strings.Cut(s, " ")
		words = append(words, word{w, false})
		s = rest
	}
	return words, nil
}

func (a *applier) apply(l line) error {
	value, err := substitute(l.value, a.vars)
	if err != nil {
		return err
	}
	l.value = value
	l.text = slices.Clone(l.text)
	for i := range l.text {
		if l.text[i], err = substitute(l.text[i], a.vars); err != nil {
			return err
		}
	}
	words, err := splitWords(value)
	if err != nil {
		return err
	}
	for _, try := range []func(line, []word) (bool, error){a.text, a.shape, a.deps, a.file, a.rest} {
		if ok, err := try(l, words); ok || err != nil {
			return err
		}
	}
	return fmt.Errorf("unknown key")
}

// text takes the keys whose value is a text.
func (a *applier) text(l line, words []word) (bool, error) {
	p := a.pkg
	into, ok := map[string]*string{
		"summary": &p.Summary, "description": &p.Description, "license": &p.License, "group": &p.Group, "url": &p.URL,
		"vendor": &p.Vendor, "packager": &p.Packager, "buildhost": &p.BuildHost, "modularity": &p.Modularity,
		"source": &p.SourceRPM, "as": &p.File, "in": &p.Dir,
	}[l.key]
	if !ok {
		return false, nil
	}
	value := l.value
	if len(words) == 1 && words[0].quoted {
		value = words[0].text
	}
	*into = joinText(value, l.text)
	return true, nil
}

func joinText(first string, more []string) string {
	if first == "" {
		return strings.Join(more, "\n")
	}
	return strings.Join(append([]string{first}, more...), "\n")
}

// shape takes the keys that say how the file is made.
func (a *applier) shape(l line, words []word) (bool, error) {
	p := a.pkg
	switch l.key {
	case "payload":
		p.Payload = l.value
		if !slices.Contains([]string{"gzip", "zstd", "empty"}, l.value) {
			return true, fmt.Errorf("unknown payload %q", l.value)
		}
	case "format":
		n, err := strconv.Atoi(l.value)
		if err != nil || n != 3 && n != 4 && n != 6 {
			return true, fmt.Errorf("unknown format %q", l.value)
		}
		p.Format = n
	case "large":
		p.Large = true
	case "noself":
		a.self = false
	case "excludearch":
		p.ExcludeArch = append(p.ExcludeArch, strings.Fields(l.value)...)
	case "exclusivearch":
		p.ExclusiveArch = append(p.ExclusiveArch, strings.Fields(l.value)...)
	case "sign":
		s, err := parseSignature(words)
		p.Signatures = append(slices.Clip(p.Signatures), s)
		return true, err
	case "copy":
		return true, a.copyTo(words)
	default:
		return false, nil
	}
	return true, nil
}

func (a *applier) copyTo(words []word) error {
	if len(words) == 0 {
		return fmt.Errorf("want: copy DIR [signature]")
	}
	c := fileCopy{dir: words[0].text}
	if len(words) > 1 {
		s, err := parseSignature(words[1:])
		if err != nil {
			return err
		}
		c.signatures = []Signature{s}
	}
	a.copies = append(a.copies, c)
	return nil
}

func parseSignature(words []word) (Signature, error) {
	s := Signature{}
	for _, w := range words {
		switch w.text {
		case "legacy":
			s.Legacy = true
		case "v3", "v4", "v6":
			s.Version = int(w.text[1] - '0')
		default:
			if s.Algo == "" {
				s.Algo = w.text
			} else {
				s.KeyID = w.text
			}
		}
	}
	_, err := s.packet(nil)
	return s, err
}

var senses = map[string]rpm.Sense{
	"": 0, "(pre)": rpm.ScriptPre, "(post)": rpm.ScriptPost, "(preun)": rpm.ScriptPreun, "(postun)": rpm.ScriptPostun,
	"(interp)": rpm.Interp, "(pretrans)": 1 << 7, "(posttrans)": 1 << 5, "(verify)": 1 << 13,
}

// deps takes the dependencies.
func (a *applier) deps(l line, _ []word) (bool, error) {
	p := a.pkg
	kind, mark := l.key, ""
	if i := strings.IndexByte(kind, '('); i > 0 {
		kind, mark = kind[:i], kind[i:]
	}
	into, ok := map[string]*[]rpm.Dep{
		"provides": &p.Provides, "requires": &p.Requires, "conflicts": &p.Conflicts, "obsoletes": &p.Obsoletes,
		"recommends": &p.Recommends, "suggests": &p.Suggests, "supplements": &p.Supplements, "enhances": &p.Enhances,
	}[kind]
	sense, known := senses[mark]
	if !ok || !known || mark != "" && kind != "requires" {
		return false, nil
	}
	for _, s := range splitDeps(l.value) {
		d, err := ParseDep(s)
		if err != nil {
			return true, err
		}
		d.Sense |= sense
		*into = append(*into, d)
	}
	return true, nil
}

// splitDeps cuts at the commas outside of parentheses.
func splitDeps(s string) []string {
	var parts []string
	depth, start := 0, 0
	for i, c := range s {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth <= 0:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

// ParseDep reads a dependency as spec files write it: name, name >= evr, /path, (a if b).
func ParseDep(s string) (rpm.Dep, error) {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "(") {
		return rpm.Dep{Name: s}, nil
	}
	f := strings.Fields(s)
	switch {
	case len(f) == 1:
		return rpm.Dep{Name: f[0]}, nil
	case len(f) == 3:
		if sense, ok := operators[f[1]]; ok {
			return rpm.Dep{Name: f[0], Sense: sense, EVR: f[2]}, nil
		}
	}
	return rpm.Dep{}, fmt.Errorf("bad dependency %q", s)
}

var operators = map[string]rpm.Sense{
	"<": rpm.Less, "<=": rpm.Less | rpm.Equal, "=": rpm.Equal, ">=": rpm.Greater | rpm.Equal, ">": rpm.Greater,
}

// maxFile bounds the content of a file that a text asks for.
const maxFile = 16 << 20

// noise gives n bytes that do not compress and depend on seed only.
func noise(seed string, n int) []byte {
	b := make([]byte, 0, n+sha256.Size)
	k := sha256.Sum256([]byte(seed))
	for len(b) < n {
		b = append(b, k[:]...)
		k = sha256.Sum256(k[:])
	}
	return b[:n]
}
