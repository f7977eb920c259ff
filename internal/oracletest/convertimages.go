package oracletest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// mediaOptions are keys of [media] and [createiso].
var mediaOptions = map[string]key{
	"image_volid_formats": {"media", "volume_ids"}, "image_volid_layered_product_formats": {"media", "layered_volume_ids"},
	"restricted_volid": {"media", "restricted_volume_ids"}, "media_checksums": {"media", "checksums"},
	"media_checksum_one_file": {"media", "one_checksum_file"}, "media_checksum_base_filename": {"media", "checksum_base"},
	"create_optional_isos": {"createiso", "optional"}, "create_jigdo": {"createiso", "jigdo"},
	"product_id_allow_missing": {"product_id", "allow_missing"}, "product_id_allow_name_prefix": {"product_id", "allow_prefix"},
}

// imageOption gives the lines of an option about images, extra files or
// certificates, and the table that they are for; false where it is another one.
func (w *converter) imageOption(option string, value any) (to, line string, ok bool, err error) {
	if k := mediaOptions[option]; k != (key{}) {
		return k.table, k.key + " = " + toml(value), true, nil
	}
	switch option {
	case "iso_size", "split_iso_reserve":
		name := map[string]string{"iso_size": "size", "split_iso_reserve": "reserve"}[option]
		return "createiso", name + " = " + toml(plain(value)), true, nil
	case "iso_level", "image_name_format":
		if _, isDict := value.(map[string]any); isDict || isList(value) {
			return "", "", true, nil // see imageTables
		}
		to, name := "createiso", "level"
		if option != "iso_level" {
			to, name = "media", "name_format"
		}
		return to, name + " = " + toml(value), true, nil
	case "product_id":
		scm, isDict := value.(map[string]any)
		if !isDict || scm["scm"] != "file" {
			return "", "", false, nil
		}
		err := w.copyAll(fmt.Sprint(scm["dir"]))
		return "product_id", "folder = \".\"\ndir = " + toml(caseName(scm["dir"])), true, err
	case "createiso_use_xorrisofs", "createiso_break_hardlinks", "iso_hfs_ppc64le_compatible", "createiso_skip", "createiso_max_size", "createiso_max_size_is_strict", "volume_id_substitutions", "disc_types", "extra_files", "extra_isos":
		return "", "", true, nil // see imageTables
	}
	return "", "", false, nil
}

// imageTables writes what is a table for each entry of an option.
func (w *converter) imageTables() error {
	for _, from := range sortedNames(dict(w.Conf["volume_id_substitutions"])) {
		fmt.Fprintf(&w.tables, "\n[[media.volume_id_substitution]]\nfrom = %s\nto = %s\n", toml(from), toml(dict(w.Conf["volume_id_substitutions"])[from]))
	}
	for _, typ := range sortedNames(dict(w.Conf["disc_types"])) {
		fmt.Fprintf(&w.tables, "\n[[media.disc_type]]\ntype = %s\nword = %s\n", toml(typ), toml(dict(w.Conf["disc_types"])[typ]))
	}
	lines := map[string]string{
		"createiso_skip": "skip = %s", "createiso_max_size": "max_size = \"%s\"", "createiso_max_size_is_strict": "strict = %s", "iso_level": "level = %s",
	}
	for _, option := range sortedNames(lines) {
		err := w.perTree(option, func(uids []string, arch string, value any) {
			for _, uid := range uids {
				w.block("createiso", uid, arch, fmt.Sprintf(lines[option], toml(value)))
			}
		})
		if err != nil {
			return err
		}
	}
	if err := w.nameFormats(); err != nil {
		return err
	}
	var err error
	e := w.perTree("extra_files", func(uids []string, arch string, value any) {
		for _, item := range list(value) {
			for _, uid := range uids {
				if e := w.extraFiles(uid, arch, dict(item)); e != nil {
					err = e
				}
			}
		}
	})
	if e != nil || err != nil {
		return errors.Join(e, err)
	}
	return w.extraISOs()
}

// nameFormats writes how the images of each variant are named: the first
// pattern that matches it counts, and of a list its first entry.
func (w *converter) nameFormats() error {
	byVariant := dict(w.Conf["image_name_format"])
	done := map[string]bool{}
	for _, pattern := range w.orderOf(byVariant) {
		re, err := regexp.Compile("^(?:" + pattern + ")")
		if err != nil {
			return err
		}
		for _, uid := range w.matching(re.MatchString, "*") {
			if formats := list(byVariant[pattern]); len(formats) > 0 && !done[uid] {
				done[uid] = true
				fmt.Fprintf(&w.tables, "\n[[media.variant]]\nvariant = %s\nname_format = %s\n", toml(uid), toml(formats[0]))
			}
		}
	}
	return nil
}

