package store

import "compose/internal/rpm"

// The fields of a Package, listed once for writing and reading; a test
// fails for a field that is missing here.

func texts(p *rpm.Package) [8]*string {
	return [...]*string{&p.Name, &p.Version, &p.Release, &p.Arch, &p.SourceRPM, &p.Modularity, &p.Sum.Type, &p.Sum.Hex}
}

func numbers(p *rpm.Package) [5]*int64 {
	return [...]*int64{&p.Size, &p.Installed, &p.BuildTime, &p.HeaderStart, &p.HeaderEnd}
}

func depLists(p *rpm.Package) [8]*[]rpm.Dep {
	return [...]*[]rpm.Dep{
		&p.Provides, &p.Requires, &p.Conflicts, &p.Obsoletes,
		&p.Recommends, &p.Suggests, &p.Supplements, &p.Enhances,
	}
}

func textLists(p *rpm.Package) [3]*[]string {
	return [...]*[]string{&p.ExcludeArch, &p.ExclusiveArch, &p.SigKeys}
}

// place says where a record's data is in its pack.
type place struct {
	off       int64  // of the fragments; the paths follow
	frag      uint32 // stored bytes
	primary   uint32 // unpacked bytes
	filelists uint32
	other     uint32
	fragSum   uint32
	paths     uint32 // stored bytes
	pathsRaw  uint32 // unpacked bytes
	pathsSum  uint32
}

// stored is the number of bytes in the pack.
func (l *place) stored() int64 { return int64(l.frag) + int64(l.paths) }

// fragRaw is the number of bytes of all fragments.
func (l *place) fragRaw() int64 { return int64(l.primary) + int64(l.filelists) + int64(l.other) }

// cell is a record and its package in one piece of memory.
type cell struct {
	rec Record
	pkg rpm.Package
}
