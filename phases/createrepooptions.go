package phases

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"compose/internal/modulemd"
	"compose/internal/rpm"
	"compose/internal/rpmmd"
	"compose/pkgset"
	"compose/repo"
	"compose/repo/sign"
)

// options are those of the writer.
func (r *dirRepo) options(items []repo.Item) (repo.Options, error) {
	c := &r.Repo
	opt := repo.Options{
		Checksum: c.Checksum, Compress: c.Compress, CompressExtra: c.CompressExtra,
		FilelistsExt: r.FilelistsExt, Databases: c.Databases,
		Revision: c.Revision, Tags: c.Tags, Timestamp: c.Time.Unix(), SetTimes: c.SetTimes,
		Retain:    repo.Retention{Generations: c.Generations, Age: c.Age, Foreign: true},
		LeaveSame: true, Cache: r.reader.Filler, Variant: "changelog " + strconv.Itoa(r.ChangelogLimit),
		Workers: r.Workers, Note: r.note, Progress: r.progress,
		Skip: func(it repo.Item, err error) {
			path := filepath.Join(r.Dir, it.Source.(*fileSource).file.Rel())
			r.skip(pkgset.BrokenFile{Path: path, Err: err})
		},
	}
	if c.Signer != nil {
		opt.Sign = func(ctx context.Context, repomd, old []byte) (s repo.Signature, err error) {
			s.Asc, s.Key, err = sign.Detached(ctx, c.Signer, c.SignKey, repomd, old)
			return s, err
		}
	}
	if c.SimpleNames {
		opt.Names = repo.SimpleNames
	}
	if err := r.addComps(&opt); err != nil {
		return opt, err
	}
	if err := r.addModules(&opt); err != nil {
		return opt, err
	}
	if err := r.addUpdateinfo(&opt, items); err != nil {
		return opt, err
	}
	for _, x := range c.Extra {
		data, err := readMetadata(x.Path)
		if err != nil {
			return opt, err
		}
		opt.Extra = append(opt.Extra, repo.Extra{Type: x.Type, Name: plainBase(x.Path), Data: data})
	}
	if r.KeepOther {
		return opt, r.addOld(&opt)
	}
	return opt, nil
}

func (r *dirRepo) addComps(opt *repo.Options) error {
	if r.Repo.Comps == "" {
		return nil
	}
	data, err := readMetadata(r.Repo.Comps)
	opt.Comps, opt.CompsName = data, plainBase(r.Repo.Comps)
	return err
}

// isModulemd says whether a file has modular metadata, by createrepo_c's rule.
func isModulemd(name string) bool {
	name = plainBase(name)
	return name == "modules.yaml" || strings.HasSuffix(name, ".modulemd.yaml") ||
		strings.HasSuffix(name, ".modulemd-defaults.yaml") || strings.HasSuffix(name, ".modulemd-obsoletes.yaml")
}

// addModules puts together the modular metadata that lies among the packages.
func (r *dirRepo) addModules(opt *repo.Options) error {
	var all []*modulemd.Index
	for _, path := range r.also {
		data, err := readMetadata(path)
		if err != nil {
			return err
		}
		x, err := modulemd.Read(data, path)
		if err != nil {
			return fmt.Errorf("modular metadata: %w", err)
		}
		all = append(all, x)
	}
	if len(all) == 0 {
		return nil
	}
	merged, notes := modulemd.Merge(all...)
	for _, text := range slices.Concat(merged.Notes, notes) {
		r.note(text)
	}
	opt.Extra = append(opt.Extra, repo.Extra{Type: "modules", Name: "modules.yaml", Data: merged.YAML()})
	return nil
}

