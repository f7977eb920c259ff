package phases

import (
	"fmt"
	"strings"
	"testing"

	"compose/gather"
	"compose/internal/rpm"
)

func noarch(name string) *rpm.Package {
	return &rpm.Package{Name: name, Version: "1", Release: "1", Arch: "noarch"}
}

// TestDOT draws every kind of reason, and names that Graphviz could take for
// its own.
func TestDOT(t *testing.T) {
	root, odd := noarch("root"), noarch(`o"d\N`+"\x1b")
	picks := []gather.Picked{{Pkg: root, Why: gather.Reason{Pattern: gather.Pattern{Text: "ro*"}}}}
	for i, why := range []gather.Reason{
		{Kind: gather.ByRequires, Dep: rpm.Dep{Name: "(a and b)"}}, {Kind: gather.ByConditional}, {Kind: gather.SourceOf}, {Kind: gather.DebugInfoOf},
		{Kind: gather.ByFullTree}, {Kind: gather.ByLangpack}, {Kind: gather.ByMultilib, Dep: rpm.Dep{Name: "all"}},
	} {
		why.By = root
		picks = append(picks, gather.Picked{Pkg: noarch(fmt.Sprint("p", i)), Why: why})
	}
	picks = append(picks,
		gather.Picked{Pkg: odd, Why: gather.Reason{Kind: gather.ByRecommends, By: noarch("elsewhere"), Dep: rpm.Dep{Name: `x"`}}, Flags: []string{"lookaside"}},
		gather.Picked{Pkg: noarch("left-out"), Kind: gather.Source, Why: gather.Reason{Kind: gather.SourceOf, By: root}})
	s := &Solved{res: &gather.Result{Packages: picks}}
	got := string(s.DOT([]string{"rpm"}))
	for _, want := range []string{
		"\tn9 [label=\"\\\"ro*\\\"\", style=rounded];\n", "\tn9 -> n0;\n",
		"\tn0 -> n1 [label=\"(a and b)\"];\n", "\tn0 -> n2 [label=\"conditional\"];\n", "\tn0 -> n3 [label=\"source\"];\n", "\tn0 -> n4 [label=\"debuginfo\"];\n",
		"\tn0 -> n5 [label=\"same source\"];\n", "\tn0 -> n6 [label=\"translation\"];\n", "\tn0 -> n7 [label=\"multilib all\"];\n",
		"\tn8 [label=\"o\\\"d\\\\N\\\\x1b-1-1.noarch\", style=dashed, tooltip=\"recommended by elsewhere-1-1.noarch (x\\\")\"];\n",
		"\tn10 [label=\"elsewhere-1-1.noarch\", style=rounded];\n", "\tn10 -> n8 [label=\"x\\\"\"];\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %s", want)
		}
	}
	if strings.Contains(got, "left-out") || strings.Contains(got, "layout") {
		t.Error(got)
	}
}

// TestFold draws a large graph: a chain stays, and what pulls nothing is one
// node for each puller.
func TestFold(t *testing.T) {
	var picks []gather.Picked
	var last *rpm.Package
	for i := range 100 {
		p := noarch(fmt.Sprint("link", i))
		why := gather.Reason{Kind: gather.ByRequires, By: last}
		if last == nil {
			why = gather.Reason{Pattern: gather.Pattern{Text: "link0"}}
		}
		picks = append(picks, gather.Picked{Pkg: p, Why: why})
		last = p
	}
	for i := range 50 {
		picks = append(picks, gather.Picked{Pkg: noarch(fmt.Sprint("leaf", i)), Why: gather.Reason{Kind: gather.ByRequires, By: last, Dep: rpm.Dep{Name: "x"}}})
	}
	s := &Solved{res: &gather.Result{Packages: picks}}
	got := string(s.DOT([]string{"rpm"}))
	if n := strings.Count(got, "\n\tn"); n != 1+102+101 { // the line for all nodes, nodes, edges
		t.Errorf("%d lines of nodes and edges\n%s", n, got)
	}
	if !strings.Contains(got, `[label="50 packages", style=dotted, tooltip="leaf0-1-1.noarch\nleaf1-1-1.noarch`) || !strings.Contains(got, `\nand 20 more"`) {
		t.Error(got)
	}
	for i := range maxDrawn { // now in pairs, which nothing folds
		a, b := noarch(fmt.Sprint("a", i)), noarch(fmt.Sprint("b", i))
		picks = append(picks, gather.Picked{Pkg: a, Why: gather.Reason{Pattern: gather.Pattern{Text: "a*"}}}, gather.Picked{Pkg: b, Why: gather.Reason{Kind: gather.ByRequires, By: a}})
	}
	s.res.Packages = picks
	if got := string(s.DOT([]string{"rpm"})); !strings.Contains(got, "layout=sfdp") || strings.Count(got, "50 packages") != 1 {
		t.Error("the graph of many nodes is drawn as if there were few")
	}
}
