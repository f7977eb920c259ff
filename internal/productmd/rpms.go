package productmd

import (
	"errors"
	"fmt"
	"strings"
)

// RPMs is the content of rpms.json: which packages are in which tree, by
// their source packages. The zero value is an empty one once Compose is set.
// It is not safe for concurrent use.
type RPMs struct {
	Compose Compose
	trees   map[string]map[string]sources
}

type (
	sources  map[string]packages // by the NEVRA of the source package
	packages map[string]entry    // by NEVRA
	entry    struct{ Category, Path, SigKey string }
)

// RPMEntry is one package of a tree.
type RPMEntry struct {
	Variant string // uid
	Arch    string // of the tree; source packages are noted under the binary ones
	// Source is the NEVRA of the source package, with epoch and arch; empty for
	// a source package itself.
	Source string
	NEVRA  string // name-epoch:version-release.arch
	Path   string // relative to the folder "compose"
	// SigKey is the id of the key that signed it; empty: none. Written in lower case.
	SigKey   string
	Category string // binary, debug, source
}

// Add notes a package; one that is there already is replaced. It refuses
// what productmd refuses.
func (r *RPMs) Add(e RPMEntry) error {
	if err := e.validate(); err != nil {
		return fmt.Errorf("rpms: %s in %s.%s: %w", e.NEVRA, e.Variant, e.Arch, err)
	}
	source := e.Source
	if e.Category == "source" {
		source = e.NEVRA
	}
	r.add(e.Variant, e.Arch, source)[e.NEVRA] = entry{e.Category, e.Path, strings.ToLower(e.SigKey)}
	return nil
}

// add gives the packages of a source package in a tree, new if need be.
func (r *RPMs) add(variant, arch, source string) packages {
	if r.trees == nil {
		r.trees = map[string]map[string]sources{}
	}
	if r.trees[variant] == nil {
		r.trees[variant] = map[string]sources{}
	}
	if r.trees[variant][arch] == nil {
		r.trees[variant][arch] = sources{}
	}
	if r.trees[variant][arch][source] == nil {
		r.trees[variant][arch][source] = packages{}
	}
	return r.trees[variant][arch][source]
}

func (e RPMEntry) validate() error {
	if e.Variant == "" {
		return errors.New("no variant")
	}
	if !isTreeArch(e.Arch) {
		return fmt.Errorf("%q is not the architecture of a tree", e.Arch)
	}
	arch := nevraArch(e.NEVRA)
	if arch == "" {
		return errors.New("want name-epoch:version-release.arch")
	}
	isSource := arch == "src" || arch == "nosrc"
	switch e.Category {
	case "binary", "debug":
		if isSource {
			return fmt.Errorf("a source package has not the category %s", e.Category)
		}
		if a := nevraArch(e.Source); a != "src" && a != "nosrc" {
			return fmt.Errorf("source package %q: want name-epoch:version-release.src", e.Source)
		}
	case "source":
		if !isSource {
			return errors.New("a binary package has not the category source")
		}
		if e.Source != "" {
			return errors.New("a source package has no source package")
		}
	default:
		return fmt.Errorf("unknown category %q", e.Category)
	}
	if !isInside(e.Path) {
		return fmt.Errorf("%q is not a path below the compose", e.Path)
	}
	return nil
}

// nevraArch gives the architecture of name-epoch:version-release.arch, and
// nothing when that is not what s is.
func nevraArch(s string) string {
	name, rest, ok := strings.Cut(s, ":")
	dash := strings.LastIndexByte(name, '-')
	if !ok || dash <= 0 || dash == len(name)-1 || strings.Trim(name[dash+1:], "0123456789") != "" {
		return ""
	}
	version, rest, ok := strings.Cut(rest, "-")
	dot := strings.LastIndexByte(rest, '.')
	if !ok || version == "" || dot <= 0 || strings.ContainsAny(s, "/\x00\n") || strings.ContainsAny(rest, "-:") {
		return ""
	}
	return rest[dot+1:]
}

// Each calls fn for every package, sorted by variant, arch, source and NEVRA,
// until fn gives false.
func (r *RPMs) Each(fn func(RPMEntry) bool) {
	for _, variant := range sortedKeys(r.trees) {
		for _, arch := range sortedKeys(r.trees[variant]) {
			for _, source := range sortedKeys(r.trees[variant][arch]) {
				pkgs := r.trees[variant][arch][source]
				for _, nevra := range sortedKeys(pkgs) {
					p := pkgs[nevra]
					e := RPMEntry{Variant: variant, Arch: arch, NEVRA: nevra, Path: p.Path, SigKey: p.SigKey, Category: p.Category}
					if p.Category != "source" {
						e.Source = source
					}
					if !fn(e) {
						return
					}
				}
			}
		}
	}
}

// JSON gives the content of rpms.json.
func (r *RPMs) JSON() ([]byte, error) {
	if err := r.Compose.Validate(); err != nil {
		return nil, fmt.Errorf("rpms: %w", err)
	}
	head := dump(object{"header": header("rpms"), "payload": object{"compose": r.Compose.object(), "rpms": object{}}})
	const tail = "{}\n    }\n}"
	dst := make([]byte, 0, 1<<16)
	dst = append(dst, head[:len(head)-len(tail)]...)
	return append(appendTrees(dst, r.trees), tail[2:]...), nil
}

// appendTrees writes by hand what the whole of a large compose would
// otherwise spend a noticeable time on.
func appendTrees(dst []byte, trees map[string]map[string]sources) []byte {
	return appendMap(dst, trees, 2, func(dst []byte, arches map[string]sources) []byte {
		return appendMap(dst, arches, 3, func(dst []byte, srcs sources) []byte {
			return appendMap(dst, srcs, 4, func(dst []byte, pkgs packages) []byte {
				return appendMap(dst, pkgs, 5, appendEntry)
			})
		})
	})
}

func appendMap[V any, M ~map[string]V](dst []byte, m M, depth int, value func([]byte, V) []byte) []byte {
	if len(m) == 0 {
		return append(dst, "{}"...)
	}
	dst = append(dst, '{')
	for i, key := range sortedKeys(m) {
		dst = value(appendKey(dst, key, depth+1, i), m[key])
	}
	return append(appendIndent(dst, depth), '}')
}

func appendEntry(dst []byte, e entry) []byte {
	dst = appendString(appendKey(append(dst, '{'), "category", 7, 0), e.Category)
	dst = appendString(appendKey(dst, "path", 7, 1), e.Path)
	dst = appendKey(dst, "sigkey", 7, 2)
	if e.SigKey == "" {
		dst = append(dst, "null"...)
	} else {
		dst = appendString(dst, e.SigKey)
	}
	return append(appendIndent(dst, 6), '}')
}
