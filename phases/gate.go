package phases

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"compose/config"
	"compose/internal/productmd"
	"compose/internal/rpm"
	"compose/phases/dag"
	"compose/phases/event"
	"compose/phases/gates"
	"compose/pkgset"
)

// gatedTree is a tree with its gates.
type gatedTree struct {
	tree  Tree
	rules []config.GateRule
	links func() (linked, bool)
}

// addGates looks at the policies that packages have to keep, in all trees at
// once. previous is the compose that they are compared with where a gate names
// none; "" is none.
func (p *plan) addGates(cfg *config.Config, links perTree[linked], previous string) {
	ofPackages := func(g config.Gate) bool { return g.Check != imageGrowth }
	if !slices.ContainsFunc(cfg.Gates, ofPackages) {
		return
	}
	s := p.Add("gates/check", "disk")
	var trees []gatedTree
	for _, t := range p.trees {
		rules := slices.DeleteFunc(cfg.GatesFor(t.Variant, t.Arch), func(r config.GateRule) bool { return !ofPackages(r.Gate) })
		if len(rules) > 0 {
			trees = append(trees, gatedTree{t, rules, dag.Want(s, links[t])})
		}
	}
	dag.Do(s, func(ctx context.Context, ev *event.Scope) (passed, error) {
		g := gatekeeper{ev: ev, previous: previous, earlier: map[string]map[string][]gates.Package{}}
		for _, t := range trees {
			if err := g.look(t); err != nil {
				return passed{}, err
			}
		}
		if len(g.faults) > 0 {
			return passed{}, fmt.Errorf("%s", strings.Join(g.faults, "\n"))
		}
		return passed{}, nil
	})
}

// gatekeeper looks at all gates of a compose.
type gatekeeper struct {
	ev       *event.Scope
	previous string
	earlier  map[string]map[string][]gates.Package // by folder of the compose, by tree
	faults   []string
}

func (g *gatekeeper) look(t gatedTree) error {
	links, ok := t.links()
	if !ok {
		return nil
	}
	now := gatedPackages(slices.Concat(links.os, links.debug))
	for _, r := range t.rules {
		before, err := g.before(r, t.tree)
		if err != nil {
			return err
		}
		fault := gates.Rule{Check: r.Check, Packages: r.Packages, Percent: r.Percent, Max: r.Max}.Fault(now, before)
		if fault == "" {
			continue
		}
		text := fmt.Sprintf("%s (%s at %s): %s", t.tree, r.Check, r.Place, fault)
		if r.Severity == "warn" {
			g.ev.Warn("%s", text)
		} else {
			g.faults = append(g.faults, text)
		}
	}
	return nil
}

func gatedPackages(placed []pkgset.Placed) []gates.Package {
	out := make([]gates.Package, len(placed))
	for i, pl := range placed {
		p := pl.Rec.Pkg
		out[i] = gates.Package{NEVRA: p.NEVRA(), Name: p.Name, Arch: p.Arch, Signed: sigKey(pl) != "", Size: p.Size}
	}
	return out
}

// before gives what the earlier compose has in a tree.
func (g *gatekeeper) before(r config.GateRule, t Tree) ([]gates.Package, error) {
	if r.Check != "growth" && r.Check != "removed" {
		return nil, nil
	}
	dir := g.previous
	if r.Against.IsSet() {
		dir = r.Against.Abs
	}
	if dir == "" {
		g.ev.Note("%s: there is no earlier compose to compare with (%s at %s)", t, r.Check, r.Place)
		return nil, nil
	}
	if g.earlier[dir] == nil {
		trees, err := earlierPackages(Layout{Top: dir})
		if err != nil {
			return nil, fmt.Errorf("comparing with compose %s: %w", dir, err)
		}
		g.earlier[dir] = trees
	}
	return g.earlier[dir][t.String()], nil
}

// earlierPackages gives the binary and debuginfo packages of a finished
// compose by tree, with the sizes of their files.
func earlierPackages(l Layout) (map[string][]gates.Package, error) {
	f, err := os.Open(l.Metadata("rpms.json"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rpms, err := productmd.LoadRPMs(f)
	if err != nil {
		return nil, err
	}
	out := map[string][]gates.Package{}
	rpms.Each(func(e productmd.RPMEntry) bool {
		if e.Category == "source" {
			return true
		}
		var p rpm.Package
		var fi fs.FileInfo
		if p, err = rpm.ParseNEVRA(e.NEVRA); err != nil {
			return false
		}
		if fi, err = os.Stat(l.Published(e.Path)); err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				return false
			}
			err = nil // a compose whose packages were cleaned up has no size
			return true
		}
		name := Tree{Variant: e.Variant, Arch: e.Arch}.String()
		out[name] = append(out[name], gates.Package{NEVRA: e.NEVRA, Name: p.Name, Arch: p.Arch, Signed: e.SigKey != "", Size: fi.Size()})
		return true
	})
	return out, err
}
