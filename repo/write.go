package repo

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"compose/internal/rpm"
	"compose/internal/rpmmd"
)

// Index says what was written.
type Index struct {
	Dir      string       // the repository, the parent of repodata
	Packages int          //
	Repomd   rpm.Checksum // of repodata/repomd.xml, sha256
	Same     bool         // nothing was written: see Options.LeaveSame
}

// Write writes dir/repodata for the items, which it lists in the order of
// their paths. The directory appears by one rename, or changes places with
// the old one, when all of it is written; on an error nothing is left. A
// repository of the same content has the same bytes, but for Timestamp.
func Write(ctx context.Context, dir string, items []Item, opt Options) (Index, error) {
	index, err := write(ctx, dir, items, opt)
	if err != nil {
		return Index{}, fmt.Errorf("writing repository %s: %w", dir, err)
	}
	return index, nil
}

func write(ctx context.Context, dir string, items []Item, opt Options) (Index, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return Index{}, err
	}
	if items, err = sorted(items); err != nil {
		return Index{}, err
	}
	tmp, err := makeTemp(dir)
	if err != nil {
		return Index{}, err
	}
	defer tmp.close()
	index, err := writeTo(ctx, tmp.path, filepath.Join(dir, "repodata"), items, opt)
	if err != nil || index.Same {
		tmp.remove()
	}
	index.Dir = dir
	return index, err
}

// writeTo fills the directory tmp and puts it in the place of final.
func writeTo(ctx context.Context, tmp, final string, items []Item, opt Options) (Index, error) {
	opt.old = final
	m, written, err := writeAll(ctx, tmp, items, opt)
	if err != nil {
		return Index{}, err
	}
	index := Index{Packages: written}
	if opt.LeaveSame {
		xml, same := sameRepomd(tmp, m, opt)
		if same {
			if same, err = opt.signed(ctx, xml); err != nil {
				return Index{}, err
			}
		}
		if same {
			index.Same, index.Repomd = true, sumOf("sha256", xml)
			return index, nil
		}
	}
	xml := m.XML()
	index.Repomd = sumOf("sha256", xml)
	if err := opt.writeRepomd(ctx, tmp, xml); err != nil {
		return Index{}, err
	}
	if err := opt.Retain.copy(final, tmp); err != nil {
		return Index{}, fmt.Errorf("keeping old metadata: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return Index{}, err
	}
	return index, publish(tmp, final)
}

// writeAll writes all files but repomd.xml, whose content it gives, and counts
// the packages.
func writeAll(ctx context.Context, dir string, items []Item, opt Options) (*rpmmd.Repomd, int, error) {
	m := &rpmmd.Repomd{Revision: opt.Revision, Tags: opt.Tags}
	data, items, err := writePackages(ctx, dir, items, opt)
	if err != nil {
		return nil, 0, err
	}
	m.Data = append(m.Data, data...)
	if opt.Databases {
		if data, err = writeDatabases(ctx, dir, data, opt); err != nil {
			return nil, 0, err
		}
		m.Data = append(m.Data, data...)
	}
	if len(opt.Comps) > 0 {
		if data, err = writeComps(ctx, dir, opt); err != nil {
			return nil, 0, err
		}
		m.Data = append(m.Data, data...)
	}
	for _, x := range opt.Extra {
		if x.Make != nil {
			if x.Data, err = x.Make(); err == nil && len(x.Data) == 0 {
				continue
			}
		}
		var d rpmmd.RepomdData
		if err == nil {
			d, err = writeExtra(ctx, dir, x, opt)
		}
		if err != nil {
			return nil, 0, fmt.Errorf("%s: %w", x.Type, err)
		}
		m.Data = append(m.Data, d)
	}
	return m, len(items), nil
}

func (opt Options) withDefaults() (Options, error) {
	opt.Checksum = cmp.Or(opt.Checksum, "sha256")
	opt.Compress = cmp.Or(opt.Compress, "gz")
	opt.CompressExtra = cmp.Or(opt.CompressExtra, opt.Compress)
	opt.CompsName = cmp.Or(opt.CompsName, "comps.xml")
	opt.Timestamp = cmp.Or(opt.Timestamp, time.Now().Unix())
	opt.anyRevision = opt.Revision == ""
	opt.Revision = cmp.Or(opt.Revision, strconv.FormatInt(opt.Timestamp, 10))
	if opt.Workers <= 0 {
		opt.Workers = runtime.GOMAXPROCS(0)
	}
	if opt.Note == nil {
		opt.Note = func(string) {}
	}
	if opt.Progress == nil {
		opt.Progress = func(int, int) {}
	}
	return opt, opt.check()
}

func (opt *Options) check() error {
	if _, err := newHash(opt.Checksum); err != nil {
		return err
	}
	for _, typ := range [...]string{opt.Compress, opt.CompressExtra} {
		if _, err := suffixOf(typ); err != nil {
			return err
		}
		if typ == "xz" {
			if err := checkXZ(); err != nil {
				return err
			}
		}
	}
	for _, x := range append([]Extra{{Type: "group", Name: opt.CompsName}}, opt.Extra...) {
		if !plainName(x.Name) || !plainName(x.Type) {
			return fmt.Errorf("extra metadata %q of type %q: not a plain name", x.Name, x.Type)
		}
	}
	return nil
}

func plainName(s string) bool { return s != "" && s[0] != '.' && filepath.Base(s) == s }
