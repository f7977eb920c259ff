// Package record is the form in which a compose keeps what was decided about
// packages: which are in a tree and why, which a tree did not see, what is
// missing, what a tree could choose from, and what was moved between trees.
// Phases write it; compose explain and people read it.
//
// A record is lines of JSON. It holds no more than names of packages, so what
// is read back is a gather.Result whose packages have nothing but their
// names, versions and architectures. The package knows no paths.
package record

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"

	"compose/gather"
	"compose/internal/rpm"
)

// The bounds of a record. A tree of 60,000 packages has 20 MB.
const (
	maxRecord = 1 << 30
	maxLine   = 16 << 20
)

// names are the words for values of a type, in order.
type names []string

func (n names) of(i int) string {
	if i < 0 || i >= len(n) {
		return ""
	}
	return n[i]
}

func (n names) find(word string) (int, error) {
	for i, w := range n {
		if w == word {
			return i, nil
		}
	}
	return 0, fmt.Errorf("unknown word %q", word)
}

// The words of a record, in the order of the constants that they stand for.
var (
	kinds   = names{"rpm", "debuginfo", "srpm"}
	reasons = names{
		gather.ByPattern: "pattern", gather.ByPrepopulate: "prepopulate", gather.ByConditional: "conditional",
		gather.ByRequires: "requires", gather.ByBuildRequires: "build-requires", gather.ByRecommends: "recommends",
		gather.SourceOf: "source", gather.DebugInfoOf: "debuginfo", gather.ByFullTree: "fulltree",
		gather.ByLangpack: "langpack", gather.ByMultilib: "multilib",
	}
	causes = names{
		gather.ByFilter: "filter", gather.Outdated: "outdated", gather.OtherKind: "other-kind", gather.Apart: "apart",
		gather.InLookaside: "lookaside", gather.NotIn: "not-in", gather.NotNative: "not-native",
		gather.WorseArch: "worse-arch", gather.LongerName: "longer-name", gather.LaterName: "later-name",
	}
)

// pattern is a pattern of the configuration.
type pattern struct {
	Text   string `json:"pattern,omitempty"`
	Arch   string `json:"pattern_arch,omitempty"`
	Origin string `json:"origin,omitempty"`
}

func (p pattern) back() gather.Pattern {
	return gather.Pattern{Text: p.Text, Arch: p.Arch, Origin: p.Origin}
}

// eachLine gives the lines of a record, which all must be there whole.
func eachLine(r io.Reader, fn func(line []byte) error) error {
	sc := bufio.NewScanner(&bounded{r: r, left: maxRecord})
	sc.Buffer(make([]byte, 0, 64<<10), maxLine)
	n := 0
	for sc.Scan() {
		n++
		if err := fn(sc.Bytes()); err != nil {
			return fmt.Errorf("line %d: %w", n, cmp.Or(sc.Err(), err)) // a line may be cut off
		}
	}
	if err := sc.Err(); err != nil {
		return fmt.Errorf("line %d: %w", n+1, err)
	}
	return nil
}

var errTooLarge = errors.New("the record is too large")

// bounded reads so much and then fails.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLarge
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// roster makes one package of each name that a record has.
type roster map[string]*rpm.Package

func (m roster) get(nevra string) (*rpm.Package, error) {
	if p := m[nevra]; p != nil {
		return p, nil
	}
	p, err := rpm.ParseNEVRA(nevra)
	if err != nil {
		return nil, err
	}
	m[nevra] = &p
	return &p, nil
}
