package phases

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"compose/config"
	"compose/phases/reuse"
)

// begun is what a compose that is resumed must know of its beginning.
type begun struct {
	Identity Identity  `json:"identity"`
	Time     time.Time `json:"time"`
	DiscTime string    `json:"disc_time,omitempty"`
	Just     []string  `json:"just,omitempty"`
	Skip     []string  `json:"skip,omitempty"`
	NoLabel  bool      `json:"no_label,omitempty"`
	Previous string    `json:"previous,omitempty"`
	// Boot is the start of the machine that the files of the compose were
	// written in.
	Boot string `json:"boot,omitempty"`
}

func (o *RunOptions) writeBegun() error {
	data, err := json.MarshalIndent(begun{o.Identity, o.Time, o.DiscTime, o.Just, o.Skip, o.NoLabel, o.Previous, reuse.BootID()}, "", "\t")
	if err != nil {
		return err
	}
	return writeFile(o.Layout.Begun(), append(data, '\n'))
}

// Resume finishes the compose in a folder, which was interrupted or has
// failed: what is whole stays, what is missing is made, and in the end the
// compose is as if nothing had happened, but for its logs. Configuration and
// time are those that it was begun with. A compose that has finished is
// refused, and so is one that another process works on.
func Resume(ctx context.Context, dir string, o RunOptions) (*Made, error) {
	top, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	o.Layout, o.resumed = Layout{Top: top}, true
	o.Target = filepath.Dir(top)
	if err := o.hold(); err != nil {
		return nil, &RefusedError{err}
	}
	cfg, err := o.readBegun()
	if err != nil {
		o.held.Close()
		return nil, &RefusedError{err}
	}
	if err := errors.Join(sweep(o.Layout), o.dropTorn(), cutLog(o.Layout.EventLog()), setStatus(o.Layout, Started)); err != nil {
		o.held.Close()
		return nil, err
	}
	return perform(ctx, cfg, o)
}

// readBegun takes over what the compose was begun with.
func (o *RunOptions) readBegun() (*config.Config, error) {
	if hasFinished(o.Layout) {
		return nil, fmt.Errorf("compose %s has finished", o.Layout.Top)
	}
	data, err := os.ReadFile(o.Layout.Begun())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("compose %s was interrupted before its first step; make a new one", o.Layout.Top)
	}
	var b begun
	if err == nil {
		err = json.Unmarshal(data, &b)
	}
	if err == nil && b.Identity.ID != filepath.Base(o.Layout.Top) {
		err = fmt.Errorf("it is compose %s, which lies in a folder of another name", b.Identity.ID)
	}
	if err != nil {
		return nil, fmt.Errorf("resuming %s: %w", o.Layout.Top, err)
	}
	o.Identity, o.Time, o.DiscTime, o.Just, o.Skip = b.Identity, b.Time, b.DiscTime, b.Just, b.Skip
	o.Label, o.NoLabel, o.Supported, o.Previous = b.Identity.Label, b.NoLabel, b.Identity.Final, b.Previous
	o.rebooted = b.Boot == "" || b.Boot != reuse.BootID()
	return config.Load(o.Layout.EffectiveConfig(), nil)
}

// hold keeps others from working on the compose until the process ends or the
// file is closed.
func (o *RunOptions) hold() error {
	f, err := os.Open(o.Layout.ComposeID())
	if err != nil {
		return fmt.Errorf("%s is no compose: %w", o.Layout.Top, err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return fmt.Errorf("compose %s: another process works on it", o.Layout.Top)
		}
		return fmt.Errorf("compose %s: locking it: %w", o.Layout.Top, err)
	}
	o.held = f
	return nil
}

// Running says whether a process works on the compose in a folder.
func Running(dir string) bool {
	f, err := os.Open(Layout{Top: dir}.ComposeID())
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB), unix.EWOULDBLOCK)
}

// temporary says whether a name is of something that is not complete, or that
// is written anew in any case: the checksum files of images, which may be of
// images that there will not be.
func temporary(name string) bool {
	for _, begin := range []string{".tmp-", ".repodata-", ".copy-", ".layer-", ".iso-", ".disk-"} {
		if strings.HasPrefix(name, begin) {
			return true
		}
	}
	return strings.HasSuffix(name, ".part") || strings.HasSuffix(name, "SUM")
}

// sweep removes what a process that was killed left half made.
func sweep(l Layout) error {
	os.Remove(latestTemp(l))
	return filepath.WalkDir(l.Top, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !temporary(d.Name()) {
			return err
		}
		if err := os.RemoveAll(name); err != nil {
			return err
		}
		if d.IsDir() {
			return fs.SkipDir
		}
		return nil
	})
}

// dropTorn removes the packages of a compose when the machine was started
// meanwhile: copies of them may lack what had not reached the disk.
func (o *RunOptions) dropTorn() error {
	if !o.rebooted {
		return nil
	}
	err := filepath.WalkDir(o.Layout.Compose(), func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(name, ".rpm") {
			err = os.Remove(name)
		}
		return err
	})
	return errors.Join(err, o.writeBegun(), onDisk(o.Layout.Begun()))
}

// onDisk waits until files are on disk.
func onDisk(names ...string) error {
	var errs []error
	for _, name := range names {
		f, err := os.Open(name)
		if err == nil {
			err = errors.Join(f.Sync(), f.Close())
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// cutLog cuts off a line that was torn when it was written.
func cutLog(name string) error {
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if end := bytes.LastIndexByte(data, '\n') + 1; end < len(data) {
		return os.Truncate(name, int64(end))
	}
	return nil
}
