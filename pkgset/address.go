package pkgset

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"compose/internal/fetch"
	"compose/internal/rpm"
)

// address is a repository as the source names it, its variables replaced.
type address struct {
	mirrors    []string // or one of the next two
	mirrorlist string
	metalink   string
	arches     []string // the compose arches it is for; nil: all
	vars       map[string]string
}

// String gives the address that the user knows it by.
func (a *address) String() string {
	for _, s := range []string{a.mirrorlist, a.metalink} {
		if s != "" {
			return fetch.Redact(s)
		}
	}
	return fetch.Redact(a.mirrors[0])
}

// addresses lists the repositories of a source, those of one entry of the
// configuration in the order of the architectures.
func (src *Source) addresses() ([]*address, error) {
	var specs []address
	if src.URL != "" || len(src.Mirrors) > 0 {
		all := append([]string{src.URL}, src.Mirrors...)
		specs = append(specs, address{mirrors: slices.DeleteFunc(all, func(s string) bool { return s == "" })})
	}
	for _, u := range src.URLs {
		specs = append(specs, address{mirrors: []string{u}})
	}
	if src.Mirrorlist != "" {
		specs = append(specs, address{mirrorlist: src.Mirrorlist})
	}
	if src.Metalink != "" {
		specs = append(specs, address{metalink: src.Metalink})
	}
	if specs == nil {
		return nil, errors.New("no address of a repository given")
	}
	var out []*address
	for _, spec := range specs {
		list, err := spec.expand(src)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// expand gives the repository once, or, when the address names the
// architecture, once per address that results.
func (a address) expand(src *Source) ([]*address, error) {
	text := strings.Join(append([]string{a.mirrorlist, a.metalink}, a.mirrors...), "\n")
	if !namesArch(text) {
		one, err := a.with(variables(src, ""))
		return []*address{one}, err
	}
	if len(src.Arches) == 0 {
		return nil, fmt.Errorf("address %s: no architecture to put in", a.String())
	}
	var out []*address
	for _, arch := range src.Arches {
		one, err := a.with(variables(src, arch))
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(out, func(o *address) bool { return o.same(one) })
		if i < 0 {
			out, i = append(out, one), len(out)
		}
		out[i].arches = append(out[i].arches, arch)
	}
	return out, nil
}

func (a *address) same(b *address) bool {
	return slices.Equal(a.mirrors, b.mirrors) && a.mirrorlist == b.mirrorlist && a.metalink == b.metalink
}

func (a address) with(vars map[string]string) (*address, error) {
	out := &address{vars: vars}
	var err error
	put := func(s string) string {
		t, e := replaceVars(s, vars)
		if err == nil && e != nil {
			err = fmt.Errorf("address %s: %w", fetch.Redact(s), e)
		}
		return t
	}
	for _, m := range a.mirrors {
		out.mirrors = append(out.mirrors, put(m))
	}
	out.mirrorlist, out.metalink = put(a.mirrorlist), put(a.metalink)
	return out, err
}

// variable is $name or ${name}.
var variable = regexp.MustCompile(`\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))`)

func varName(match string) string { return strings.ToLower(strings.Trim(match, "${}")) }

func namesArch(s string) bool {
	return slices.ContainsFunc(variable.FindAllString(s, -1), func(m string) bool {
		return varName(m) == "arch" || varName(m) == "basearch"
	})
}

// variables are those of dnf that make sense here; one without a value is
// not there.
func variables(src *Source, arch string) map[string]string {
	vars := map[string]string{}
	if arch != "" {
		vars["arch"], vars["basearch"] = arch, rpm.BaseArch(arch)
	}
	if src.ReleaseVer != "" {
		vars["releasever"] = src.ReleaseVer
	}
	return vars
}

func replaceVars(s string, vars map[string]string) (string, error) {
	var err error
	t := variable.ReplaceAllStringFunc(s, func(m string) string {
		v, ok := vars[varName(m)]
		if !ok && err == nil {
			err = fmt.Errorf("variable %s has no value", m)
		}
		return v
	})
	return t, err
}
