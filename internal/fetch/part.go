package fetch

import (
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// download is the state of one File call over all its tries.
type download struct {
	req  *Request
	part *os.File // locked while it is open
	mine bool     // part has a name that nobody else will look for
	sum  *verifier
	n    int64 // bytes that are in part and have passed sum

	resumed  bool // part holds bytes of more than one answer
	mismatch int  // how often a complete content was not the wanted one

	// Of the answer that part's bytes come from: its address and what
	// identifies its version.
	from, version string
}

// startDownload opens the part file of dst. What an earlier run left is used
// when the checksum can prove it; the part that another process is busy with
// is left alone for one with a name of its own.
func startDownload(req *Request, dst string) (*download, error) {
	f, err := lockPart(dst + ".part")
	mine := err == nil && f == nil
	if mine {
		f, err = os.CreateTemp(filepath.Dir(dst), filepath.Base(dst)+".*.part")
	}
	if err != nil {
		return nil, err
	}
	d := &download{req: req, part: f, mine: mine}
	if err := d.rehash(); err != nil {
		f.Close()
		return nil, err
	}
	if d.n > 0 && (d.sum.hash == nil || d.n > req.limit(maxFile)) {
		if err := d.restart(); err != nil {
			f.Close()
			return nil, err
		}
	}
	d.resumed = d.n > 0
	return d, nil
}

// lockPart opens and locks a part file, nil when somebody else has it.
func lockPart(path string) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o644)
		if err != nil {
			return nil, err
		}
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
			f.Close()
			return nil, nil
		}
		// Its last owner may have renamed or removed it in the meantime.
		mine, err1 := f.Stat()
		there, err2 := os.Lstat(path)
		if err1 == nil && err2 == nil && os.SameFile(mine, there) {
			return f, nil
		}
		f.Close()
	}
}

// rehash brings sum and n to the state that part's content says.
func (d *download) rehash() (err error) {
	if d.sum, err = newVerifier(d.req.Sum); err != nil {
		return err
	}
	if d.sum.hash == nil {
		d.n, err = d.part.Seek(0, io.SeekEnd)
		return err
	}
	// The bound keeps a part of absurd size from being read to the end.
	d.n, err = io.Copy(d.sum, io.LimitReader(d.part, d.req.limit(maxFile)+1))
	return err
}

// restart throws away what was received.
func (d *download) restart() error {
	if err := d.part.Truncate(0); err != nil {
		return err
	}
	if _, err := d.part.Seek(0, io.SeekStart); err != nil {
		return err
	}
	d.sum.reset()
	d.n, d.resumed, d.from, d.version = 0, false, "", ""
	return nil
}

// add takes received bytes.
func (d *download) add(p []byte) error {
	if _, err := d.part.Write(p); err != nil {
		d.restart() // a full disk is not served by half a file
		return local(err)
	}
	d.sum.Write(p)
	d.n += int64(len(p))
	return nil
}

// verify checks a content that claims to be complete. A wrong one is thrown
// away; the same address gets one more chance, since the fault may have been
// an old part or a proxy.
func (d *download) verify() error {
	err := d.sum.verify()
	if err == nil {
		return nil
	}
	if !d.resumed {
		d.mismatch++
	}
	if rerr := d.restart(); rerr != nil {
		return local(rerr)
	}
	if d.mismatch > 1 {
		return permanent(err)
	}
	return err
}

// finish gives the content its name.
func (d *download) finish(dst string) error {
	name := d.part.Name()
	if t := d.req.ModTime; !t.IsZero() {
		if err := os.Chtimes(name, time.Time{}, t); err != nil {
			return err
		}
	}
	if err := d.part.Chmod(0o644); err != nil {
		return err
	}
	if err := flush(d.part); err != nil {
		return err
	}
	if err := os.Rename(name, dst); err != nil {
		return err
	}
	d.part.Close()
	d.part = nil
	return nil
}

// flush makes a network file system report what it could not write, as
// closing does, without giving the lock away.
func flush(f *os.File) error {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

// end closes the part, and removes one that nobody can go on with.
func (d *download) end() {
	if d.part == nil {
		return
	}
	if d.mine || d.n == 0 || d.sum.hash == nil {
		os.Remove(d.part.Name())
	}
	d.part.Close()
}
