package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"compose/internal/rpmmd"
)

// Changes are what Modify does to a repository.
type Changes struct {
	// Add are files to put in. One takes the place of what the repository has
	// of its type; Plain is not looked at.
	Add []Extra
	// Remove are types to take out.
	Remove []string
}

// Modified says what Modify did.
type Modified struct {
	Added   []rpmmd.RepomdData
	Removed []rpmmd.RepomdData // also what was replaced
	// Unsigned is true when there was a signature of repomd.xml. It does not
	// fit any more and was removed.
	Unsigned bool
}

// Modify changes single files of the metadata in dir/repodata and leaves all
// others untouched, also those parts of repomd.xml that speak of them. New
// files come first, then repomd.xml changes by one rename, and last what it
// no longer names is removed. After an error the repository is what it was.
//
// With a type its other forms go (group_gz with group, primary_db with
// primary), which would contradict what is new. Of opt, Checksum,
// CompressExtra, Names, Timestamp and SetTimes are looked at. A type in
// Remove that is not there is an error.
func Modify(ctx context.Context, dir string, c Changes, opt Options) (Modified, error) {
	m := modifier{repodata: filepath.Join(dir, "repodata"), changes: c, opt: opt}
	err := m.run(ctx)
	if err != nil {
		return Modified{}, fmt.Errorf("modifying repository %s: %w", dir, err)
	}
	return m.done, nil
}

type modifier struct {
	repodata string
	changes  Changes
	opt      Options
	tmp      string // where new files are made
	done     Modified
}

var errBusy = errors.New("another process is modifying it")

func (m *modifier) run(ctx context.Context) (err error) {
	m.opt.Extra = m.changes.Add
	if m.opt, err = m.opt.withDefaults(); err != nil {
		return err
	}
	lock, err := os.Open(m.repodata)
	if err != nil {
		return err
	}
	defer lock.Close()
	if unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB) == unix.EWOULDBLOCK {
		return errBusy
	}
	old, err := readOld(m.repodata)
	if err != nil {
		return err
	}
	if _, m.done.Removed, err = rpmmd.EditRepomd(old, rpmmd.RepomdEdit{Drop: m.drops}); err != nil {
		return err
	}
	if err := m.checkRemoved(); err != nil {
		return err
	}
	tmp, err := makeTemp(filepath.Dir(m.repodata))
	if err != nil {
		return err
	}
	defer tmp.close()
	defer tmp.remove()
	m.tmp = tmp.path
	xml, err := m.write(ctx, old)
	if err != nil {
		return err
	}
	if err := m.switchTo(lock); err != nil {
		return err
	}
	return m.clean(xml)
}

// write makes the new files and the new repomd.xml.
func (m *modifier) write(ctx context.Context, old []byte) ([]byte, error) {
	for _, x := range m.changes.Add {
		x.Plain = false
		d, err := writeExtra(ctx, m.tmp, x, m.opt)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", x.Type, err)
		}
		m.done.Added = append(m.done.Added, d)
	}
	xml, _, err := rpmmd.EditRepomd(old, rpmmd.RepomdEdit{Drop: m.drops, Add: m.done.Added})
	if err != nil {
		return nil, err
	}
	path := filepath.Join(m.tmp, "repomd.xml")
	if err := writeNew(path, xml); err != nil {
		return nil, err
	}
	return xml, m.opt.setTime(path)
}

// drops says whether an entry goes: one of a type that is added or removed,
// or another form of it.
func (m *modifier) drops(d rpmmd.RepomdData) bool {
	goes := func(typ string) bool {
		if d.Type == typ {
			return true
		}
		form, ok := strings.CutPrefix(d.Type, typ+"_")
		return ok && slices.Contains([]string{"db", "zck", "gz", "xz", "zst", "bz2"}, form)
	}
	return slices.ContainsFunc(m.changes.Remove, goes) || slices.ContainsFunc(m.changes.Add, func(x Extra) bool { return goes(x.Type) })
}

func (m *modifier) checkRemoved() error {
	for _, typ := range m.changes.Remove {
		if !slices.ContainsFunc(m.done.Removed, func(d rpmmd.RepomdData) bool { return d.Type == typ }) {
			return fmt.Errorf("has no metadata of type %q", typ)
		}
	}
	return nil
}

// switchTo puts the new files in place, repomd.xml last, unless the repodata
// was replaced as a whole meanwhile.
func (m *modifier) switchTo(lock *os.File) error {
	mine, err := lock.Stat()
	if err != nil {
		return err
	}
	if now, err := os.Stat(m.repodata); err != nil || !os.SameFile(mine, now) {
		return errors.New("it was replaced meanwhile")
	}
	var fresh []string
	for _, name := range m.newNames() {
		final := filepath.Join(m.repodata, name)
		_, absent := os.Lstat(final)
		if err := os.Rename(filepath.Join(m.tmp, name), final); err != nil {
			for _, path := range fresh {
				os.Remove(path)
			}
			return err
		}
		if absent != nil {
			fresh = append(fresh, final)
		}
	}
	return nil
}

// newNames are the files to put in place, in that order.
func (m *modifier) newNames() (out []string) {
	for _, d := range m.done.Added {
		if name := filepath.Base(d.Href); !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return append(out, "repomd.xml")
}

// clean removes what the new repomd.xml does not name. What cannot be
// removed does no harm.
func (m *modifier) clean(xml []byte) error {
	err := os.Remove(filepath.Join(m.repodata, "repomd.xml.asc"))
	m.done.Unsigned = !errors.Is(err, fs.ErrNotExist)
	now, err := rpmmd.ReadRepomd(bytes.NewReader(xml))
	if err != nil {
		return err
	}
	for _, d := range m.done.Removed {
		name, ok := strings.CutPrefix(d.Href, "repodata/")
		named := slices.ContainsFunc(now.Data, func(n rpmmd.RepomdData) bool { return n.Href == d.Href })
		if ok && !named && plainName(name) {
			os.Remove(filepath.Join(m.repodata, name))
		}
	}
	return nil
}
