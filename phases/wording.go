package phases

import (
	"fmt"

	"compose/config"
	"compose/gather"
	"compose/internal/rpm"
)

// wording words what Pungi warns of too: with its compat exactly as Pungi
// does, for those who search logs for these lines.
type wording gather.Compat

func wordingOf(cfg *config.Config) wording { return wording(compatOf(cfg)) }

func compatOf(cfg *config.Config) gather.Compat {
	if cfg.Gather.Compat == "pungi-4.3" {
		return gather.CompatPungi43
	}
	return gather.CompatNone
}

func (w wording) pungi() bool { return gather.Compat(w) == gather.CompatPungi43 }

// noGroup is about an entry of a variant's groups, in Pungi's words; others
// tell of it once with its place.
func (w wording) noGroup(t Tree, group string) string {
	return fmt.Sprintf("Variant %s requires comps group %s which does not match anything in input comps file", t, group)
}

// noSource is about a package without source package, under whose name it is
// in rpms.json all the same.
func (w wording) noSource(t Tree, p, source *rpm.Package) string {
	if w.pungi() {
		return fmt.Sprintf("Package %s has no SRPM available, guessing epoch: %s.rpm", p.NEVRA(), source.NEVRA())
	}
	return fmt.Sprintf("%s: %s has no source package in the package sets, guessing its epoch: %s", t, p.NEVRA(), source.NEVRA())
}

// removed is about a package that a nested variant does not keep. Pungi warns
// where an addon or layered product has it, and of no others.
func (w wording) removed(c gather.Change, parent string) (text string, warn bool) {
	if w.pungi() && !c.Moved && c.Other != parent {
		return fmt.Sprintf("Removed addon package (arch: %s, variant: %s): %s: %s", c.Arch, c.Variant, c.Picked.Kind, c.Picked.Pkg.FileName()), true
	}
	return c.String(), false
}

// closure is about a tree in which dependencies are unresolved.
func (w wording) closure(t Tree, details string) string {
	if w.pungi() {
		return fmt.Sprintf("Repoclosure failed for %s\n%s", t, details)
	}
	return details
}
