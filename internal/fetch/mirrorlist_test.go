package fetch

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func TestMirrorlist(t *testing.T) {
	got, err := ParseMirrorlist([]byte("# repo = x\n\nhttps://a/os/ \r\nftp://b/os\nrsync://c/x\nfile:///etc\nnot a url\n  http://d/os\n"))
	if err != nil || !slices.Equal(got, []string{"https://a/os/", "http://d/os"}) {
		t.Errorf("%q, error %v", got, err)
	}
	for _, s := range []string{"", "# nothing\n", "<html>error</html>", strings.Repeat("x", 100000)} {
		if got, err := ParseMirrorlist([]byte(s)); err == nil {
			t.Errorf("%.20q: %q without an error", s, got)
		}
	}
}

func TestMetalink(t *testing.T) {
	for _, name := range []string{"metalink3.xml", "metalink4.xml"} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := ParseMetalink(b, "repomd.xml")
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"https://one.example/os/repodata/repomd.xml", "http://two.example/os/repodata/repomd.xml", "https://three.example/os/repodata/repomd.xml"}
		if !slices.Equal(m.URLs, want) {
			t.Errorf("%s: %q", name, m.URLs)
		}
		if err := m.Check([]byte("current\n")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := m.Check([]byte("currant\n")); err == nil {
			t.Errorf("%s: wrong content accepted", name)
		}
		if err := m.Check([]byte("older\n")); (err == nil) != (name == "metalink3.xml") {
			t.Errorf("%s: older content: %v", name, err)
		}
		if _, err := ParseMetalink(b, "other.xml"); err == nil {
			t.Errorf("%s: an entry for another file", name)
		}
	}
	for _, s := range []string{
		"", "plain text", "<metalink>", "<metalink/>", `<metalink><files><file name="repomd.xml"/></files></metalink>`,
		`<metalink><file name="repomd.xml"><url>https://a/repomd.xml</url><hash type="md5">d41d8cd98f00b204e9800998ecf8427e</hash></file></metalink>`,
		`<metalink><file name="repomd.xml"><url>ftp://a/repomd.xml</url></file></metalink>`,
	} {
		if m, err := ParseMetalink([]byte(s), "repomd.xml"); err == nil {
			t.Errorf("%q: %v without an error", s, m)
		}
	}
}

func FuzzLists(f *testing.F) {
	for _, name := range []string{"metalink3.xml", "metalink4.xml"} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("# comment\nhttps://a/os\nhttp://[::1]/%2e%2e\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := ParseMetalink(b, "repomd.xml"); err == nil {
			check(t, m.URLs)
			m.Check(b)
		}
		if list, err := ParseMirrorlist(b); err == nil {
			check(t, list)
		}
	})
}

func check(t *testing.T, list []string) {
	if len(list) == 0 || len(list) > maxListed {
		t.Errorf("%d addresses", len(list))
	}
	for _, s := range list {
		if !strings.HasPrefix(strings.ToLower(s), "http") {
			t.Errorf("address %q", s)
		}
		if _, err := JoinURL(s, "a/b"); err != nil {
			t.Errorf("address %q: %v", s, err)
		}
	}
}

func TestJoinURL(t *testing.T) {
	for _, tt := range [][3]string{
		{"https://h/os", "Packages/a.rpm", "https://h/os/Packages/a.rpm"},
		{"https://h/os/?key=1", "a.rpm", "https://h/os/a.rpm?key=1"},
		{"https://h", "libstdc++-1^git~2.rpm", "https://h/libstdc++-1%5Egit~2.rpm"},
		{"https://h/a%2Fb", "g%2B%2B.rpm", "https://h/a%2Fb/g%2B%2B.rpm"},
		{"https://h/", "c#?x%zz.rpm", "https://h/c%23%3Fx%25zz.rpm"},
		{"file:///a b", "c d", "file:///a%20b/c%20d"},
	} {
		if got, err := JoinURL(tt[0], tt[1]); got != tt[2] || err != nil {
			t.Errorf("%s + %s: %s, error %v; want %s", tt[0], tt[1], got, err, tt[2])
		}
	}
}
