package modulemd

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"compose/internal/rpmmd"
)

// ReadFile reads a file, which may be compressed. name is what messages call it.
func ReadFile(path, name string) (*Index, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	defer f.Close()
	return ReadFrom(f, path, name)
}

// ReadFrom reads what r gives. The suffix of file says how it is compressed.
func ReadFrom(r io.Reader, file, name string) (*Index, error) {
	z, err := rpmmd.Decompress(r, filepath.Base(file))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	defer z.Close()
	data, err := io.ReadAll(rpmmd.Bounded(z, maxFile))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return Read(data, name)
}

// ReadPath reads a file, or the files of a folder whose names end in one of
// the suffixes, in the order of their names. A folder without any is an error:
// it is the wrong folder.
func ReadPath(path, name string, suffixes ...string) ([]*Index, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if !info.IsDir() {
		x, err := ReadFile(path, name)
		return []*Index{x}, err
	}
	entries, err := os.ReadDir(path) // sorted
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	var out []*Index
	for _, e := range entries {
		fits := func(suffix string) bool { return strings.HasSuffix(e.Name(), suffix) }
		if e.IsDir() || !slices.ContainsFunc(suffixes, fits) {
			continue
		}
		x, err := ReadFile(filepath.Join(path, e.Name()), name+"/"+e.Name())
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("reading %s: no file with a name that ends in %s", name, strings.Join(suffixes, " or "))
	}
	return out, nil
}

// Once puts files together in which each module has defaults in one place
// only, as in a folder of defaults (Pungi: module_defaults_dir).
func Once(files []*Index) (*Index, error) {
	seen := map[string]bool{}
	for _, x := range files {
		for _, d := range x.Defaults {
			if seen[d.Module] {
				return nil, fmt.Errorf("module %s has defaults in two files", d.Module)
			}
			seen[d.Module] = true
		}
	}
	x, _ := Merge(files...) // of obsoletes the last ones hold
	return x, nil
}
