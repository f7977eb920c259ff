package rpm_test

import (
	"slices"
	"strings"
	"testing"

	"compose/internal/rpm"
)

// TestArchTables: what Pungi's arch module gives (get_compatible_arches and
// get_valid_multilib_arches), and our own for what it does not know.
func TestArchTables(t *testing.T) {
	for _, c := range []struct{ arch, base, compat, multilib string }{
		{"x86_64", "x86_64", "x86_64", "athlon i686 i586 i486 i386"},
		{"amd64", "x86_64", "x86_64", "athlon i686 i586 i486 i386"},
		{"ia32e", "x86_64", "x86_64", "athlon i686 i586 i486 i386"},
		{"x86_64_v2", "x86_64", "x86_64_v2 x86_64", "athlon i686 i586 i486 i386"},
		{"x86_64_v3", "x86_64", "x86_64_v3 x86_64_v2 x86_64", "athlon i686 i586 i486 i386"},
		{"i386", "i386", "athlon i686 i586 i486 i386", ""},
		{"i686", "i386", "athlon i686 i586 i486 i386", ""},
		{"geode", "i386", "athlon i686 i586 i486 i386", ""},
		{"aarch64", "aarch64", "aarch64", ""},
		{"armhfp", "armhfp", "armv7hnl armv7hl armv6hl", ""},
		{"armv7hl", "armhfp", "armv7hnl armv7hl armv6hl", ""},
		{"armv5tel", "arm", "armv7l armv6l armv5tejl armv5tel armv5tl", ""},
		{"ppc64le", "ppc64le", "ppc64le", ""},
		{"ppc64", "ppc64", "ppc64p7 ppc64", "ppc"},
		{"ppc64p7", "ppc64", "ppc64p7 ppc64", "ppc"},
		{"ppc", "ppc", "ppc", ""},
		{"s390x", "s390x", "s390x", "s390"},
		{"s390", "s390", "s390", ""},
		{"sparc64v", "sparc", "sparc64v sparc64", "sparcv9v sparcv9 sparcv8 sparc"},
		{"sparc", "sparc", "sparc64v sparc64", "sparcv9v sparcv9 sparcv8 sparc"},
		{"riscv64", "riscv64", "riscv64", ""},
		{"ia64", "ia64", "ia64", ""},
		{"sh4a", "sh4", "sh4", ""},
		{"strange", "strange", "strange", ""},
	} {
		if got := rpm.BaseArch(c.arch); got != c.base {
			t.Errorf("BaseArch(%s) = %s, want %s", c.arch, got, c.base)
		}
		if got := strings.Join(rpm.CompatArches(c.arch), " "); got != c.compat+" noarch" {
			t.Errorf("CompatArches(%s) = %s, want %s noarch", c.arch, got, c.compat)
		}
		if got := strings.Join(rpm.MultilibArches(c.arch), " "); got != c.multilib {
			t.Errorf("MultilibArches(%s) = %s, want %s", c.arch, got, c.multilib)
		}
	}
	if rpm.MultilibArches("aarch64") != nil {
		t.Error("aarch64 has multilib")
	}
}

func TestKnownArch(t *testing.T) {
	known := []string{"x86_64", "noarch", "src", "nosrc", "i686", "armhfp", "x86_64_v2", "riscv64", "loongarch64"}
	for _, a := range append(known, "", "strange", "x86-64", "X86_64") {
		if got, want := rpm.KnownArch(a), slices.Contains(known, a); got != want {
			t.Errorf("KnownArch(%q) = %v", a, got)
		}
	}
	for _, a := range []string{"noarch", "src"} {
		if rpm.BaseArch(a) != a {
			t.Errorf("BaseArch(%s) = %s", a, rpm.BaseArch(a))
		}
	}
}
