package universe

import (
	"sync"
	"sync/atomic"

	"compose/internal/rpm"
	"compose/internal/rpm/ranges"
)

// Options say how a set is seen.
type Options struct {
	// Arches are what the machine accepts, best first, without noarch.
	// Empty: every architecture is accepted, and none is better.
	Arches []string
	// Hidden says of each package whether it answers nothing; nil: none.
	Hidden []bool
	// Carriers are of paths that primary.xml does not list.
	Carriers []Carrier
}

// Carrier says that a package carries a path.
type Carrier struct {
	Path string
	Pkg  int32
}

// Class ranks the architecture of a package for a machine.
type Class uint8

// The classes; above NoArch follow the accepted architectures, the best one first.
const (
	Foreign Class = iota // not accepted: such a package provides nothing
	NoArch
	Best
)

// Universe is a set with the indexes that tell who provides what. Only
// packages that are accepted and not hidden provide anything, source packages
// never. It does not change, so any number of goroutines may use it at once.
type Universe struct {
	*Set
	class    []Class
	named    rows // name, a text → packages
	provides []provide
	ends     []uint32 // of provides, per text
	carriers map[uint32][]int32
	wide     map[uint32]*wide
	parsed   map[uint32]*Rich
}

// provide is one provided capability: a dependency, or the package itself in
// its own version where dep is self.
type provide struct{ pkg, dep int32 }

const self = -1

// The capabilities of a name that is provided wideFrom times or more are put
// in the order of their versions once wideAsked ranges of it were asked for;
// see package ranges.
const (
	wideFrom  = 128
	wideAsked = 16
)

// New indexes a set.
func New(s *Set, o Options) *Universe {
	u := &Universe{Set: s, class: make([]Class, s.Len()), parsed: map[uint32]*Rich{}}
	u.classify(o)
	u.indexNames()
	u.indexProvides()
	u.indexFiles(o.Carriers)
	u.indexRich()
	return u
}

func (u *Universe) classify(o Options) {
	known := map[uint32]Class{}
	for i := range u.pkgs {
		if o.Hidden != nil && o.Hidden[i] {
			continue
		}
		a := u.pkgs[i].arch
		c, ok := known[a]
		if !ok {
			c = classOf(u.texts.at(a), o.Arches)
			known[a] = c
		}
		u.class[i] = c
	}
}

func classOf(arch string, accepted []string) Class {
	switch {
	case arch == "src" || arch == "nosrc":
		return Foreign
	case arch == "noarch":
		return NoArch
	case len(accepted) == 0:
		return Best
	}
	for i, a := range accepted {
		if a == arch && i < 200 {
			return Best + Class(i)
		}
	}
	return Foreign
}

// Class gives the class of a package; Foreign for one that is hidden or a
// source package.
func (u *Universe) Class(pkg int32) Class { return u.class[pkg] }

// sorted makes a table of n keys out of entries that come with their keys:
// each calls add for each entry, twice in the same order.
func sorted(n int, each func(add func(key uint32, item uint32))) rows {
	starts := make([]uint32, n+1)
	each(func(key, _ uint32) { starts[key+1]++ })
	for k := range n {
		starts[k+1] += starts[k]
	}
	t := rows{ends: starts[:n], items: make([]uint32, starts[n])}
	each(func(key, item uint32) { // what was the start of a row becomes its end
		t.items[t.ends[key]] = item
		t.ends[key]++
	})
	return t
}

func (u *Universe) indexNames() {
	u.named = sorted(len(u.texts.ends), func(add func(key, item uint32)) {
		for i := range u.pkgs {
			if u.class[i] != Foreign {
				add(u.pkgs[i].name, uint32(i))
			}
		}
	})
}

// Namesakes gives the packages with the name of this one that provide
// anything, itself among them.
func (u *Universe) Namesakes(pkg int32) []uint32 { return u.named.at(int32(u.pkgs[pkg].name)) }

func (u *Universe) indexProvides() {
	u.provides = make([]provide, 0, len(u.lists[Provides].items)+len(u.pkgs))
	for i := range int32(len(u.pkgs)) {
		if u.class[i] == Foreign {
			continue
		}
		for _, d := range u.List(i, Provides) {
			u.provides = append(u.provides, provide{i, int32(d)})
		}
		u.provides = append(u.provides, provide{i, self})
	}
	order := sorted(len(u.texts.ends), func(add func(key, item uint32)) {
		for i, p := range u.provides {
			add(u.providedName(p), uint32(i))
		}
	})
	list := make([]provide, len(order.items))
	for k, i := range order.items {
		list[k] = u.provides[i]
	}
	u.provides, u.ends = list, order.ends
	u.widen()
}

func (u *Universe) providedName(p provide) uint32 {
	if p.dep == self {
		return u.pkgs[p.pkg].name
	}
	return u.deps[p.dep].name
}

// wide is a name that is provided very often. Its capabilities are put in
// order when it was asked for in several ranges of versions.
type wide struct {
	asked atomic.Int32
	once  sync.Once
	index ranges.Index
}

func (u *Universe) widen() {
	u.wide = map[uint32]*wide{}
	start := uint32(0)
	for name, end := range u.ends {
		if end-start >= wideFrom {
			u.wide[uint32(name)] = &wide{}
		}
		start = end
	}
}

// inOrder gives the capabilities of a name in order, nil where looking at
// each is the faster way.
func (u *Universe) inOrder(name uint32, d rpm.Dep) ranges.Index {
	w := u.wide[name]
	if w == nil || !ranges.Narrows(d) || w.asked.Add(1) < wideAsked {
		return nil
	}
	w.once.Do(func() {
		row := u.row(name)
		w.index = ranges.New(len(row), func(i int32) rpm.Dep { return u.provided(row[i]) })
	})
	return w.index
}

// provided gives the capability as a dependency.
func (u *Universe) provided(p provide) rpm.Dep {
	if p.dep == self {
		return rpm.Dep{Name: u.Name(p.pkg), Sense: rpm.Equal, EVR: u.EVR(p.pkg).String()}
	}
	return u.Dep(p.dep)
}

// named capabilities of a name.
func (u *Universe) row(name uint32) []provide {
	start := uint32(0)
	if name > 0 {
		start = u.ends[name-1]
	}
	return u.provides[start:u.ends[name]]
}

// indexFiles finds the carriers of the paths that dependencies name.
func (u *Universe) indexFiles(more []Carrier) {
	u.carriers = map[uint32][]int32{}
	wanted := make([]bool, len(u.texts.ends))
	byPath := map[string]uint32{}
	for i := range u.deps {
		name := u.deps[i].name
		if text := u.texts.at(name); text != "" && text[0] == '/' && !wanted[name] {
			wanted[name] = true
			byPath[text] = name
		}
	}
	for i := range int32(len(u.pkgs)) {
		if len(byPath) == 0 || u.class[i] == Foreign {
			continue
		}
		for _, f := range u.files.at(i) {
			if wanted[f] {
				u.carriers[f] = append(u.carriers[f], i)
			}
		}
	}
	for _, c := range more {
		if name, ok := byPath[c.Path]; ok && u.class[c.Pkg] != Foreign {
			u.carriers[name] = append(u.carriers[name], c.Pkg)
		}
	}
}
