package image

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Verify compares the files of a tree, which lies in a folder, with the
// checksums; it gives all that differ.
func (t *Treeinfo) Verify(dir string) error {
	var errs []error
	for _, name := range sortedKeys(t.Checksums) {
		algorithm, want, _ := strings.Cut(t.Checksums[name], ":")
		sums, err := SumFile(filepath.Join(dir, filepath.FromSlash(name)), []string{algorithm})
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("treeinfo: %w", err))
		case sums[algorithm] != want:
			errs = append(errs, fmt.Errorf("treeinfo: %s has the %s checksum %s, not %s", name, algorithm, sums[algorithm], want))
		}
	}
	return errors.Join(errs...)
}

// Validate checks productmd's rules, and that nothing breaks out of its line;
// it gives all faults at once.
func (t *Treeinfo) Validate() error {
	var errs []error
	if len(t.Variants) == 0 {
		errs = append(errs, errors.New("no variant"))
	}
	return errors.Join(append(errs, t.check())...)
}

// check is Validate for files of others, which may have no variant: those of
// lorax have none.
func (t *Treeinfo) check() error {
	var errs []error
	if t.Arch == "" {
		errs = append(errs, errors.New("no architecture"))
	}
	errs = append(errs, t.Release.validate("release"))
	if t.layered() {
		errs = append(errs, t.Base.validate("base product"))
	}
	sections := map[string]bool{}
	for i := range t.Variants {
		errs = append(errs, t.Variants[i].validate(nil, sections))
	}
	if t.MainVariant != "" && !slices.ContainsFunc(t.Variants, func(v TreeVariant) bool { return v.ID == t.MainVariant }) {
		errs = append(errs, fmt.Errorf("main variant %q is not there", t.MainVariant))
	}
	errs = append(errs, t.checkImages())
	for _, p := range sortedKeys(t.Checksums) {
		errs = append(errs, checkKey(p), checkPath(p), checkSum(t.Checksums[p]))
	}
	if t.Disc < 0 || t.Discs < 0 || t.Disc > t.Discs || t.Discs > 0 && t.Disc == 0 {
		errs = append(errs, fmt.Errorf("disc %d of %d", t.Disc, t.Discs))
	}
	return errors.Join(errs...)
}

func (t *Treeinfo) checkImages() error {
	var errs []error
	platforms := append([]string{t.Arch}, t.Platforms...)
	for _, p := range platforms {
		errs = append(errs, checkItem("platform", p))
	}
	for _, platform := range sortedKeys(t.Images) {
		if !slices.Contains(platforms, platform) {
			errs = append(errs, fmt.Errorf("images for %q, which is no platform of the tree", platform))
		}
		for _, name := range sortedKeys(t.Images[platform]) {
			errs = append(errs, checkKey(name), checkPath(t.Images[platform][name]))
		}
	}
	for _, p := range []string{t.MainImage, t.InstImage} {
		if p != "" {
			errs = append(errs, checkPath(p))
		}
	}
	return errors.Join(errs...)
}

func (p Product) validate(what string) error {
	for _, s := range []string{p.Name, p.Short, p.Version} {
		if s == "" || !isLine(s) {
			return fmt.Errorf("%s: %q is not a name, short name or version", what, s)
		}
	}
	return nil
}

func (v *TreeVariant) validate(parent *TreeVariant, sections map[string]bool) error {
	errs := []error{checkItem("variant id", v.ID), checkItem("variant uid", v.UID)}
	if strings.Contains(v.ID, "-") {
		errs = append(errs, fmt.Errorf("variant id %q: a dash is not allowed", v.ID))
	}
	if parent != nil && v.UID != parent.UID+"-"+v.ID {
		errs = append(errs, fmt.Errorf("variant uid %q: want %s-%s", v.UID, parent.UID, v.ID))
	}
	if parent != nil && v.Type != "addon" || !slices.Contains([]string{"variant", "optional", "addon"}, v.Type) {
		errs = append(errs, fmt.Errorf("variant %q: type %q", v.UID, v.Type))
	}
	if sections[v.section()] {
		errs = append(errs, fmt.Errorf("variant uid %q is not unique", v.UID))
	}
	sections[v.section()] = true
	if v.Name == "" || !isLine(v.Name) {
		errs = append(errs, fmt.Errorf("variant %q: name %q", v.UID, v.Name))
	}
	fields := v.fields()
	for _, key := range sortedKeys(fields) {
		if *fields[key] != "" {
			errs = append(errs, checkPath(*fields[key]))
		}
	}
	for i := range v.Addons {
		errs = append(errs, v.Addons[i].validate(v, sections))
	}
	return errors.Join(errs...)
}

// isLine says whether s stays as it is between " = " and the end of a line.
func isLine(s string) bool {
	return strings.TrimSpace(s) == s && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 })
}

// checkItem accepts what can be part of a list and of a section's name.
func checkItem(what, s string) error {
	if s == "" || !isLine(s) || strings.ContainsAny(s, ", []=:;#") {
		return fmt.Errorf("%s %q", what, s)
	}
	return nil
}

// checkKey accepts what a reader takes as one key.
func checkKey(s string) error {
	if s == "" || !isLine(s) || strings.ContainsAny(s, "=:") || strings.ContainsAny(s[:1], "[;#") {
		return fmt.Errorf("%q cannot be a key", s)
	}
	return nil
}

// checkPath accepts paths that stay below the tree.
func checkPath(p string) error {
	if !isLine(p) || p == "" || p[0] == '/' || path.Clean(p) != p || p == ".." || strings.HasPrefix(p, "../") {
		return fmt.Errorf("%q is not a path below the tree", p)
	}
	return nil
}

func checkSum(s string) error {
	algo, hex, ok := strings.Cut(s, ":")
	if !ok || algo == "" || hex == "" || !isLine(s) || strings.ContainsAny(hex, ": ") {
		return fmt.Errorf("checksum %q: want ALGORITHM:HEX", s)
	}
	return nil
}
