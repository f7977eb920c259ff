package oracletest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Report is how what was made of a case differs from what Pungi made of it.
type Report struct {
	Differences []string // each with the file that shows it
	Compared    []string // what was compared
	Later       []string // what is not made yet, so not compared
}

// comparison is one case under comparison.
type comparison struct {
	*Case
	made   *Made
	report *Report
	loose  map[string]map[string]bool // packages that may be there or not, per tree
}

// Compare compares a compose with the expectation of the case. later are the
// options of the case that this program does not have.
func (c *Case) Compare(made *Made, later []string) (*Report, error) {
	m := &comparison{Case: c, made: made, report: &Report{Later: later}}
	if made.Dir == "" {
		return m.report, m.refused()
	}
	if err := m.readLoose(); err != nil {
		return nil, err
	}
	for _, part := range []struct {
		name    string
		compare func() error
	}{
		{"STATUS", m.status}, {"rpms.json", m.metadata("rpms.json")}, {"composeinfo.json", m.metadata("composeinfo.json")},
		{"modules.json", m.metadata("modules.json")}, {"trees", m.trees}, {"files.txt", m.files}, {"comps", m.comps},
		{"pkgset.json", m.pkgset}, {"excluding-arch.txt", m.excluding}, {"gather.json", m.gather},
		{"unresolved.json", m.unresolved}, {"images.json", m.images}, {"extra_files.json", m.extraFiles},
		{"checksums", m.checksumFiles}, {"iso", m.discs}, {"warnings.txt", m.warnings}, {"errors.txt", m.errors},
	} {
		before := len(m.report.Differences)
		if err := part.compare(); err != nil {
			return nil, fmt.Errorf("comparing %s: %w", part.name, err)
		}
		for i := before; i < len(m.report.Differences); i++ {
			m.report.Differences[i] = part.name + ": " + m.report.Differences[i]
		}
		m.report.Compared = append(m.report.Compared, part.name)
	}
	return m.report, nil
}

// refused compares a configuration that was not even begun with a compose of
// Pungi that ended for the same reason.
func (m *comparison) refused() error {
	want, begun, err := m.expected("STATUS")
	if err != nil {
		return err
	}
	if begun && strings.TrimSpace(want) != "DOOMED" {
		m.differ("STATUS: there is no compose: %s", m.made.Error)
	}
	m.report.Compared = []string{"errors.txt"}
	return m.errors()
}

func (m *comparison) differ(format string, args ...any) {
	m.report.Differences = append(m.report.Differences, fmt.Sprintf(format, args...))
}

// readLoose reads how the result of a generated case varies.
func (m *comparison) readLoose() error {
	var trees map[string]struct{ Sometimes []string }
	if _, err := m.JSON("order-sensitive.json", &trees); err != nil {
		return err
	}
	m.loose = map[string]map[string]bool{}
	for tree, t := range trees {
		m.loose[tree] = map[string]bool{}
		for _, file := range t.Sometimes {
			m.loose[tree][file] = true
		}
	}
	return nil
}

// expected reads a file of the expectation; ok is false when it is not there.
func (m *comparison) expected(name string) (text string, ok bool, err error) {
	b, err := m.read("expected/" + name)
	if os.IsNotExist(err) {
		return "", false, nil
	}
	return m.made.fill(string(b)), err == nil, err
}

func (m *comparison) status() error {
	want, _, err := m.expected("STATUS")
	if err != nil {
		return err
	}
	if got := m.made.Status; got != strings.TrimSpace(want) {
		m.differ("%s, want %s: %s", got, strings.TrimSpace(want), m.made.Error)
	}
	return nil
}

// metadata compares a file of compose/metadata byte by byte.
func (m *comparison) metadata(name string) func() error {
	return func() error {
		want, ok, err := m.expected(name)
		if err != nil {
			return err
		}
		got, err := os.ReadFile(filepath.Join(m.made.Dir, "compose", "metadata", name))
		switch {
		case os.IsNotExist(err) && !ok:
			return nil
		case err != nil && !os.IsNotExist(err):
			return err
		case !ok:
			m.differ("it is there")
		case got == nil:
			m.differ("it is not there")
		case string(got) != want && name == "rpms.json" && len(m.loose) > 0:
			return m.looseRPMs(string(got), want)
		case string(got) != want:
			m.lines("", strings.Split(string(got), "\n"), strings.Split(want, "\n"))
		}
		return nil
	}
}

// looseRPMs compares rpms.json without the packages that may be there or not.
func (m *comparison) looseRPMs(got, want string) error {
	var a, b map[string]any
	if err := json.Unmarshal([]byte(got), &a); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		return err
	}
	m.lines("", m.rpmLines(a), m.rpmLines(b))
	return nil
}

func (m *comparison) rpmLines(top map[string]any) []string {
	var out []string
	variants := top["payload"].(map[string]any)["rpms"].(map[string]any)
	for uid, arches := range variants {
		for arch, sources := range arches.(map[string]any) {
			for source, pkgs := range sources.(map[string]any) {
				for nevra, entry := range pkgs.(map[string]any) {
					if !m.loose[uid+"."+arch][fileName(nevra)] {
						out = append(out, fmt.Sprint(uid, ".", arch, " ", source, " ", nevra, " ", entry))
					}
				}
			}
		}
	}
	return out
}

// lines reports what only one of two lists of lines has.
func (m *comparison) lines(what string, got, want []string) {
	if what != "" {
		what += ": "
	}
	count := map[string]int{}
	for _, line := range want {
		count[line]++
	}
	for _, line := range got {
		count[line]--
	}
	n := 0
	for _, line := range sortedNames(count) {
		if count[line] == 0 {
			continue
		}
		if n++; n > 12 {
			m.differ("%sand more", what)
			return
		}
		if count[line] > 0 {
			m.differ("%slacks    %s", what, line)
		} else {
			m.differ("%stoo much %s", what, line)
		}
	}
}
