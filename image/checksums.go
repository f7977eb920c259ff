package image

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Summed is an image whose checksums are known.
type Summed struct {
	Path string // below the folder "compose"
	Size int64
	Sums map[string]string // by algorithm, in hex
}

// ChecksumRules say which checksum files there are.
type ChecksumRules struct {
	Algorithms []string // media_checksums
	// OneFile has one file CHECKSUM per folder instead of one per algorithm,
	// and none for each image; exactly one algorithm goes with it.
	OneFile bool
	// Base is a format for what stands before the name of a folder's file,
	// with a dash between (media_checksum_base_filename).
	Base string
}

// Check says whether the rules make sense.
func (r ChecksumRules) Check() error {
	var errs []error
	for _, a := range r.Algorithms {
		if !slices.Contains(ChecksumAlgorithms(), a) {
			errs = append(errs, fmt.Errorf("media checksum %q: not one of %s", a, strings.Join(ChecksumAlgorithms(), ", ")))
		}
	}
	if r.OneFile && len(r.Algorithms) != 1 {
		errs = append(errs, fmt.Errorf("one file for all media checksums needs exactly one of them, not %d", len(r.Algorithms)))
	}
	return errors.Join(errs...)
}

// ChecksumAlgorithms gives those that there are.
func ChecksumAlgorithms() []string {
	return []string{"md5", "sha1", "sha224", "sha256", "sha384", "sha512"}
}

// ChecksumFile gives the text of a checksum file for some images and
// algorithms: BSD style with the size as a comment, sorted by name.
func ChecksumFile(images []Summed, algorithms ...string) []byte {
	type line struct {
		name string
		size int64
		alg  string
		sum  string
	}
	var lines []line
	for _, i := range images {
		for _, a := range algorithms {
			if sum := i.Sums[a]; sum != "" {
				lines = append(lines, line{path.Base(i.Path), i.Size, a, sum})
			}
		}
	}
	slices.SortFunc(lines, func(a, b line) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.size, b.size), cmp.Compare(a.alg, b.alg), cmp.Compare(a.sum, b.sum))
	})
	var out []byte
	for _, l := range slices.Compact(lines) {
		out = fmt.Appendf(out, "# %s: %d bytes\n%s (%s) = %s\n", l.name, l.size, strings.ToUpper(l.alg), l.name, l.sum)
	}
	return out
}

// Files gives the checksum files for the images of one folder, by name:
// NAME.SHA256SUM for each image, and [BASE-]SHA256SUM for all; or CHECKSUM
// alone. keys are for Base: those of the release, and variant and arch; with
// OneFile dirname, the name of the folder, is among them.
func (r ChecksumRules) Files(dir string, images []Summed, keys Keys) (map[string][]byte, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	if r.OneFile {
		keys = keys.with("dirname", path.Base(dir))
	}
	base := ""
	if r.Base != "" {
		s, err := Expand(r.Base, keys)
		if err != nil {
			return nil, fmt.Errorf("checksum files of %s: %w", dir, err)
		}
		if strings.ContainsRune(s, '/') {
			return nil, fmt.Errorf("checksum files of %s: base name %q is not a file name", dir, s)
		}
		base = s + "-"
	}
	for _, i := range images {
		if path.Dir(i.Path) != path.Clean(dir) {
			return nil, fmt.Errorf("checksum files of %s: %s lies elsewhere", dir, i.Path)
		}
	}
	if r.OneFile {
		return map[string][]byte{base + "CHECKSUM": ChecksumFile(images, r.Algorithms[0])}, nil
	}
	out := map[string][]byte{}
	for _, a := range r.Algorithms {
		end := strings.ToUpper(a) + "SUM"
		out[base+end] = ChecksumFile(images, a)
		for _, i := range images {
			out[path.Base(i.Path)+"."+end] = ChecksumFile([]Summed{i}, a)
		}
	}
	return out, nil
}
