package header

import (
	"fmt"
	"math"
	"strings"

	"compose/internal/rpm"
)

// records makes the records of a decoded package. retrofit says that the
// header is of the kind that rpm completes when it reads it.
func (t tags) records() (*rpm.Package, *rpm.Details, error) {
	p := &rpm.Package{
		Name:          t.str(tagName),
		Version:       t.str(tagVersion),
		Release:       t.str(tagRelease),
		Arch:          t.arch(),
		SourceRPM:     t.str(tagSourceRPM),
		ExcludeArch:   t.strs(tagExcludeArch),
		ExclusiveArch: t.strs(tagExclusiveArch),
		Modularity:    t.str(tagModularity),
		BuildTime:     t.main.GetTag(tagBuildTime).Int64(),
	}
	if p.IsSource() {
		p.SourceRPM = ""
	}
	d := &rpm.Details{
		Summary:     t.str(tagSummary),
		Description: t.str(tagDescription),
		Packager:    t.str(tagPackager),
		URL:         t.str(tagURL),
		License:     t.str(tagLicense),
		Vendor:      t.str(tagVendor),
		Group:       t.str(tagGroup),
		BuildHost:   t.str(tagBuildHost),
	}
	for _, err := range []error{t.epoch(p), checkNames(p), t.sizes(p, d), t.deps(p), t.files(d), t.changelogs(d), t.keys(p)} {
		if err != nil {
			return nil, nil, err
		}
	}
	if t.retrofit && !p.IsSource() {
		provideItself(p)
	}
	return p, d, nil
}

func (t tags) epoch(p *rpm.Package) error {
	e := t.main.GetTag(tagEpoch).Int64()
	if e < 0 || e > math.MaxUint32 {
		return fmt.Errorf("epoch %d is out of range", e)
	}
	p.Epoch = uint32(e)
	return nil
}

// arch gives the architecture: "src" or "nosrc" for what rpm takes for a
// source package (SOURCEPACKAGE is set, or no SOURCERPM), "nosrc" when a
// source or patch is left out.
func (t tags) arch() string {
	if t.main.GetTag(tagSourcePackage).Int64() == 0 && t.has(tagSourceRPM) {
		return commonArch(t.str(tagArch))
	}
	if t.has(tagNoSource) || t.has(tagNoPatch) {
		return "nosrc"
	}
	return "src"
}

// commonArch gives a shared copy of the frequent names.
func commonArch(arch string) string {
	for _, a := range [...]string{"noarch", "x86_64", "aarch64", "i686", "ppc64le", "s390x"} {
		if a == arch {
			return a
		}
	}
	return arch
}

// sizes follows createrepo_c: the 64-bit tag where there is one, and the
// archive size from the signature header where the main header has none.
func (t tags) sizes(p *rpm.Package, d *rpm.Details) (err error) {
	if p.Installed, err = t.firstInt(tagLongSize, tagSize); err != nil {
		return err
	}
	d.ArchiveSize, err = t.firstInt(tagLongArchiveSize, -sigLongArchiveSize, tagArchiveSize, -sigPayloadSize, tagPayloadSizeAlt)
	return err
}

func (t tags) changelogs(d *rpm.Details) error {
	times, names, texts := t.ints(tagChangelogTime), t.strs(tagChangelogName), t.strs(tagChangelogText)
	if len(names) != len(times) || len(texts) != len(times) {
		return fmt.Errorf("changelog: %d times, %d names and %d texts", len(times), len(names), len(texts))
	}
	if len(times) == 0 {
		return nil
	}
	d.Changelogs = make([]rpm.Changelog, len(times))
	for i := range times {
		d.Changelogs[i] = rpm.Changelog{Time: times[i], Author: names[i], Text: texts[i]}
	}
	return nil
}

// checkNames refuses what could not stand in the name of a file.
func checkNames(p *rpm.Package) error {
	for _, f := range [...]struct{ what, value string }{
		{"name", p.Name}, {"version", p.Version}, {"release", p.Release}, {"architecture", p.Arch},
	} {
		if err := checkName(f.value); err != nil {
			return fmt.Errorf("%s %q: %w", f.what, f.value, err)
		}
	}
	if p.SourceRPM != "" {
		if err := checkName(p.SourceRPM); err != nil {
			return fmt.Errorf("source package %q: %w", p.SourceRPM, err)
		}
	}
	return nil
}

func checkName(s string) error {
	switch {
	case s == "":
		return fmt.Errorf("is empty")
	case s == "." || s == "..":
		return fmt.Errorf("is not a name")
	case s[0] == '-':
		return fmt.Errorf("begins with %q", "-")
	}
	if i := strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '/' }); i >= 0 {
		return fmt.Errorf("holds %q", s[i:i+1])
	}
	return nil
}
