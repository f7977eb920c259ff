package productmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The files as encoding/json reads them. Unknown keys are let pass: later
// versions of the format add some.
type (
	fileHeader struct {
		Type    string `json:"type"`
		Version string `json:"version"`
	}
	fileCompose struct {
		ID     string `json:"id"`
		Type   string `json:"type"`
		Date   string `json:"date"`
		Respin int    `json:"respin"`
		Label  string `json:"label"`
		Final  bool   `json:"final"`
	}
	fileRelease struct {
		Name     string `json:"name"`
		Short    string `json:"short"`
		Version  string `json:"version"`
		Type     string `json:"type"`
		Internal bool   `json:"internal"`
		Layered  bool   `json:"is_layered"`
	}
	fileVariant struct {
		ID       string                       `json:"id"`
		UID      string                       `json:"uid"`
		Name     string                       `json:"name"`
		Type     string                       `json:"type"`
		Arches   []string                     `json:"arches"`
		Paths    map[string]map[string]string `json:"paths"`
		Release  fileRelease                  `json:"release"`
		Variants []string                     `json:"variants"`
	}
	fileRPM struct {
		Category string  `json:"category"`
		Path     string  `json:"path"`
		SigKey   *string `json:"sigkey"`
	}
)

func (h fileHeader) check(what string) error {
	if h.Type != "productmd."+what {
		return fmt.Errorf("%s: type is %q, want productmd.%s", what, h.Type, what)
	}
	if major, _, ok := strings.Cut(h.Version, "."); !ok || major != "1" {
		return fmt.Errorf("%s: version is %q, want 1.x", what, h.Version)
	}
	return nil
}

// decode reads one JSON value and nothing else.
func decode(r io.Reader, what string, v any) error {
	dec := json.NewDecoder(r)
	if err := dec.Decode(v); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: more than one value", what)
	}
	return nil
}

// LoadComposeInfo reads composeinfo.json of version 1 and validates it.
// Variants are sorted by uid.
func LoadComposeInfo(r io.Reader) (*ComposeInfo, error) {
	var f struct {
		Header  fileHeader `json:"header"`
		Payload struct {
			Compose  fileCompose            `json:"compose"`
			Release  fileRelease            `json:"release"`
			Base     fileRelease            `json:"base_product"`
			Variants map[string]fileVariant `json:"variants"`
		} `json:"payload"`
	}
	if err := decode(r, "composeinfo", &f); err != nil {
		return nil, err
	}
	if err := f.Header.check("composeinfo"); err != nil {
		return nil, err
	}
	b := f.Payload.Base
	c := &ComposeInfo{Compose: Compose(f.Payload.Compose), Release: Release(f.Payload.Release)}
	if c.Release.Layered {
		c.Base = BaseProduct{b.Name, b.Short, b.Version, b.Type}
	}
	l := &variantLoader{all: f.Payload.Variants, used: map[string]bool{}}
	if err := l.load(c); err != nil {
		return nil, fmt.Errorf("composeinfo: %w", err)
	}
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("composeinfo: %w", err)
	}
	return c, nil
}

// variantLoader puts the variants of a file, which are all side by side,
// into their parents.
type variantLoader struct {
	all  map[string]fileVariant
	used map[string]bool
}

func (l *variantLoader) load(c *ComposeInfo) error {
	children := map[string]bool{}
	for uid, v := range l.all {
		for _, id := range v.Variants {
			children[uid+"-"+id] = true
		}
	}
	for _, uid := range sortedKeys(l.all) {
		if children[uid] {
			continue
		}
		v, err := l.variant(uid)
		if err != nil {
			return err
		}
		c.Variants = append(c.Variants, v)
	}
	if len(l.used) != len(l.all) {
		return errors.New("variants are their own parents")
	}
	return nil
}

// variant takes each variant once, so that a cycle ends in an error.
func (l *variantLoader) variant(uid string) (Variant, error) {
	f, ok := l.all[uid]
	if !ok || f.UID != uid {
		return Variant{}, fmt.Errorf("variant %q is not there", uid)
	}
	if l.used[uid] {
		return Variant{}, fmt.Errorf("variant %q has two parents", uid)
	}
	l.used[uid] = true
	v := Variant{ID: f.ID, UID: f.UID, Name: f.Name, Type: f.Type, Arches: f.Arches, Paths: f.Paths}
	if f.Type == "layered-product" {
		v.Release = Release(f.Release)
	}
	for _, id := range f.Variants {
		child, err := l.variant(uid + "-" + id)
		if err != nil {
			return Variant{}, err
		}
		v.Variants = append(v.Variants, child)
	}
	return v, nil
}

// LoadRPMs reads rpms.json of version 1 and checks every package as Add does.
func LoadRPMs(r io.Reader) (*RPMs, error) {
	var f struct {
		Header  fileHeader `json:"header"`
		Payload struct {
			Compose fileCompose                                         `json:"compose"`
			RPMs    map[string]map[string]map[string]map[string]fileRPM `json:"rpms"`
		} `json:"payload"`
	}
	if err := decode(r, "rpms", &f); err != nil {
		return nil, err
	}
	if err := f.Header.check("rpms"); err != nil {
		return nil, err
	}
	out := &RPMs{Compose: Compose(f.Payload.Compose)}
	if err := out.Compose.Validate(); err != nil {
		return nil, fmt.Errorf("rpms: %w", err)
	}
	for _, variant := range sortedKeys(f.Payload.RPMs) {
		arches := f.Payload.RPMs[variant]
		for _, arch := range sortedKeys(arches) {
			if err := out.loadTree(variant, arch, arches[arch]); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (r *RPMs) loadTree(variant, arch string, srcs map[string]map[string]fileRPM) error {
	for _, source := range sortedKeys(srcs) {
		if err := r.load(RPMEntry{Variant: variant, Arch: arch, Source: source}, srcs[source]); err != nil {
			return err
		}
	}
	return nil
}

func (r *RPMs) load(at RPMEntry, pkgs map[string]fileRPM) error {
	for _, nevra := range sortedKeys(pkgs) {
		p := pkgs[nevra]
		e := at
		e.NEVRA, e.Path, e.Category = nevra, p.Path, p.Category
		if p.SigKey != nil {
			e.SigKey = *p.SigKey
		}
		if p.Category == "source" {
			if nevra != at.Source {
				return fmt.Errorf("rpms: source package %s stands under %s", nevra, at.Source)
			}
			e.Source = ""
		}
		if err := r.Add(e); err != nil {
			return err
		}
	}
	return nil
}
