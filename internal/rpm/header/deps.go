package header

import (
	"fmt"

	"compose/internal/rpm"
)

// Flags of the weak dependencies that came before Recommends and the others.
const (
	senseMissingOK = 1 << 19 // of a requirement: it is a recommendation
	senseStrong    = 1 << 27 // of an old-style suggestion: it is a recommendation
)

// deps fills all kinds of dependencies. Packages before rpm 3.0.2, which are
// among those that retrofit stands for, may have names alone.
func (t tags) deps(p *rpm.Package) error {
	var oldSuggests, oldEnhances []rpm.Dep
	const weak, old = tagRecommends, tagOldSuggests
	for _, k := range [...]struct {
		what                string
		name, version, flag int
		to                  *[]rpm.Dep
	}{
		{"provides", tagProvideName, tagProvideVersion, tagProvideFlags, &p.Provides},
		{"requires", tagRequireName, tagRequireVersion, tagRequireFlags, &p.Requires},
		{"conflicts", tagConflictName, tagConflictVers, tagConflictFlags, &p.Conflicts},
		{"obsoletes", tagObsoleteName, tagObsoleteVers, tagObsoleteFlags, &p.Obsoletes},
		{"recommends", weak, weak + 1, weak + 2, &p.Recommends},
		{"suggests", weak + 3, weak + 4, weak + 5, &p.Suggests},
		{"supplements", weak + 6, weak + 7, weak + 8, &p.Supplements},
		{"enhances", weak + 9, weak + 10, weak + 11, &p.Enhances},
		{"old suggests", old, old + 1, old + 2, &oldSuggests},
		{"old enhances", old + 3, old + 4, old + 5, &oldEnhances},
	} {
		var err error
		if *k.to, err = t.depList(k.name, k.version, k.flag); err != nil {
			return fmt.Errorf("%s: %w", k.what, err)
		}
	}
	moveMissingOK(p)
	for _, d := range oldSuggests {
		addOld(d, &p.Recommends, &p.Suggests)
	}
	for _, d := range oldEnhances {
		addOld(d, &p.Supplements, &p.Enhances)
	}
	return nil
}

// depList joins the three arrays of a kind.
func (t tags) depList(name, version, flag int) ([]rpm.Dep, error) {
	names, versions, flags := t.strs(name), t.strs(version), t.ints(flag)
	bare := t.retrofit && len(versions) == 0 && len(flags) == 0
	if !bare && (len(versions) != len(names) || len(flags) != len(names)) {
		return nil, fmt.Errorf("%d names, %d versions and %d flags", len(names), len(versions), len(flags))
	}
	if len(names) == 0 {
		return nil, nil
	}
	list := make([]rpm.Dep, len(names))
	for i := range list {
		list[i].Name = names[i]
		if !bare {
			list[i].EVR, list[i].Sense = versions[i], rpm.Sense(flags[i])
		}
	}
	return list, nil
}

// moveMissingOK makes recommendations of the requirements that say that they
// may be missing, the form in which rpm 4.4 wrote them; createrepo_c does so.
func moveMissingOK(p *rpm.Package) {
	var weak []rpm.Dep
	keep := p.Requires[:0]
	for _, d := range p.Requires {
		if d.Sense&senseMissingOK != 0 {
			weak = append(weak, d)
		} else {
			keep = append(keep, d)
		}
	}
	if weak != nil {
		p.Requires, p.Recommends = keep, append(weak, p.Recommends...)
	}
}

func addOld(d rpm.Dep, strong, weak *[]rpm.Dep) {
	if d.Sense&senseStrong != 0 {
		*strong = append(*strong, d)
	} else {
		*weak = append(*weak, d)
	}
}

// provideItself adds the provide of its own name and version that packages
// before rpm 4.0 lack, as rpm does when it reads them.
func provideItself(p *rpm.Package) {
	self := rpm.Dep{Name: p.Name, Sense: rpm.Equal, EVR: p.EVR().String()}
	for _, d := range p.Provides {
		if d.Name == self.Name && d.EVR == self.EVR && d.Sense.Compare() == rpm.Equal {
			return
		}
	}
	p.Provides = append(p.Provides, self)
}
