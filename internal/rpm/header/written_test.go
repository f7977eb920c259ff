package header_test

import (
	"path/filepath"
	"testing"

	"compose/internal/rpmtest"
)

// all is a package with everything that a header can say, in the forms that
// rpm 4.18 knows, and its relatives.
const all = `
package all 3:1.0~rc1^20240101-1.fc41 x86_64
    summary Everything at once
    description
        | First line
        | zweite Zeile mit Umlaut: ä
    license MIT AND GPL-2.0-or-later
    group Unspecified
    url https://example.org/?a=1&b=2
    vendor V & Co
    packager <p@example.org>
    buildhost host.example
    buildtime 1700000001
    modularity mod:stream:1:ctx
    changelog 1700000000 A <a@example.org> - 3:1.0-1
        | - newest
    changelog 1600000000 B <b@example.org> - 0.9-1
        | - older
    source all-1.0-1.src.rpm
    provides virtual, virtual = 2, libx.so.1()(64bit), config(all) = 3:1.0
    requires /bin/sh, bash >= 5, (a if b else c), (x >= 1 with x < 2), rtld(GNU_HASH)
    requires(pre) shadow-utils
    requires(postun) coreutils
    conflicts old < 1
    obsoletes ancient <= 2:0.1-3
    recommends r1, r2 = 1
    suggests s1
    supplements (p1 and p2), p3 > 4
    enhances e1 < 5
    dir /usr/share/all
    file /usr/bin/all 0755 "x"
    config /etc/all.conf "y"
    doc /usr/share/doc/all/README "z"
    ghost /var/log/all.log
    link /usr/bin/also all
    script post
        | true
package large 1-1 x86_64
    large
    source large-1-1.src.rpm
    payload empty
    huge /srv/image 6442450944
package old 1-1 i386
    format 3
    noself
    source old-1-1.src.rpm
    provides oldthing
    file /usr/bin/old "x"
    sign legacy rsa v3 0123456789abcdef
package source 1-1 src
    requires gcc, make >= 4
    excludearch s390x ppc64le
    exclusivearch x86_64 noarch
    file source.spec "x"
package part 1-1 nosrc
    file part.spec "x"
package signed 1-1 noarch
    source signed-1-1.src.rpm
    sign rsa 00112233445566ff
package signeddsa 1-1 noarch
    source signed-1-1.src.rpm
    sign dsa 00112233445566aa
package signededdsa 1-1 noarch
    source signed-1-1.src.rpm
    sign eddsa 00112233445566bb
package signedboth 1-1 noarch
    source signed-1-1.src.rpm
    sign rsa 00112233445566dd
    sign legacy rsa v3 00112233445566dd
package weakold 1-1 noarch
    source weakold-1-1.src.rpm
    tag 1156 strings oldweak oldstrong
    tag 1157 strings "" 2
    tag 1158 int32 0 0x08000008
    tag 1159 strings enhweak enhstrong
    tag 1160 strings 1 ""
    tag 1161 int32 8 0x08000000
package missingok 1-1 noarch
    source missingok-1-1.src.rpm
    tag 1048 int32 0x80000 8
    tag 1049 strings weak strong
    tag 1050 strings "" 1
    recommends other
package nofiles 1-1 noarch
    source nofiles-1-1.src.rpm
package languages 1-1 noarch
    source languages-1-1.src.rpm
    tag 100 strings C de
    tag 1004 i18n "In English" "auf Deutsch"
    tag 1005 i18n "In English" "auf Deutsch"
    tag 1016 i18n "Group" "Gruppe"
package manyfiles 1-1 noarch
    source manyfiles-1-1.src.rpm
    untag 1116
    untag 1117
    untag 1118
    file /a/b "x"
    file /a/c "x"
    tag 1027 strings /a/b /a/c
`

// TestWrittenAgainstOracle compares all that rpmtest can write.
func TestWrittenAgainstOracle(t *testing.T) {
	needOracle(t)
	compare(t, rpmsBelow(t, rpmtest.Build(t, all)))
}

// TestRPMBuildAgainstOracle compares the committed packages that rpmbuild made.
func TestRPMBuildAgainstOracle(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(rpmtest.RepoRoot(t), "testdata/rpms/*.rpm"))
	if len(files) == 0 {
		t.Skip("no testdata/rpms")
	}
	needOracle(t)
	compare(t, files)
}
