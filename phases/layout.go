package phases

import (
	"cmp"
	"path/filepath"
	"strings"
)

// Tree is one tree of packages: a variant on an architecture. Arch "src" is
// the source tree, which all architectures of a variant share.
type Tree struct {
	Variant string // uid
	Arch    string
	// Host is the uid of the variant in whose tree an addon lies, "" for all
	// others.
	Host string
}

// String gives UID.ARCH, the name of the tree in step names, logs and messages.
func (t Tree) String() string { return t.Variant + "." + t.Arch }

// root is the variant whose folder the tree lies in.
func (t Tree) root() string { return cmp.Or(t.Host, t.Variant) }

// addonDir is the folder of an addon in its host's tree, "" for others.
func (t Tree) addonDir() string {
	if t.Host == "" {
		return ""
	}
	return filepath.Join("addons", strings.TrimPrefix(t.Variant, t.Host+"-"))
}

// Layout knows where everything lies in a compose. It is the only place that
// spells a path (names as Pungi's, pungi B.1).
type Layout struct {
	Top string // the folder of this compose
}

// ComposeID is the file with the compose's id.
func (l Layout) ComposeID() string { return filepath.Join(l.Top, "COMPOSE_ID") }

// Status is the file with the one word that says how far the compose is.
func (l Layout) Status() string { return filepath.Join(l.Top, "STATUS") }

// Compose is the folder that is published; paths in metadata are relative to it.
func (l Layout) Compose() string { return filepath.Join(l.Top, "compose") }

// Metadata is a file of compose/metadata.
func (l Layout) Metadata(name string) string {
	return filepath.Join(l.Compose(), "metadata", name)
}

// Rel gives a path below the compose folder as the metadata spells it.
func (l Layout) Rel(path string) string {
	rel, err := filepath.Rel(l.Compose(), path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(rel)
}

// Published gives the file that a path of the metadata stands for.
func (l Layout) Published(rel string) string {
	return filepath.Join(l.Compose(), filepath.FromSlash(rel))
}

// OSTree is the root of a tree: UID/ARCH/os, for sources UID/source/tree. An
// addon shares that of its parent.
func (l Layout) OSTree(t Tree) string {
	if t.Arch == "src" {
		return filepath.Join(l.Compose(), t.root(), "source", "tree")
	}
	return filepath.Join(l.Compose(), t.root(), t.Arch, "os")
}

// DebugTree is the root of a tree's debuginfo packages.
func (l Layout) DebugTree(t Tree) string {
	return filepath.Join(l.Compose(), t.root(), t.Arch, "debug", "tree")
}

// Repository is the root of a tree's repository: that of the tree, but of an
// addon its folder in it.
func (l Layout) Repository(t Tree) string { return filepath.Join(l.OSTree(t), t.addonDir()) }

// DebugRepository is the root of the repository of a tree's debuginfo packages.
func (l Layout) DebugRepository(t Tree) string { return filepath.Join(l.DebugTree(t), t.addonDir()) }

// Packages is the folder of a tree's packages: Packages, but of an addon its
// repository itself.
func (l Layout) Packages(t Tree) string { return packagesIn(l.Repository(t), t) }

// DebugPackages is the folder of a tree's debuginfo packages.
func (l Layout) DebugPackages(t Tree) string { return packagesIn(l.DebugRepository(t), t) }

func packagesIn(repository string, t Tree) string {
	if t.Host != "" {
		return repository
	}
	return filepath.Join(repository, PackagesDir)
}

// Logs is the folder of an architecture's logs; "" for what serves all of them.
func (l Layout) Logs(arch string) string {
	if arch == "" {
		arch = "global"
	}
	return filepath.Join(l.Top, "logs", arch)
}

// Begun is the file with what a compose was begun with, for resuming it.
func (l Layout) Begun() string { return l.Work("global", "begun.json") }

// EventLog is the file with every event of the run.
func (l Layout) EventLog() string { return filepath.Join(l.Top, "logs", "events.jsonl") }

// Progress is a file that is there while the compose is made: how far the
// running steps are.
func (l Layout) Progress() string { return filepath.Join(l.Top, "logs", "progress.json") }

// Report is the page that shows the run.
func (l Layout) Report() string { return filepath.Join(l.Top, "logs", "report.html") }

// Deliverables is the file that says which deliverables had to be made, which
// might fail, and which did.
func (l Layout) Deliverables() string { return filepath.Join(l.Logs(""), "deliverables.json") }

// EffectiveConfig is the configuration with its defaults, as it was used.
func (l Layout) EffectiveConfig() string {
	return filepath.Join(l.Logs(""), "config-effective.toml")
}

// StepLog is the log of one step: logs/ARCH/PHASE-REST.log. The architecture
// is that of the tree in the step's name (phase/UID.ARCH[.kind]).
func (l Layout) StepLog(step string) string {
	arch := ""
	if _, rest, ok := strings.Cut(step, "/"); ok {
		if parts := strings.Split(rest, "."); len(parts) > 1 && parts[1] != "src" {
			arch = parts[1]
		}
	}
	return filepath.Join(l.Logs(arch), strings.ReplaceAll(step, "/", "-")+".log")
}

// Work is a file of the work folder: what the phases leave for people and for
// later commands, not for publishing.
func (l Layout) Work(arch string, elem ...string) string {
	return filepath.Join(append([]string{l.Top, "work", arch}, elem...)...)
}

// Comps is the comps file of a tree as it goes into its repository.
func (l Layout) Comps(t Tree) string {
	return l.Work(t.Arch, "comps", "comps-"+t.String()+".xml")
}

// GatherResult is the record of a tree's packages and why each is in it.
func (l Layout) GatherResult(t Tree) string {
	return l.Work(t.Arch, "gather_result", t.String()+".jsonl")
}

// PackageList is the record of what the trees of an architecture chose from,
// and of what was kept from them.
func (l Layout) PackageList(arch string) string {
	return l.Work(arch, "package_list", arch+".jsonl")
}

// TrimRecord is the record of what was moved between the trees of a variant
// and the ones in it.
func (l Layout) TrimRecord(name string) string {
	return l.Work("global", "gather_result", name+".jsonl")
}

// PackagesDir is the folder of packages in a tree's root.
const PackagesDir = "Packages"

// hashedDir is the folder of a file below the folder of packages: with hashed
// directories the file's first letter in lower case.
func hashedDir(file string, hashed Hashing) string {
	if hashed == HashFirstLetter {
		return strings.ToLower(file[:1])
	}
	return ""
}

// Hashing says how packages are spread over folders (Pungi's hashed_directories).
type Hashing int

// The ways of spreading packages.
const (
	HashNone Hashing = iota
	HashFirstLetter
)
