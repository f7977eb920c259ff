package header

import (
	"fmt"
	"strings"

	"compose/internal/rpm"
)

// maxPaths bounds the joined paths of a package, where a header of one long
// directory name and many short file names could ask for any amount.
const maxPaths = 128 << 20

// files fills the file list from directory and base names, or from whole
// paths in packages that have them so.
func (t tags) files(d *rpm.Details) error {
	modes, flags := t.ints(tagFileModes), t.ints(tagFileFlags)
	paths, err := t.paths()
	if err != nil {
		return fmt.Errorf("file list: %w", err)
	}
	if len(modes) != len(paths) || len(flags) != len(paths) {
		return fmt.Errorf("file list: %d names, %d modes and %d flags", len(paths), len(modes), len(flags))
	}
	if len(paths) == 0 {
		return nil
	}
	d.Files = make([]rpm.File, len(paths))
	for i := range paths {
		d.Files[i] = rpm.File{Path: paths[i], Mode: uint16(modes[i]), Flags: uint32(flags[i])}
	}
	return nil
}

// digests fills in the digests of the files.
func (t tags) digests(d *rpm.Details) error {
	d.FileDigests = t.strs(tagFileDigests)
	if len(d.FileDigests) != 0 && len(d.FileDigests) != len(d.Files) {
		return fmt.Errorf("file list: %d names and %d digests", len(d.Files), len(d.FileDigests))
	}
	switch algo := t.main.GetTag(tagFileDigestAlgo).Int64(); algo {
	case 0, 1:
		d.DigestType = "md5"
	case 2:
		d.DigestType = "sha1"
	case 8:
		d.DigestType = "sha256"
	case 9:
		d.DigestType = "sha384"
	case 10:
		d.DigestType = "sha512"
	case 11:
		d.DigestType = "sha224"
	default:
		return fmt.Errorf("file list: unknown type of digests %d", algo)
	}
	return nil
}

// paths gives the paths of the file list.
func (t tags) paths() ([]string, error) {
	bases, dirs, index := t.strs(tagBasenames), t.strs(tagDirnames), t.ints(tagDirIndexes)
	if len(bases) == 0 {
		return t.strs(tagOldFilenames), nil
	}
	if len(index) != len(bases) {
		return nil, fmt.Errorf("%d names and %d directory indexes", len(bases), len(index))
	}
	size := 0
	for i, base := range bases {
		if index[i] < 0 || index[i] >= int64(len(dirs)) {
			return nil, fmt.Errorf("directory %d of %d", index[i], len(dirs))
		}
		if size += len(dirs[index[i]]) + len(base); size > maxPaths {
			return nil, fmt.Errorf("more than %d bytes of paths", maxPaths)
		}
	}
	return joinPaths(bases, dirs, index, size), nil
}

// joinPaths cuts all paths from one string of size bytes, so whoever keeps
// one of them keeps all.
func joinPaths(bases, dirs []string, index []int64, size int) []string {
	var b strings.Builder
	b.Grow(size)
	for i, base := range bases {
		b.WriteString(dirs[index[i]])
		b.WriteString(base)
	}
	all := b.String()
	for i, base := range bases {
		n := len(dirs[index[i]]) + len(base)
		bases[i], all = all[:n], all[n:]
	}
	return bases
}
