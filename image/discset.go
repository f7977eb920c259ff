package image

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"compose/image/iso"
)

// CheckDiscSet checks the discs of a set against each other: they are
// numbered as the .treeinfo and .discinfo on each say, have one volume id, and
// hold every one of files, the packages among them exactly once.
func CheckDiscSet(discs []string, files []string) error {
	seen := map[string]int{}
	volumes := map[string]bool{}
	var errs []error
	for i, name := range discs {
		d, err := readDisc(name)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", filepath.Base(name), err))
			continue
		}
		if d.info.Disc != i+1 || d.info.Discs != len(discs) || d.numbers != fmt.Sprint(i+1) {
			errs = append(errs, fmt.Errorf("%s: .treeinfo says disc %d of %d and .discinfo %q, it is %d of %d",
				filepath.Base(name), d.info.Disc, d.info.Discs, d.numbers, i+1, len(discs)))
		}
		volumes[d.volume] = true
		for _, p := range d.files {
			seen[p]++
		}
	}
	if len(volumes) > 1 {
		errs = append(errs, fmt.Errorf("the discs have different volume ids: %q", sortedKeys(volumes)))
	}
	errs = append(errs, countFiles(seen, files)...)
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("checking a set of discs: %w", err)
	}
	return nil
}

// countFiles says which files are not where they are to be; the first few.
func countFiles(seen map[string]int, files []string) []error {
	var lost, twice []string
	for _, p := range files {
		switch n := seen[p]; {
		case n == 0:
			lost = append(lost, p)
		case n > 1 && strings.HasSuffix(p, ".rpm"):
			twice = append(twice, p)
		}
	}
	var errs []error
	if len(lost) > 0 {
		errs = append(errs, fmt.Errorf("on no disc: %s", firstOf(lost)))
	}
	if len(twice) > 0 {
		errs = append(errs, fmt.Errorf("on several discs: %s", firstOf(twice)))
	}
	return errs
}

// firstOf lists the first few of many.
func firstOf(list []string) string {
	slices.Sort(list)
	if len(list) > 5 {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:5], ", "), len(list)-5)
	}
	return strings.Join(list, ", ")
}

// discOf is what is known of one disc of a set.
type discOf struct {
	volume  string
	info    *Treeinfo
	numbers string // last line of .discinfo
	files   []string
}

func readDisc(name string) (*discOf, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	x, err := iso.Open(f, st.Size())
	if err != nil {
		return nil, err
	}
	d := &discOf{volume: x.VolumeID}
	texts := map[string][]byte{".treeinfo": nil, ".discinfo": nil}
	err = x.Walk(iso.TreeRockRidge, func(e *iso.Entry) error {
		if e.Mode.IsRegular() {
			d.files = append(d.files, e.Path)
		}
		if _, ok := texts[e.Path]; ok {
			texts[e.Path], err = io.ReadAll(io.LimitReader(x.Content(e), maxTreeinfo))
			return err
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if d.info, err = ReadTreeinfo(bytes.NewReader(texts[".treeinfo"])); err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimRight(string(texts[".discinfo"]), "\n"), "\n")
	d.numbers = lines[len(lines)-1]
	return d, nil
}
