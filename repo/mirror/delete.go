package mirror

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// deleteOthers removes packages, and what is left of interrupted transfers
// of packages, that the repository does not have. Symbolic links are not
// followed.
func (s *syncer) deleteOthers(w *wanted) error {
	if s.isNew {
		s.note("nothing is deleted: the folder was no repository before")
		return nil
	}
	keep := make(map[string]bool, len(w.packages))
	for _, p := range w.packages {
		keep[p.rel] = true
	}
	var gone []string
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(s.dir, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if rel == "repodata" || strings.HasPrefix(rel, ".repodata") {
				return filepath.SkipDir
			}
			return nil
		}
		rel = filepath.ToSlash(rel)
		if isPackage(rel) && !keep[rel] {
			gone = append(gone, rel)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, rel := range gone {
		path := filepath.Join(s.dir, filepath.FromSlash(rel))
		if err := os.Remove(path); err != nil {
			return err
		}
		s.res.Deleted = append(s.res.Deleted, rel)
		removeEmpty(s.dir, filepath.Dir(path))
	}
	return nil
}

// isPackage says whether a file is a package or a part of one.
func isPackage(rel string) bool {
	return strings.HasSuffix(strings.TrimSuffix(rel, ".part"), ".rpm")
}

// removeEmpty removes folders that have become empty.
func removeEmpty(top, dir string) {
	for len(dir) > len(top) && os.Remove(dir) == nil {
		dir = filepath.Dir(dir)
	}
}
