package mirror

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"compose/internal/fetch"
	"compose/internal/repository"
	"compose/internal/rpmmd"
	"compose/repo"
)

// metadata fills the staging folder. Files that the old repodata has are
// linked.
func (s *syncer) metadata(ctx context.Context) error {
	if err := os.MkdirAll(s.staging, 0o777); err != nil {
		return err
	}
	named := map[string]bool{"repomd.xml": true, "repomd.xml.asc": true, "repomd.xml.key": true}
	for _, d := range s.repo.Repomd.Data {
		name, err := stagedName(d)
		if err != nil {
			return err
		}
		named[name] = true
		if err := s.one(ctx, d, name); err != nil {
			return fmt.Errorf("%s: %w", d.Type, err)
		}
	}
	if err := s.signed(ctx); err != nil {
		return err
	}
	if err := s.dropOthers(named); err != nil {
		return err
	}
	return s.place("repomd.xml", s.repo.XML)
}

// stagedName gives the name below repodata. A file outside of it could not
// change together with the others.
func stagedName(d rpmmd.RepomdData) (string, error) {
	if err := repository.CheckHref(d.Href); err != nil {
		return "", fmt.Errorf("%s: %w", d.Type, err)
	}
	name, ok := strings.CutPrefix(repository.Plain(d.Href), "repodata/")
	if !ok || name == "" {
		return "", fmt.Errorf("%s: location %.200q is not below repodata", d.Type, d.Href)
	}
	if strings.HasPrefix(name, "repomd.xml") || strings.HasSuffix(name, ".part") || name[0] == '.' {
		return "", fmt.Errorf("%s: location %.200q is not a name for metadata", d.Type, d.Href)
	}
	return name, nil
}

// one brings a metadata file into the staging folder.
func (s *syncer) one(ctx context.Context, d rpmmd.RepomdData, name string) error {
	sum := fetch.Digest(d.Sum)
	if err := sum.Check(); err != nil {
		return err
	}
	to := filepath.Join(s.staging, filepath.FromSlash(name))
	if sum.VerifyFile(ctx, to) == nil {
		return nil
	}
	if old := filepath.Join(s.dir, "repodata", filepath.FromSlash(name)); sum.VerifyFile(ctx, old) == nil {
		os.MkdirAll(filepath.Dir(to), 0o777)
		os.Remove(to)
		if os.Link(old, to) == nil {
			return nil
		}
	}
	req := s.repo.MetadataRequest(d)
	if d.Timestamp > 0 {
		req.ModTime = time.Unix(d.Timestamp, 0)
	}
	if err := s.opt.Fetch.File(ctx, req, to); err != nil {
		return err
	}
	s.res.Metadata++
	if fi, err := os.Stat(to); err == nil {
		s.res.Bytes += fi.Size()
	}
	return nil
}

// signed takes over the signature and the key, when there are any, and has
// the signature judged.
func (s *syncer) signed(ctx context.Context) error {
	sig, err := s.repo.Bytes(ctx, "repodata/repomd.xml.asc")
	if err != nil {
		return err
	}
	if s.opt.Verify != nil {
		if err := s.opt.Verify(s.repo.XML, sig); err != nil {
			return fmt.Errorf("signature of repomd.xml: %w", err)
		}
	}
	key, err := s.repo.Bytes(ctx, "repodata/repomd.xml.key")
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		data []byte
	}{{"repomd.xml.asc", sig}, {"repomd.xml.key", key}} {
		if err := s.place(f.name, f.data); err != nil {
			return err
		}
	}
	return nil
}

// place writes a small file into the staging folder; nil removes it.
func (s *syncer) place(name string, data []byte) error {
	path := filepath.Join(s.staging, name)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if data == nil {
		return nil
	}
	return os.WriteFile(path, data, 0o666)
}

// dropOthers removes what an earlier run left for another state.
func (s *syncer) dropOthers(named map[string]bool) error {
	return filepath.WalkDir(s.staging, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(s.staging, path)
		if err != nil || named[filepath.ToSlash(rel)] {
			return err
		}
		return os.Remove(path)
	})
}

// switchTo makes the staged metadata the repository's. Packages that have
// another content under their old names change in the same moment, as far as
// a file system allows.
func (s *syncer) switchTo(ctx context.Context, w *wanted) error {
	if s.current() && len(w.exchange) == 0 {
		s.res.Same = true
		return os.RemoveAll(s.staging)
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	for _, p := range w.exchange {
		if err := os.Rename(p.staged(s), p.path); err != nil {
			return err
		}
	}
	os.RemoveAll(filepath.Join(s.dir, stagingName+".packages"))
	return repo.Replace(ctx, s.staging, s.dir, repo.Retention{Generations: 1})
}

// current says whether the repodata that is there is what was staged.
func (s *syncer) current() bool {
	same := func(name string) bool {
		a, errA := os.ReadFile(filepath.Join(s.staging, name))
		b, errB := os.ReadFile(filepath.Join(s.dir, "repodata", name))
		return errors.Is(errA, fs.ErrNotExist) == errors.Is(errB, fs.ErrNotExist) && bytes.Equal(a, b)
	}
	return s.res.Metadata == 0 && same("repomd.xml") && same("repomd.xml.asc") && same("repomd.xml.key")
}
