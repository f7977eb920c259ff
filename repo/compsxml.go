package repo

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// XML gives the canonical file that Pungi writes: groups, environments,
// packages and languages in order, categories as they came; only what
// libcomps and dnf read.
func (c *Comps) XML() []byte {
	w := compsWriter{}
	w.raw(`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE comps
  PUBLIC '-//Red Hat, Inc.//DTD Comps info//EN'
  'comps.dtd'>
`)
	if len(c.Groups)+len(c.Categories)+len(c.Environments)+len(c.Langpacks) == 0 {
		w.raw("<comps/>\n")
		return w.dst
	}
	w.raw("<comps>\n")
	for _, g := range sortedBy(c.Groups, func(g Group) string { return g.ID }) {
		w.group(g)
	}
	for _, g := range c.Categories {
		w.category(g, c)
	}
	for _, e := range sortedBy(c.Environments, func(e Environment) string { return e.ID }) {
		w.environment(e)
	}
	w.langpacks(c.Langpacks)
	w.raw("</comps>\n")
	return w.dst
}

func sortedBy[T any](s []T, key func(T) string) []T {
	s = slices.Clone(s)
	slices.SortStableFunc(s, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
	return s
}

type compsWriter struct{ dst []byte }

func (w *compsWriter) raw(s string) { w.dst = append(w.dst, s...) }

var compsEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// element writes a line: indent levels of two blanks, and attributes in pairs
// of name and value.
func (w *compsWriter) element(indent int, name, text string, attrs ...string) {
	w.raw(strings.Repeat("  ", indent))
	w.raw("<" + name)
	for i := 0; i < len(attrs); i += 2 {
		w.raw(" " + attrs[i] + `="` + compsEscapes.Replace(attrs[i+1]) + `"`)
	}
	if text == "" {
		w.raw("/>\n")
		return
	}
	w.raw(">" + compsEscapes.Replace(text) + "</" + name + ">\n")
}

func (w *compsWriter) text(name string, t Text) {
	w.element(2, name, t.Value)
	for _, lang := range slices.Sorted(maps.Keys(t.Lang)) {
		w.element(2, name, t.Lang[lang], "xml:lang", lang)
	}
}

func (w *compsWriter) group(g Group) {
	w.raw("  <group>\n")
	w.element(2, "id", g.ID)
	w.text("name", g.Name)
	w.text("description", g.Description)
	w.element(2, "default", strconv.FormatBool(g.Default))
	w.element(2, "uservisible", strconv.FormatBool(g.UserVisible))
	if g.LangOnly != "" {
		w.element(2, "langonly", g.LangOnly)
	}
	w.packages(g.Packages)
	w.raw("  </group>\n")
}

func (w *compsWriter) packages(packages []GroupPackage) {
	if len(packages) == 0 {
		w.element(2, "packagelist", "")
		return
	}
	packages = slices.Clone(packages)
	slices.SortStableFunc(packages, func(a, b GroupPackage) int { return cmp.Or(byType(a, b), cmp.Compare(a.Name, b.Name)) })
	w.raw("    <packagelist>\n")
	for _, p := range packages {
		if p.Type == Conditional {
			w.element(3, "packagereq", p.Name, "requires", p.Requires, "type", string(p.Type))
		} else {
			w.element(3, "packagereq", p.Name, "type", string(p.Type))
		}
	}
	w.raw("    </packagelist>\n")
}

// head writes what categories and environments have in common.
func (w *compsWriter) head(id string, name, description Text, order *int) {
	w.element(2, "id", id)
	w.text("name", name)
	if description.Value != "" {
		w.text("description", description)
	}
	if order != nil {
		w.element(2, "display_order", strconv.Itoa(*order))
	}
}

func (w *compsWriter) groupIDs(element string, ids []GroupID) {
	ids = slices.Clone(ids)
	slices.SortStableFunc(ids, func(a, b GroupID) int { return cmp.Compare(a.ID, b.ID) })
	ids = slices.CompactFunc(ids, func(a, b GroupID) bool { return a.ID == b.ID && a.Default == b.Default })
	w.raw("    <" + element + ">\n")
	for _, g := range ids {
		if g.Default {
			w.element(3, "groupid", g.ID, "default", "true")
		} else {
			w.element(3, "groupid", g.ID)
		}
	}
	w.raw("    </" + element + ">\n")
}

// category writes a category with the groups that are there, if any is.
func (w *compsWriter) category(g Category, c *Comps) {
	ids := pick(g.Groups, func(id GroupID) bool {
		_, ok := c.Group(id.ID)
		return ok
	})
	if len(ids) == 0 {
		return
	}
	w.raw("  <category>\n")
	w.head(g.ID, g.Name, g.Description, g.DisplayOrder)
	w.groupIDs("grouplist", ids)
	w.raw("  </category>\n")
}

func (w *compsWriter) environment(e Environment) {
	if len(e.Groups) == 0 {
		return
	}
	w.raw("  <environment>\n")
	w.head(e.ID, e.Name, e.Description, e.DisplayOrder)
	w.groupIDs("grouplist", e.Groups)
	if len(e.Options) > 0 {
		w.groupIDs("optionlist", e.Options)
	}
	w.raw("  </environment>\n")
}

// langpacks writes each name once: the last one counts.
func (w *compsWriter) langpacks(packs []Langpack) {
	if len(packs) == 0 {
		return
	}
	install := make(map[string]string, len(packs))
	for _, l := range packs {
		install[l.Name] = l.Install
	}
	w.raw("  <langpacks>\n")
	for _, name := range slices.Sorted(maps.Keys(install)) {
		w.element(2, "match", "", "install", install[name], "name", name)
	}
	w.raw("  </langpacks>\n")
}
