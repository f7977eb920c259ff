package gather

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// VariantType is Pungi's type of a variant.
type VariantType string

// The types; all but Variant have a parent.
const (
	Variant        VariantType = "variant"
	Addon          VariantType = "addon"
	LayeredProduct VariantType = "layered-product"
	Optional       VariantType = "optional"
)

// Tree is a solved tree of a family of variants.
type Tree struct {
	Variant  string // uid
	Parent   string // uid of the parent variant; empty for type Variant
	Type     VariantType
	Arch     string
	Packages []Picked
}

// Change is what Trim did with one package.
type Change struct {
	Variant, Arch string
	Picked        Picked
	// Moved says that the package went to the parent; else it was removed.
	Moved bool
	// Other is the variant, or the type of variants, that has the package.
	Other string
}

// String gives the change as a sentence.
func (c Change) String() string {
	if c.Moved {
		return fmt.Sprintf("%s.%s: %s %s moved to %s", c.Variant, c.Arch, c.Picked.Kind, c.Picked.Pkg, c.Other)
	}
	return fmt.Sprintf("%s.%s: %s %s removed: it is in %s", c.Variant, c.Arch, c.Picked.Kind, c.Picked.Pkg, c.Other)
}

// trimmer holds the trees while they are trimmed.
type trimmer struct {
	trees   []Tree
	compat  Compat
	changes []Change
	taken   map[takenKey]VariantType // what addons and layered products have
}

type takenKey struct {
	parent string // empty: any family
	kind   Kind
	name   string
}

// Trim gives each package of a family its one place, as Pungi does after
// gathering: a child loses what its parent has by name and architecture; what
// a child took from a source of its parent without asking for it (the flag
// "fulltree-exclude") moves to the parent; a layered product loses what addons
// have on any architecture, but keeps sources and debug packages; optional
// loses what addons and layered products have. Pungi compares with the addons
// of all families, not of the own one alone. The trees keep their order; the
// lists that were given are not changed.
func Trim(trees []Tree, compat Compat) ([]Tree, []Change) {
	t := &trimmer{trees: slices.Clone(trees), compat: compat, taken: map[takenKey]VariantType{}}
	for _, typ := range [...]VariantType{Addon, LayeredProduct, Optional} {
		var kept []func()
		for _, i := range t.of(typ) {
			kept = append(kept, t.trim(&t.trees[i]))
		}
		for _, remember := range kept {
			remember()
		}
	}
	return t.trees, t.changes
}

// of gives the trees of a type by architecture and variant.
func (t *trimmer) of(typ VariantType) []int {
	var list []int
	for i := range t.trees {
		if t.trees[i].Type == typ {
			list = append(list, i)
		}
	}
	slices.SortStableFunc(list, func(a, b int) int {
		x, y := &t.trees[a], &t.trees[b]
		return cmp.Or(strings.Compare(x.Arch, y.Arch), strings.Compare(x.Variant, y.Variant))
	})
	return list
}

type nameArch struct {
	kind       Kind
	name, arch string
}

// trim trims one tree. The function it gives notes what the tree has kept.
func (t *trimmer) trim(tree *Tree) (remember func()) {
	parent := t.parent(tree)
	inParent := map[nameArch]bool{}
	if parent != nil {
		for _, p := range parent.Packages {
			inParent[nameArch{p.Kind, p.Pkg.Name, p.Pkg.Arch}] = true
		}
	}
	var list, own []Picked
	for _, p := range tree.Packages {
		other, taken := t.taken[takenKey{t.family(tree), p.Kind, p.Pkg.Name}]
		switch {
		case taken && tree.Type == LayeredProduct && p.Kind != Binary:
			list = append(list, p)
		case taken:
			t.note(tree, p, "the "+string(other)+" variants")
		case inParent[nameArch{p.Kind, p.Pkg.Name, p.Pkg.Arch}]:
			t.note(tree, p, tree.Parent)
		case slices.Contains(p.Flags, "fulltree-exclude") && !slices.Contains(p.Flags, "input"):
			t.move(tree, parent, p)
		default:
			list, own = append(list, p), append(own, p)
		}
	}
	tree.Packages = list
	return func() {
		for _, p := range own {
			t.taken[takenKey{t.family(tree), p.Kind, p.Pkg.Name}] = tree.Type
		}
	}
}

func (t *trimmer) family(tree *Tree) string {
	if t.compat == CompatPungi43 {
		return ""
	}
	return tree.Parent
}

func (t *trimmer) parent(tree *Tree) *Tree {
	for i := range t.trees {
		if t.trees[i].Variant == tree.Parent && t.trees[i].Arch == tree.Arch {
			return &t.trees[i]
		}
	}
	return nil
}

func (t *trimmer) note(tree *Tree, p Picked, other string) {
	t.changes = append(t.changes, Change{Variant: tree.Variant, Arch: tree.Arch, Picked: p, Other: other})
}

// move takes a package to the parent; optional has none of these flags.
func (t *trimmer) move(tree, parent *Tree, p Picked) {
	if parent != nil && tree.Type != Optional {
		i, _ := slices.BinarySearchFunc(parent.Packages, p, comparePicked)
		parent.Packages = slices.Insert(slices.Clone(parent.Packages), i, p)
	}
	t.changes = append(t.changes, Change{Variant: tree.Variant, Arch: tree.Arch, Picked: p, Moved: true, Other: tree.Parent})
}

func comparePicked(a, b Picked) int {
	return cmp.Or(
		cmp.Compare(a.Kind, b.Kind),
		strings.Compare(a.Pkg.Name, b.Pkg.Name),
		a.Pkg.EVR().Compare(b.Pkg.EVR()),
		strings.Compare(a.Pkg.Arch, b.Pkg.Arch),
	)
}
