package repo

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"compose/internal/rpmmd"
)

// Retention says what stays of an old repodata when a new one takes its
// place; the zero value keeps nothing.
//
// Metadata with unique names can lie beside its successor: a reader that has
// the old repomd.xml then still finds what it names.
type Retention struct {
	// Generations is how many former versions of each file stay, the last
	// ones. With 1 it is what the old repomd.xml names.
	Generations int
	// Age keeps every file that is not older.
	Age time.Duration
	// Foreign keeps files that are not metadata of this repository, neither
	// listed by the old repomd.xml nor named like what once was. Signatures
	// of the old repomd.xml go in any case: they do not fit the new one.
	Foreign bool
}

// oldFile is a file of the old repodata that is not in the new one.
type oldFile struct {
	name   string
	listed bool
	stem   string // the name without its checksum; "" when it has none
	time   time.Time
}

// copy puts what stays of the repodata in old into dir.
func (r Retention) copy(old, dir string) error {
	if r == (Retention{}) {
		return nil
	}
	files, err := oldFiles(old, dir)
	if err != nil {
		return err
	}
	slices.SortStableFunc(files, func(a, b oldFile) int {
		if a.listed != b.listed {
			return map[bool]int{true: -1, false: 1}[a.listed]
		}
		return cmp.Or(b.time.Compare(a.time), cmp.Compare(a.name, b.name))
	})
	seen := map[string]int{}
	for _, f := range files {
		if !r.keeps(f, seen) {
			continue
		}
		if err := linkOrCopy(filepath.Join(old, f.name), filepath.Join(dir, f.name)); err != nil {
			return err
		}
	}
	return nil
}

// keeps decides on a file; seen counts those of one stem.
func (r Retention) keeps(f oldFile, seen map[string]int) bool {
	if !f.listed && f.stem == "" {
		return r.Foreign
	}
	stem := cmp.Or(f.stem, f.name)
	seen[stem]++
	return f.listed && r.Generations > 0 || seen[stem] <= r.Generations || r.Age > 0 && time.Since(f.time) <= r.Age
}

// oldFiles lists the plain files of an old repodata that are not in dir.
func oldFiles(old, dir string) ([]oldFile, error) {
	entries, err := os.ReadDir(old)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	listed := map[string]bool{}
	if m, err := readRepomd(old); err == nil {
		for _, d := range m.Data {
			listed[d.Href] = true
		}
	}
	var out []oldFile
	for _, e := range entries {
		name := e.Name()
		if !e.Type().IsRegular() || strings.HasPrefix(name, "repomd.xml") {
			continue
		}
		fi, err := e.Info()
		if err != nil {
			continue // gone meanwhile
		}
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			continue
		}
		out = append(out, oldFile{name, listed["repodata/"+name], stemOf(name), fi.ModTime()})
	}
	return out, err
}

// stemOf gives the name of a metadata file without the checksum before it.
func stemOf(name string) string {
	sum, stem, ok := strings.Cut(name, "-")
	if _, err := hex.DecodeString(sum); !ok || err != nil || len(sum) < 32 {
		return ""
	}
	return stem
}

func linkOrCopy(from, to string) error {
	if os.Link(from, to) == nil {
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	if fi, e := in.Stat(); err == nil && e == nil {
		err = os.Chtimes(to, fi.ModTime(), fi.ModTime())
	}
	return err
}

// maxOldRepomd bounds what is read of a repomd.xml that is replaced.
const maxOldRepomd = 8 << 20

// readRepomd reads the repomd.xml of a repodata.
func readRepomd(repodata string) (*rpmmd.Repomd, error) {
	b, err := readOld(repodata)
	if err != nil {
		return nil, err
	}
	return rpmmd.ReadRepomd(bytes.NewReader(b))
}

func readOld(repodata string) ([]byte, error) {
	return readBounded(filepath.Join(repodata, "repomd.xml"))
}
