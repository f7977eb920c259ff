package modulemd

import (
	"fmt"
	"slices"
	"strings"

	"compose/internal/rpm"
)

// Owners tell which packages belong to module streams: those that the
// artifacts of a stream list. What the header of a package says of a stream
// does not count, for dnf as little, which does not see it in a repository.
// It may be shared by any number of goroutines.
type Owners struct{ streams map[string][]*Stream } // by NEVRA

// NewOwners indexes streams.
func NewOwners(streams []*Stream) *Owners {
	o := &Owners{map[string][]*Stream{}}
	for _, s := range streams {
		for _, a := range s.Artifacts {
			o.streams[a] = append(o.streams[a], s)
		}
	}
	return o
}

// Of gives the streams that a package belongs to.
func (o *Owners) Of(p *rpm.Package) []*Stream {
	if len(o.streams) == 0 {
		return nil
	}
	return o.streams[p.NEVRA()]
}

// Tree is what module streams make of the packages of one tree.
type Tree struct {
	// Modular are the packages that the artifacts of the tree's streams
	// list, in the order of the packages.
	Modular []Member
	// Hidden says why packages must not be in the tree.
	Hidden map[*rpm.Package]string
	// Missing are artifacts for the tree's architecture that are not among
	// the packages, as "module N:S:V:C lists NEVRA, which is not there".
	Missing []string
}

// Member is a package and the first of the tree's streams that lists it.
type Member struct {
	Pkg    *rpm.Package
	Stream *Stream
	Active bool // users have it without asking for the stream
}

// Divide sorts the packages that a tree chooses from by the streams that it
// has, as dnf does for a user of the tree. Packages of other streams, or of
// other builds of a stream, are hidden. So are packages of no stream that
// have, or provide, the name of a package of a default stream: dnf
// takes the module's in their place, unless the stream says that the name is
// demodularized. (A module hides such packages of all repositories; dnf lets
// a repository be exempt as a hotfix, which a compose has no use for.)
func (o *Owners) Divide(pkgs []*rpm.Package, sel Selection, arch string) Tree {
	d := divider{
		owners: o, chosen: map[*Stream]bool{}, active: map[*Stream]bool{}, names: map[string]*Stream{}, found: map[string]bool{},
		tree: Tree{Hidden: map[*rpm.Package]string{}},
	}
	for _, s := range sel.Streams {
		d.chosen[s] = true
	}
	for _, s := range sel.Active {
		d.active[s] = true
		d.claimNames(s)
	}
	for _, p := range pkgs {
		d.sort(p)
	}
	d.tree.Missing = d.missing(sel.Streams, arch)
	return d.tree
}

type divider struct {
	owners *Owners
	chosen map[*Stream]bool
	active map[*Stream]bool
	names  map[string]*Stream // of binary packages of active streams
	found  map[string]bool    // NEVRAs of Modular
	tree   Tree
}

func (d *divider) claimNames(s *Stream) {
	for _, a := range s.Artifacts {
		n, ok := parseNEVRA(a)
		if ok && n.arch != "src" && n.arch != "nosrc" && d.names[n.name] == nil && !slices.Contains(s.Demodularized, n.name) {
			d.names[n.name] = s
		}
	}
}

func (d *divider) sort(p *rpm.Package) {
	owners := d.owners.Of(p)
	if i := slices.IndexFunc(owners, func(s *Stream) bool { return d.chosen[s] }); i >= 0 {
		d.found[p.NEVRA()] = true
		d.tree.Modular = append(d.tree.Modular, Member{p, owners[i], d.active[owners[i]]})
		return
	}
	switch s := d.claimant(p); {
	case len(owners) > 0:
		d.tree.Hidden[p] = fmt.Sprintf("belongs to module %s, which the tree does not have", owners[0].ID)
	case s != nil:
		d.tree.Hidden[p] = fmt.Sprintf("module %s, a default stream, has a package of that name", s.ID)
	}
}

// claimant is the active stream that has a package of the name of p, or of
// what it provides. Source packages compete with nobody.
func (d *divider) claimant(p *rpm.Package) *Stream {
	if len(d.names) == 0 || p.IsSource() {
		return nil
	}
	if s := d.names[p.Name]; s != nil {
		return s
	}
	for _, dep := range p.Provides {
		if s := d.names[dep.Name]; s != nil {
			return s
		}
	}
	return nil
}

// missing lists the artifacts for an architecture that were not found.
// Source packages and those of a second word size may be left out of package
// sets and are not missed.
func (d *divider) missing(streams []*Stream, arch string) (out []string) {
	native := rpm.CompatArches(arch)
	for _, s := range streams {
		for _, a := range s.Artifacts {
			if i := strings.LastIndexByte(a, '.'); !d.found[a] && slices.Contains(native, a[i+1:]) {
				out = append(out, fmt.Sprintf("module %s lists %s, which is not there", s.ID, a))
			}
		}
	}
	return out
}
