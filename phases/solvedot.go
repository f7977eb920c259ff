package phases

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"compose/gather"
	"compose/internal/rpm"
	"compose/phases/event"
)

// A graph of more nodes than maxPlain has packages that pull nothing folded
// together; one that has more than maxDrawn even so is laid out by springs,
// as dot's own layout would take for ever.
const (
	maxPlain  = 150
	maxDrawn  = 1000
	maxFolded = 30 // names that a folded node tells
)

// DOT gives the graph of who pulls whom in for Graphviz: an edge from each
// package to those that it is the first to bring in, and from each pattern to
// what it asked for. Packages of other kinds than the given ones are left out.
func (s *Solved) DOT(kinds []string) []byte {
	g := newGraph(s.res.Packages, kinds)
	if len(g.nodes) > maxPlain {
		g.fold()
	}
	return g.print()
}

// graph is who pulls whom.
type graph struct {
	nodes []node
	edges []edge
}

type node struct {
	label, tip string
	style      string
	pulled     []int // edges
}

type edge struct {
	from, to int
	label    string
}

func newGraph(picks []gather.Picked, kinds []string) *graph {
	g := &graph{}
	at := map[*rpm.Package]int{}
	shown := slices.DeleteFunc(slices.Clone(picks), func(pk gather.Picked) bool { return !slices.Contains(kinds, pk.Kind.String()) })
	for _, pk := range shown {
		at[pk.Pkg] = len(g.nodes)
		n := node{label: pk.Pkg.String(), tip: pk.Why.String()}
		if !ships(pk) {
			n.style = "dashed"
		}
		g.nodes = append(g.nodes, n)
	}
	patterns := map[string]int{}
	for i, pk := range shown {
		from, ok := at[pk.Why.By]
		if !ok { // a pattern, or a package of a kind that is left out
			label := pk.Why.Pattern.String()
			if pk.Why.By != nil {
				label = pk.Why.By.String()
			}
			if from, ok = patterns[label]; !ok {
				from = len(g.nodes)
				patterns[label] = from
				g.nodes = append(g.nodes, node{label: label, style: "rounded"})
			}
		}
		g.link(edge{from, i, edgeLabel(pk.Why)})
	}
	return g
}

func (g *graph) link(e edge) {
	g.nodes[e.from].pulled = append(g.nodes[e.from].pulled, len(g.edges))
	g.edges = append(g.edges, e)
}

// edgeLabel says in a word why one package brought in another.
func edgeLabel(r gather.Reason) string {
	switch r.Kind {
	case gather.ByPattern, gather.ByPrepopulate:
		return ""
	case gather.ByRequires, gather.ByBuildRequires, gather.ByRecommends:
		return r.Dep.String()
	case gather.ByConditional:
		return "conditional"
	case gather.SourceOf:
		return "source"
	case gather.DebugInfoOf:
		return "debuginfo"
	case gather.ByFullTree:
		return "same source"
	case gather.ByLangpack:
		return "translation"
	}
	return "multilib " + r.Dep.Name
}

// fold makes one node of all packages that one node pulls and that pull
// nothing themselves.
func (g *graph) fold() {
	out := &graph{}
	place := make([]int, len(g.nodes))
	folded := make([]bool, len(g.nodes))
	for _, n := range g.nodes {
		leaves := g.leaves(n)
		if len(leaves) > 1 {
			for _, i := range leaves {
				folded[i] = true
			}
		}
	}
	for i, n := range g.nodes {
		if !folded[i] {
			place[i] = len(out.nodes)
			out.nodes = append(out.nodes, node{label: n.label, tip: n.tip, style: n.style})
		}
	}
	for i, n := range g.nodes {
		for _, e := range n.pulled {
			if !folded[g.edges[e].to] {
				out.link(edge{place[i], place[g.edges[e].to], ""})
			}
		}
		if leaves := g.leaves(n); len(leaves) > 1 {
			out.nodes = append(out.nodes, g.foldedNode(leaves))
			out.link(edge{place[i], len(out.nodes) - 1, ""})
		}
	}
	*g = *out
}

// leaves are the nodes that a node pulls and that pull nothing.
func (g *graph) leaves(n node) []int {
	var out []int
	for _, e := range n.pulled {
		if to := g.edges[e].to; len(g.nodes[to].pulled) == 0 {
			out = append(out, to)
		}
	}
	return out
}

func (g *graph) foldedNode(leaves []int) node {
	var names []string
	for _, i := range leaves[:min(len(leaves), maxFolded)] {
		names = append(names, g.nodes[i].label)
	}
	if more := len(leaves) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return node{label: fmt.Sprintf("%d packages", len(leaves)), tip: strings.Join(names, "\n"), style: "dotted"}
}

func (g *graph) print() []byte {
	var b bytes.Buffer
	b.WriteString("digraph gather {\n\tgraph [rankdir=LR")
	if len(g.nodes) > maxDrawn {
		b.WriteString(", layout=sfdp, overlap=prism, outputorder=edgesfirst")
	}
	b.WriteString("];\n\tnode [shape=box];\n")
	for i, n := range g.nodes {
		fmt.Fprintf(&b, "\tn%d [label=%s", i, dotText(n.label))
		if n.style != "" {
			fmt.Fprintf(&b, ", style=%s", n.style)
		}
		if n.tip != "" {
			fmt.Fprintf(&b, ", tooltip=%s", dotText(n.tip))
		}
		b.WriteString("];\n")
	}
	slices.SortStableFunc(g.edges, func(a, b edge) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	for _, e := range g.edges {
		fmt.Fprintf(&b, "\tn%d -> n%d", e.from, e.to)
		if e.label != "" {
			fmt.Fprintf(&b, " [label=%s]", dotText(e.label))
		}
		b.WriteString(";\n")
	}
	b.WriteString("}\n")
	return b.Bytes()
}

// dotText quotes a text for Graphviz, in which a backslash begins an escape.
func dotText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(event.Clean(s)) + `"`
}