// extraISOs writes the discs with several variants.
func (w *converter) extraISOs() error {
	if slices.Contains(list(w.Conf["skip_phases"]), any("extra_isos")) {
		return nil
	}
	byVariant := dict(w.Conf["extra_isos"])
	for _, pattern := range sortedNames(byVariant) {
		re, err := regexp.Compile("^(?:" + pattern + ")")
		if err != nil {
			return err
		}
		for _, item := range list(byVariant[pattern]) {
			for _, uid := range w.matching(func(uid string) bool { return re.MatchString(uid) && w.isPlain(uid) }, "*") {
				if err := w.extraISO(uid, dict(item)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (w *converter) extraISO(uid string, item map[string]any) error {
	fmt.Fprintf(&w.tables, "\n[[extra_iso]]\nvariant = %s\n", toml(uid))
	for option, k := range map[string]string{"skip_src": "skip_source", "inherit_extra_files": "inherit_extra_files", "filename": "filename"} {
		if v, ok := item[option]; ok {
			fmt.Fprintf(&w.tables, "%s = %s\n", k, toml(v))
		}
	}
	for option, k := range map[string]string{"include_variants": "include", "arches": "arches", "failable_arches": "failable_arches", "volid": "volume_ids"} {
		if v := list(item[option]); v != nil {
			fmt.Fprintf(&w.tables, "%s = %s\n", k, toml(v))
		}
	}
	if v, ok := item["max_size"]; ok {
		fmt.Fprintf(&w.tables, "max_size = %s\n", toml(plain(v)))
	}
	for _, f := range list(item["extra_files"]) {
		fmt.Fprintf(&w.tables, "\n[[extra_iso.extra_files]]\n")
		if err := w.origin(dict(f)); err != nil {
			return err
		}
	}
	return nil
}

// isPlain says whether a variant is of the type variant: others have no discs
// with several variants.
func (w *converter) isPlain(uid string) bool {
	return slices.ContainsFunc(w.Variants, func(v *Variant) bool { return v.UID == uid && (v.Type == "variant" || v.Type == "") })
}

// plain gives a number or a text as a text.
func plain(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return toml(v)
}

// isList says whether a value is a list.
func isList(v any) bool {
	_, ok := v.([]any)
	return ok
}

// extraFiles writes a block of extra_files from files of the case.
func (w *converter) extraFiles(uid, arch string, item map[string]any) error {
	fmt.Fprintf(&w.tables, "\n[[extra_files]]\nvariant = %s\narch = %s\n", toml(uid), toml(arch))
	return w.origin(item)
}

// origin writes where files come from, and where they go.
func (w *converter) origin(item map[string]any) error {
	var files []any
	switch item["scm"] {
	case "rpm":
		return w.rpmOrigin(item)
	case "file":
		w.tables.WriteString("folder = \".\"\n")
	default:
		return fmt.Errorf("extra files from %v", item["scm"])
	}
	for _, f := range list(item["file"]) {
		if err := w.copyAll(filepath.Dir(fmt.Sprint(f))); err != nil {
			return err
		}
		files = append(files, caseName(f))
	}
	if files != nil {
		fmt.Fprintf(&w.tables, "files = %s\n", toml(files))
	}
	if dir, ok := item["dir"].(string); ok {
		if err := w.copyAll(dir); err != nil {
			return err
		}
		fmt.Fprintf(&w.tables, "dir = %s\n", toml(caseName(dir)))
	}
	if target, ok := item["target"].(string); ok {
		fmt.Fprintf(&w.tables, "target = %s\n", toml(target))
	}
	return nil
}

// rpmOrigin writes which packages files come from.
func (w *converter) rpmOrigin(item map[string]any) error {
	fmt.Fprintf(&w.tables, "rpm = %s\n", toml(item["repo"]))
	if files := list(item["file"]); files != nil {
		fmt.Fprintf(&w.tables, "files = %s\n", toml(files))
	}
	for _, name := range []string{"dir", "target"} {
		if v, ok := item[name]; ok {
			fmt.Fprintf(&w.tables, "%s = %s\n", name, toml(v))
		}
	}
	return nil
}

// caseName gives a name relative to the folder of the case.
func caseName(v any) string { return strings.TrimPrefix(fmt.Sprint(v), "@CASE@/") }

// copyAll copies a folder of the case beside the configuration.
func (w *converter) copyAll(dir string) error {
	name := caseName(dir)
	if name == "." || w.copied[name] {
		return nil
	}
	if w.copied == nil {
		w.copied = map[string]bool{}
	}
	w.copied[name] = true
	root := filepath.Join(w.Dir, name)
	return filepath.WalkDir(root, func(from string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(w.Dir, from)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(w.dir, rel), 0o755)
		}
		text, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(w.dir, rel), text, 0o644)
	})
}

func dict(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// list gives a value that may stand for a list of itself.
func list(v any) []any {
	if v == nil {
		return nil
	}
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}

// makesDiscs says whether Pungi's phase createiso ran.
func (w *converter) makesDiscs() bool {
	return !slices.Contains(list(w.Conf["skip_phases"]), any("createiso"))
}
