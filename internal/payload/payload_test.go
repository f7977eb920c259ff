package payload

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"compose/internal/rpmtest"
)

// list reads a package whole.
func list(t *testing.T, name string) []string {
	t.Helper()
	r, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var out []string
	for {
		e, err := r.Next()
		if err == io.EOF {
			slices.Sort(out)
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil || e.Mode.IsRegular() && int64(len(data)) != e.Size {
			t.Fatalf("%s: %d bytes of %d, %v", e.Name, len(data), e.Size, err)
		}
		out = append(out, e.Name)
	}
}

// The files of the sample packages are those that rpm lists.
func TestAgainstRPM(t *testing.T) {
	rpmtest.NeedProgram(t, "rpm")
	dir := t.TempDir()
	text, err := os.Open("../../testdata/packages/sample.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	pkgs, err := rpmtest.Parse(text, "sample.txt")
	if err != nil {
		t.Fatal(err)
	}
	paths, err := rpmtest.Write(dir, pkgs)
	if err != nil {
		t.Fatal(err)
	}
	if corpus := os.Getenv("COMPOSE_CORPUS"); corpus != "" {
		more, _ := filepath.Glob(filepath.Join(corpus, "*", "*.rpm"))
		paths = append(paths, more...)
	}
	for _, name := range paths {
		out, err := exec.Command("rpm", "-qp", "--nosignature", "--qf", `[%{FILENAMES}\t%{FILEFLAGS}\n]`, name).Output()
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for line := range strings.Lines(string(out)) {
			file, flags, _ := strings.Cut(strings.TrimSpace(line), "\t")
			var n int
			fmt.Sscan(flags, &n)
			if n&64 == 0 && file != "" && file != "(none)" { // no ghosts
				want = append(want, strings.TrimPrefix(file, "/"))
			}
		}
		slices.Sort(want)
		if got := list(t, name); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", filepath.Base(name), got, want)
		}
	}
}

// entry is an entry of a cpio archive as text.
func entry(name string, mode, size int, content string) string {
	head := fmt.Sprintf("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, len(name)+1, 0)
	s := head + name + "\x00"
	s += strings.Repeat("\x00", int(padding(int64(len(s)))))
	s += content
	return s + strings.Repeat("\x00", int(padding(int64(len(content)))))
}

func readText(text string) error {
	plain := io.NopCloser(strings.NewReader(text))
	r := &Reader{plain: plain, in: bufio.NewReader(plain)}
	for range 1000 {
		if _, err := r.Next(); err != nil {
			return err
		}
	}
	return nil
}

func TestHostile(t *testing.T) {
	end := entry(trailer, 0, 0, "")
	for text, want := range map[string]string{
		entry("./a", 0o100644, 3, "abc") + end:                              "EOF",
		entry("../a", 0o100644, 0, "") + end:                                "leads out of the package",
		entry("./a/../../b", 0o100644, 0, "") + end:                         "leads out of the package",
		entry("a", 0o100644, 5, "abc"):                                      "unexpected EOF",
		entry("l", 0o120777, 9999, strings.Repeat("x", 9999)) + end:         "a link to a name",
		entry(strings.Repeat("n", 5000), 0o100644, 0, "") + end:             "a name of 5001 bytes",
		strings.Replace(entry("a", 0o100644, 0, ""), "070701", "07070X", 1): "more than 4 GiB",
		"not an archive" + strings.Repeat(" ", 200):                         "no entry of a cpio archive",
		"": "unexpected EOF",
		strings.Replace(entry("a", 0o100644, 0, ""), "00000001", "zzzzzzzz", 1): "entry of the archive",
	} {
		if err := readText(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: got %v, want %s", text, err, want)
		}
	}
}

func FuzzNext(f *testing.F) {
	f.Add([]byte(entry("./a", 0o100644, 3, "abc") + entry("l", 0o120777, 1, "a") + entry(trailer, 0, 0, "")))
	f.Fuzz(func(t *testing.T, b []byte) {
		plain := io.NopCloser(bytes.NewReader(b))
		r := &Reader{plain: plain, in: bufio.NewReader(plain)}
		for {
			e, err := r.Next()
			if err != nil {
				return
			}
			if !filepath.IsLocal(e.Name) {
				t.Fatalf("%q", e.Name)
			}
			io.Copy(io.Discard, r)
		}
	})
}

// A package that carries a link and then a file below it does not write
// through the link.
func TestExtractStays(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	text := entry("out", 0o120777, len(outside), outside) + entry("out/file", 0o100644, 1, "x") + entry(trailer, 0, 0, "")
	plain := io.NopCloser(strings.NewReader(text))
	r := &Reader{plain: plain, in: bufio.NewReader(plain)}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	x := &extractor{root: root, r: r, empty: map[uint64][]string{}}
	for err == nil {
		var e *Entry
		if e, err = r.Next(); err == nil {
			err = x.write(e)
		}
	}
	if err == io.EOF {
		t.Error("no error")
	}
	if list, _ := os.ReadDir(outside); len(list) > 0 {
		t.Errorf("outside there is %s", list[0].Name())
	}
}
