package rpmtest

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"testing"
)

var libraryPath = regexp.MustCompile(`(?m)(?:=> |^\s+)(/[^ ]+) \(0x`)

// HostProgram gives the files of a package with a program of this machine, as
// path, and the libraries that it needs, where they lie here: what a root file
// system needs for a shell that runs. The test is skipped where the program
// or ldd is missing.
func HostProgram(t testing.TB, program, path string) []File {
	t.Helper()
	NeedProgram(t, program, "ldd")
	name, err := exec.LookPath(program)
	if err != nil {
		t.Fatal(err)
	}
	list, err := exec.Command("ldd", name).Output()
	if err != nil {
		t.Fatalf("ldd %s: %v", name, err)
	}
	from := map[string]string{path: name}
	for _, m := range libraryPath.FindAllStringSubmatch(string(list), -1) {
		from[m[1]] = m[1]
	}
	var out []File
	for to, name := range from {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, File{Path: to, Mode: 0o100755, Data: data})
	}
	slices.SortFunc(out, func(a, b File) int { return len(a.Path) - len(b.Path) })
	return out
}
