package oracletest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"compose/internal/rpmtest"
)

// Converted is a case as this program takes it.
type Converted struct {
	Config string   // path of the TOML file
	Skip   []string // phases that Pungi did not run
	// Repos are the folders of packages that are to be repositories.
	Repos []string
	// Later are options that this program does not have yet.
	Later []string
	// Refused is what Pungi's configuration leaves open and this program's
	// cannot: then there is nothing to run.
	Refused string
}

// Convert writes a case into a folder: its packages, the files that its
// configuration names, and that configuration in TOML. It converts what the
// cases use, no more.
// compat is the value of gather.compat.
func (c *Case) Convert(dir, compat string) (*Converted, error) {
	w := &converter{Case: c, dir: dir, compat: compat, out: &Converted{Config: filepath.Join(dir, "config.toml")}}
	if err := w.packages("universe.jsonl", "universe"); err != nil {
		return nil, err
	}
	lookasides, err := filepath.Glob(filepath.Join(c.Dir, "lookaside", "*.jsonl*"))
	if err != nil {
		return nil, err
	}
	for _, file := range lookasides {
		name, _, _ := strings.Cut(filepath.Base(file), ".jsonl")
		if err := w.packages("lookaside/"+name+".jsonl", name); err != nil {
			return nil, err
		}
		w.repo(name)
	}
	w.skip()
	if err := w.options(); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Dir, err)
	}
	return w.out, os.WriteFile(w.out.Config, []byte(w.top.String()+w.tables.String()), 0o644)
}

// converter writes one case. Keys outside of tables must come first in TOML.
type converter struct {
	*Case
	dir, compat string
	out         *Converted
	top, tables strings.Builder
	copied      map[string]bool // folders of the case
}

// packages writes the packages of a universe into a folder below repos.
func (w *converter) packages(universe, name string) error {
	text, err := w.read(universe)
	if err != nil {
		return err
	}
	list, err := rpmtest.FromJSONL(strings.NewReader(string(text)))
	if err != nil {
		return err
	}
	_, err = rpmtest.Write(w.folder(name), list)
	return err
}

func (w *converter) folder(name string) string { return filepath.Join(w.dir, "repos", name) }

// repo wants a folder of packages to be a repository.
func (w *converter) repo(name string) {
	if !slices.Contains(w.out.Repos, w.folder(name)) {
		w.out.Repos = append(w.out.Repos, w.folder(name))
	}
}

// file copies a file of the case beside the configuration.
func (w *converter) file(name string) error {
	text, err := w.read(name)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(w.dir, filepath.Base(name)), text, 0o644)
}

// optionFile copies the file that an option names, by itself or as an SCM
// dictionary, and gives its name.
func (w *converter) optionFile(option string, value any) (string, error) {
	if scm, ok := value.(map[string]any); ok {
		value = scm["file"]
	}
	path, ok := value.(string)
	if !ok {
		return "", fmt.Errorf("%s names no file", option)
	}
	path = strings.TrimPrefix(path, "@CASE@/")
	if err := w.file(path); err != nil {
		return "", err
	}
	return filepath.Base(path), nil
}

// path replaces the placeholders of a repository's address.
func (w *converter) path(url string) string {
	name := strings.TrimPrefix(strings.TrimPrefix(url, "file://"), "@REPOS@/")
	return "file://" + w.folder(name)
}

// skip notes the phases that were left out, of those that this program has.
func (w *converter) skip() {
	phases, _ := w.Conf["skip_phases"].([]any)
	if slices.Contains(phases, any("repoclosure")) {
		w.out.Skip = append(w.out.Skip, "repoclosure")
	}
}

// key is where an option goes: a key of a table, or of none.
type key struct{ table, key string }

// plainOptions have the same values as their keys. The map is never written to.
var plainOptions = map[string]key{
	"release_name": {"release", "name"}, "release_short": {"release", "short"}, "release_version": {"release", "version"},
	"release_type": {"release", "type"}, "release_internal": {"release", "internal"},
	"base_product_name": {"base_product", "name"}, "base_product_short": {"base_product", "short"},
	"base_product_version": {"base_product", "version"}, "base_product_type": {"base_product", "type"},
	"treeinfo_version":          {"compose", "treeinfo_version"},
	"comps_filter_environments": {"", "comps_filter_environments"},
	"tree_arches":               {"", "tree_arches"}, "tree_variants": {"", "tree_variants"},
	"check_deps": {"gather", "check_deps"}, "greedy_method": {"gather", "greedy"}, "gather_fulltree": {"gather", "fulltree"},
	"gather_selfhosting": {"gather", "selfhosting"}, "require_all_comps_packages": {"gather", "require_all_comps_packages"},
	"filter_system_release_packages":          {"gather", "filter_system_release_packages"},
	"hashed_directories":                      {"link", "hashed_directories"},
	"link_type":                               {"link", "type"},
	"createrepo_checksum":                     {"createrepo", "checksum"},
	"pkgset_exclusive_arch_considers_noarch":  {"packages", "exclusive_arch_considers_noarch"},
	"pkgset_inherit_exclusive_arch_to_noarch": {"packages", "inherit_exclusive_arch_to_noarch"},
}

