package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"compose/internal/rpmmd"
	"compose/phases"
)

// job turns the flags into what is to be done.
func (f *createrepoFlags) job(cmd *cobra.Command, dir string) (c phases.CreaterepoDir, err error) {
	if f.basedir != "" && !filepath.IsAbs(dir) {
		dir = filepath.Join(f.basedir, dir)
	}
	f.where = cmp.Or(f.output, dir)
	c = phases.CreaterepoDir{
		Dir: dir, Output: f.output, CacheDir: f.cacheDir, Workers: f.workers,
		Excludes: f.excludes, SkipSymlinks: f.skipSymlinks,
		BaseURL: f.baseurl, LocationPrefix: f.prefix, CutDirs: f.cutDirs,
		Checksum: f.checksum, FilelistsExt: f.filelistsExt, ChangelogLimit: f.changelog,
		KeepOther: f.update && !f.discard || f.keepAll, KeepPaths: f.verbose || f.readList != "",
	}
	if f.cachedir != "" {
		c.CacheDir = f.cachedir
		if !filepath.IsAbs(f.cachedir) {
			c.CacheDir = filepath.Join(f.where, f.cachedir)
		}
	}
	if c.List, err = f.list(); err != nil {
		return c, err
	}
	c.Repo, err = f.repoFiles(cmd)
	return c, err
}

// list gives the packages of --pkglist and --includepkg, nil without them.
func (f *createrepoFlags) list() ([]string, error) {
	if f.pkglist == "" && f.includes == nil {
		return nil, nil
	}
	out := slices.Clone(f.includes)
	for _, path := range f.includes {
		if strings.Contains(path, "://") {
			return nil, fmt.Errorf("--includepkg %s: only files below DIR can be included", path)
		}
	}
	if f.pkglist != "" {
		b, err := os.ReadFile(f.pkglist)
		if err != nil {
			return nil, failure(fmt.Errorf("--pkglist: %w", err))
		}
		for line := range strings.Lines(string(b)) {
			if line = strings.TrimSpace(line); line != "" {
				out = append(out, line)
			}
		}
	}
	return append([]string{}, out...), nil
}

func (f *createrepoFlags) repoFiles(cmd *cobra.Command) (r phases.RepoFiles, err error) {
	r = phases.RepoFiles{
		Checksum: cmp.Or(f.repomdSum, f.checksum), SimpleNames: f.simple, Databases: f.database,
		Comps: f.groupfile, Updateinfo: f.updateinfo, Revision: f.revision, SetTimes: f.revisionTime,
		Tags: f.tags(), Generations: f.retain,
	}
	for _, sum := range []struct{ flag, value string }{{"checksum", f.checksum}, {"repomd-checksum", r.Checksum}} {
		if !slices.Contains([]string{"sha256", "sha384", "sha512"}, sum.value) {
			return r, fmt.Errorf("--%s %q: want sha256, sha384 or sha512", sum.flag, sum.value)
		}
	}
	if err := f.compressions(&r); err != nil {
		return r, err
	}
	for _, text := range f.extra {
		typ, path, ok := strings.Cut(text, "=")
		if !ok || typ == "" || path == "" {
			return r, fmt.Errorf("--extra-md %q: want TYPE=FILE", text)
		}
		r.Extra = append(r.Extra, phases.ExtraFile{Type: typ, Path: path})
	}
	if f.retain < 0 {
		return r, fmt.Errorf("--retain-old-md %d: want 0 or more", f.retain)
	}
	if f.retainAge != "" {
		r.Generations = 0
		if r.Age, err = period(f.retainAge); err != nil {
			return r, err
		}
	}
	if r.Time, err = f.time(); err != nil {
		return r, err
	}
	return r, f.signWith(&r)
}

// signWith opens the key that repomd.xml is signed with.
func (f *createrepoFlags) signWith(r *phases.RepoFiles) (err error) {
	if f.sign.keyFile == "" && !f.sign.useGPG {
		if f.sign.keyID != "" || f.sign.passphraseFile != "" || f.sign.publicKey {
			return fmt.Errorf("--sign-key or --sign-gpg is missing: nothing says with what to sign")
		}
		return nil
	}
	if r.Signer, err = f.sign.signer(); err != nil {
		return failure(err)
	}
	r.SignKey = f.sign.publicKeyToo()
	return nil
}

func (f *createrepoFlags) compressions(r *phases.RepoFiles) (err error) {
	if r.Compress, err = compression("general-compress-type", cmp.Or(f.general, "zstd")); err != nil {
		return err
	}
	r.CompressExtra = r.Compress
	if f.xz {
		r.CompressExtra = "xz"
	}
	if f.compress != "" {
		r.CompressExtra, err = compression("compress-type", f.compress)
	}
	return err
}

func (f *createrepoFlags) tags() rpmmd.Tags {
	t := rpmmd.Tags{Content: f.content, Repo: f.repos}
	for _, text := range f.distro {
		id, name, ok := strings.Cut(text, ",")
		if !ok {
			id, name = "", text
		}
		t.Distro = append(t.Distro, rpmmd.DistroTag{CPEID: id, Text: name})
	}
	return t
}

// time gives the time of the metadata.
func (f *createrepoFlags) time() (time.Time, error) {
	if !f.revisionTime {
		return composeTime()
	}
	sec, err := strconv.ParseInt(f.revision, 10, 64)
	if err != nil || sec <= 0 {
		return time.Time{}, fmt.Errorf("--set-timestamp-to-revision: --revision %q is not seconds since 1970", f.revision)
	}
	return time.Unix(sec, 0), nil
}

// period reads createrepo_c's periods: seconds, or a number with m, h or d.
func period(text string) (time.Duration, error) {
	unit := time.Second
	digits := strings.TrimRight(text, "mhd")
	switch text[len(digits):] {
	case "m":
		unit = time.Minute
	case "h":
		unit = time.Hour
	case "d":
		unit = 24 * time.Hour
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || len(text) > len(digits)+1 || n > int64(100*366*24*time.Hour/unit) {
		return 0, fmt.Errorf("--retain-old-md-by-age %q: want a number with m, h or d, such as 30d", text)
	}
	return time.Duration(n) * unit, nil
}
