package rpmtest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"compose/internal/rpm"
)

// universeLine is a package as the oracle cases describe it.
type universeLine struct {
	Name          string         `json:"name"`
	Epoch         *uint32        `json:"epoch"`
	Version       string         `json:"version"`
	Release       string         `json:"release"`
	Arch          string         `json:"arch"`
	Source        *string        `json:"source"`
	Requires      []string       `json:"requires"`
	RequiresPre   []string       `json:"requires_pre"`
	RequiresPost  []string       `json:"requires_post"`
	Provides      []string       `json:"provides"`
	Conflicts     []string       `json:"conflicts"`
	Obsoletes     []string       `json:"obsoletes"`
	Recommends    []string       `json:"recommends"`
	Suggests      []string       `json:"suggests"`
	Supplements   []string       `json:"supplements"`
	Enhances      []string       `json:"enhances"`
	Files         []string       `json:"files"`      // a trailing "/" marks a directory
	FileSizes     map[string]int `json:"file_sizes"` // bytes of noise
	ExcludeArch   []string       `json:"exclude_arch"`
	ExclusiveArch []string       `json:"exclusive_arch"`
	Summary       string         `json:"summary"`
	BuildTime     uint32         `json:"buildtime"`
}

// FromJSONL reads a universe: one package per line, as JSON. The packages
// are in the order of the lines.
func FromJSONL(r io.Reader) ([]Package, error) {
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 1<<24)
	var pkgs []Package
	for no := 1; sc.Scan(); no++ {
		if len(bytes.TrimSpace(sc.Bytes())) == 0 {
			continue
		}
		dec := json.NewDecoder(bytes.NewReader(sc.Bytes()))
		dec.DisallowUnknownFields()
		var u universeLine
		if err := dec.Decode(&u); err != nil {
			return nil, fmt.Errorf("line %d: %w", no, err)
		}
		p, err := u.asPackage()
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", no, err)
		}
		pkgs = append(pkgs, p)
	}
	return pkgs, sc.Err()
}

func (u *universeLine) asPackage() (Package, error) {
	p := Package{
		Name: u.Name, Epoch: u.Epoch, Version: u.Version, Release: u.Release, Arch: u.Arch, Summary: u.Summary,
		BuildTime: u.BuildTime, ExcludeArch: u.ExcludeArch, ExclusiveArch: u.ExclusiveArch, BuildArch: "noarch",
	}
	if u.Source != nil {
		p.SourceRPM = *u.Source + ".src.rpm"
	}
	for _, l := range []struct {
		into  *[]rpm.Dep
		from  []string
		sense rpm.Sense
	}{
		{&p.Requires, u.Requires, 0}, {&p.Requires, u.RequiresPre, rpm.ScriptPre}, {&p.Requires, u.RequiresPost, rpm.ScriptPost},
		{&p.Provides, u.Provides, 0}, {&p.Conflicts, u.Conflicts, 0}, {&p.Obsoletes, u.Obsoletes, 0},
		{&p.Recommends, u.Recommends, 0}, {&p.Suggests, u.Suggests, 0}, {&p.Supplements, u.Supplements, 0}, {&p.Enhances, u.Enhances, 0},
	} {
		for _, s := range l.from {
			d, err := ParseDep(s)
			if err != nil {
				return Package{}, err
			}
			d.Sense |= l.sense
			*l.into = append(*l.into, d)
		}
	}
	return p, u.addFiles(&p)
}

func (u *universeLine) addFiles(p *Package) error {
	for _, path := range u.Files {
		f := File{Path: strings.TrimSuffix(path, "/"), Mode: modeReg | 0o644}
		size := u.FileSizes[f.Path]
		if size < 0 || size > maxFile {
			return fmt.Errorf("%s: size %d", path, size)
		}
		switch {
		case strings.HasSuffix(path, "/"):
			f.Mode = modeDir | 0o755
		case strings.Contains(path, "bin/"):
			f.Mode = modeReg | 0o755
		}
		if f.Mode&modeType == modeReg {
			f.Data = noise(p.NVR()+"."+p.Arch+path, size)
		}
		p.Files = append(p.Files, f)
	}
	if p.IsSource() && len(p.Files) == 0 {
		p.Files = []File{{Path: p.Name + ".spec", Flags: 1 << 5}}
	}
	return nil
}
