package oracletest

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// trees compares .treeinfo, .discinfo and media.repo of each tree.
func (m *comparison) trees() error {
	root := filepath.Join(m.Dir, "expected", "trees")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		want, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		got, err := os.ReadFile(filepath.Join(m.made.Dir, "compose", rel))
		if err != nil {
			m.differ("%s is not there", rel)
			return nil
		}
		if d.Name() == "extra_files.json" {
			return m.looseText(rel, string(got), string(want))
		}
		if filled := m.made.fill(string(want)); string(got) != filled {
			m.lines(rel, strings.Split(string(got), "\n"), strings.Split(filled, "\n"))
		}
		return nil
	})
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

// files compares the list of files, without what may be there or not.
func (m *comparison) files() error {
	text, ok, err := m.expected("files.txt")
	if err != nil || !ok {
		return err
	}
	got, err := m.made.files()
	if err != nil {
		return err
	}
	m.lines("", m.comparable(got), m.comparable(strings.Split(m.made.fill(strings.TrimSpace(text)), "\n")))
	return nil
}

func (m *comparison) comparable(list []string) []string {
	var out []string
	for _, file := range list {
		if !m.isLooseFile(file) {
			out = append(out, file)
		}
	}
	return out
}

// isLooseFile says whether a package file belongs to a tree in which it may be
// or not: of a source tree to any of its architectures. Families of variants
// share what varies.
func (m *comparison) isLooseFile(file string) bool {
	base := filepath.Base(file)
	for tree, loose := range m.loose {
		uid, _, _ := strings.Cut(tree, ".")
		top, _, _ := strings.Cut(uid, "-")
		variant, _, _ := strings.Cut(file, "/")
		head, _, _ := strings.Cut(variant, "-")
		if head == top && loose[base] {
			return true
		}
	}
	return false
}

// comps compares the comps file of each tree.
func (m *comparison) comps() error {
	files, err := filepath.Glob(filepath.Join(m.Dir, "expected", "comps", "*.xml*"))
	if err != nil {
		return err
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".gz")
		want, _, err := m.expected("comps/" + name)
		if err != nil {
			return err
		}
		arch := strings.TrimSuffix(name[strings.LastIndexByte(strings.TrimSuffix(name, ".xml"), '.')+1:], ".xml")
		got, err := os.ReadFile(filepath.Join(m.made.Dir, "work", arch, "comps", "comps-"+name))
		switch {
		case err != nil:
			m.differ("%s is not there", name)
		case string(got) != want:
			m.lines(name, strings.Split(string(got), "\n"), strings.Split(want, "\n"))
		}
	}
	return nil
}

// pkgset compares the package set of each architecture.
func (m *comparison) pkgset() error {
	var want map[string][]string
	if _, err := m.JSON("expected/pkgset.json", &want); err != nil {
		return err
	}
	for _, arch := range sortedNames(want) {
		list, err := m.made.listed(arch)
		if err != nil {
			m.differ("%s is not there", arch)
			continue
		}
		var got []string
		for _, l := range list {
			if l.Excluded == "" {
				got = append(got, fileName(l.Package))
			}
		}
		m.lines(arch, got, want[arch])
	}
	return nil
}

// excluding compares what ExcludeArch and ExclusiveArch have kept out.
func (m *comparison) excluding() error {
	text, ok, err := m.expected("excluding-arch.txt")
	if err != nil || !ok {
		return err
	}
	var want, got []string
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		if !strings.HasPrefix(line, "Populating package set for arch:") {
			want = append(want, line)
		}
	}
	var pkgset map[string][]string
	if _, err := m.JSON("expected/pkgset.json", &pkgset); err != nil {
		return err
	}
	for arch := range pkgset {
		list, err := m.made.listed(arch)
		if err != nil {
			continue // told already
		}
		for _, l := range list {
			if rule := strings.ToUpper(l.Excluded); rule == "EXCLUDEARCH" || rule == "EXCLUSIVEARCH" {
				got = append(got, fmt.Sprintf("Excluding (%s: ['%s']): %s", rule, strings.Join(l.Arches, "', '"), fileName(l.Package)))
			}
		}
	}
	m.lines("", unique(got), unique(want))
	return nil
}

func unique(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// gather compares what the solver gave, before trimming.
func (m *comparison) gather() error {
	var want map[string]map[string]map[string][]string
	if _, err := m.JSON("expected/gather.json", &want); err != nil {
		return err
	}
	for _, tree := range sortedNames(want) {
		uid, arch, _ := strings.Cut(tree, ".")
		records, err := m.made.records(uid, arch)
		if err != nil {
			m.differ("%s is not there", tree)
			continue
		}
		var got, expected []string
		for _, r := range records {
			if r.Package == "" || m.loose[tree][fileName(r.Package)] {
				continue
			}
			file := fileName(r.Package)
			if r.Copy != "" {
				file += " (" + r.Copy + ")"
			}
			got = append(got, fmt.Sprint(r.Kind, " ", file, " ", append([]string{}, r.Flags...)))
		}
		for kind, files := range want[tree] {
			for file, flags := range files {
				name, _, _ := strings.Cut(file, " ")
				if !m.loose[tree][name] {
					expected = append(expected, fmt.Sprint(kind, " ", file, " ", flags))
				}
			}
		}
		m.lines(tree, got, expected)
	}
	return nil
}

// unresolved compares the requirements that nothing answers.
func (m *comparison) unresolved() error {
	var list []struct{ Tree, Package, Requirement string }
	if _, err := m.JSON("expected/unresolved.json", &list); err != nil {
		return err
	}
	want := map[string][]string{}
	for _, u := range list {
		want[u.Tree] = append(want[u.Tree], u.Package+" needs "+u.Requirement)
	}
	var trees map[string]any
	if _, err := m.JSON("expected/gather.json", &trees); err != nil {
		return err
	}
	for _, tree := range sortedNames(trees) {
		uid, arch, _ := strings.Cut(tree, ".")
		records, err := m.made.records(uid, arch)
		if err != nil {
			continue // told already
		}
		var got []string
		for _, r := range records {
			if r.Missing != "" {
				got = append(got, nameArch(r.Missing)+" needs "+cmp.Or(r.Dep, r.Requires))
			}
		}
		if len(m.loose[tree]) == 0 {
			m.lines(tree, unique(got), unique(want[tree]))
		}
	}
	return nil
}
