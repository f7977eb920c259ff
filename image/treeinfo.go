package image

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Treeinfo is the content of a .treeinfo file, productmd's format 1.2.
type Treeinfo struct {
	Release Product
	// Base is the base product of a layered release, else empty. Anaconda
	// wants its major version only.
	Base Product
	Arch string // of the tree; src for a source tree
	// Platforms beside Arch for which there are images, in any order.
	Platforms []string
	Timestamp int64 // seconds since the epoch
	// Variants are those of the tree, normally one.
	Variants []TreeVariant
	// MainVariant is the id of the one that old readers see; the first by id when empty.
	MainVariant string
	// Images are the boot images: platform, then name (kernel, initrd,
	// boot.iso, …), then path below the tree.
	Images map[string]map[string]string
	// MainImage and InstImage are the paths of the installer's second stage.
	MainImage, InstImage string
	// Checksums are those of files below the tree: path, then "sha256:HEX".
	Checksums map[string]string
	// Disc and Discs number the discs of a set from 1; 0 in a tree.
	Disc, Discs int
}

// Product names a release or a base product.
type Product struct{ Name, Short, Version string }

// TreeVariant is a variant in a tree.
type TreeVariant struct {
	ID   string // without dashes
	UID  string // PARENTUID-ID for an addon
	Name string
	Type string // variant, optional, addon
	// The paths are relative to the tree; empty ones are left out.
	Packages, Repository             string
	SourcePackages, SourceRepository string
	DebugPackages, DebugRepository   string
	Identity                         string // product certificate
	Addons                           []TreeVariant
}

// ini is sections, their keys and values; it is written sorted.
type ini map[string]map[string]string

func (f ini) set(section, key, value string) {
	if f[section] == nil {
		f[section] = map[string]string{}
	}
	f[section][key] = value
}

// setNonEmpty leaves a key out that has no value.
func (f ini) setNonEmpty(section, key, value string) {
	if value != "" {
		f.set(section, key, value)
	}
}

// bytes gives "key = value" lines, an empty line after every section.
func (f ini) bytes() []byte {
	var b []byte
	for _, section := range sortedKeys(f) {
		b = append(b, "["+section+"]\n"...)
		for _, key := range sortedKeys(f[section]) {
			b = append(b, key+" = "+f[section][key]+"\n"...)
		}
		b = append(b, '\n')
	}
	return b
}

func sortedKeys[V any, M ~map[string]V](m M) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Bytes gives the content of .treeinfo after Validate.
func (t *Treeinfo) Bytes() ([]byte, error) {
	if err := t.Validate(); err != nil {
		return nil, fmt.Errorf("treeinfo: %w", err)
	}
	f := ini{}
	f.set("header", "type", "productmd.treeinfo")
	f.set("header", "version", "1.2")
	t.Release.write(f, "release")
	if t.layered() {
		f.set("release", "is_layered", "true")
		t.Base.write(f, "base_product")
	}
	f.set("tree", "arch", t.Arch)
	f.set("tree", "platforms", t.platforms())
	f.set("tree", "build_timestamp", strconv.FormatInt(t.Timestamp, 10))
	var uids []string
	for i := range t.Variants {
		uids = append(uids, t.Variants[i].UID)
		t.Variants[i].write(f, "")
	}
	f.set("tree", "variants", joinSorted(uids))
	for platform, images := range t.Images {
		for name, p := range images {
			f.set("images-"+platform, name, p)
		}
	}
	f.setNonEmpty("stage2", "mainimage", t.MainImage)
	f.setNonEmpty("stage2", "instimage", t.InstImage)
	for p, sum := range t.Checksums {
		f.set("checksums", p, sum)
	}
	if t.Discs > 0 {
		f.set("media", "discnum", strconv.Itoa(t.Disc))
		f.set("media", "totaldiscs", strconv.Itoa(t.Discs))
	}
	t.writeGeneral(f)
	return f.bytes(), nil
}

// writeGeneral writes the section for readers older than productmd.
func (t *Treeinfo) writeGeneral(f ini) {
	const general = "general"
	f.set(general, "; WARNING.0", "This section provides compatibility with pre-productmd treeinfos.")
	f.set(general, "; WARNING.1", "Read productmd documentation for details about new format.")
	f.set(general, "name", t.Release.Name+" "+t.Release.Version)
	f.set(general, "family", t.Release.Name)
	f.set(general, "version", t.Release.Version)
	f.set(general, "arch", t.Arch)
	f.set(general, "platforms", t.platforms())
	f.set(general, "timestamp", strconv.FormatInt(t.Timestamp, 10))
	var ids []string
	for i := range t.Variants {
		ids = append(ids, t.Variants[i].ID)
	}
	f.set(general, "variants", joinSorted(ids))
	v := t.mainVariant()
	f.set(general, "variant", v.ID)
	packages, repository := v.Packages, v.Repository
	if t.Arch == "src" && packages == "" {
		packages = v.SourcePackages
	}
	if t.Arch == "src" && repository == "" {
		repository = v.SourceRepository
	}
	f.setNonEmpty(general, "packagedir", packages)
	f.setNonEmpty(general, "repository", repository)
}

func (t *Treeinfo) mainVariant() *TreeVariant {
	var main *TreeVariant
	for i := range t.Variants {
		v := &t.Variants[i]
		if v.ID == t.MainVariant {
			return v
		}
		if main == nil || v.ID < main.ID {
			main = v
		}
	}
	return main
}

func (t *Treeinfo) layered() bool { return t.Base != Product{} }

func (t *Treeinfo) platforms() string {
	return joinSorted(append([]string{t.Arch}, t.Platforms...))
}

func joinSorted(list []string) string {
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(list))), ",")
}

func (p Product) write(f ini, section string) {
	f.set(section, "name", p.Name)
	f.set(section, "short", p.Short)
	f.set(section, "version", p.Version)
}

func (v *TreeVariant) section() string {
	if v.Type == "addon" {
		return "addon-" + v.UID
	}
	return "variant-" + v.UID
}

// fields gives the paths by their keys.
func (v *TreeVariant) fields() map[string]*string {
	return map[string]*string{
		"packages": &v.Packages, "repository": &v.Repository,
		"source_packages": &v.SourcePackages, "source_repository": &v.SourceRepository,
		"debug_packages": &v.DebugPackages, "debug_repository": &v.DebugRepository, "identity": &v.Identity,
	}
}

// write writes the variant and its addons; parent is the uid of its parent.
func (v *TreeVariant) write(f ini, parent string) {
	s := v.section()
	f.set(s, "id", v.ID)
	f.set(s, "uid", v.UID)
	f.set(s, "name", v.Name)
	f.set(s, "type", v.Type)
	f.setNonEmpty(s, "parent", parent)
	for key, p := range v.fields() {
		f.setNonEmpty(s, key, *p)
	}
	var addons []string
	for i := range v.Addons {
		addons = append(addons, v.Addons[i].UID)
		v.Addons[i].write(f, v.UID)
	}
	f.setNonEmpty(s, "addons", joinSorted(addons))
}
