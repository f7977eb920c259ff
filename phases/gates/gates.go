// Package gates looks at whether the packages of a compose keep its policies:
// how much a tree grows, which packages are gone, unsigned or forbidden. It
// is given lists of packages and knows neither files nor plans.
package gates

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Package is a package of a tree, of any kind.
type Package struct {
	NEVRA, Name, Arch string
	Signed            bool
	Size              int64 // of the file, in bytes
}

// Rule is one policy. Fields that its check does not look at count nothing.
type Rule struct {
	Check    string   // growth, removed, unsigned, forbidden
	Packages []string // shell globs on NAME or NAME.ARCH; none: all packages
	Percent  int      // of growth
	Max      int      // of removed: so many may be gone
}

// maxNames is how many packages a fault names.
const maxNames = 20

// Fault says what of a tree is against the rule; "" is nothing. before is what
// the earlier compose has in the tree, nil where there is none: nothing can
// have grown then, and nothing be gone.
func (r Rule) Fault(now, before []Package) string {
	now, before = r.about(now), r.about(before)
	switch r.Check {
	case "growth":
		return r.growth(size(now), size(before))
	case "removed":
		return r.removed(now, before)
	case "unsigned":
		return named("unsigned", slices.DeleteFunc(now, func(p Package) bool { return p.Signed }))
	case "forbidden":
		return named("forbidden", now)
	}
	return fmt.Sprintf("there is no check %q", r.Check)
}

// about gives those packages that the rule is about, in a list of its own.
func (r Rule) about(list []Package) []Package {
	return slices.DeleteFunc(slices.Clone(list), func(p Package) bool {
		return len(r.Packages) > 0 && !slices.ContainsFunc(r.Packages, func(glob string) bool { return matches(glob, p) })
	})
}

func matches(glob string, p Package) bool {
	byName, err1 := path.Match(glob, p.Name)
	withArch, err2 := path.Match(glob, p.Name+"."+p.Arch)
	return byName && err1 == nil || withArch && err2 == nil
}

func size(list []Package) (n int64) {
	for _, p := range list {
		n += p.Size
	}
	return n
}

func (r Rule) growth(now, before int64) string {
	if before == 0 || float64(now) <= float64(before)*(1+float64(r.Percent)/100) {
		return ""
	}
	return fmt.Sprintf("packages grew by %.1f %% from %d to %d bytes; %d %% are allowed", 100*float64(now-before)/float64(before), before, now, r.Percent)
}

func (r Rule) removed(now, before []Package) string {
	there := map[[2]string]bool{}
	for _, p := range now {
		there[[2]string{p.Name, p.Arch}] = true
	}
	var gone []Package
	for _, p := range before {
		if key := [2]string{p.Name, p.Arch}; !there[key] {
			there[key] = true
			gone = append(gone, p)
		}
	}
	if len(gone) <= r.Max {
		return ""
	}
	return named(fmt.Sprintf("gone, where %d may be", r.Max), gone)
}

// named says what packages are, how many, and the first of them; of none "".
func named(what string, list []Package) string {
	if len(list) == 0 {
		return ""
	}
	noun := "packages are "
	if len(list) == 1 {
		noun = "package is "
	}
	names := make([]string, len(list))
	for i, p := range list {
		names[i] = p.NEVRA
	}
	slices.Sort(names)
	more := ""
	if n := len(names) - maxNames; n > 0 {
		names, more = names[:maxNames], fmt.Sprintf(" and %d more", n)
	}
	return fmt.Sprint(len(list), " ", noun, what, ": ") + strings.Join(names, ", ") + more
}
