package rpmmd

import (
	"strings"

	"compose/internal/rpm"
)

// IsPrimary says whether a file is listed in primary.xml: /etc, anything with
// "bin/" in its path, and /usr/lib/sendmail. It is createrepo_c's rule, which
// every solver counts on.
func IsPrimary(path string) bool {
	return strings.HasPrefix(path, "/etc/") || strings.Contains(path, "bin/") || path == "/usr/lib/sendmail"
}

func (r *renderer) dependencies(p *rpm.Package, d *rpm.Details) {
	requires := p.Requires
	if !r.listed {
		requires = shownRequires(p, d)
	}
	r.deps("provides", p.Provides)
	r.deps("requires", requires)
	r.deps("conflicts", p.Conflicts)
	r.deps("obsoletes", p.Obsoletes)
	r.deps("suggests", p.Suggests)
	r.deps("enhances", p.Enhances)
	r.deps("recommends", p.Recommends)
	r.deps("supplements", p.Supplements)
}

// deps writes a list, and nothing when nothing in it can be written.
func (r *renderer) deps(kind string, deps []rpm.Dep) {
	before := len(r.dst)
	r.raw("    <rpm:")
	r.raw(kind)
	r.raw(">\n")
	empty := len(r.dst)
	for _, d := range deps {
		if !r.dep(d) {
			continue
		}
		if kind == "requires" && d.IsPre() {
			r.raw(` pre="1"`)
		}
		r.raw("/>\n")
	}
	if len(r.dst) == empty {
		r.dst = r.dst[:before]
		return
	}
	r.raw("    </rpm:")
	r.raw(kind)
	r.raw(">\n")
}

// dep writes an entry without its end, and nothing for one that
// createrepo_c leaves out.
func (r *renderer) dep(d rpm.Dep) bool {
	epoch, version, release, ok := SplitEVR(d.EVR)
	if d.Name == "" || !ok {
		return false
	}
	r.attr(`      <rpm:entry name="`, d.Name, aDependency)
	flags := flagName(d.Sense)
	if flags == "" {
		return true
	}
	r.raw(` flags="`)
	r.raw(flags)
	r.raw(`"`)
	if d.EVR == "" {
		return true
	}
	r.attr(` epoch="`, epoch, aDependency)
	if version != "" {
		r.attr(` ver="`, version, aDependency)
	}
	if release != "" {
		r.attr(` rel="`, release, aDependency)
	}
	return true
}

func flagName(s rpm.Sense) string {
	return [...]string{rpm.Less: "LT", rpm.Greater: "GT", rpm.Equal: "EQ",
		rpm.Less | rpm.Equal: "LE", rpm.Greater | rpm.Equal: "GE", 15: ""}[s&15]
}

// SplitEVR takes a version string apart as createrepo_c does: at the first
// colon and then at the first dash; no epoch is "0". An epoch that is not a
// number is not ok.
func SplitEVR(s string) (epoch, version, release string, ok bool) {
	epoch = "0"
	if e, rest, found := strings.Cut(s, ":"); found {
		if !isNumber(e) {
			return "", "", "", false
		}
		if s = rest; e != "" {
			epoch = e
		}
	}
	version, release, _ = strings.Cut(s, "-")
	return epoch, version, release, true
}

func isNumber(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
