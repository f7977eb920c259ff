package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"compose/phases/compare"
	"compose/phases/report"
)

// diffText is a difference for people: a summary, the trees, and the source
// packages in the sections of Pungi's compose-changelog.
func diffText(d *compare.Difference) string {
	var b strings.Builder
	b.WriteString(diffSummary(d))
	for _, t := range d.Trees {
		if len(t.Changes) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n===== %s =====\n", t.Tree)
		for _, c := range t.Changes {
			fmt.Fprintf(&b, "%-10s  %s\n", c.What, changeText(c))
		}
	}
	for _, s := range sections {
		builds := buildsOf(d, s.what)
		if len(builds) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n===== %s PACKAGES =====\n", strings.ToUpper(s.word))
		for i, build := range builds {
			if i > 0 {
				b.WriteByte('\n')
			}
			writeBuild(&b, build)
		}
	}
	return b.String()
}

// sections are the kinds of source packages, in compose-changelog's words.
var sections = []struct {
	what compare.What
	word string
}{{compare.Added, "added"}, {compare.Removed, "dropped"}, {compare.Upgraded, "upgraded"}, {compare.Downgraded, "downgraded"}}

func buildsOf(d *compare.Difference, what compare.What) []compare.Build {
	var out []compare.Build
	for _, b := range d.Builds {
		if b.What == what {
			out = append(out, b)
		}
	}
	return out
}

// diffSummary is the difference in numbers.
func diffSummary(d *compare.Difference) string {
	var b strings.Builder
	fmt.Fprintf(&b, "OLD: %s\nNEW: %s\n", d.Old, d.New)
	for _, note := range d.Notes {
		fmt.Fprintf(&b, "note: %s\n", note)
	}
	if d.Same() {
		b.WriteString("\nThe packages are the same.\n")
		return b.String()
	}
	b.WriteString("\n===== SUMMARY =====\n")
	for _, s := range sections {
		builds := buildsOf(d, s.what)
		var before, after int64
		for _, build := range builds {
			before, after = before+build.OldSize, after+build.NewSize
		}
		size := report.Bytes(cmp.Or(after, before))
		if before > 0 && after > 0 {
			size += ", " + signedBytes(after-before)
		}
		fmt.Fprintf(&b, "%-20s %5d  %s\n", strings.ToUpper(s.word[:1])+s.word[1:]+" packages:", len(builds), size)
	}
	b.WriteString("\n===== TREES =====\n")
	for _, t := range d.Trees {
		fmt.Fprintf(&b, "%s: %s\n", t.Tree, treeText(t))
	}
	return b.String()
}

// treeText sums up what became of a tree.
func treeText(t compare.Tree) string {
	switch {
	case t.Old == nil:
		return "new, " + totalsText(t.New)
	case t.New == nil:
		return "gone, " + totalsText(t.Old)
	}
	count := map[compare.What]int{}
	for _, c := range t.Changes {
		count[c.What]++
	}
	words := []string{totalsText(t.New), signedBytes(t.New.Bytes - t.Old.Bytes)}
	for _, w := range compare.Kinds() {
		if count[w] > 0 {
			words = append(words, fmt.Sprintf("%d %s", count[w], w))
		}
	}
	return strings.Join(words, ", ")
}

func totalsText(t *compare.Totals) string {
	return fmt.Sprintf("%d packages, %d debug, %d source, %s", t.Packages, t.Debug, t.Source, report.Bytes(t.Bytes))
}

// changeText is one change without its kind.
func changeText(c compare.Change) string {
	name := c.Name + "." + c.Arch
	if c.OldArch != "" {
		name = fmt.Sprintf("%s.%s -> %s", c.Name, c.OldArch, c.Arch)
	}
	version := cmp.Or(c.New, c.Old)
	if c.Old != c.New && c.Old != "" && c.New != "" {
		version = c.Old + " -> " + c.New
	}
	name += " " + version
	switch c.What {
	case compare.Added:
		return name + ", " + report.Bytes(c.NewSize)
	case compare.Removed:
		return name + ", " + report.Bytes(c.OldSize)
	case compare.Moved:
		if c.To != "" {
			return name + ", to " + c.To
		}
		return name + ", from " + c.From
	case compare.Resigned:
		return fmt.Sprintf("%s, key %s -> %s", name, cmp.Or(c.OldKey, "none"), cmp.Or(c.NewKey, "none"))
	}
	return name + ", " + signedBytes(c.NewSize-c.OldSize)
}

func signedBytes(n int64) string {
	if n < 0 {
		return "-" + report.Bytes(-n)
	}
	return "+" + report.Bytes(n)
}

// writeBuild writes one source package.
func writeBuild(b *strings.Builder, build compare.Build) {
	field := func(name, text string) {
		if text != "" {
			fmt.Fprintf(b, "%-14s%s\n", name+":", oneLine(text))
		}
	}
	field("Package", build.Name+"-"+cmp.Or(build.New, build.Old))
	if build.New != "" && build.Old != "" {
		field("Old package", build.Name+"-"+build.Old)
	}
	field("Summary", build.Summary)
	field("RPMs", strings.Join(build.RPMs, " "))
	field("Added RPMs", strings.Join(build.AddedRPMs, " "))
	field("Dropped RPMs", strings.Join(build.RemovedRPMs, " "))
	field("Size", report.Bytes(cmp.Or(build.NewSize, build.OldSize)))
	if build.New != "" && build.Old != "" {
		field("Size change", signedBytes(build.NewSize-build.OldSize))
	}
	field("Unreadable", build.Unreadable)
	if len(build.Changes) == 0 {
		return
	}
	b.WriteString("Changelog:\n")
	for _, e := range build.Changes {
		fmt.Fprintf(b, "  * %s %s\n", e.Date, oneLine(e.Author))
		for line := range strings.SplitSeq(strings.TrimSpace(e.Text), "\n") {
			fmt.Fprintf(b, "  %s\n", line)
		}
	}
	if build.More > 0 {
		fmt.Fprintf(b, "  and %d more entries\n", build.More)
	}
}

// oneLine keeps the text of a package from looking like something of ours.
func oneLine(s string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(s, "\n"), func(l string) bool { return strings.TrimSpace(l) == "" }), " ")
}
