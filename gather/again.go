package gather

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"compose/internal/rpm"
)

var errDamaged = errors.New("the footprint is damaged")

func again(footprint []byte, in *Input) (*Result, error) {
	if len(footprint) < sha256.Size || sha256.Sum256(footprint[sha256.Size:]) != [sha256.Size]byte(footprint) {
		return nil, errDamaged
	}
	c := &coder{u: in.Universe, in: footprint[sha256.Size:]}
	if c.digest() != in.digest() {
		return nil, errors.New("the input is another one")
	}
	ids := in.Universe.identities()
	if ids == nil {
		return nil, errors.New("packages cannot be told apart")
	}
	if err := c.sameView(in, ids); err != nil {
		return nil, err
	}
	walk := c.digest()
	res := &Result{}
	c.result(res)
	if c.bad {
		return nil, errDamaged
	}
	if in.walkDigest(res) != walk {
		return nil, errors.New("packages are walked in another order")
	}
	in.addHidden(res)
	return res, nil
}

// sameView reads what the earlier solve asked and saw, and compares it with
// the universe of this one.
func (c *coder) sameView(in *Input, ids *identities) error {
	n := c.count(len(identity{}))
	old := c.bytes(n * len(identity{}))
	bits := c.bytes((n + 7) / 8)
	asked := c.ascending()
	apart := c.digest()
	if c.bad {
		return errDamaged
	}
	u := in.Universe
	stays, seen := make([]bool, len(u.pkgs)), make([]bool, len(u.pkgs))
	c.now = make([]int32, n)
	var gone error
	last := int32(-1)
	for i := range n {
		id := identity(old[i*len(identity{}):])
		now, there := ids.at[id]
		sees := bits[i/8]&(1<<(i%8)) != 0
		c.now[i] = -1
		switch {
		case !there:
			if sees && gone == nil {
				gone = fmt.Errorf("a package is gone, with the digest %s", shortID(id))
			}
			continue
		case sees && now <= last:
			return pkgError(u.pkgs[now], "is at another place")
		case sees:
			last, seen[now] = now, true
		}
		c.now[i], stays[now] = now, true
	}
	// What has come has a name to tell, so it goes before what is gone.
	if err := cmp.Or(in.sameAnswers(asked, stays), gone); err != nil {
		return err
	}
	if in.seen(seen) != apart {
		return errors.New("other packages belong to module streams")
	}
	return nil
}

// sameAnswers says whether none of the packages that do not stay, which is to
// say have come, is an answer to an earlier question.
func (in *Input) sameAnswers(asked []uint64, stays []bool) error {
	u := in.Universe
	var come map[*rpm.Package]bool
	var sel *patternSet
	for id, p := range u.pkgs {
		if stays[id] {
			continue
		}
		if come == nil {
			come, sel = map[*rpm.Package]bool{}, newPatternSet(in)
		}
		come[p] = true
		if err := isAnswer(asked, p); err != nil {
			return err
		}
		if sel.matches(p.Name) {
			return pkgError(p, "has come, and the input may ask for it")
		}
	}
	if come == nil {
		return nil
	}
	for _, part := range u.parts {
		for path, carriers := range part.index.Paths() {
			if was(asked, askedCapability, path) && slices.ContainsFunc(carriers, func(p *rpm.Package) bool { return come[p] }) {
				return fmt.Errorf("another package that carries %s has come", path)
			}
		}
	}
	return nil
}

func was(asked []uint64, kind byte, text string) bool {
	_, found := slices.BinarySearch(asked, askedHash(kind, text)>>(64-askedBits))
	return found
}

// isAnswer says what was asked for that the package answers.
func isAnswer(asked []uint64, p *rpm.Package) error {
	if was(asked, askedName, p.Name) || was(asked, askedCapability, p.Name) {
		return pkgError(p, "has come, and its name was asked for")
	}
	if p.SourceRPM != "" && was(asked, askedSource, p.SourceRPM) {
		return pkgError(p, "has come, and packages of its source were asked for")
	}
	for i := range p.Provides {
		if was(asked, askedCapability, p.Provides[i].Name) {
			return pkgError(p, "has come, and it provides "+p.Provides[i].Name+", which was asked for")
		}
	}
	return nil
}

// patternSet matches names that patterns of the input may mean, whatever
// further conditions they have.
type patternSet struct {
	names   map[string]bool
	globs   []string
	regexps []*regexp.Regexp
}

func newPatternSet(in *Input) *patternSet {
	s := &patternSet{names: map[string]bool{}}
	for _, p := range slices.Concat(in.packages(), in.Prepopulate, in.Multilib.Whitelist) {
		s.add(p, in)
	}
	for _, c := range in.Conditional {
		s.add(c.Package, in)
	}
	for _, m := range in.Modular { // it may have been named before it was there
		s.names[m.Pkg.Name] = true
	}
	for _, l := range in.Langpacks {
		s.addText(strings.ReplaceAll(l.Install.Text, "%s", "*"))
	}
	return s
}

func (s *patternSet) add(p Pattern, in *Input) {
	name, _ := splitArch(p.Text)
	s.addText(p.Text)
	s.addText(name)
	s.addText(strings.TrimSuffix(p.Text, ".+"))
	if p.Arch != "" {
		s.addText(p.Text + "." + p.Arch) // as Pungi reads it
	}
	if in.Method == NoDeps && in.Compat == CompatPungi43 {
		if re, err := pungiRegexp(name); err == nil {
			s.regexps = append(s.regexps, re)
		}
	}
}

func (s *patternSet) addText(text string) {
	if !isGlob(text) {
		s.names[text] = true
	} else {
		s.globs = append(s.globs, text)
	}
}

func (s *patternSet) matches(name string) bool {
	return s.names[name] ||
		slices.ContainsFunc(s.globs, func(g string) bool { return glob(g, name) }) ||
		slices.ContainsFunc(s.regexps, func(re *regexp.Regexp) bool { return re.MatchString(name) })
}

// addHidden adds what a result says of all packages that the tree does not
// see, also of those that no requirement met: filters that match nothing, and
// what is hidden.
func (in *Input) addHidden(res *Result) {
	plain := *in
	plain.trace = nil
	v := newView(&plain)
	unmatched := v.unmatchedFilters()
	for _, u := range res.Unmatched {
		if !isFilterUse(u.Use) {
			unmatched = append(unmatched, u)
		}
	}
	res.Unmatched = once(unmatched)
	res.Hidden = v.allHidden()
}

func isFilterUse(use string) bool { return use == useFilter || use == useBlacklist }
