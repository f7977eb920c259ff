package rpmtest

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"compose/internal/rpm"
)

// builder makes the packages of one paragraph.
type builder struct {
	name, version, release string
	epoch                  *uint32
	arches                 []string
	par                    *paragraph
	pkgs                   []Package
}

func (b *builder) setEVR(s string) error {
	if e, rest, ok := strings.Cut(s, ":"); ok {
		n, err := strconv.ParseUint(e, 10, 32)
		if err != nil {
			return fmt.Errorf("epoch %q: %w", e, err)
		}
		epoch := uint32(n)
		b.epoch, s = &epoch, rest
	}
	i := strings.LastIndexByte(s, '-')
	if i <= 0 || i == len(s)-1 {
		return fmt.Errorf("%q is not version-release", s)
	}
	b.version, b.release = s[:i], s[i+1:]
	return nil
}

// aboutKeys are the keys of a build that hold for all its packages.
var aboutKeys = []string{
	"summary", "description", "license", "group", "url", "vendor", "packager", "buildhost", "buildtime",
	"modularity", "changelog", "payload", "format", "large", "sign", "in", "copy",
}

func (b *builder) build() ([]Package, error) {
	var about, source, mainItems []line
	debug, srcArch := false, "src"
	for _, l := range b.par.items {
		isAbout := slices.Contains(aboutKeys, l.key)
		switch {
		case l.key == "debuginfo":
			debug = true
		case l.key == "nosource":
			srcArch = "nosrc"
		case l.key == "buildrequires":
			l.key = "requires"
			source = append(source, l)
		case isAbout:
			about, source, mainItems = append(about, l), append(source, l), append(mainItems, l)
		case l.key == "excludearch" || l.key == "exclusivearch":
			source, mainItems = append(source, l), append(mainItems, l)
		default:
			mainItems = append(mainItems, l)
		}
	}
	if err := b.addFiles(b.name, srcArch, source); err != nil {
		return nil, err
	}
	sourceFile := b.pkgs[0].FileName()
	about = append(about, line{key: "source", value: sourceFile})
	mainItems = append(mainItems, line{key: "source", value: sourceFile})
	if err := b.addAll(b.name, b.arches, mainItems); err != nil {
		return nil, err
	}
	for _, sub := range b.par.subs {
		words := strings.Fields(sub.value)
		if len(words) == 0 {
			return nil, fmt.Errorf("%d: want: sub NAME [ARCH...]", sub.no)
		}
		arches := b.arches
		if len(words) > 1 {
			arches = words[1:]
		}
		if err := b.addAll(words[0], arches, slices.Concat(about, sub.items)); err != nil {
			return nil, err
		}
	}
	if debug {
		return b.pkgs, b.addDebug(about)
	}
	return b.pkgs, nil
}

// addDebug adds the debuginfo packages of all binary ones so far.
func (b *builder) addDebug(about []line) error {
	sources := map[string]bool{}
	for _, p := range slices.Clone(b.pkgs) {
		if p.IsSource() || p.Arch == "noarch" || p.copied {
			continue
		}
		if !sources[p.Arch] {
			sources[p.Arch] = true
			items := append(slices.Clip(about), line{key: "dir", value: path.Join("/usr/src/debug", b.name+"-"+b.version)})
			if err := b.addFiles(b.name+"-debugsource", p.Arch, items); err != nil {
				return err
			}
		}
		file := "/usr/lib/debug/" + p.Name + "-" + b.version + "-" + b.release + "." + p.Arch + ".debug"
		items := append(slices.Clip(about), line{key: "file", value: file},
			line{key: "recommends", value: b.name + "-debugsource" + isa(p.Arch) + " = " + p.EVR()})
		if err := b.addFiles(p.Name+"-debuginfo", p.Arch, items); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) addAll(name string, arches []string, items []line) error {
	for _, arch := range arches {
		if err := b.addFiles(name, arch, items); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) addFiles(name, arch string, items []line) error {
	pkgs, err := b.files(name, arch, items)
	b.pkgs = append(b.pkgs, pkgs...)
	return err
}

// files gives the package that the items describe, and its copies.
func (b *builder) files(name, arch string, items []line) ([]Package, error) {
	p := Package{Name: name, Epoch: b.epoch, Version: b.version, Release: b.release, Arch: arch}
	a := &applier{pkg: &p, vars: b.vars(&p), self: arch != "src" && arch != "nosrc"}
	for _, l := range items {
		if err := a.apply(l); err != nil {
			return nil, fmt.Errorf("%d: %s: %w", l.no, l.key, err)
		}
	}
	if p.IsSource() && len(p.Files) == 0 {
		p.Files = []File{{Path: name + ".spec", Flags: 1 << 5, Data: []byte("Name: " + name + "\n")}}
	}
	if a.self {
		p.Provides = append(p.Provides, selfProvides(&p)...)
	}
	pkgs := []Package{p}
	for _, c := range a.copies {
		p.Dir, p.Signatures, p.copied = c.dir, c.signatures, true
		pkgs = append(pkgs, p)
	}
	return pkgs, nil
}

// selfProvides gives what rpmbuild provides for every package.
func selfProvides(p *Package) []rpm.Dep {
	self := []rpm.Dep{{Name: p.Name, Sense: rpm.Equal, EVR: p.EVR()}}
	if p.Arch != "noarch" {
		self = append(self, rpm.Dep{Name: p.Name + isa(p.Arch), Sense: rpm.Equal, EVR: p.EVR()})
	}
	return self
}

// isa gives rpm's %{_isa} of an architecture.
func isa(arch string) string {
	switch arch {
	case "noarch", "src", "nosrc":
		return ""
	case "x86_64":
		return "(x86-64)"
	case "i386", "i486", "i586", "i686":
		return "(x86-32)"
	case "aarch64":
		return "(aarch-64)"
	case "ppc64", "ppc64le":
		return "(ppc-64)"
	case "s390x":
		return "(s390-64)"
	case "riscv64":
		return "(riscv-64)"
	}
	return "(" + arch + "-32)"
}

// vars gives the values of %{…}.
func (b *builder) vars(p *Package) map[string]string {
	lib, bits := "lib64", "()(64bit)"
	if i := isa(p.Arch); strings.HasSuffix(i, "32)") {
		lib, bits = "lib", ""
	}
	return map[string]string{
		"name": b.name, "version": b.version, "release": b.release, "evr": p.EVR(), "arch": p.Arch,
		"_lib": lib, "_bits": bits, "_isa": isa(p.Arch),
	}
}

var variable = regexp.MustCompile(`%\{[^}]*\}`)

// substitute puts values in for %{…}; an unknown name is an error.
func substitute(s string, vars map[string]string) (string, error) {
	if !strings.Contains(s, "%{") {
		return s, nil
	}
	var bad string
	out := variable.ReplaceAllStringFunc(s, func(m string) string {
		v, ok := vars[m[2:len(m)-1]]
		if !ok {
			bad = cmp.Or(bad, m)
		}
		return v
	})
	if bad != "" {
		return "", fmt.Errorf("unknown variable %s", bad)
	}
	return out, nil
}
