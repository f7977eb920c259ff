package inputs

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// noted takes down some inputs in a lock.
func noted(t *testing.T, l *Lock) []error {
	t.Helper()
	return []error{
		l.Note(Repo, "https://x.example/", "aa"), l.Note(File, "comps.xml", "bb"),
		l.NotePackages("base", map[string]string{"a.rpm": "11", "sub/b.rpm": "22"}),
	}
}

func relock(t *testing.T, l *Lock) *Lock {
	t.Helper()
	b, err := l.JSON()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Read(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return again
}

func TestLock(t *testing.T) {
	l := New()
	noted(t, l)
	locked := relock(t, l)
	for _, err := range noted(t, locked) {
		if err != nil {
			t.Error(err)
		}
	}
	if got := locked.Wanted(Repo, "https://x.example/"); got != "aa" {
		t.Errorf("wanted %q", got)
	}
	for _, c := range []struct {
		err  error
		want string
	}{
		{locked.Note(Repo, "https://x.example/", "ab"), "repo https://x.example/: changed since it was locked: it is ab, locked was aa"},
		{locked.Note(Git, "g", "1"), "git g: the lock file does not have it; write it anew with --write-lock"},
		{locked.NotePackages("extra", nil), "dir extra: the lock file does not have it; write it anew with --write-lock"},
		{locked.NotePackages("base", map[string]string{"a.rpm": "12", "c.rpm": "3"}),
			"dir base: the packages are not those that were locked:\n    a.rpm changed\n    sub/b.rpm is gone\n    c.rpm is new"},
	} {
		if c.err == nil || c.err.Error() != c.want {
			t.Errorf("got %v, want %s", c.err, c.want)
		}
	}
}

func TestManyDiffer(t *testing.T) {
	l := New()
	sums := map[string]string{}
	for i := range 30 {
		sums[fmt.Sprint(i)] = ""
	}
	l.NotePackages("base", sums)
	err := relock(t, l).NotePackages("base", nil)
	if err == nil || !strings.HasSuffix(err.Error(), "\n    and 10 more") {
		t.Error(err)
	}
}

func TestNoLock(t *testing.T) {
	var l *Lock
	for _, err := range noted(t, l) {
		if err != nil {
			t.Error(err)
		}
	}
	if l.Wanted(Repo, "x") != "" || l.Records() {
		t.Error("a lock that is none wants something")
	}
}

func TestReadRefuses(t *testing.T) {
	for text, want := range map[string]string{"": "EOF", "{}": "format 0", `{"format": 1, "x": 2}`: "unknown field", `{"format": 2}`: "format 2"} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
