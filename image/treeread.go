package image

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// maxTreeinfo bounds the size of a .treeinfo file in bytes.
const maxTreeinfo = 1 << 20

// ReadTreeinfo reads a .treeinfo file of version 1, also one without variants
// as lorax makes it. All paths in the result stay below the tree.
func ReadTreeinfo(r io.Reader) (*Treeinfo, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxTreeinfo+1))
	if err != nil {
		return nil, fmt.Errorf("treeinfo: %w", err)
	}
	if len(b) > maxTreeinfo {
		return nil, fmt.Errorf("treeinfo: more than %d bytes", maxTreeinfo)
	}
	f, err := parseINI(b)
	if err != nil {
		return nil, fmt.Errorf("treeinfo: %w", err)
	}
	t, err := f.treeinfo()
	if err != nil {
		return nil, fmt.Errorf("treeinfo: %w", err)
	}
	if err := t.check(); err != nil {
		return nil, fmt.Errorf("treeinfo: %w", err)
	}
	return t, nil
}

// parseINI reads sections of "key = value" or "key: value" lines, as Python's
// ConfigParser does, but for lines that continue a value: those are errors,
// as are sections and keys that come twice.
func parseINI(b []byte) (ini, error) {
	f := ini{}
	section := ""
	no := 0
	for raw := range bytes.Lines(b) {
		no++
		line := strings.TrimSpace(string(raw))
		switch {
		case line == "" || line[0] == '#' || line[0] == ';':
			continue
		case raw[0] == ' ' || raw[0] == '\t':
			return nil, fmt.Errorf("line %d: continues another line", no)
		case line[0] == '[':
			name, rest, ok := strings.Cut(line[1:], "]")
			if !ok || rest != "" || f[name] != nil {
				return nil, fmt.Errorf("line %d: bad or repeated section %q", no, line)
			}
			section = name
			f[section] = map[string]string{}
			continue
		}
		i := strings.IndexAny(line, "=:")
		if i <= 0 || f[section] == nil {
			return nil, fmt.Errorf("line %d: want key = value in a section", no)
		}
		key := strings.TrimSpace(line[:i])
		if _, ok := f[section][key]; ok {
			return nil, fmt.Errorf("line %d: %q is there twice", no, key)
		}
		f[section][key] = strings.TrimSpace(line[i+1:])
	}
	return f, nil
}

func (f ini) treeinfo() (*Treeinfo, error) {
	h := f["header"]
	if major, _, _ := strings.Cut(h["version"], "."); major != "1" {
		return nil, fmt.Errorf("version is %q, want 1.x", h["version"])
	}
	if typ, ok := h["type"]; ok && typ != "productmd.treeinfo" {
		return nil, fmt.Errorf("type is %q, want productmd.treeinfo", typ)
	}
	t := &Treeinfo{
		Release: f.product("release"), Arch: f["tree"]["arch"], MainImage: f["stage2"]["mainimage"], InstImage: f["stage2"]["instimage"],
		MainVariant: f["general"]["variant"],
	}
	switch f["release"]["is_layered"] {
	case "true", "True", "1", "yes", "on":
		t.Base = f.product("base_product")
	}
	for _, p := range splitList(f["tree"]["platforms"]) {
		if p != t.Arch {
			t.Platforms = append(t.Platforms, p)
		}
	}
	seconds, err := strconv.ParseFloat(f["tree"]["build_timestamp"], 64)
	if err != nil || !(math.Abs(seconds) <= 1<<52) {
		return nil, fmt.Errorf("build_timestamp %q is no number of seconds", f["tree"]["build_timestamp"])
	}
	t.Timestamp = int64(seconds)
	if err := f.readVariants(t); err != nil {
		return nil, err
	}
	if err := f.readImages(t); err != nil {
		return nil, err
	}
	return t, f.readMedia(t)
}

// product reads a name; a release of lorax has no short one.
func (f ini) product(section string) Product {
	p := Product{f[section]["name"], f[section]["short"], f[section]["version"]}
	if p.Short == "" {
		p.Short = p.Name
	}
	return p
}

func splitList(s string) []string {
	var list []string
	for _, p := range strings.Split(s, ",") {
		if p = strings.TrimSpace(p); p != "" {
			list = append(list, p)
		}
	}
	return list
}

func (f ini) readVariants(t *Treeinfo) error {
	for _, uid := range splitList(f["tree"]["variants"]) {
		v, err := f.variant("variant-"+uid, nil)
		if err != nil {
			return err
		}
		t.Variants = append(t.Variants, v)
	}
	// Only what could be written is taken over: old files name others here.
	known := false
	for _, v := range t.Variants {
		known = known || v.ID == t.MainVariant
	}
	if m := (&Treeinfo{Variants: t.Variants}).mainVariant(); !known || m.ID == t.MainVariant {
		t.MainVariant = ""
	}
	return nil
}

// variant reads a variant and its addons. above are the sections of its
// parents: one that comes again is an error.
func (f ini) variant(section string, above []string) (TreeVariant, error) {
	if alone := "addon-" + strings.TrimPrefix(section, "variant-"); f[section] == nil && f[alone] != nil {
		section = alone // an addon's own tree
	}
	s := f[section]
	if s == nil {
		return TreeVariant{}, fmt.Errorf("no section %s", section)
	}
	if len(above) > 1 {
		return TreeVariant{}, fmt.Errorf("%s is an addon of an addon", section)
	}
	v := TreeVariant{ID: s["id"], UID: s["uid"], Name: s["name"], Type: s["type"]}
	for key, p := range v.fields() {
		*p = s[key]
	}
	if v.section() != section {
		return TreeVariant{}, fmt.Errorf("section %s is about %s %q", section, v.Type, v.UID)
	}
	for _, uid := range splitList(s["addons"]) {
		addon, err := f.variant("addon-"+uid, append(above, section))
		if err != nil {
			return TreeVariant{}, err
		}
		v.Addons = append(v.Addons, addon)
	}
	return v, nil
}

func (f ini) readImages(t *Treeinfo) error {
	for _, section := range sortedKeys(f) {
		images := f[section]
		platform, ok := strings.CutPrefix(section, "images-")
		if !ok || len(images) == 0 {
			continue
		}
		if short, ok := strings.CutSuffix(platform, "-"+t.Arch); ok && short != "" {
			platform = short // images-xen-x86_64
		}
		if t.Images == nil {
			t.Images = map[string]map[string]string{}
		}
		if t.Images[platform] != nil {
			return fmt.Errorf("images of %s are there twice", platform)
		}
		t.Images[platform] = images
	}
	for p, sum := range f["checksums"] {
		if t.Checksums == nil {
			t.Checksums = map[string]string{}
		}
		if !strings.Contains(sum, ":") {
			sum = map[int]string{32: "md5", 40: "sha1", 64: "sha256"}[len(sum)] + ":" + sum
		}
		t.Checksums[p] = sum
	}
	return nil
}

func (f ini) readMedia(t *Treeinfo) error {
	m := f["media"]
	if m == nil {
		return nil
	}
	for key, into := range map[string]*int{"discnum": &t.Disc, "totaldiscs": &t.Discs} {
		n, err := strconv.Atoi(m[key])
		if err != nil {
			return fmt.Errorf("%s %q is no number", key, m[key])
		}
		*into = n
	}
	return nil
}
