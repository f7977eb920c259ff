package repo

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"compose/internal/rpm"
	"compose/internal/rpmtest"
)

// edgePackages makes packages whose headers go to the edges of createrepo_c's
// rules: requirements that it drops, versions that it cannot split, text in
// old encodings, changelogs of one day. What it writes as broken XML or
// refuses (control characters) is left out.
func edgePackages(n int) []rpmtest.Package {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(s []string) string { return s[r.IntN(len(s))] }
	out := make([]rpmtest.Package, n)
	for i := range out {
		out[i] = rpmtest.Package{
			Name: fmt.Sprintf("edge%d", i), Version: pick([]string{"1", "1.0~rc1", "2^git"}), Release: pick([]string{"1", "2.fc40"}),
			Arch: pick([]string{"noarch", "x86_64", "src", "nosrc"}), SourceRPM: "edge-1-1.src.rpm",
			Summary: pick(edgeText), Description: pick(edgeText), License: pick(edgeText), Group: pick(edgeText),
			URL: pick(edgeText), Vendor: pick(edgeText), Packager: pick(edgeText), BuildHost: pick(edgeText),
		}
		p := &out[i]
		if p.IsSource() {
			p.SourceRPM = ""
		}
		if e := uint32(r.IntN(3)); r.IntN(2) == 0 {
			p.Epoch = &e
		}
		for _, list := range []*[]rpm.Dep{&p.Provides, &p.Requires, &p.Requires, &p.Requires, &p.Conflicts, &p.Obsoletes, &p.Recommends, &p.Suggests, &p.Supplements, &p.Enhances} {
			for range r.IntN(8) {
				*list = append(*list, rpm.Dep{Name: pick(edgeNames), Sense: edgeSenses[r.IntN(len(edgeSenses))], EVR: pick(edgeEVRs)})
			}
		}
		for _, path := range edgePaths {
			if r.IntN(2) == 0 && !p.IsSource() {
				p.Files = append(p.Files, rpmtest.File{Path: path, Mode: edgeModes[r.IntN(len(edgeModes))], Flags: uint32(r.IntN(2)) << 6})
			}
		}
		for i := range p.Requires {
			p.Requires[i].Sense &^= 1 << 19 // the header reader makes them recommendations, early
		}
		for range r.IntN(14) {
			p.Changelogs = append(p.Changelogs, rpm.Changelog{Time: int64(r.IntN(4)) * 43200, Author: pick(edgeText) + pick([]string{"", " ", "  "}), Text: pick(edgeText)})
		}
	}
	return out
}

var (
	edgeText = []string{"", "plain", " <a href=\"x\">&amp; 'q'</a> ", "two\nlines\n", "tab\tcr\rend", "caf\xe9 \x85\x93quoted\x94 \xa9\xae", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		"cut \xc3", "\xff\xfe", "\x7f del", "   ", "-- ]]> <!--", "a\u0085b\u00a0c\u2028d", "x"}
	edgeNames = []string{"a", "b", "edge0", "/usr/bin/x", "/etc/y", "/usr/share/z", "/usr/lib/sendmail", "libc.so.6", "libc.so.6()(64bit)", "libc.so.6(GLIBC_2.4)(64bit)",
		"libc.so.6(GLIBC_2.34)(64bit)", "libc.so.6(GLIBC_2.10)", "libc.so.6(XX)(64bit)", "libc.so.6(", "libc.so.61", "rpmlib(X)", "(a if b)", "((a and b) or c >= 1)", "caf\xe9", "q\"<&>'"}
	edgeEVRs   = []string{"", "1", "1", "1-2", "0:1", "1:1-2", ":1", "x:1", "1-2-3", "1:", "-", "1-", "1:2:3", "3:-4", "caf\xe9-\xe9", "<1>"}
	edgeSenses = []rpm.Sense{0, 0, rpm.Equal, rpm.Equal, rpm.Less, rpm.Greater | rpm.Equal, rpm.Less | rpm.Equal, rpm.Greater, rpm.Less | rpm.Greater, rpm.Less | rpm.Greater | rpm.Equal,
		rpm.ScriptPre, rpm.ScriptPost | rpm.Equal, rpm.ScriptPreun, rpm.Interp, rpm.Prereq, 1 << 19, 1<<19 | rpm.Equal, rpm.RpmlibDep | rpm.Equal, rpm.ScriptPostun | rpm.ScriptPre}
	edgePaths = []string{"/etc/y", "/etc/z/", "/usr/bin/x", "/usr/lib/sendmail", "/usr/lib/sendmail2", "/usr/share/z", "/usr/share/bin/q", "/opt/cabin/w", "/usr/share/caf\xe9", "/usr/share/<&>\"'"}
	edgeModes = []uint16{0o100644, 0o040755, 0o120777, 0o100755}
)

// TestEdges compares what is written for such packages with createrepo_c's.
func TestEdges(t *testing.T) {
	rpmtest.NeedProgram(t, "createrepo_c")
	dir := t.TempDir()
	if _, err := rpmtest.Write(dir, edgePackages(400)); err != nil {
		t.Fatal(err)
	}
	compareWithCreaterepo(t, dir)
}
