package repo

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"time"

	"compose/internal/rpm"
	"compose/internal/rpm/store"
	"compose/internal/rpmmd"
)

// Item is one package of a repository.
type Item struct {
	Rec *store.Record
	// Href is the path of the file relative to the repository, with slashes.
	Href string
	// Base is a URL that Href is relative to instead; mostly empty.
	Base string
	// FileTime is the modification time of the file, in seconds since the epoch.
	FileTime int64
}

// Options are the choices of Write. The zero value works.
type Options struct {
	// Checksum is the digest of the metadata files: sha256 (the default),
	// sha384 or sha512. Packages keep the checksum that their records have.
	Checksum string
	// Compress is "gz" (the default, as Pungi's), "zst" or "none".
	// createrepo_c before 0.21 and yum do not read zst.
	Compress string
	// Comps is the groups file, written as "group" and, compressed, as
	// "group_gz" or "group_zst". CompsName is its name, "comps.xml" when empty.
	Comps     []byte
	CompsName string
	// Extra are further files, in the order of repomd.xml.
	Extra []Extra
	// Revision is the revision of repomd.xml, by default the timestamp.
	Revision string
	// Timestamp is the time that repomd.xml gives its files, in seconds since
	// the epoch; 0 is now.
	Timestamp int64
	// Workers bounds the goroutines that render and compress; 0 is one per
	// processor. The bytes written do not depend on it.
	Workers int
	// Note is told what a user should know: two packages of one name and
	// version. Progress is told how many packages are done. Both may be nil
	// and are called by one goroutine at a time.
	Note     func(text string)
	Progress func(done, total int)
}

// Extra is a file of metadata that this package does not make itself:
// modules, updateinfo, productid.
type Extra struct {
	Type string // in repomd.xml
	Name string // of the file, before checksum and compression
	Data []byte
	// Plain puts an uncompressed copy beside it that repomd.xml does not
	// list, under Name: what subscription-manager expects of productid.
	Plain bool
}

// Index says what was written.
type Index struct {
	Dir      string       // the repository, the parent of repodata
	Packages int          //
	Repomd   rpm.Checksum // of repodata/repomd.xml, sha256
}

// Write writes dir/repodata for the items, which it lists in the order of
// their paths. The directory appears by one rename, or changes places with
// the old one, when all of it is written; on an error nothing is left. A
// repository of the same content has the same bytes, but for Timestamp.
func Write(ctx context.Context, dir string, items []Item, opt Options) (Index, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return Index{}, fmt.Errorf("writing repository %s: %w", dir, err)
	}
	items, err = sorted(items, opt.Note)
	if err != nil {
		return Index{}, fmt.Errorf("writing repository %s: %w", dir, err)
	}
	tmp, err := makeTemp(dir)
	if err != nil {
		return Index{}, fmt.Errorf("writing repository %s: %w", dir, err)
	}
	repomd, err := writeAll(ctx, tmp, items, opt)
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = publish(tmp, filepath.Join(dir, "repodata"))
	}
	if err != nil {
		os.RemoveAll(tmp)
		return Index{}, fmt.Errorf("writing repository %s: %w", dir, err)
	}
	return Index{Dir: dir, Packages: len(items), Repomd: repomd}, nil
}

func (opt Options) withDefaults() (Options, error) {
	opt.Checksum = cmp.Or(opt.Checksum, "sha256")
	opt.Compress = cmp.Or(opt.Compress, "gz")
	opt.CompsName = cmp.Or(opt.CompsName, "comps.xml")
	opt.Timestamp = cmp.Or(opt.Timestamp, time.Now().Unix())
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
	if _, err := newHash(opt.Checksum); err != nil {
		return opt, err
	}
	if _, err := suffixOf(opt.Compress); err != nil {
		return opt, err
	}
	for _, x := range append([]Extra{{Type: "group", Name: opt.CompsName}}, opt.Extra...) {
		if !plainName(x.Name) || !plainName(x.Type) {
			return opt, fmt.Errorf("extra metadata %q of type %q: not a plain name", x.Name, x.Type)
		}
	}
	return opt, nil
}

