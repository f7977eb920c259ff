package config

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// Load reads a configuration file, applies the overrides of the command line,
// each "key=value", fills in defaults and checks everything that can be
// checked without reading a package. Whatever is wrong comes in one *Errors.
// Relative paths in the file are taken from the folder of the file.
func Load(path string, defines []string) (*Config, error) {
	src, err := readBounded(path)
	if err != nil {
		return nil, &Errors{[]Complaint{{File: path, Text: err.Error()}}}
	}
	return load(path, src, defines)
}

// readBounded reads a file that is not larger than maxBytes.
func readBounded(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", reason(err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	switch {
	case err != nil:
		return "", reason(err)
	case len(b) > maxBytes:
		return "", errors.New("larger than 1 MiB, so it is no configuration")
	}
	return string(b), nil
}

// reason takes the name of the file off an error, for the place has it.
func reason(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

func load(path, src string, defines []string) (*Config, error) {
	p := parse(src)
	d := &decoder{file: path, src: p.src, entries: p.entries, partial: len(p.errs) > 0}
	d.places = places(path, p.src, p.entries)
	for _, e := range p.errs {
		line, col := lineCol(p.src, e.at)
		d.add(Complaint{File: path, Line: line, Col: col, Key: e.key, Text: e.text})
	}
	root := generic(p.table).(map[string]any)
	d.overrides(root, defines)
	c := &Config{places: d.places}
	d.table("", root, reflect.ValueOf(c).Elem())
	d.addOptional(c)
	c.computeDefaults()
	if err := c.resolvePaths(filepath.Dir(path)); err != nil {
		d.complain("", err.Error(), "")
	}
	d.check(c)
	if err := d.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// overrides applies what the command line sets, and reads the variants from
// their file: before most of it, so that it may change single variants.
func (d *decoder) overrides(root map[string]any, defines []string) {
	isFile := func(s string) bool { return strings.HasPrefix(s, "variants=") }
	for _, def := range defines {
		if isFile(def) {
			d.define(root, def)
		}
	}
	d.partial = !d.readVariants(root) || d.partial
	for _, def := range defines {
		if !isFile(def) {
			d.define(root, def)
		}
	}
}

// generic gives every list of tables the type of other lists.
func generic(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k, e := range x {
			x[k] = generic(e)
		}
	case []any:
		for i, e := range x {
			x[i] = generic(e)
		}
	case []map[string]any:
		list := make([]any, len(x))
		for i, e := range x {
			list[i] = generic(e)
		}
		return list
	}
	return v
}

// places turns bytes into lines and columns, in one pass over the source.
func places(file, src string, entries map[string]entry) map[string]position {
	out := map[string]position{"": {file: file}}
	keys := slices.Collect(maps.Keys(entries))
	sort.Slice(keys, func(i, j int) bool { return entries[keys[i]].at < entries[keys[j]].at })
	at, line, col := 0, 1, 1
	for _, k := range keys {
		for at < entries[k].at {
			r, n := utf8.DecodeRuneInString(src[at:])
			at += n
			if col++; r == '\n' {
				line, col = line+1, 1
			}
		}
		out[k] = position{file, line, col}
	}
	return out
}

// computeDefaults fills in the defaults that other keys give.
func (c *Config) computeDefaults() {
	orElse(&c.Compose.TreeinfoVersion, c.Release.Version)
	for i := range c.Variants {
		orElse(&c.Variants[i].Name, c.Variants[i].ID)
	}
	for i := range c.Pkgsets {
		if c.Pkgsets[i].Source == "repo" {
			orElse(&c.Pkgsets[i].Releasever, c.Release.Version)
		}
	}
	if c.BaseProduct != (BaseProduct{}) {
		orElse(&c.BaseProduct.Type, "ga")
	}
}

func orElse(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

// resolvePaths makes the paths absolute.
func (c *Config) resolvePaths(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	resolve := func(p *Path) {
		switch {
		case p.Text == "":
		case filepath.IsAbs(p.Text):
			p.Abs = filepath.Clean(p.Text)
		default:
			p.Abs = filepath.Join(dir, p.Text)
		}
	}
	eachPath(reflect.ValueOf(c).Elem(), resolve)
	return nil
}

// eachPath calls fn for every Path in a value.
func eachPath(v reflect.Value, fn func(*Path)) {
	switch {
	case v.Type() == pathType:
		fn(v.Addr().Interface().(*Path))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				eachPath(v.Field(i), fn)
			}
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			eachPath(v.Index(i), fn)
		}
	}
}
