package repo

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"compose/internal/rpmtest"
)

func langpacksOf(names []string) []string {
	c := &Comps{}
	for _, n := range names {
		c.Langpacks = append(c.Langpacks, Langpack{Name: n, Install: n + "-%s"})
	}
	kept := []string{}
	for _, l := range c.AsLibcomps().Langpacks {
		kept = append(kept, l.Name)
	}
	slices.Sort(kept)
	return kept
}

func TestAsLibcomps(t *testing.T) {
	for names, want := range map[string]string{
		"office man lib": "lib man office",
		"pitu pituku ba": "ba pitu pituku",
		"pituku ba pitu": "pitu pituku", // ba is lost
		"ba pituku pitu": "pitu pituku",
		"":               "",
	} {
		if got := strings.Join(langpacksOf(strings.Fields(names)), " "); got != want {
			t.Errorf("%q leaves %q, want %q", names, got, want)
		}
	}
}

const libcompsScript = `
import json, sys, libcomps
out = []
for names in json.load(sys.stdin):
    c = libcomps.Comps()
    c.fromxml_str('<comps><langpacks>' + ''.join('<match name="%s" install="%s-%%s"/>' % (n, n) for n in names) + '</langpacks></comps>')
    out.append(sorted(c.langpacks))
json.dump(out, sys.stdout)
`

// TestAsLibcompsIsLibcomps compares with libcomps itself on random names.
func TestAsLibcompsIsLibcomps(t *testing.T) {
	rpmtest.NeedProgram(t, "/usr/bin/python3")
	if exec.Command("/usr/bin/python3", "-c", "import libcomps").Run() != nil {
		t.Skip("no libcomps for python3")
	}
	r := rand.New(rand.NewPCG(1, 2))
	var all [][]string
	for range 3000 {
		var names []string
		for range 1 + r.IntN(8) {
			name := ""
			for range 1 + r.IntN(5) {
				name += string(rune('a' + r.IntN(3)))
			}
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		all = append(all, names)
	}
	in, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/usr/bin/python3", "-c", libcompsScript)
	cmd.Stdin = strings.NewReader(string(in))
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want [][]string
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	for i, names := range all {
		if got := langpacksOf(names); fmt.Sprint(got) != fmt.Sprint(want[i]) {
			t.Fatalf("%v leaves %v, libcomps %v", names, got, want[i])
		}
	}
}
