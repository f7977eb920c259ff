package reuse

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

var testTime = time.Unix(1e9, 0)

// part and key have every kind of field that a key may have.
type part struct {
	Name string
	On   bool
}

type key struct {
	Text    string
	On      bool
	Number  int
	Size    uint64
	Share   float64
	List    []string
	Bytes   []byte
	Sum     [4]byte
	Parts   []part
	Table   map[string]part
	Pointer *part
	Inner   part
}

func sample() key {
	return key{
		Text: "t", On: true, Number: -3, Size: 9, Share: 0.5, List: []string{"a", "b"}, Bytes: []byte("xy"), Sum: [4]byte{1},
		Parts: []part{{"p", true}, {"q", false}}, Table: map[string]part{"k": {"v", true}, "l": {}}, Pointer: &part{"z", true}, Inner: part{"i", false},
	}
}

func of(t *testing.T, key any) Fingerprint {
	t.Helper()
	f, err := Of("step", 1, key)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Every field of a key counts: each change of one gives another fingerprint,
// and the field's name says what is different.
func TestEveryFieldCounts(t *testing.T) {
	first := of(t, sample())
	if again := of(t, sample()); again.Sum != first.Sum || first.Differ(again) != nil {
		t.Fatal("the same key has two fingerprints")
	}
	seen := map[string]string{first.Sum: "nothing"}
	for i := range reflect.TypeFor[key]().NumField() {
		k := sample()
		v := reflect.ValueOf(&k).Elem().Field(i)
		name := reflect.TypeFor[key]().Field(i).Name
		v.SetZero()
		changed := of(t, k)
		if at, ok := seen[changed.Sum]; ok {
			t.Errorf("%s is like %s", name, at)
		}
		seen[changed.Sum] = name
		if got := changed.Differ(first); len(got) != 1 || got[0] != name {
			t.Errorf("%s: differs in %v", name, got)
		}
	}
	for what, change := range map[string]func(*key){
		"order of a list": func(k *key) { k.List = []string{"b", "a"} },
		"border":          func(k *key) { k.List = []string{"ab", ""} },
		"part":            func(k *key) { k.Parts[1].On = true },
		"entry":           func(k *key) { k.Table["l"] = part{"", true} },
		"key of an entry": func(k *key) { k.Table = map[string]part{"k": {"v", true}, "m": {}} },
		"pointer":         func(k *key) { k.Pointer.On = false },
		"inner":           func(k *key) { k.Inner.On = true },
	} {
		k := sample()
		change(&k)
		sum := of(t, k).Sum
		if at, ok := seen[sum]; ok {
			t.Errorf("%s is like %s", what, at)
		}
		seen[sum] = what
	}
	for _, f := range []struct {
		step string
		code int
	}{{"other", 1}, {"step", 2}} {
		other, err := Of(f.step, f.code, sample())
		if err != nil || other.Sum == first.Sum || fmt.Sprint(other.Differ(first)) != "[code]" {
			t.Errorf("%v: %v %v", f, other.Differ(first), err)
		}
	}
}

func TestRefused(t *testing.T) {
	type loop struct{ Next *loop }
	endless := &loop{}
	endless.Next = endless
	for _, k := range []any{1, struct{ F func() }{}, struct{ A any }{1}, struct{ a int }{}, struct{ P part2 }{}, *endless} {
		if _, err := Of("step", 1, k); err == nil {
			t.Errorf("%T has a fingerprint", k)
		}
	}
}

type part2 struct{ hidden int }

// result is what steps of these tests make.
type result struct {
	Path string
	N    int
}

// made notes a step in a compose that makes a file and a folder.
func made(t *testing.T, top string, older ...string) (*Memory, result) {
	t.Helper()
	m, err := Open(top, older)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m, result{filepath.Join(top, "compose/a&b.iso"), 3}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func note(t *testing.T, top string) {
	t.Helper()
	m, r := made(t, top)
	write(t, r.Path, "image")
	write(t, filepath.Join(top, "compose/tree/sub/x"), "x")
	if err := os.Symlink("x", filepath.Join(top, "compose/tree/sub/link")); err != nil {
		t.Fatal(err)
	}
	if err := m.Note("iso/A", of(t, sample()), r, []string{r.Path, filepath.Join(top, "compose/tree")}); err != nil {
		t.Fatal(err)
	}
}

func TestTakeOver(t *testing.T) {
	old, top := filepath.Join(t.TempDir(), "DP-1<x>"), filepath.Join(t.TempDir(), "DP-2")
	note(t, old)
	m, want := made(t, top, old)
	records := m.Found(of(t, sample()))
	if len(records) != 1 || records[0].Origin() != "DP-1<x>" {
		t.Fatalf("found %v", records)
	}
	var got result
	if err := records[0].Decode(top, &got); err != nil || got != want {
		t.Fatalf("got %+v, %v, want %+v", got, err, want)
	}
	if err := records[0].Take(t.Context(), []string{got.Path}); err == nil {
		t.Error("a file was lost")
	}
	if err := records[0].Take(t.Context(), []string{got.Path, filepath.Join(top, "compose/other")}); err != nil {
		t.Fatal(err)
	}
	a, _ := os.Stat(filepath.Join(old, "compose/a&b.iso"))
	if b, err := os.Stat(got.Path); err != nil || !os.SameFile(a, b) {
		t.Errorf("not linked: %v", err)
	}
	if link, err := os.Readlink(filepath.Join(top, "compose/other/sub/link")); link != "x" {
		t.Error(link, err)
	}
	if m.Before("iso/A") == nil || m.Before("iso/B") != nil {
		t.Error("steps of the earlier compose are not known by name")
	}
}

// What changed after the step ended is not used.
func TestChangedFiles(t *testing.T) {
	for name, change := range map[string]func(top string){
		"gone":     func(top string) { os.Remove(filepath.Join(top, "compose/a&b.iso")) },
		"touched":  func(top string) { os.Chtimes(filepath.Join(top, "compose/tree/sub/x"), testTime, testTime) },
		"longer":   func(top string) { write(t, filepath.Join(top, "compose/tree/sub/x"), "longer") },
		"relinked": func(top string) { os.Remove(filepath.Join(top, "compose/tree/sub/link")) },
		"a folder": func(top string) {
			os.Remove(filepath.Join(top, "compose/a&b.iso"))
			os.Mkdir(filepath.Join(top, "compose/a&b.iso"), 0o755)
		},
		"torn line": func(top string) { os.Truncate(JournalOf(top), 100) },
	} {
		t.Run(name, func(t *testing.T) {
			old := t.TempDir()
			note(t, old)
			change(old)
			m, _ := made(t, t.TempDir(), old)
			if len(m.Found(of(t, sample()))) > 0 {
				t.Error("it is used all the same")
			}
		})
	}
}

// The same compose goes on: its records count, a torn one is cut off. Those from
// before the machine went down count only where the files have what they had,
// whatever their sizes and times say.
func TestOwnRecords(t *testing.T) {
	top := t.TempDir()
	note(t, top)
	f, err := os.OpenFile(JournalOf(top), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(`12345678 {"step":`)
	f.Close()
	m, r := made(t, top)
	if got := m.Found(of(t, sample())); len(got) != 1 {
		t.Fatal("the record is lost")
	} else if err := got[0].Take(t.Context(), []string{r.Path, filepath.Join(top, "compose/tree")}); err != nil {
		t.Error(err)
	}
	if err := m.Note("later", of(t, key{}), 1, nil); err != nil {
		t.Fatal(err)
	}
	if records, err := ReadJournal(top); err != nil || len(records) != 2 {
		t.Errorf("%v, %v", records, err)
	}
	data, err := os.ReadFile(JournalOf(top))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(strings.ReplaceAll(string(data), BootID(), "another-start")) {
		_, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		lines = append(lines, check([]byte(text))+" "+text+"\n")
	}
	write(t, JournalOf(top), strings.Join(lines, ""))
	m, _ = made(t, top)
	if len(m.Found(of(t, sample()))) != 1 || len(m.Found(of(t, key{}))) != 1 {
		t.Error("files that have reached the disk are not believed")
	}
	fi, err := os.Stat(r.Path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, r.Path, "\x00\x00\x00\x00\x00")
	if err := os.Chtimes(r.Path, fi.ModTime(), fi.ModTime()); err != nil {
		t.Fatal(err)
	}
	if len(m.Found(of(t, sample()))) != 0 {
		t.Error("a file that has not reached the disk is believed")
	}
}
