package pkgset

import (
	"fmt"
	"slices"
	"strings"

	"compose/internal/rpm"
)

// normalKeys checks configured key ids and gives them in lower case. No keys
// at all means that every package is allowed.
func normalKeys(keys []string) ([]string, error) {
	if len(keys) == 0 {
		return []string{""}, nil
	}
	out := make([]string, len(keys))
	for i, k := range keys {
		k = strings.ToLower(strings.TrimPrefix(k, "0x"))
		if k != "" && (len(k) != 8 && len(k) != 16 || strings.Trim(k, "0123456789abcdef") != "") {
			return nil, fmt.Errorf("signature key %q: want 8 or 16 hexadecimal digits", keys[i])
		}
		out[i] = k
	}
	return out, nil
}

// onlyUnsigned says whether the keys allow any package alike, so that nobody
// needs to know what signed it.
func onlyUnsigned(keys []string) bool {
	return !slices.ContainsFunc(keys, func(k string) bool { return k != "" })
}

// sign finds the best configured key of a package: one of those that signed
// it, else "" where that is configured.
func (e *Entry) sign(keys []string) {
	e.sigRank, e.SigKey, e.SigOK = len(keys), "", false
	for i, k := range keys {
		if k != "" && signedBy(e.Pkg, k) {
			e.sigRank, e.SigKey, e.SigOK = i, k, true
			return
		}
	}
	if i := slices.Index(keys, ""); i >= 0 {
		e.sigRank, e.SigOK = i, true
	}
}

// signedBy compares a key id with those of the package, of which it may be
// the last eight digits.
func signedBy(p *rpm.Package, key string) bool {
	return slices.ContainsFunc(p.SigKeys, func(k string) bool { return strings.HasSuffix(k, key) })
}

// SignatureError says which packages no configured key allows.
type SignatureError struct {
	Groups []UnsignedGroup // one per tag
}

// UnsignedGroup is the packages of one tag that none of its keys allows.
type UnsignedGroup struct {
	Tag      string
	Keys     []string // as configured, best first
	Packages []*rpm.Package
}

// Error names the first packages of each tag; all are in Groups.
func (e *SignatureError) Error() string {
	var b strings.Builder
	for i, g := range e.Groups {
		if i > 0 {
			b.WriteString("\n")
		}
		what := "packages"
		if len(g.Packages) == 1 {
			what = "package"
		}
		fmt.Fprintf(&b, "pkgset %s: %d %s not signed by any of [%s]: ", g.Tag, len(g.Packages), what, strings.Join(g.Keys, " "))
		b.WriteString(firstFew(len(g.Packages), func(i int) string { return signedText(g.Packages[i]) }))
	}
	return b.String()
}

// Each has a line for every package, for a log.
func (e *SignatureError) Each() []string {
	var lines []string
	for _, g := range e.Groups {
		for _, p := range g.Packages {
			lines = append(lines, "not allowed in "+g.Tag+": "+signedText(p))
		}
	}
	return lines
}

func signedText(p *rpm.Package) string {
	if len(p.SigKeys) == 0 {
		return p.String()
	}
	return p.String() + " (signed by " + strings.Join(p.SigKeys, " ") + ")"
}

// fewMax is how many objects a message names.
const fewMax = 10

// firstFew joins the texts of n objects and cuts a long list short.
func firstFew(n int, text func(i int) string) string {
	var b strings.Builder
	for i := range min(n, fewMax) {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(text(i))
	}
	if n > fewMax {
		fmt.Fprintf(&b, "; and %d more", n-fewMax)
	}
	return b.String()
}

// CheckSignatures refuses packages that no configured key of their tag
// allows, all at once, with a *SignatureError. Pungi's gather_method "deps"
// checks what was picked, "nodeps" the whole set.
func CheckSignatures(entries []*Entry) error {
	var groups []UnsignedGroup
	for _, e := range entries {
		if e.SigOK {
			continue
		}
		i := slices.IndexFunc(groups, func(g UnsignedGroup) bool { return g.Tag == e.Tag })
		if i < 0 {
			i = len(groups)
			groups = append(groups, UnsignedGroup{Tag: e.Tag, Keys: e.keys})
		}
		groups[i].Packages = append(groups[i].Packages, e.Pkg)
	}
	if groups == nil {
		return nil
	}
	return &SignatureError{groups}
}
