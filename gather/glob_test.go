package gather

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"compose/internal/rpmtest"
)

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern string
		yes, no string
	}{
		{"abc", "abc", "ab abcd"},
		{"a*", "a abc", "b ba"},
		{"*c", "c abc", "cd"},
		{"a*b*c", "abc axxbxxc abcbc", "ab acb"},
		{"a?c", "abc aöc", "ac abbc"},
		{"[a-c]x", "ax bx cx", "dx x"},
		{"[!a-c]x", "dx", "ax"},
		{"[^a]x", "bx", "ax"},
		{"[]]x", "]x", "ax"},
		{"[a-]x", "ax -x", "bx"},
		{"[abc", "[abc", "a"},
		{`\*x`, "*x", "ax"},
		{`x\`, `x\`, "x"},
		{"**", "a ab", ""},
		{"c++*", "c++ c++-x", "ccc"},
	} {
		for _, name := range strings.Fields(c.yes) {
			if !glob(c.pattern, name) {
				t.Errorf("%q does not match %q", c.pattern, name)
			}
		}
		for _, name := range strings.Fields(c.no) {
			if glob(c.pattern, name) {
				t.Errorf("%q matches %q", c.pattern, name)
			}
		}
	}
	if glob(strings.Repeat("*a", 1000), strings.Repeat("a", 1000)+"b") {
		t.Error("matches what it should not")
	}
}

func FuzzGlob(f *testing.F) {
	f.Add("a*[b-d]?\\", "abc")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		got := glob(pattern, name)
		if !isGlob(pattern) && got != (pattern == name) {
			t.Errorf("%q, %q: %v", pattern, name, got)
		}
		if glob("*"+pattern, name) != got && got {
			t.Errorf("%q matches %q only without a star before", pattern, name)
		}
	})
}

// TestHashSetIsPythons compares the order of random sets, and of their copies,
// with what Python itself gives.
func TestHashSetIsPythons(t *testing.T) {
	rpmtest.NeedProgram(t, "python3")
	r := rand.New(rand.NewPCG(1, 1))
	var questions [][]int64
	for range 60 {
		keys := make([]int64, r.IntN(3000))
		for i := range keys {
			keys[i] = 2 + r.Int64N(6000)
		}
		questions = append(questions, keys)
	}
	in, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("python3", "-c", `
import json, sys
out = []
for keys in json.load(sys.stdin):
    s = set()
    for k in keys:
        s.add(k)
    out.append([list(s), list(s.copy())])
print(json.dumps(out))`)
	cmd.Stdin = bytes.NewReader(in)
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var answers [][2][]int64
	if err := json.Unmarshal(text, &answers); err != nil {
		t.Fatal(err)
	}
	for i, keys := range questions {
		s := newHashSet()
		for _, k := range keys {
			s.add(k)
		}
		for j, set := range []*hashSet{s, s.copy()} {
			got := slices.DeleteFunc(slices.Clone(set.table), func(k int64) bool { return k == 0 })
			if !slices.Equal(got, answers[i][j]) {
				t.Fatalf("set %d of %d keys (copy: %d) is in another order", i, len(keys), j)
			}
		}
	}
}
