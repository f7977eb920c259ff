package phases

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"compose/phases/report"
)

// How many changes are shown, and how long they are looked for: a failure has
// to be told at once.
const (
	shownChanges  = 40
	sinceDuration = time.Second
)

// since says what changed from an earlier compose to this one: the
// configuration, and the packages that there are to choose from.
func since(previous string, now Layout) report.Since {
	s := report.Since{Compose: previous}
	if previous == "" {
		return s
	}
	before := Layout{Top: previous}
	old, err1 := os.ReadFile(before.EffectiveConfig())
	cur, err2 := os.ReadFile(now.EffectiveConfig())
	if err1 != nil || err2 != nil {
		s.Note = "The configuration of that compose is not there any more."
	} else {
		s.Config = few(diffLines(textLines(old), textLines(cur)))
	}
	changes, ok := packageChanges(before, now, time.Now().Add(sinceDuration))
	s.Packages = few(changes)
	if !ok {
		s.Note = strings.TrimSpace(s.Note + " Not all packages were compared; compose diff tells what the composes themselves have.")
	}
	return s
}

func textLines(b []byte) []string { return strings.Split(strings.TrimRight(string(b), "\n"), "\n") }

// few are the first of some lines, and how many there are more.
func few(list []string) []string {
	if len(list) <= shownChanges {
		return list
	}
	return append(slices.Clone(list[:shownChanges]), fmt.Sprintf("… and %d more", len(list)-shownChanges))
}

// mostCells bounds the table of diffLines.
const mostCells = 4 << 20

// diffLines gives the lines that left a text ("- ") and that came ("+ "), in
// their order: a longest common subsequence. Texts that differ in very many
// lines are told as replaced.
func diffLines(a, b []string) []string {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a)*len(b) > mostCells {
		return append(prefixed("- ", a), prefixed("+ ", b)...)
	}
	common := make([][]int32, len(a)+1) // of a[i:] and b[j:]
	for i := range common {
		common[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out []string
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			i, j = i+1, j+1
		case common[i+1][j] >= common[i][j+1]:
			out = append(out, "- "+a[i])
			i++
		default:
			out = append(out, "+ "+b[j])
			j++
		}
	}
	out = append(out, prefixed("- ", a[i:])...)
	return append(out, prefixed("+ ", b[j:])...)
}

func prefixed(prefix string, list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = prefix + s
	}
	return out
}

// packageChanges compares the packages that the trees of both composes could
// choose from. It is false when something could not be compared, or time ran
// out.
func packageChanges(before, now Layout, until time.Time) ([]string, bool) {
	old, ok1 := listedIn(before, until)
	cur, ok2 := listedIn(now, until)
	if old == nil || cur == nil || !ok1 || !ok2 {
		return nil, false
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(cur)) {
		switch was, is := old[name], cur[name]; {
		case was == "":
			out = append(out, "+ "+name+" "+is)
		case was != is:
			out = append(out, "~ "+name+" "+was+" -> "+is)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(old)) {
		if cur[name] == "" {
			out = append(out, "- "+name+" "+old[name])
		}
	}
	return out, true
}

// listedIn reads the package lists of a compose: versions by name.arch.
func listedIn(l Layout, until time.Time) (map[string]string, bool) {
	lists, _ := filepath.Glob(l.Work("*", "package_list", "*.jsonl"))
	if len(lists) == 0 {
		return nil, false
	}
	out := map[string]string{}
	for _, list := range lists {
		b, err := os.ReadFile(list)
		if err != nil || time.Now().After(until) {
			return nil, false
		}
		for line := range bytes.Lines(b) {
			name, version, ok := listedPackage(line)
			switch {
			case !ok:
			case out[name] == "":
				out[name] = version
			case !strings.Contains(" "+out[name]+" ", " "+version+" "):
				out[name] += " " + version
			}
		}
	}
	return out, true
}

var packageStart, excludedKey = []byte(`{"package":"`), []byte(`"excluded":`)

// listedPackage reads name.arch and version of a line of a package list, unless
// the package was kept from the trees.
func listedPackage(line []byte) (name, version string, ok bool) {
	rest, found := bytes.CutPrefix(line, packageStart)
	end := bytes.IndexByte(rest, '"')
	if !found || end < 0 || bytes.Contains(rest, excludedKey) {
		return "", "", false
	}
	nevra := string(rest[:end])
	dot := strings.LastIndexByte(nevra, '.')
	if dot < 0 {
		return "", "", false
	}
	release := strings.LastIndexByte(nevra[:dot], '-')
	if release < 0 {
		return "", "", false
	}
	v := strings.LastIndexByte(nevra[:release], '-')
	if v < 0 {
		return "", "", false
	}
	return nevra[:v] + nevra[dot:], strings.TrimPrefix(nevra[v+1:dot], "0:"), true
}
