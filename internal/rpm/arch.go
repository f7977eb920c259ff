package rpm

import (
	"slices"
	"strings"
)

// nextArch says which architecture a machine accepts after its own: the
// table that yum, and Pungi's arch_utils after it, go by, with the
// architectures that rpm and dnf have learned since. It is never written to.
var nextArch = map[string]string{
	"athlon": "i686", "i686": "i586", "geode": "i586", "i586": "i486", "i486": "i386", "i386": "noarch",

	"x86_64": "athlon", "amd64": "x86_64", "ia32e": "x86_64",
	"x86_64_v4": "x86_64_v3", "x86_64_v3": "x86_64_v2", "x86_64_v2": "x86_64",

	"ppc64le": "noarch",
	"ppc64p7": "ppc64", "ppc64pseries": "ppc64", "ppc64iseries": "ppc64", "ppc64": "ppc", "ppc": "noarch",

	"s390x": "s390", "s390": "noarch",

	"sparc64v": "sparcv9v", "sparc64": "sparcv9", "sparcv9v": "sparcv9", "sparcv9": "sparcv8",
	"sparcv8": "sparc", "sparc": "noarch",

	"alphaev7": "alphaev68", "alphaev68": "alphaev67", "alphaev67": "alphaev6", "alphaev6": "alphapca56",
	"alphapca56": "alphaev56", "alphaev56": "alphaev5", "alphaev5": "alphaev45", "alphaev45": "alphaev4",
	"alphaev4": "alpha", "alpha": "noarch",

	"armv8l": "armv7l", "armv7l": "armv6l", "armv6l": "armv5tejl", "armv5tejl": "armv5tel",
	"armv5tel": "armv5tl", "armv5tl": "noarch",
	"armv8hl": "armv7hl", "armv7hnl": "armv7hl", "armv7hl": "armv6hl", "armv6hl": "noarch",
	"arm64": "noarch", "aarch64": "noarch",

	"sh4a": "sh4", "sh4": "noarch", "sh3": "noarch",
	"ia64":    "noarch",
	"riscv32": "noarch", "riscv64": "noarch", "riscv128": "noarch", "loongarch64": "noarch",
	"mips": "noarch", "mipsel": "noarch", "mips64": "noarch", "mips64el": "noarch",
}

// multilibArch gives, per architecture with two word sizes, the first one
// that is foreign to it. It is never written to.
var multilibArch = map[string]string{
	"x86_64": "athlon", "sparc64v": "sparcv9v", "sparc64": "sparcv9", "ppc64": "ppc", "s390x": "s390",
}

// KnownArch says whether arch is one that a package or a tree can have:
// noarch, src, nosrc, a machine, or one of the tree names arm and armhfp.
func KnownArch(arch string) bool {
	switch arch {
	case "noarch", "src", "nosrc", "arm", "armhfp":
		return true
	}
	return nextArch[arch] != ""
}

// BaseArch gives $basearch: the name of the tree that serves a machine of
// this architecture, i386 for i686, armhfp for armv7hl. An unknown name
// stands for itself. It follows Pungi's getBaseArch, and dnf where Pungi
// does not know the architecture.
func BaseArch(arch string) string {
	switch {
	case strings.HasPrefix(arch, "sparc"):
		return baseOfKnown(arch, "sparc")
	case strings.HasPrefix(arch, "armv6h"), strings.HasPrefix(arch, "armv7h"), strings.HasPrefix(arch, "armv8h"):
		return baseOfKnown(arch, "armhfp")
	case strings.HasPrefix(arch, "armv"):
		return baseOfKnown(arch, "arm")
	}
	for a := arch; ; {
		next := nextArch[a]
		if multilibArch[a] != "" || next == "" || next == "noarch" {
			return a
		}
		a = next
	}
}

func baseOfKnown(arch, base string) string {
	if nextArch[arch] == "" {
		return arch
	}
	return base
}

// CompatArches gives the architectures that are native to a tree, best first
// and "noarch" last, without the multilib ones: x86_64 gives x86_64 and
// noarch, i386 gives athlon, i686, i586, i486, i386 and noarch. This is
// Pungi's get_compatible_arches.
func CompatArches(arch string) []string {
	foreign := MultilibArches(arch)
	list := slices.DeleteFunc(accepted(bestMachine(arch)), func(a string) bool {
		return slices.Contains(foreign, a)
	})
	return append(list, "noarch")
}

// MultilibArches gives the architectures that a tree may carry for the sake
// of multilib, best first: athlon, i686, i586, i486 and i386 for x86_64; nil
// where there is no such thing. This is Pungi's get_valid_multilib_arches.
func MultilibArches(arch string) []string {
	for a := bestMachine(arch); a != ""; a = nextArch[a] {
		if m := multilibArch[a]; m != "" {
			return accepted(m)
		}
	}
	return nil
}

// bestMachine gives the best machine that a tree serves.
func bestMachine(arch string) string {
	if strings.HasPrefix(arch, "x86_64_v") {
		return arch // a tree of its own, which takes plain x86_64 packages too
	}
	switch base := BaseArch(arch); base {
	case "i386":
		return "athlon"
	case "ppc64":
		return "ppc64p7"
	case "sparc":
		return "sparc64v"
	case "arm":
		return "armv7l"
	case "armhfp":
		return "armv7hnl"
	default:
		return base
	}
}

// AcceptedArches gives the architectures whose packages a machine of this one
// accepts, best first, without noarch: i686, i586, i486 and i386 for i686. An
// unknown machine accepts its own.
func AcceptedArches(machine string) []string { return accepted(machine) }

// accepted lists what a machine accepts, best first, without noarch.
func accepted(machine string) []string {
	var list []string
	for a := machine; a != "" && a != "noarch"; a = nextArch[a] {
		list = append(list, a)
		if a == "sparc64v" {
			list = append(list, "sparc64")
		}
	}
	return list
}
