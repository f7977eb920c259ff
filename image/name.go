package image

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// DefaultImageName is Pungi's image_name_format.
const DefaultImageName = "{compose_id}-{variant}-{arch}-{disc_type}{disc_num}{suffix}"

// DefaultVolumeIDs gives Pungi's image_volid_formats.
func DefaultVolumeIDs() []string {
	return []string{"{release_short}-{version} {variant}.{arch}", "{release_short}-{version} {arch}"}
}

// DefaultLayeredVolumeIDs gives Pungi's image_volid_layered_product_formats.
func DefaultLayeredVolumeIDs() []string {
	const short = "{release_short}-{version} {base_product_short}-{base_product_version} "
	return []string{short + "{variant}.{arch}", short + "{arch}"}
}

// Release has the values of a compose that names of images refer to.
type Release struct {
	ComposeID        string
	Short, Version   string
	Date             string // YYYYMMDD
	Respin           int
	Type, TypeSuffix string // nightly, ".n"
	Label            string // RC-1.2; empty: none
	// The base product of a layered release, else empty.
	BaseName, BaseShort, BaseVersion string
}

// Keys gives the values for Expand. A label that does not exist is empty.
func (r Release) Keys() Keys {
	major := r.Label
	if i := strings.LastIndexByte(major, '.'); i >= 0 {
		major = major[:i]
	}
	return Keys{
		"compose_id": r.ComposeID, "release_short": r.Short, "version": r.Version, "date": r.Date, "respin": strconv.Itoa(r.Respin),
		"type": r.Type, "type_suffix": r.TypeSuffix, "label": r.Label, "label_major_version": major,
		"base_product_short": r.BaseShort, "base_product_version": r.BaseVersion, "base_product_name": r.BaseName,
	}
}

// Disc says which image is to be named.
type Disc struct {
	Variant string // uid; of a layered product, that of its parent
	Arch    string // src for source discs
	Type    string // dvd, boot, …: already replaced by disc_types
	Number  int    // in the set, from 1; 0 for an image without a number
	Count   int    // discs in the set
	Suffix  string // ".iso" where empty
}

// DiscType gives the word for a type of disc in names: Pungi's disc_types may
// replace it.
func DiscType(typ string, replace map[string]string) string {
	if s, ok := replace[typ]; ok {
		return s
	}
	return typ
}

// keys adds those of a disc. Names of images say source where volume ids say
// src.
func (d Disc) keys(r Release, source string) Keys {
	arch, number, suffix := d.Arch, "", d.Suffix
	if arch == "src" {
		arch = source
	}
	if d.Number > 0 {
		number = strconv.Itoa(d.Number)
	}
	if suffix == "" {
		suffix = ".iso"
	}
	return r.Keys().with("variant", d.Variant, "arch", arch, "disc_type", d.Type, "disc_num", number,
		"disc_count", strconv.Itoa(max(d.Count, 1)), "suffix", suffix)
}

// maxFileName is the longest name that file systems take, in bytes; checksum
// files add to the name of an image.
const maxFileName = 255 - len(".SHA512SUM")

// ImageName gives the file name of an image, as Pungi's get_image_name; an
// empty format is the default.
func ImageName(format string, r Release, d Disc) (string, error) {
	return imageName(format, d.keys(r, "source"))
}

// ImageNameWith is ImageName with more keys to refer to, as the filename of
// extra_isos has {filename}.
func ImageNameWith(format string, r Release, d Disc, more Keys) (string, error) {
	keys := d.keys(r, "source")
	for k, v := range more {
		keys[k] = v
	}
	return imageName(format, keys)
}

func imageName(format string, keys Keys) (string, error) {
	if format == "" {
		format = DefaultImageName
	}
	name, err := Expand(format, keys)
	switch {
	case err != nil:
		return "", fmt.Errorf("name of an image: %w", err)
	case name == "" || name[0] == '.' || strings.ContainsRune(name, '/') || strings.ContainsFunc(name, unicode.IsControl):
		return "", fmt.Errorf("name of an image: format %q gives %q, which is not a file name", format, name)
	case len(name) > maxFileName:
		return "", fmt.Errorf("name of an image: format %q gives %d bytes, at most %d", format, len(name), maxFileName)
	}
	return name, nil
}

// VolumeIDRules say how volume ids are made.
type VolumeIDRules struct {
	// Formats are tried in order; the first that fits is used. None are the
	// default ones.
	Formats []string
	// Layered formats are tried before Formats where the release is a layered
	// one. None are the default ones.
	Layered []string
	// Substitutions replace texts, the longest first (volume_id_substitutions).
	Substitutions map[string]string
	// Restricted has nothing but letters, digits, "_" and "-" (restricted_volid).
	Restricted bool
}

const maxVolumeID = 32

// VolumeID gives the volume id of an image, as Pungi's get_volid. Formats with
// a variant are left out where there is none.
func (v VolumeIDRules) VolumeID(r Release, d Disc, more Keys) (string, error) {
	keys := d.keys(r, "src")
	for k, val := range more {
		keys[k] = val
	}
	var tried []string
	for _, f := range v.formats(r) {
		if d.Variant == "" && usesKey(f, "variant") {
			continue
		}
		id, err := Expand(f, keys)
		if err != nil {
			return "", fmt.Errorf("volume id: %w", err)
		}
		for _, from := range byLength(sortedKeys(v.Substitutions)) {
			id = strings.ReplaceAll(id, from, v.Substitutions[from])
		}
		if len(id) > maxVolumeID {
			tried = append(tried, strconv.Quote(id))
			continue
		}
		if v.Restricted {
			id = restrict(id)
		}
		return id, checkVolumeID(id)
	}
	if tried == nil {
		return "", errors.New("volume id: no format without a variant")
	}
	return "", fmt.Errorf("volume id: none has at most %d characters: %s", maxVolumeID, strings.Join(tried, ", "))
}

func (v VolumeIDRules) formats(r Release) []string {
	formats, layered := v.Formats, v.Layered
	if len(formats) == 0 {
		formats = DefaultVolumeIDs()
	}
	if len(layered) == 0 {
		layered = DefaultLayeredVolumeIDs()
	}
	if r.BaseName == "" {
		return formats
	}
	return append(layered[:len(layered):len(layered)], formats...)
}

// restrict replaces all but letters, digits and underscores.
func restrict(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return '-'
	}, s)
}

func checkVolumeID(id string) error {
	if id == "" {
		return errors.New("volume id: it is empty")
	}
	for _, r := range id {
		if r < 0x20 || r > 0x7e {
			return fmt.Errorf("volume id %q: not printable ASCII", id)
		}
	}
	return nil
}
