package productmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"compose/internal/rpm"
)

// Modules is the content of modules.json: which module streams are in which
// tree. The zero value is an empty one once Compose is set. It is not safe
// for concurrent use.
type Modules struct {
	Compose Compose
	trees   map[string]map[string]map[string]*module
}

type module struct {
	tag   string
	paths map[string]string // by category
	rpms  []string
}

// ModuleEntry is one module stream in a tree.
type ModuleEntry struct {
	Variant string // uid
	Arch    string // of the tree
	UID     string // name:stream[:version[:context]]
	Tag     string // in Koji, or empty
	// Category says what the metadata at Path is about: binary, debug, source.
	Category string
	Path     string   // of the modulemd file, relative to the folder "compose"
	RPMs     []string // NEVRAs, in any order
}

// Add notes a module stream; for one that is there already it adds path and
// packages.
func (m *Modules) Add(e ModuleEntry) error {
	if err := e.validate(); err != nil {
		return fmt.Errorf("modules: %s in %s.%s: %w", e.UID, e.Variant, e.Arch, err)
	}
	if m.trees == nil {
		m.trees = map[string]map[string]map[string]*module{}
	}
	if m.trees[e.Variant] == nil {
		m.trees[e.Variant] = map[string]map[string]*module{}
	}
	if m.trees[e.Variant][e.Arch] == nil {
		m.trees[e.Variant][e.Arch] = map[string]*module{}
	}
	mod := m.trees[e.Variant][e.Arch][e.UID]
	if mod == nil {
		mod = &module{paths: map[string]string{}}
		m.trees[e.Variant][e.Arch][e.UID] = mod
	}
	mod.tag = e.Tag
	mod.paths[e.Category] = e.Path
	mod.rpms = append(mod.rpms, e.RPMs...)
	return nil
}

func (e ModuleEntry) validate() error {
	if e.Variant == "" {
		return errors.New("no variant")
	}
	if !isTreeArch(e.Arch) {
		return fmt.Errorf("%q is not the architecture of a tree", e.Arch)
	}
	parts := strings.Split(e.UID, ":")
	if len(parts) < 2 || len(parts) > 4 || slices.Contains(parts, "") {
		return errors.New("want name:stream[:version[:context]]")
	}
	if e.Category != "binary" && e.Category != "debug" && e.Category != "source" {
		return fmt.Errorf("unknown category %q", e.Category)
	}
	if !isInside(e.Path) {
		return fmt.Errorf("%q is not a path below the compose", e.Path)
	}
	for _, nevra := range e.RPMs {
		if nevraArch(nevra) == "" {
			return fmt.Errorf("package %q: want name-epoch:version-release.arch", nevra)
		}
	}
	return nil
}

// isTreeArch says whether a tree can have that architecture: any but src,
// nosrc and noarch.
func isTreeArch(arch string) bool {
	return rpm.KnownArch(arch) && arch != "src" && arch != "nosrc" && arch != "noarch"
}

// JSON gives the content of modules.json.
func (m *Modules) JSON() ([]byte, error) {
	if err := m.Compose.Validate(); err != nil {
		return nil, fmt.Errorf("modules: %w", err)
	}
	trees := object{}
	for variant, arches := range m.trees {
		byArch := object{}
		for arch, modules := range arches {
			byUID := object{}
			for uid, mod := range modules {
				byUID[uid] = mod.object(uid)
			}
			byArch[arch] = byUID
		}
		trees[variant] = byArch
	}
	payload := object{"compose": m.Compose.object(), "modules": trees}
	return dump(object{"header": header("modules"), "payload": payload}), nil
}

func (m *module) object(uid string) object {
	parts := append(strings.Split(uid, ":"), "", "")
	paths := object{}
	for category, path := range m.paths {
		paths[category] = path
	}
	return object{
		"metadata": object{
			"uid": uid, "name": parts[0], "stream": parts[1], "version": parts[2], "context": parts[3], "koji_tag": m.tag,
		},
		"modulemd_path": paths,
		"rpms":          slices.Compact(slices.Sorted(slices.Values(m.rpms))),
	}
}
