package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"compose/gather"
	"compose/internal/rpm"
	"compose/pkgset"
)

// Lines begin with these keys; a package that is not named like its file may
// be meant by that.
var treeKey, fileKey = []byte(`"tree":"`), []byte(`"file":"`)

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
	w := &lines{b: make([]byte, 0, lineSize/2*(len(sub.Packages)+len(sub.Excluded)))}
	for _, pkg := range sub.Packages {
		w.open()
		w.entry(sub.Entry(pkg))
		w.end()
	}
	for _, x := range sub.Excluded {
		w.open()
		w.entry(x.Entry)
		w.text("excluded", x.Rule)
		w.texts("arches", x.Arches)
		w.some("instead", x.Tag)
		w.end()
	}
	return w.b
}

func (w *lines) entry(e *pkgset.Entry) {
	w.nevra("package", e.Pkg)
	w.text("tag", e.Tag)
	if e.File != e.Pkg.FileName() {
		w.text("file", e.File)
	}
	if !e.SigOK {
		w.flag("unsigned")
	}
}

// ReadPackages reads what Packages wrote of packages that match.
func ReadPackages(r io.Reader, match Match) ([]Listed, error) {
	var out []Listed
	all := roster{}
	err := eachLine(r, func(text []byte) error {
		if begins(text, packageKey) && !bytes.Contains(text, fileKey) && !mentions(text, packageKey, match) {
			return nil
		}
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
	w := &lines{}
	for _, c := range changes {
		w.open()
		w.text("tree", c.Variant+"."+c.Arch)
		w.nevra("package", c.Picked.Pkg)
		w.text("kind", kinds.of(int(c.Picked.Kind)))
		if c.Moved {
			w.flag("moved")
		}
		w.text("other", c.Other)
		w.end()
	}
	return w.b
}

// ReadTrims reads what Trims wrote of packages that match.
func ReadTrims(r io.Reader, match Match) ([]Trimmed, error) {
	var out []Trimmed
	all := roster{}
	err := eachLine(r, func(text []byte) error {
		if begins(text, treeKey) && !mentions(text, packageKey, match) {
			return nil
		}
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
