package oracletest

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// treeOptions are lists of (variant pattern, {arch: values}).
var treeOptions = map[string]string{
	"additional_packages": "add", "filter_packages": "filter", "multilib": "multilib", "gather_lookaside_repos": "lookaside",
}

// trees writes what differs per tree. Pungi's patterns of variants are
// replaced by the variants that they match; what matches no tree is left out,
// for here that would be an error.
func (w *converter) trees() error {
	for _, option := range sortedNames(treeOptions) {
		err := w.perTree(option, func(uids []string, arch string, value any) {
			for _, uid := range uids {
				w.block("gather", uid, arch, treeOptions[option]+" = "+toml(w.values(option, value)))
			}
			if option == "multilib" && len(uids) == 0 && len(w.matching(every, arch)) > 0 {
				w.block("gather", "*", arch, `multilib = ["none"]`) // it shows packages of the second word size all the same
			}
		})
		if err != nil {
			return err
		}
	}
	err := w.perTree("repoclosure_strictness", func(uids []string, arch string, value any) {
		for _, uid := range uids {
			w.block("repoclosure", uid, arch, "strictness = "+toml(value))
		}
	})
	if err != nil {
		return err
	}
	for _, option := range []string{"multilib_whitelist", "multilib_blacklist"} {
		byArch, _ := w.Conf[option].(map[string]any)
		for _, arch := range sortedNames(byArch) {
			if len(w.matching(every, arch)) > 0 {
				w.block("gather", "*", arch, option+" = "+toml(byArch[arch]))
			}
		}
	}
	pairs, _ := w.Conf["variant_as_lookaside"].([]any)
	for _, e := range pairs {
		pair := e.([]any)
		if slices.ContainsFunc(w.Variants, func(v *Variant) bool { return v.UID == pair[0] }) {
			w.block("gather", pair[0].(string), "*", "lookaside_variants = "+toml([]any{pair[1]}))
		}
	}
	return w.methods()
}

func every(string) bool { return true }

// perTree calls fn for each value of an option that is a list of (variant
// pattern, {arch: value}), with the variants that match.
func (w *converter) perTree(option string, fn func(uids []string, arch string, value any)) error {
	list, _ := w.Conf[option].([]any)
	for _, e := range list {
		pair := e.([]any)
		re, err := regexp.Compile("^(?:" + pair[0].(string) + ")")
		if err != nil {
			return err
		}
		byArch := pair[1].(map[string]any)
		for _, arch := range w.orderOf(byArch) {
			fn(w.matching(re.MatchString, arch), arch, byArch[arch])
		}
	}
	return nil
}

// methods writes the solver of each variant: the last pattern that matches it
// counts.
func (w *converter) methods() error {
	byVariant, ok := w.Conf["gather_method"].(map[string]any)
	if !ok {
		return nil
	}
	last := map[string]any{}
	for _, pattern := range w.orderOf(byVariant) {
		re, err := regexp.Compile("^(?:" + pattern + ")")
		if err != nil {
			return err
		}
		for _, uid := range w.matching(re.MatchString, "*") {
			last[uid] = byVariant[pattern]
		}
	}
	for _, uid := range w.matching(every, "*") {
		w.method(uid, last[uid])
	}
	return nil
}

func (w *converter) method(uid string, method any) {
	bySource, ok := method.(map[string]any)
	switch {
	case method == nil:
		w.out.Refused = fmt.Sprintf("variant %s has no gather_method", uid)
		return
	case !ok:
		w.out.Later = append(w.out.Later, "gather_method "+fmt.Sprint(method))
		return
	}
	var lines []string
	for source, key := range map[string]string{"comps": "method", "json": "mapping_method"} {
		if m, ok := bySource[source].(string); ok {
			lines = append(lines, key+" = "+toml(m))
		} else if source == "comps" && w.Conf["comps_file"] != nil || source == "json" && w.Conf["gather_source_mapping"] != nil {
			w.out.Refused = fmt.Sprintf("variant %s has no gather_method for source %s", uid, source)
		}
	}
	slices.Sort(lines)
	w.block("gather", uid, "*", strings.Join(lines, "\n"))
}

// values gives what an option has for an architecture as a list.
func (w *converter) values(option string, value any) []any {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	if option != "gather_lookaside_repos" {
		return list
	}
	var urls []any
	for _, url := range list {
		urls = append(urls, w.path(url.(string)))
	}
	return urls
}

// matching gives the uids of the variants with packages that match and have
// the architecture.
func (w *converter) matching(match func(uid string) bool, arch string) []string {
	var out []string
	for _, v := range w.Variants {
		if !v.Empty && match(v.UID) && (arch == "*" || arch == "src" || slices.Contains(v.Arches, arch)) {
			out = append(out, v.UID)
		}
	}
	return out
}

func (w *converter) block(table, variant, arch, lines string) {
	fmt.Fprintf(&w.tables, "\n[[%s.tree]]\nvariant = %s\narch = %s\n%s\n", table, toml(variant), toml(arch), lines)
}

// toml writes a value of a Pungi configuration.
func toml(v any) string {
	switch x := v.(type) {
	case string:
		return strconv.Quote(x)
	case bool:
		return strconv.FormatBool(x)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case []any:
		var items []string
		for _, e := range x {
			if item := toml(e); !slices.Contains(items, item) {
				items = append(items, item)
			}
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	return fmt.Sprint(v)
}

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