// addUpdateinfo adds the advisories for packages of the repository.
func (r *dirRepo) addUpdateinfo(opt *repo.Options, items []repo.Item) error {
	if r.Repo.Updateinfo == "" {
		return nil
	}
	data, err := readMetadata(r.Repo.Updateinfo)
	if err != nil {
		return err
	}
	r.names = &nevras{of: map[*pkgset.File]rpm.Package{}}
	opt.Extra = append(opt.Extra, repo.Extra{Type: "updateinfo", Name: "updateinfo.xml", Make: func() ([]byte, error) {
		here := r.packages(items)
		out, err := repo.FilterUpdates(data, func(p rpmmd.UpdatePackage) bool {
			return here[rpmmd.UpdatePackage{Name: p.Name, Arch: p.Arch, EVR: p.EVR}]
		})
		if err == nil && out == nil {
			r.note(r.Repo.Updateinfo + ": no advisory is about a package of this repository")
		}
		return out, err
	}})
	return nil
}

// packages gives the packages of the repository as advisories name them.
func (r *dirRepo) packages(items []repo.Item) map[rpmmd.UpdatePackage]bool {
	out := make(map[rpmmd.UpdatePackage]bool, len(items))
	for i := range items {
		p := items[i].Source.Known()
		if p == nil {
			q := r.names.of[items[i].Source.(*fileSource).file]
			p = &q
		}
		out[rpmmd.UpdatePackage{Name: p.Name, Arch: p.Arch, EVR: p.EVR()}] = true
	}
	return out
}

// addOld adds what the old repodata has of other types.
func (r *dirRepo) addOld(opt *repo.Options) error {
	dir := filepath.Join(r.Output, "repodata")
	f, err := os.Open(filepath.Join(dir, "repomd.xml"))
	if err != nil {
		if os.IsNotExist(err) {
			return nil
		}
		return err
	}
	defer f.Close()
	old, err := rpmmd.ReadRepomd(f)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name(), err)
	}
	have := madeTypes(opt)
	for _, d := range old.Data {
		if have[typeOf(d.Type)] {
			continue
		}
		have[typeOf(d.Type)] = true
		path := filepath.Join(r.Output, filepath.FromSlash(d.Href))
		data, err := readMetadata(path)
		if err != nil {
			return fmt.Errorf("keeping %s of the old metadata: %w", d.Type, err)
		}
		name := stemOf(plainBase(path))
		if d.Type == "group" {
			opt.Comps, opt.CompsName = data, name
			continue
		}
		opt.Extra = append(opt.Extra, repo.Extra{Type: d.Type, Name: name, Data: data})
	}
	return nil
}

// madeTypes are the types that are made anew in any case.
func madeTypes(opt *repo.Options) map[string]bool {
	out := map[string]bool{"primary": true, "filelists": true, "other": true, "filelists-ext": true, "prestodelta": true}
	if len(opt.Comps) > 0 {
		out["group"] = true
	}
	for _, x := range opt.Extra {
		out[x.Type] = true
	}
	return out
}

// typeOf gives the type that a database or a compressed copy belongs to.
func typeOf(typ string) string {
	for _, suffix := range []string{"_db", "_gz", "_xz", "_zst", "_bz2", "_zck"} {
		if base, ok := strings.CutSuffix(typ, suffix); ok {
			return base
		}
	}
	return typ
}

// stemOf drops the checksum from the name of a metadata file.
func stemOf(name string) string {
	sum, stem, ok := strings.Cut(name, "-")
	if ok && len(sum) >= 32 && strings.Trim(sum, "0123456789abcdef") == "" {
		return stem
	}
	return name
}

// plainBase gives the name of a file without the suffix of its compression.
func plainBase(path string) string {
	name := filepath.Base(path)
	for _, suffix := range []string{".gz", ".xz", ".zst", ".bz2"} {
		if base, ok := strings.CutSuffix(name, suffix); ok {
			return base
		}
	}
	return name
}

// maxMetadata bounds a file of metadata that is taken over as it is.
const maxMetadata = 1 << 30

// readMetadata reads a file, which may be compressed.
func readMetadata(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	x, err := rpmmd.Decompress(f, path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	defer x.Close()
	data, err := io.ReadAll(rpmmd.Bounded(x, maxMetadata))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return data, nil
}