func plainName(s string) bool { return s != "" && s[0] != '.' && filepath.Base(s) == s }

// sorted gives the items by path, and refuses two of one path.
func sorted(items []Item, note func(string)) ([]Item, error) {
	items = slices.Clone(items)
	slices.SortFunc(items, func(a, b Item) int { return cmp.Or(cmp.Compare(a.Href, b.Href), cmp.Compare(a.Base, b.Base)) })
	seen := make(map[string]string, len(items))
	for i, it := range items {
		if i > 0 && it.Href == items[i-1].Href && it.Base == items[i-1].Base {
			return nil, fmt.Errorf("two packages at %s", it.Href)
		}
		if it.Rec == nil || it.Rec.Pkg.Sum.Hex == "" {
			return nil, fmt.Errorf("%s: no checksum", it.Href)
		}
		name := it.Rec.Pkg.NEVRA()
		if other, ok := seen[name]; ok {
			note(fmt.Sprintf("%s is there twice: %s and %s", name, other, it.Href))
		}
		seen[name] = it.Href
	}
	return items, nil
}

// writeAll fills the directory and gives the checksum of repomd.xml.
func writeAll(ctx context.Context, dir string, items []Item, opt Options) (rpm.Checksum, error) {
	m := rpmmd.Repomd{Revision: opt.Revision}
	data, err := writePackages(ctx, dir, items, opt)
	if err != nil {
		return rpm.Checksum{}, err
	}
	m.Data = append(m.Data, data...)
	if len(opt.Comps) > 0 {
		data, err = writeComps(dir, opt)
		if err != nil {
			return rpm.Checksum{}, err
		}
		m.Data = append(m.Data, data...)
	}
	for _, x := range opt.Extra {
		d, err := writeExtra(dir, x, opt)
		if err != nil {
			return rpm.Checksum{}, fmt.Errorf("%s: %w", x.Type, err)
		}
		m.Data = append(m.Data, d)
	}
	for i := range m.Data {
		m.Data[i].Timestamp = opt.Timestamp
	}
	xml := m.XML()
	if err := writeNew(filepath.Join(dir, "repomd.xml"), xml); err != nil {
		return rpm.Checksum{}, err
	}
	return sumOf("sha256", xml), nil
}

// writeComps writes the groups plain and, unless nothing is compressed,
// compressed: some readers know the one, some the other.
func writeComps(dir string, opt Options) ([]rpmmd.RepomdData, error) {
	plain := opt
	plain.Compress = "none"
	d, err := writeExtra(dir, Extra{Type: "group", Name: opt.CompsName, Data: opt.Comps}, plain)
	if err != nil || opt.Compress == "none" {
		return []rpmmd.RepomdData{d}, err
	}
	c, err := writeExtra(dir, Extra{Type: "group_" + opt.Compress, Name: opt.CompsName, Data: opt.Comps}, opt)
	return []rpmmd.RepomdData{d, c}, err
}

func writeExtra(dir string, x Extra, opt Options) (rpmmd.RepomdData, error) {
	if x.Plain {
		if err := writeNew(filepath.Join(dir, x.Name), x.Data); err != nil {
			return rpmmd.RepomdData{}, err
		}
	}
	s, err := newSink(dir, x.Name, opt)
	if err != nil {
		return rpmmd.RepomdData{}, err
	}
	defer s.abandon()
	c, err := newCompressor(opt.Compress)
	if err != nil {
		return rpmmd.RepomdData{}, err
	}
	if err := s.write(x.Data, c.frame(nil, x.Data)); err != nil {
		return rpmmd.RepomdData{}, err
	}
	return s.close(x.Type)
}

// writeNew writes a file that must not be there.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}
