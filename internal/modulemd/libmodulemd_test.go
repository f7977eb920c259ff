package modulemd

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// libmodulemd reads the same from what is written as from what was read.
func TestLibmodulemdReadsTheSame(t *testing.T) {
	needLibmodulemd(t)
	b, err := os.ReadFile("testdata/all-kinds.yaml")
	if err != nil {
		t.Fatal(err)
	}
	// libmodulemd cannot keep a mixed list, which we can.
	texts := []string{strings.Replace(string(b), `alist: [a, {b: c}, "true", true, 1.0, "1.0"]`, "alist: [a, b]", 1)}
	if corpus := os.Getenv("COMPOSE_CORPUS_MODULES"); corpus != "" {
		b, err := os.ReadFile(corpus)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(b))
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		texts = append(texts, randomStream(r))
	}
	var pairs []string
	for _, text := range texts {
		pairs = append(pairs, text, string(read(t, text).YAML()))
	}
	libmodulemd(t, "same.py", pairs...)
}

// randomStream makes a modulemd whose values try out how texts are written.
func randomStream(r *rand.Rand) string {
	words := []string{"a", "1", "1.10", "true", "no", "~", "-", "a: b", "a #b", "#b", "'q'", "\"", "é", "x  y", "[", "{}", "*a", "&a", "!t", "%", "@", "`", "2077-10-23", "0x10", "1e3", "12:30:45", "-f27", "<<", "=", "? a", "| x", "> y", ",", "null", ".inf"}
	pick := func() string { return words[r.IntN(len(words))] }
	prose := func(sep string) string {
		var out []string
		for range 1 + r.IntN(4) {
			out = append(out, pick())
		}
		return quote(strings.Join(out, sep))
	}
	list := func() string {
		var out []string
		for range r.IntN(4) {
			out = append(out, quote(pick()))
		}
		return "[" + strings.Join(slices.Compact(slices.Sorted(slices.Values(out))), ", ") + "]"
	}
	streams := func() string { return strings.NewReplacer(`"-"`, `"m"`, `"-f27"`, `"f27"`).Replace(list()) }
	seps := []string{" ", "\\n", "\\n\\n", "\\n ", "\\t", " \\n", "\\r", "\\u2028"}
	text := streamDoc(fmt.Sprintf("m%d:%d.10:%d:c%d:x86_64", r.IntN(3), r.IntN(3), r.IntN(1000), r.IntN(1000)),
		"references: {community: "+prose(" ")+"}",
		"dependencies: [{requires: {"+quote(pick())+": "+streams()+", other: "+streams()+"}}]",
		"profiles: {"+quote(pick())+": {description: "+prose(" ")+", rpms: "+list()+"}}",
		"api: {rpms: "+list()+"}",
		"buildopts: {rpms: {macros: "+prose(seps[r.IntN(len(seps))])+"}}",
		"components: {rpms: {"+quote(pick())+": {rationale: "+prose(" ")+", ref: "+prose(" ")+"}}}",
		"xmd: {"+quote(pick())+": "+prose("\\n")+"}")
	return strings.Replace(text, "description: d", "description: "+prose(seps[r.IntN(len(seps))]), 1)
}

// quote writes a text in quotes of YAML; \n and the like in it count.
func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

// The cases that libmodulemd decides are decided in its way.
func TestMergeAsLibmodulemd(t *testing.T) {
	needLibmodulemd(t)
	cases := slices.Collect(mapValues(mergeCases))
	r := rand.New(rand.NewPCG(3, 4))
	for range 15 {
		cases = append(cases, randomMerge(r))
	}
	var pairs []string
	for _, texts := range cases {
		var all []*Index
		for _, text := range texts {
			all = append(all, read(t, text))
		}
		merged, _ := Merge(all...)
		pairs = append(pairs, libmodulemd(t, "merge.py", texts...), string(merged.YAML()))
	}
	libmodulemd(t, "same.py", pairs...)
}

// randomMerge makes defaults and obsoletes of one module that differ in
// stream and time. Profiles agree, since libmodulemd merges nothing where
// they do not.
func randomMerge(r *rand.Rand) (texts []string) {
	for range 2 + r.IntN(3) {
		var more []string
		if r.IntN(2) > 0 {
			more = append(more, fmt.Sprintf("modified: 20%d01010000", 18+r.IntN(3)))
		}
		if r.IntN(4) > 0 {
			more = append(more, fmt.Sprintf(`stream: "%d"`, r.IntN(3)))
		}
		s := r.IntN(3)
		more = append(more, fmt.Sprintf(`profiles: {"%d": [p%d, q]}`, s, s))
		texts = append(texts, defaultsDoc("a", more...)+
			obsoleteDoc(fmt.Sprintf("20%d-01-01T00:00Z", 18+r.IntN(3)), "", fmt.Sprint("m", r.IntN(100)))+
			translationDoc(`"1"`, fmt.Sprintf("20%d01010000", 18+r.IntN(3)), fmt.Sprint("s", r.IntN(100))))
	}
	return texts
}
