// Package oracletest reads the cases in which Pungi itself was run on
// invented packages: its configuration, the packages, and what it made of
// them. It is for tests only, and knows none of the program's own packages
// but the package record.
package oracletest

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"compose/internal/rpm"
	"compose/internal/rpmtest"
)

// Case is one run of Pungi.
type Case struct {
	Dir      string
	Conf     map[string]any
	Variants []*Variant
	Universe *Packages

	orderOf func(map[string]any) []string // of dictionaries in Conf
}

// Packages are the packages of a repository with their files.
type Packages struct {
	List  []*rpm.Package
	Files map[*rpm.Package][]string
}

// Load reads the case in a folder. A variants.xml that is none is left to the
// program to complain about.
func Load(dir string) (*Case, error) {
	c := &Case{Dir: dir}
	text, err := c.read("pungi.conf")
	if err != nil {
		return nil, err
	}
	if c.Conf, c.orderOf, err = parseConf(string(text)); err != nil {
		return nil, fmt.Errorf("%s/pungi.conf: %w", dir, err)
	}
	if text, err = c.read("variants.xml"); err != nil {
		return nil, err
	}
	c.Variants = parseVariants(text)
	c.Universe, err = c.packages("universe.jsonl")
	return c, err
}

// Lookaside reads the packages of a lookaside repository by its URL.
func (c *Case) Lookaside(url string) (*Packages, error) {
	name, ok := strings.CutPrefix(url, "file://@REPOS@/")
	if !ok {
		return nil, fmt.Errorf("%s: not a repository of the case", url)
	}
	return c.packages("lookaside/" + name + ".jsonl")
}

// Comps reads the comps file as Pungi filtered it for a tree.
func (c *Case) Comps(uid, arch string) (*Comps, error) {
	text, err := c.read("expected/comps/" + uid + "." + arch + ".xml")
	if os.IsNotExist(err) {
		return &Comps{}, nil
	} else if err != nil {
		return nil, err
	}
	return parseComps(text)
}

// JSON reads a file of the case into v, and says whether it is there.
func (c *Case) JSON(name string, v any) (bool, error) {
	text, err := c.read(name)
	if os.IsNotExist(err) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	return true, json.Unmarshal(text, v)
}

// read reads a file of the case, or the same with .gz behind.
func (c *Case) read(name string) ([]byte, error) {
	path := filepath.Join(c.Dir, filepath.FromSlash(name))
	text, err := os.ReadFile(path)
	if !os.IsNotExist(err) {
		return text, err
	}
	f, zerr := os.Open(path + ".gz")
	if zerr != nil {
		return nil, err
	}
	defer f.Close()
	z, zerr := gzip.NewReader(f)
	if zerr != nil {
		return nil, zerr
	}
	return io.ReadAll(z)
}

func (c *Case) packages(name string) (*Packages, error) {
	text, err := c.read(name)
	if err != nil {
		return nil, err
	}
	list, err := rpmtest.FromJSONL(strings.NewReader(string(text)))
	if err != nil {
		return nil, fmt.Errorf("%s/%s: %w", c.Dir, name, err)
	}
	return Records(list), nil
}

func record(t *rpmtest.Package) *rpm.Package {
	p := &rpm.Package{
		Name: t.Name, Version: t.Version, Release: t.Release, Arch: t.Arch, SourceRPM: t.SourceRPM,
		Provides: t.Provides, Requires: t.Requires, Conflicts: t.Conflicts, Obsoletes: t.Obsoletes,
		Recommends: t.Recommends, ExcludeArch: t.ExcludeArch, ExclusiveArch: t.ExclusiveArch,
	}
	if t.Epoch != nil {
		p.Epoch = *t.Epoch
	}
	return p
}

// ForTree gives the values of an option that is a list of (variant pattern,
// {arch: value or values}), in order: those that fit the tree.
func (c *Case) ForTree(option, uid, arch string) []string {
	var values []string
	list, _ := c.Conf[option].([]any)
	for _, e := range list {
		pair := e.([]any)
		re := regexp.MustCompile("^(?:" + pair[0].(string) + ")")
		if !re.MatchString(uid) {
			continue
		}
		values = append(values, c.forArch(pair[1], arch)...)
	}
	return values
}

// ForArch gives the values of an option that is {arch: values}.
func (c *Case) ForArch(option, arch string) []string { return c.forArch(c.Conf[option], arch) }

func (c *Case) forArch(byArch any, arch string) []string {
	var values []string
	m, _ := byArch.(map[string]any)
	for _, key := range []string{"*", arch} {
		switch v := m[key].(type) {
		case string:
			values = append(values, v)
		case []any:
			for _, s := range v {
				values = append(values, s.(string))
			}
		}
	}
	return values
}

// Bool gives a switch, with the value that it has when it is not set.
func (c *Case) Bool(option string) bool {
	v, ok := c.Conf[option].(bool)
	if !ok {
		return option == "filter_system_release_packages"
	}
	return v
}
