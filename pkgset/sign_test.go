package pkgset

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"compose/internal/rpm"
)

// Copies of packages as a build system keeps them: unsigned, and signed with
// each key.
const copiesText = `
package all 1-1 x86_64
    source all-1-1.src.rpm
    in plain
    copy a rsa v4 11111111aaaaaaaa
    copy b eddsa v4 22222222bbbbbbbb
package onlyb 1-1 x86_64
    source onlyb-1-1.src.rpm
    in plain
    copy b rsa v3 22222222bbbbbbbb
package plain 1-1 noarch
    source plain-1-1.src.rpm
    in plain
package other 1-1 x86_64
    source other-1-1.src.rpm
    in c
    sign dsa v4 33333333cccccccc
`

func TestSignatureOrder(t *testing.T) {
	dir := build(t, copiesText)
	for _, tt := range []struct {
		keys string
		want string // the folder and key of each package, in the order all, onlyb, other, plain; ! where refused
	}{
		{"aaaaaaaa bbbbbbbb -", "a:aaaaaaaa b:bbbbbbbb c: plain:"},
		{"22222222BBBBBBBB aaaaaaaa", "b:22222222bbbbbbbb b:22222222bbbbbbbb c:! plain:!"},
		{"aaaaaaaa", "a:aaaaaaaa plain:! c:! plain:!"},
		{"- aaaaaaaa", "plain: plain: c: plain:"},
		{"cccccccc -", "plain: plain: c:cccccccc plain:"},
		{"11111111bbbbbbbb", "plain:! plain:! c:! plain:!"},
		{"", "plain: plain: c: plain:"},
	} {
		var keys []string
		for _, k := range strings.Fields(tt.keys) {
			keys = append(keys, strings.Trim(k, "-"))
		}
		var notes []string
		env := newEnv(t)
		env.Note = func(s string) { notes = append(notes, s) }
		set := mustLoad(t, Source{Tag: "t", Kind: KindDir, Path: dir, SigKeys: keys}, env)
		var got []string
		for _, e := range set.Entries {
			s := filepath.Base(e.dir) + ":" + e.SigKey
			if !e.SigOK {
				s += "!"
			}
			got = append(got, s)
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s: %s, want %s", tt.keys, s, tt.want)
		}
		if len(notes) > 0 {
			t.Errorf("%s: notes %q", tt.keys, notes)
		}
		if err := CheckSignatures(set.Entries); (err != nil) != strings.Contains(tt.want, "!") {
			t.Errorf("%s: error %v", tt.keys, err)
		}
	}
}

func TestSignatureError(t *testing.T) {
	var entries []*Entry
	for i := range 25 {
		p := &rpm.Package{Name: fmt.Sprintf("p%02d", i), Version: "1", Release: "1", Arch: "noarch"}
		if i == 1 {
			p.SigKeys = []string{"33333333cccccccc"}
		}
		entries = append(entries, &Entry{Pkg: p, Tag: "base", keys: []string{"aaaaaaaa", "bbbbbbbb"}, SigOK: i >= 20})
	}
	err := CheckSignatures(entries)
	wantError(t, err, "pkgset base: 20 packages not signed by any of [aaaaaaaa bbbbbbbb]: p00-1-1.noarch; p01-1-1.noarch (signed by 33333333cccccccc); ", "p09-1-1.noarch; and 10 more")
	var e *SignatureError
	if !errors.As(err, &e) || len(e.Groups) != 1 || len(e.Groups[0].Packages) != 20 {
		t.Errorf("%#v", err)
	}
	if err := CheckSignatures(entries[20:]); err != nil {
		t.Error(err)
	}
}

// Copies with different content and the same signature: the one built last.
func TestRebuiltCopies(t *testing.T) {
	dir := build(t, `
package a 1-1 noarch
    source a-1-1.src.rpm
    in x
    buildtime 1700000000
package a 1-1 noarch
    source a-1-1.src.rpm
    in y
    buildtime 1700000001
package a 1-1 noarch
    source a-1-1.src.rpm
    in z
    buildtime 1700000001
package b 1-1 noarch
    source b-1-1.src.rpm
    in y
package b 1-1 noarch
    source b-1-1.src.rpm
    in x
`)
	env := newEnv(t)
	var notes []string
	env.Note = func(s string) { notes = append(notes, s) }
	set := mustLoad(t, Source{Tag: "t", Kind: KindDir, Path: dir}, env)
	want := dir + "/x/a-1-1.noarch.rpm " + dir + "/x/b-1-1.noarch.rpm"
	want = strings.Replace(want, "/x/a", "/z/a", 1)
	// y and z of a are equal: the first path.
	want = strings.Replace(want, "/z/a", "/y/a", 1)
	if len(set.Entries) != 2 || set.Entries[0].place()+" "+set.Entries[1].place() != want {
		t.Errorf("%v, want %s", names(set), want)
	}
	if len(notes) != 1 || !strings.Contains(notes[0], "1 packages are there more than once") || !strings.Contains(notes[0], "from "+dir+"/y/a-1-1.noarch.rpm, not "+dir+"/x/a") {
		t.Errorf("notes %q", notes)
	}
}
