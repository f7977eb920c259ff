package merge

import (
	"context"
	"slices"

	"compose/internal/repository"
	"compose/internal/rpm"
	"compose/internal/rpmmd"
)

// candidate is one package of one source.
type candidate struct {
	source, index int // the number of the repository, and of the entry in its primary.xml
	id            identity
	evr           rpm.EVR
	fileTime      int64
}

// identity is what packages compete for: a name and architecture, with
// All a version too.
type identity struct {
	name, arch string
	evr        rpm.EVR
}

// plan says which entries of which source are kept.
type plan struct {
	kept  [][]bool // by source and number of the entry
	count []int    // kept, by source
}

func (p *plan) counts(sources []*repository.Repository) []Source {
	out := make([]Source, len(sources))
	for i, s := range sources {
		out[i] = Source{s.Name, len(p.kept[i]), p.count[i]}
	}
	return out
}

// choose reads what the sources list and decides.
func (m *merger) choose(ctx context.Context) (*plan, error) {
	lists := make([][]candidate, len(m.sources))
	totals := make([]int, len(m.sources))
	err := m.each(ctx, func(ctx context.Context, i int) (err error) {
		lists[i], totals[i], err = m.candidates(ctx, i)
		return err
	})
	if err != nil {
		return nil, err
	}
	p := &plan{count: make([]int, len(m.sources))}
	for _, n := range totals {
		p.kept = append(p.kept, make([]bool, n))
	}
	best := map[identity]*candidate{}
	for i := range lists {
		for j := range lists[i] {
			c := &lists[i][j]
			if old := best[c.id]; old == nil || m.opt.Keep.prefers(c, old) {
				best[c.id] = c
			}
		}
	}
	for _, c := range best {
		p.kept[c.source][c.index] = true
		p.count[c.source]++
	}
	return p, nil
}

func (m *merger) candidates(ctx context.Context, i int) (list []candidate, total int, err error) {
	d, err := m.sources[i].Find("primary")
	if err != nil {
		return nil, 0, err
	}
	f, err := m.sources[i].Open(ctx, d)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	err = rpmmd.ReadPrimary(ctx, f, func(e rpmmd.Entry) error {
		total++
		p := e.Pkg
		if len(m.opt.Arches) > 0 && !slices.Contains(m.opt.Arches, p.Arch) {
			return nil
		}
		c := candidate{i, total - 1, identity{name: p.Name, arch: p.Arch}, p.EVR(), e.FileTime}
		if m.opt.Keep == All {
			c.id.evr = c.evr
		}
		list = append(list, c)
		return nil
	})
	return list, total, m.sources[i].Reading("primary", err)
}

// prefers says whether c, which comes later, takes the place of old.
func (k Keep) prefers(c, old *candidate) bool {
	newer := c.evr.Compare(old.evr) > 0
	switch k {
	case Last:
		return c.source > old.source || newer
	case Newest:
		return newer
	case Latest:
		if c.fileTime != old.fileTime {
			return c.fileTime > old.fileTime
		}
	case All:
		return false
	}
	return c.source == old.source && newer
}
