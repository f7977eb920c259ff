package repo

import (
	"cmp"
	"slices"
)

// Comps is a groups file. It is not changed after it was read; the filters
// give new ones that share what is the same.
type Comps struct {
	Groups       []Group // in the order of the file
	Categories   []Category
	Environments []Environment
	Langpacks    []Langpack
	// Notes are remarks on the file that do not make it wrong, with line
	// numbers: a package named twice in a group.
	Notes []string
}

// Text is a text with its translations.
type Text struct {
	Value string
	Lang  map[string]string // by xml:lang, nil when there are none
}

// Only is the arch or variant attribute of an element: where it counts. nil
// is everywhere.
type Only []string

func (o Only) has(name string) bool { return o == nil || slices.Contains(o, name) }

// Group is a named list of packages.
type Group struct {
	ID                string
	Name, Description Text
	Default           bool // installed unless deselected
	UserVisible       bool
	BiarchOnly        bool
	LangOnly          string
	DisplayOrder      *int
	Packages          []GroupPackage
	Arches, Variants  Only
}

// PackageType says when a package of a group is installed with it.
type PackageType string

// The types, in the order in which a group lists them.
const (
	Mandatory   PackageType = "mandatory"
	Default     PackageType = "default"
	Optional    PackageType = "optional"
	Conditional PackageType = "conditional" // when Requires is installed too
)

var packageTypes = []PackageType{Mandatory, Default, Optional, Conditional}

// GroupPackage is one package of a group.
type GroupPackage struct {
	Name             string
	Type             PackageType
	Requires         string // of a conditional one
	BasearchOnly     bool
	Arches, Variants Only
}

// Category is a list of groups for menus.
type Category struct {
	ID                string
	Name, Description Text
	DisplayOrder      *int
	Groups            []GroupID
}

// Environment is a list of groups that make up a whole system.
type Environment struct {
	ID                string
	Name, Description Text
	DisplayOrder      *int
	Groups, Options   []GroupID
	Arches, Variants  Only
}

// GroupID names a group in a category or environment.
type GroupID struct {
	ID      string
	Default bool // of an option: selected at first
	Arches  Only
}

// Langpack says which package brings the languages of another: Install has a
// "%s" for the language.
type Langpack struct{ Name, Install string }

// Group gives the group of an id.
func (c *Comps) Group(id string) (*Group, bool) {
	for i := range c.Groups {
		if c.Groups[i].ID == id {
			return &c.Groups[i], true
		}
	}
	return nil, false
}

// Packages gives the packages of some types in all groups, by name and
// without duplicates. A conditional package appears once for each of its
// conditions.
func (c *Comps) Packages(types ...PackageType) []GroupPackage {
	var out []GroupPackage
	for _, g := range c.Groups {
		for _, p := range g.Packages {
			if slices.Contains(types, p.Type) {
				out = append(out, p)
			}
		}
	}
	slices.SortFunc(out, func(a, b GroupPackage) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Requires, b.Requires), byType(a, b))
	})
	return slices.CompactFunc(out, func(a, b GroupPackage) bool { return a.Name == b.Name && a.Requires == b.Requires })
}

func byType(a, b GroupPackage) int {
	return cmp.Compare(slices.Index(packageTypes, a.Type), slices.Index(packageTypes, b.Type))
}