// files are options that name a file.
var fileOptions = map[string]key{
	"variants_file": {"", "variants"}, "comps_file": {"", "comps"},
	"gather_prepopulate": {"gather", "prepopulate"}, "gather_source_mapping": {"gather", "source_mapping"},
}

// ignored are options without a meaning here.
var ignored = []string{
	"pkgset_source", "koji_profile", "koji_event", "pkgset_koji_tag", "pkgset_koji_inherit", "pkgset_repos", "pkgset_allow_reuse",
	"skip_phases", "gather_backend", "gather_profiler", "gather_allow_reuse", "sigkeys", "signed_packages_retries", "signed_packages_wait",
	"repoclosure_backend", "compose_type", "createrepo_c", "createrepo_num_threads", "createrepo_num_workers", "createrepo_enable_cache",
	"createiso_allow_reuse", "extraiso_allow_reuse", "translate_paths",
}

// options writes the configuration.
func (w *converter) options() error {
	tables := map[string][]string{
		"compose": {`type = "test"`}, "createrepo": {`compress = "gz"`}, "gather": {"compat = " + toml(w.compat)},
	}
	if w.makesDiscs() {
		tables["createiso"] = []string{"skip = false"}
	}
	if w.Conf["media_checksums"] == nil {
		tables["media"] = []string{`checksums = ["md5", "sha1", "sha256"]`}
	}
	for _, option := range sortedNames(w.Conf) {
		value := w.Conf[option]
		to, line := key{}, ""
		switch {
		case plainOptions[option] != (key{}):
			to = plainOptions[option]
			line = to.key + " = " + toml(value)
		case fileOptions[option] != (key{}):
			to = fileOptions[option]
			name, err := w.optionFile(option, value)
			if err != nil {
				return err
			}
			line = to.key + " = " + toml(name)
		case option == "release_discinfo_description":
			to = key{"compose", ""}
			text := strings.NewReplacer("%(variant_name)s", "{variant_name}", "%(arch)s", "{arch}", "%%", "%").Replace(value.(string))
			line = "discinfo_description = " + toml(text)
		case option == "gather_method":
			if method, ok := value.(string); ok {
				to, line = key{"gather", ""}, "method = "+toml(method)
			}
		default:
			table, text, ok, err := w.imageOption(option, value)
			if err != nil {
				return err
			}
			if to, line = (key{table, ""}), text; !ok {
				w.later(option)
			}
		}
		if line != "" {
			tables[to.table] = append(tables[to.table], line)
		}
	}
	w.top.WriteString(strings.Join(tables[""], "\n") + "\n")
	delete(tables, "")
	for _, name := range sortedNames(tables) {
		fmt.Fprintf(&w.tables, "\n[%s]\n%s\n", name, strings.Join(tables[name], "\n"))
	}
	w.sources()
	if err := w.imageTables(); err != nil {
		return err
	}
	return w.trees()
}

// later notes an option that is not converted, unless trees does it.
func (w *converter) later(option string) {
	_, perTree := treeOptions[option]
	known := perTree || slices.Contains(ignored, option) || option == "multilib_whitelist" || option == "multilib_blacklist" ||
		option == "variant_as_lookaside" || option == "repoclosure_strictness"
	if !known {
		w.out.Later = append(w.out.Later, option)
	}
}

// sources writes the package sets.
func (w *converter) sources() {
	if w.Conf["pkgset_source"] != "repos" {
		fmt.Fprintf(&w.tables, "\n[[pkgset]]\ntag = \"universe\"\nsource = \"dir\"\npath = %s\n", toml(w.folder("universe")))
		return
	}
	n := 0
	for _, arch := range sortedNames(w.Conf["pkgset_repos"].(map[string]any)) {
		for _, url := range w.forArch(map[string]any{arch: w.Conf["pkgset_repos"].(map[string]any)[arch]}, arch) {
			n++
			fmt.Fprintf(&w.tables, "\n[[pkgset]]\ntag = \"repo-%d\"\nsource = \"repo\"\nurl = %s\n", n, toml(w.path(url)))
			if arch != "*" {
				fmt.Fprintf(&w.tables, "arches = [%s]\n", toml(arch))
			}
			w.repo(strings.TrimPrefix(strings.TrimPrefix(url, "file://"), "@REPOS@/"))
		}
	}
}
