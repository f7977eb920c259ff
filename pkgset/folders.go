package pkgset

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"compose/internal/results"
)

// folders are the listings of folders below one, as they were the last time.
// A folder that is the same inode with the same times of change has the same
// entries: every change of them sets the times. That holds on the file
// systems of unchanging, and of folders that had been at rest when they were
// listed, as time goes in ticks. What the entries are is looked at in any
// case.
type folders struct {
	keep results.Store
	key  string

	top int    // descriptor of the folder above all
	dev uint64 // the file system; others below it are always listed
	old map[string]folder
	now int64 // when the walk began, nanoseconds
}

// folder is one listing.
type folder struct {
	rel          string // the path below the top one, "." for that
	ino          uint64
	ctime, mtime int64
	entries      string // as appendEntry writes them
}

// The kinds of entries.
const (
	entryFolder = iota
	entryLink
	entryFile // an RPM file, or one of the others that are wanted
)

// settled is how long a folder must not have changed for its listing to be
// believed later.
const settled = 2 * time.Second

// unchanging says whether a file system sets the times of a folder with every
// change of its entries. Network file systems show them late.
func unchanging(typ int64) bool {
	return slices.Contains([]int64{unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.TMPFS_MAGIC}, typ)
}

// KeptFolders is where a cache folder keeps listings; "" keeps none.
func KeptFolders(cacheDir string) results.Store {
	if cacheDir == "" {
		return results.Store{}
	}
	return results.Store{Dir: filepath.Join(cacheDir, "folders")}
}

// openFolders reads what is kept of a folder; nil where nothing may be kept.
// wanted says which files are, beside those of packages.
func openFolders(keep results.Store, top, wanted string) *folders {
	if keep.Dir == "" {
		return nil
	}
	fd, err := openRetry(top)
	if err != nil {
		return nil
	}
	f := &folders{keep: keep, top: fd, now: time.Now().UnixNano()}
	var fs unix.Statfs_t
	var st unix.Stat_t
	if unix.Fstatfs(fd, &fs) != nil || !unchanging(fs.Type) || unix.Fstat(fd, &st) != nil {
		unix.Close(fd)
		return nil
	}
	f.dev = st.Dev
	f.key = results.Key("folders 1", top, wanted)
	if b, ok := keep.GetBytes(f.key); ok {
		f.old, _ = readFolders(string(b), f.dev)
	}
	return f
}

func (f *folders) close() {
	if f != nil {
		unix.Close(f.top)
	}
}

// known gives the listing of a folder that did not change.
func (f *folders) known(rel string) (folder, *unix.Stat_t, bool) {
	was, ok := f.old[rel]
	if !ok {
		return was, nil, false
	}
	var st unix.Stat_t
	if err := unix.Fstatat(f.top, rel, &st, 0); err != nil {
		return was, nil, false
	}
	same := st.Dev == f.dev && st.Ino == was.ino && st.Ctim.Nano() == was.ctime && st.Mtim.Nano() == was.mtime
	return was, &st, same
}

// keeps says whether a folder in a state can be kept.
func (f *folders) keeps(st *unix.Stat_t) bool {
	return st.Dev == f.dev && st.Ctim.Nano() < f.now-int64(settled) && st.Mtim.Nano() < f.now-int64(settled)
}

// save keeps the listings, unless they are the ones that are kept.
func (f *folders) save(all []folder) {
	slices.SortFunc(all, func(a, b folder) int { return strings.Compare(a.rel, b.rel) })
	all = slices.CompactFunc(all, func(a, b folder) bool { return a.rel == b.rel })
	same := len(all) == len(f.old)
	for i := 0; same && i < len(all); i++ {
		same = f.old[all[i].rel] == all[i]
	}
	if !same {
		f.keep.PutBytes(f.key, appendFolders(nil, f.dev, all))
	}
}

func appendEntry(b []byte, kind byte, name string) []byte {
	b = append(b, kind)
	return appendString(b, name)
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendFolders writes listings, and a checksum behind them.
func appendFolders(b []byte, dev uint64, all []folder) []byte {
	b = binary.AppendUvarint(b, dev)
	for i := range all {
		f := &all[i]
		b = appendString(b, f.rel)
		b = binary.AppendUvarint(b, f.ino)
		b = binary.AppendVarint(b, f.ctime)
		b = binary.AppendVarint(b, f.mtime)
		b = appendString(b, f.entries)
	}
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

var errFolders = errors.New("damaged listings of folders")

// readFolders reads what appendFolders wrote on the same file system.
func readFolders(s string, dev uint64) (map[string]folder, error) {
	n := len(s) - 4
	if n < 0 || crc32.ChecksumIEEE([]byte(s[:n])) != binary.LittleEndian.Uint32([]byte(s[n:])) {
		return nil, errFolders
	}
	r := fields{s: s[:n]}
	if r.uint() != dev {
		return nil, errFolders
	}
	out := make(map[string]folder, n/80)
	for len(r.s) > 0 && !r.bad {
		f := folder{rel: r.string(), ino: r.uint()}
		f.ctime, f.mtime = r.int(), r.int()
		f.entries = r.string()
		out[f.rel] = f
	}
	if r.bad {
		return nil, errFolders
	}
	return out, nil
}

// each calls fn for the entries of a listing.
func (f *folder) each(fn func(kind byte, name string) error) error {
	r := fields{s: f.entries}
	for len(r.s) > 0 {
		kind := r.s[0]
		r.s = r.s[1:]
		name := r.string()
		if r.bad {
			return errFolders
		}
		if err := fn(kind, name); err != nil {
			return err
		}
	}
	return nil
}

// fields takes a text apart.
type fields struct {
	s   string
	bad bool
}

func (r *fields) uint() (v uint64) {
	for shift := 0; shift < 64; shift += 7 {
		if r.s == "" {
			break
		}
		c := r.s[0]
		r.s = r.s[1:]
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v
		}
	}
	r.bad, r.s = true, ""
	return 0
}

func (r *fields) int() int64 {
	v := r.uint()
	return int64(v>>1) ^ -int64(v&1)
}

func (r *fields) string() string {
	n := r.uint()
	if n > uint64(len(r.s)) {
		r.bad, r.s = true, ""
		return ""
	}
	out := r.s[:n]
	r.s = r.s[n:]
	return out
}
