package config

import (
	"reflect"
	"strings"
	"testing"
)

// TestDefine sets keys from the command line, the last one counts.
func TestDefine(t *testing.T) {
	c := mustLoad(t, good,
		"release.version=2.0",        // a string without quotes
		`release.name="In \"quotes"`, // and with
		"release.internal=true",
		"release.short=A=B", "release.short=C",
		`compose={type="nightly"}`, // a whole table
		"variant[0].arches[1]=\"s390x\"",
		"variant[0].arches[2]=aarch64", // one more
		`variant.Client.groups=["core"]`,
		`pkgset."extra".url=file:///srv/extra`, // a string or a list
		`pkgset[1].url[1]="file:///srv/two"`,
		"pkgset[2]={tag='three',source='dir',path='packages'}",
		"gather.tree[1].add=['x']", // one more block
		"repoclosure.tree[0].strictness=fatal",
	)
	for _, tt := range []struct{ got, want any }{
		{c.Release, Release{Name: `In "quotes`, Short: "C", Version: "2.0", Type: "ga", Internal: true}},
		{c.Compose, Compose{Type: "nightly", TreeinfoVersion: "2.0"}},
		{c.Variants[0].Arches, []string{"x86_64", "s390x", "aarch64"}},
		{c.Variants[1].Groups, []string{"core"}},
		{c.Pkgsets[1].URL, Strings{"file:///srv/extra", "file:///srv/two"}},
		{c.Pkgsets[2].Tag, "three"},
		{c.Gather.Trees[1], GatherTree{Selector: Selector{"*", "*"}, Add: []string{"x"}}},
		{c.StrictnessFor("Client", "x86_64"), "fatal"},
		{c.Place("gather.tree[1].add[0]"), "--define"},
		{c.Place("compose.type"), "--define"},
		{strings.HasSuffix(c.Place("variant[0].arches[0]"), "config.toml:19"), true},
	} {
		if !reflect.DeepEqual(tt.got, tt.want) {
			t.Errorf("got %+v, want %+v", tt.got, tt.want)
		}
	}
}

// TestBadDefine wants wrong overrides to read like wrong keys of the file.
func TestBadDefine(t *testing.T) {
	dir := folder(t)
	for define, want := range map[string]string{
		"release.versoin=2":           `release.versoin: unknown key; did you mean "version"?`,
		"relase.version=2":            `relase: unknown key; did you mean "release"?`,
		"release.version":             `"release.version" is not key=value`,
		"release.version=":            `release.version: must not be empty`,
		"compose.type=nightli":        `compose.type: "nightli" must be "production", "nightly", "test", "ci" or "development"; did you mean "nightly"?`,
		"gather.check_deps=no":        `gather.check_deps: must be true or false, not a string`,
		"release=x":                   `release: must be a table, not a string`,
		"variant[0].arches=x86_64":    `variant[0].arches: must be a list of strings, not a string; write ["x86_64"]`,
		"variant.Sever.arches=[]":     `variant.Sever: nothing in the list has this id; did you mean "Server"?`,
		"pkgset[5].path=x":            `pkgset[5]: the list has only 2 elements`,
		"pkgset.base.path=nowhere":    `pkgset[0].path: "nowhere": no such file or directory; the whole path is nowhere`,
		"release.name.x=1":            `release.name: is a string and has nothing below it`,
		"gather.tree.add=1":           `gather.tree.add: a list needs an index; write gather.tree[0].add`,
		"tree_variants=[\"Client\",]": ``,
	} {
		if want != "" {
			want = "--define: " + want
		}
		if _, got := loadText(t, dir, good, define); got != want {
			t.Errorf("%s:\n got %s\nwant %s", define, got, want)
		}
	}
}

func TestNearest(t *testing.T) {
	for _, tt := range []struct {
		word, candidates, want string
	}{
		{"archs", "id name arches", "arches"},
		{"hashed-directories", "type hashed_directories", "hashed_directories"},
		{"Type", "type tag", "type"},
		{"nigthly", "nightly test", "nightly"},
		{"x", "id name", ""},
		{"completely", "deps nodeps", ""},
	} {
		if got := nearest(tt.word, strings.Fields(tt.candidates)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.word, got, tt.want)
		}
	}
}
