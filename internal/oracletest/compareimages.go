package oracletest

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// images compares images.json but for what no two programs have the same:
// sizes, times and checksums.
func (m *comparison) images() error { return m.looseJSON("images.json") }

// extraFiles compares extra_files.json: files of one folder come in any order.
func (m *comparison) extraFiles() error { return m.looseJSON("extra_files.json") }

func (m *comparison) looseJSON(name string) error {
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
		return nil
	case got == nil:
		m.differ("it is not there")
		return nil
	}
	return m.looseText(name, string(got), want)
}

// looseText compares two JSON texts without what varies.
func (m *comparison) looseText(what, got, want string) error {
	a, err := looseLines(got)
	if err != nil {
		return err
	}
	b, err := looseLines(want)
	m.lines(what, a, b)
	return err
}

func looseLines(text string) ([]string, error) {
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return nil, err
	}
	b, err := json.MarshalIndent(loosen("", v), "", " ")
	return strings.Split(string(b), "\n"), err
}

var hexSum = regexp.MustCompile(`^[0-9a-f]{32,128}$`)

// loosen sorts lists and takes out what varies of images.
func loosen(key string, v any) any {
	switch x := v.(type) {
	case map[string]any:
		_, image := x["volume_id"]
		for k, e := range x {
			if image && (k == "size" || k == "mtime" || k == "implant_md5") {
				x[k] = 0
				continue
			}
			if s, ok := e.(string); ok && (hexSum.MatchString(s) || s == "@SUM@") && key == "checksums" {
				x[k] = "@SUM@"
				continue
			}
			x[k] = loosen(k, e)
		}
	case []any:
		for i, e := range x {
			x[i] = loosen(key, e)
		}
		slices.SortStableFunc(x, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	}
	return v
}

// checksumFiles compares the checksum files of images, but for sums and sizes.
func (m *comparison) checksumFiles() error {
	root := filepath.Join(m.Dir, "expected", "checksums")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		want, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = m.made.fill(rel)
		got, err := os.ReadFile(filepath.Join(m.made.Dir, "compose", rel))
		if err != nil {
			m.differ("%s is not there", rel)
			return nil
		}
		text := regexp.MustCompile(`= [0-9a-f]+\n`).ReplaceAllString(string(got), "= @SUM@\n")
		text = regexp.MustCompile(`: [0-9]+ bytes\n`).ReplaceAllString(text, ": @SIZE@ bytes\n")
		m.lines(rel, strings.Split(text, "\n"), strings.Split(m.made.fill(string(want)), "\n"))
		return nil
	})
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

// discs compares what is on disc images: the list of files, .treeinfo and
// .discinfo. TRANS.TBL, which nothing reads, is on Pungi's only.
func (m *comparison) discs() error {
	wanted, err := filepath.Glob(filepath.Join(m.Dir, "expected", "iso", "*.manifest"))
	if err != nil {
		return err
	}
	got, want := map[string][]string{}, map[string][]string{} // packages by tree
	for _, manifest := range wanted {
		base := strings.TrimSuffix(manifest, ".manifest")
		name := m.made.fill(filepath.Base(base))
		found, err := filepath.Glob(filepath.Join(m.made.Dir, "compose", "*", "*", "iso", name))
		if err != nil || len(found) != 1 {
			m.differ("%s is not there", name)
			continue
		}
		if err := m.disc(found[0], base); err != nil {
			return err
		}
		if err := m.manifest(name, found[0], base, got, want); err != nil {
			return err
		}
	}
	for tree, list := range want {
		slices.Sort(list)
		slices.Sort(got[tree])
		m.lines("packages on the discs of "+tree, got[tree], list)
	}
	return nil
}

// manifest compares the list of what is on a disc, but for packages: how they
// are spread over discs depends on the order of a folder, which Pungi leaves
// to the file system. They are put together for the tree.
func (m *comparison) manifest(name, made, want string, gotAll, wantAll map[string][]string) error {
	a, err := os.ReadFile(made + ".manifest")
	if err != nil {
		return err
	}
	b, err := os.ReadFile(want + ".manifest")
	if err != nil {
		return err
	}
	tree := strings.TrimRight(strings.TrimSuffix(name, ".iso"), "0123456789")
	gotOthers, got := discLines(repodataSum.ReplaceAllString(string(a), "repodata/@SUM@-"))
	wantOthers, wanted := discLines(string(b))
	gotAll[tree], wantAll[tree] = append(gotAll[tree], got...), append(wantAll[tree], wanted...)
	m.lines(name+".manifest", gotOthers, wantOthers)
	return nil
}

func (m *comparison) disc(made, want string) error {
	name := filepath.Base(made)
	for _, file := range []string{".treeinfo", ".discinfo"} {
		text, err := os.ReadFile(want + file)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return err
		}
		on, err := exec.Command("bsdtar", "-xOf", made, file).Output()
		if err != nil {
			return fmt.Errorf("reading %s of %s with bsdtar: %w", file, name, err)
		}
		got := regexp.MustCompile(`sha256:[0-9a-f]{64}`).ReplaceAllString(string(on), "sha256:@SUM@")
		m.lines(name+" "+file, strings.Split(got, "\n"), strings.Split(m.made.fill(string(text)), "\n"))
	}
	return nil
}

// discLines gives the files of a list, packages apart, without TRANS.TBL and,
// as they are of another compression here, without suffixes of databases.
func discLines(text string) (others, packages []string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasSuffix(line, "/TRANS.TBL") {
			continue
		}
		if base, _, ok := strings.Cut(line, ".sqlite."); ok {
			line = base + ".sqlite"
		}
		if strings.HasSuffix(line, ".rpm") {
			packages = append(packages, line)
		} else {
			others = append(others, line)
		}
	}
	slices.Sort(others)
	return others, packages
}
