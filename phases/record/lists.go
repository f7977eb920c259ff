package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"compose/gather"
	"compose/internal/rpm"
	"compose/pkgset"
)

// listed is a package that the trees of an architecture may have, or one that
// was kept from them.
type listed struct {
	Package  string   `json:"package"`
	Tag      string   `json:"tag"`
	File     string   `json:"file,omitempty"`     // its name, where that is not the usual one
	Unsigned bool     `json:"unsigned,omitempty"` // none of the tag's keys allows it
	Excluded string   `json:"excluded,omitempty"` // the rule
	Arches   []string `json:"arches,omitempty"`   // that the rule names
	Instead  string   `json:"instead,omitempty"`  // the tag whose package is taken
}

// Listed is a package of the sets, as far as an architecture is concerned.
type Listed struct {
	Pkg      *rpm.Package
	Tag      string
	File     string
	Unsigned bool
	// Excluded is why the trees of the architecture cannot have the package,
	// in words; "" where they can.
	Excluded string
}

// Packages writes down what the trees of an architecture may have.
func Packages(sub *pkgset.Subset) []byte {
	w := newLines()
	for _, pkg := range sub.Packages {
		w.add(list(sub.Entry(pkg)))
	}
	for _, x := range sub.Excluded {
		line := list(x.Entry)
		line.Excluded, line.Arches, line.Instead = x.Rule, x.Arches, x.Tag
		w.add(line)
	}
	return w.Bytes()
}

func list(e *pkgset.Entry) listed {
	line := listed{Package: e.Pkg.NEVRA(), Tag: e.Tag, Unsigned: !e.SigOK}
	if e.File != e.Pkg.FileName() {
		line.File = e.File
	}
	return line
}

// ReadPackages reads what Packages wrote.
func ReadPackages(r io.Reader) ([]Listed, error) {
	var out []Listed
	all := roster{}
	err := eachLine(r, func(text []byte) error {
		var l listed
		if err := json.Unmarshal(text, &l); err != nil {
			return err
		}
		pkg, err := all.get(l.Package)
		if err != nil {
			return err
		}
		if l.File == "" {
			l.File = pkg.FileName()
		}
		why := ""
		if l.Excluded != "" {
			why = pkgset.Exclusion{Rule: l.Excluded, Arches: l.Arches, Tag: l.Instead}.Why()
		}
		out = append(out, Listed{pkg, l.Tag, l.File, l.Unsigned, why})
		return nil
	})
	return out, err
}

// trimmed is a package that a nested variant did not keep.
type trimmed struct {
	Tree    string `json:"tree"`
	Package string `json:"package"`
	Kind    string `json:"kind"`
	Moved   bool   `json:"moved,omitempty"` // to the tree of the parent; else it was there already
	Other   string `json:"other"`           // the variant that has it, or what kind of variants
}

// Trimmed is a package that a tree did not keep.
type Trimmed struct {
	Tree  string // UID.ARCH
	Pkg   *rpm.Package
	Kind  gather.Kind
	Moved bool
	Other string
}

// Trims writes down what was moved between the trees of a family.
func Trims(changes []gather.Change) []byte {
	w := newLines()
	for _, c := range changes {
		w.add(trimmed{c.Variant + "." + c.Arch, c.Picked.Pkg.NEVRA(), kinds.of(int(c.Picked.Kind)), c.Moved, c.Other})
	}
	return w.Bytes()
}

// ReadTrims reads what Trims wrote.
func ReadTrims(r io.Reader) ([]Trimmed, error) {
	var out []Trimmed
	all := roster{}
	err := eachLine(r, func(text []byte) error {
		var l trimmed
		if err := json.Unmarshal(text, &l); err != nil {
			return err
		}
		if l.Tree == "" {
			return errors.New("no tree")
		}
		pkg, err := all.get(l.Package)
		if err != nil {
			return err
		}
		kind, err := kinds.find(l.Kind)
		if err != nil {
			return fmt.Errorf("package %s: %w", pkg, err)
		}
		out = append(out, Trimmed{l.Tree, pkg, gather.Kind(kind), l.Moved, l.Other})
		return nil
	})
	return out, err
}
