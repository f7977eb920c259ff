package phases

import (
	"bytes"
	"encoding/json"

	"compose/gather"
	"compose/internal/rpm"
	"compose/pkgset"
)

// pickRecord is one line of the gather record: a package of a tree, of what
// kind it is and why it is there, before the packages of a family of variants
// are divided up. By names the package that brought it in, Over the others
// that would have met the same requirement.
type pickRecord struct {
	Package  string   `json:"package"`
	Kind     string   `json:"kind"`
	Flags    []string `json:"flags,omitempty"`
	Copy     string   `json:"copy,omitempty"` // "lookaside" when it is a lookaside's
	Why      string   `json:"why"`
	By       string   `json:"by,omitempty"`
	Requires string   `json:"requires,omitempty"`
	Over     []string `json:"over,omitempty"`
}

// hiddenRecord is a package that the tree did not see.
type hiddenRecord struct {
	Hidden string `json:"hidden"`
	Why    string `json:"why"`
}

// missingRecord is a requirement that nothing answers.
type missingRecord struct {
	Missing  string   `json:"missing"`
	Requires string   `json:"requires"`
	Rejected []string `json:"rejected,omitempty"`
}

// gatherRecord writes down every package of a tree with its reason, the ones
// that were hidden from it, and what is missing, one JSON object a line.
func gatherRecord(res *gather.Result, own func(*rpm.Package) bool) []byte {
	var w lines
	for _, pk := range res.Packages {
		rec := pickRecord{Package: pk.Pkg.NEVRA(), Kind: pk.Kind.String(), Flags: pk.Flags, Why: pk.Why.String()}
		if !own(pk.Pkg) {
			rec.Copy = "lookaside"
		}
		if pk.Why.By != nil {
			rec.By = pk.Why.By.NEVRA()
		}
		if pk.Why.Dep != (rpm.Dep{}) {
			rec.Requires = pk.Why.Dep.String()
		}
		rec.Over = rejections(pk.Why.Over)
		w.add(rec)
	}
	for _, h := range res.Hidden {
		w.add(hiddenRecord{h.Pkg.NEVRA(), h.String()})
	}
	for _, m := range res.Missing {
		w.add(missingRecord{m.Pkg.NEVRA(), m.Requires.String(), rejections(m.Rejected)})
	}
	return w.Bytes()
}

func rejections(list []gather.Rejected) []string {
	var out []string
	for _, r := range list {
		out = append(out, r.String())
	}
	return out
}

// trimmedRecord is a package that a nested variant did not keep.
type trimmedRecord struct {
	Tree    string `json:"tree"`
	Package string `json:"package"`
	Kind    string `json:"kind"`
	Moved   bool   `json:"moved,omitempty"` // to the tree of the parent; else it was there already
	Other   string `json:"other"`           // the variant that has it, or what kind of variants
}

func trimRecord(changes []gather.Change) []byte {
	var w lines
	for _, c := range changes {
		w.add(trimmedRecord{c.Variant + "." + c.Arch, c.Picked.Pkg.NEVRA(), c.Picked.Kind.String(), c.Moved, c.Other})
	}
	return w.Bytes()
}

// listRecord is a package that the trees of an architecture may have, or one
// that was kept from them.
type listRecord struct {
	Package  string   `json:"package"`
	Tag      string   `json:"tag"`
	Excluded string   `json:"excluded,omitempty"` // the rule
	Arches   []string `json:"arches,omitempty"`   // that the rule names
	Instead  string   `json:"instead,omitempty"`  // the tag whose package is taken
}

func packageList(sub *pkgset.Subset) []byte {
	var w lines
	for _, pkg := range sub.Packages {
		w.add(listRecord{Package: pkg.NEVRA(), Tag: sub.Entry(pkg).Tag})
	}
	for _, x := range sub.Excluded {
		w.add(listRecord{x.Entry.Pkg.NEVRA(), x.Entry.Tag, x.Rule, x.Arches, x.Tag})
	}
	return w.Bytes()
}

// lines is one JSON object a line.
type lines struct{ bytes.Buffer }

func (w *lines) add(v any) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // plain strings into memory
}
