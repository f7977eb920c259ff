package oracletest

import (
	"bufio"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Made is what this program made of a case.
type Made struct {
	Dir      string // of the compose, "" when there is none
	Status   string
	Error    string
	Warnings []string
	ID, Date string
	Time     string // time stamp in .treeinfo and .discinfo
}

// Record is one line of a tree's gather record.
type Record struct {
	Package, Kind     string
	Flags             []string
	Copy              string
	Missing, Requires string
	Dep               string
}

// records reads the gather record of a tree.
func (m *Made) records(uid, arch string) ([]Record, error) {
	var list []Record
	err := readLines(filepath.Join(m.Dir, "work", arch, "gather_result", uid+"."+arch+".jsonl"), func(line []byte) error {
		var r Record
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		list = append(list, r)
		return nil
	})
	return list, err
}

// listed is a package that an architecture may have or not.
type listed struct {
	Package, Excluded string
	Arches            []string
}

func (m *Made) listed(arch string) ([]listed, error) {
	var list []listed
	err := readLines(filepath.Join(m.Dir, "work", arch, "package_list", arch+".jsonl"), func(line []byte) error {
		var l listed
		if err := json.Unmarshal(line, &l); err != nil {
			return err
		}
		list = append(list, l)
		return nil
	})
	return list, err
}

func readLines(name string, fn func(line []byte) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<24)
	for sc.Scan() {
		if err := fn(sc.Bytes()); err != nil {
			return err
		}
	}
	return sc.Err()
}

// files lists compose/ as files.txt does: sorted, empty folders with a slash.
func (m *Made) files() ([]string, error) {
	root := filepath.Join(m.Dir, "compose")
	var list []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if !d.IsDir() {
			list = append(list, repodataSum.ReplaceAllString(rel, "repodata/@SUM@-"))
			return err
		}
		if entries, err := os.ReadDir(path); err != nil || len(entries) > 0 {
			return err
		}
		list = append(list, rel+"/")
		return nil
	})
	slices.Sort(list)
	return list, err
}

var repodataSum = regexp.MustCompile(`repodata/[0-9a-f]{40,128}-`)

// fill puts what this run is called in place of the placeholders of a file.
func (m *Made) fill(text string) string {
	return strings.NewReplacer("@ID@", m.ID, "@DATE@", m.Date, "@TS@", m.Time).Replace(text)
}

// fileName gives the file of a name-epoch:version-release.arch.
func fileName(nevra string) string {
	before, after, _ := strings.Cut(nevra, ":")
	return before[:strings.LastIndexByte(before, '-')+1] + after + ".rpm"
}

// nameArch gives name.arch of a name-epoch:version-release.arch.
func nameArch(nevra string) string {
	name, rest, _ := strings.Cut(nevra, ":")
	return name[:strings.LastIndexByte(name, '-')] + rest[strings.LastIndexByte(rest, '.'):]
}
