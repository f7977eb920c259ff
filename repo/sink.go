package repo

import (
	"context"
	"encoding/hex"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"time"

	"compose/internal/digest"
	"compose/internal/rpm"
	"compose/internal/rpmmd"
)

func newHash(typ string) (hash.Hash, error) {
	switch typ {
	case "sha256", "sha384", "sha512":
		return digest.New(typ), nil
	}
	return nil, fmt.Errorf("checksum %q: only sha256, sha384 and sha512 are written", typ)
}

func sumOf(typ string, data []byte) rpm.Checksum {
	h, err := newHash(typ)
	if err != nil {
		return rpm.Checksum{}
	}
	h.Write(data)
	return rpm.Checksum{Type: typ, Hex: hexSum(h)}
}

func hexSum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// sink is one metadata file while it is written: under its plain name until
// the checksum is known, that its final name begins with.
type sink struct {
	opt            *Options
	f              *os.File
	sum, openSum   hash.Hash // openSum is nil when nothing is compressed
	size, openSize int64
	known          *openSum // what openSum and openSize will be, if that is known
	compress       string
	xz             *xzPipe // where the whole file is compressed at once
}

func newSink(ctx context.Context, path, compress string, opt *Options) (*sink, error) {
	suffix, err := suffixOf(compress)
	if err != nil {
		return nil, err
	}
	s := &sink{opt: opt, compress: compress}
	if s.sum, err = newHash(opt.Checksum); err != nil {
		return nil, err
	}
	if suffix != "" {
		if s.openSum, err = newHash(opt.Checksum); err != nil {
			return nil, err
		}
	}
	dir, name := filepath.Split(path)
	s.f, err = os.OpenFile(filepath.Join(dir, "."+name+suffix), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err == nil && compress == "xz" {
		s.xz = startXZ(ctx, packed{s}, opt.Workers)
	}
	return s, err
}

// write appends data. compressed is its compressed form where files are made
// of frames; else it is not looked at.
func (s *sink) write(data, compressed []byte) error {
	if s.openSum != nil {
		s.openSize += int64(len(data))
		s.openSum.Write(data)
	}
	switch {
	case s.xz != nil:
		_, err := s.xz.Write(data)
		return err
	case s.compress == "none":
		compressed = data
	}
	_, err := packed{s}.Write(compressed)
	return err
}

// frame appends data, which c compresses where files are made of frames.
func (s *sink) frame(c compressor, data []byte) error {
	if c == nil {
		return s.write(data, nil)
	}
	return s.write(data, c.frame(nil, data))
}

// packed is the file itself, as it comes to lie on disk.
type packed struct{ s *sink }

func (p packed) Write(b []byte) (int, error) {
	p.s.size += int64(len(b))
	p.s.sum.Write(b)
	return p.s.f.Write(b)
}

// abandon drops what is left of a sink that was not closed.
func (s *sink) abandon() {
	if s != nil && s.f != nil {
		if s.xz != nil {
			s.xz.abandon()
		}
		s.f.Close()
		os.Remove(s.f.Name())
		s.f = nil
	}
}

// close gives the file its final name.
func (s *sink) close(typ string) (rpmmd.RepomdData, error) {
	if s.xz != nil {
		err := s.xz.close()
		s.xz = nil
		if err != nil {
			return rpmmd.RepomdData{}, err
		}
	}
	d := s.data(typ)
	dir, name := filepath.Split(s.f.Name())
	name = name[1:]
	name = s.opt.fileName(name, d)
	d.Href = "repodata/" + name
	final := filepath.Join(dir, name)
	if err := s.f.Close(); err != nil {
		return d, err
	}
	if err := os.Rename(s.f.Name(), final); err != nil {
		return d, err
	}
	s.f = nil
	return d, s.opt.setTime(final)
}

// fileName is the final name of a metadata file.
func (opt *Options) fileName(plain string, d rpmmd.RepomdData) string {
	if opt.Names == UniqueNames {
		return d.Sum.Hex + "-" + plain
	}
	return plain
}

// data says what was written, but for the name.
func (s *sink) data(typ string) rpmmd.RepomdData {
	d := rpmmd.RepomdData{Type: typ, Size: s.size, Timestamp: s.opt.Timestamp}
	d.Sum = rpm.Checksum{Type: s.opt.Checksum, Hex: hexSum(s.sum)}
	switch {
	case s.known != nil:
		d.OpenSum, d.OpenSize = s.known.sum, s.known.size
	case s.openSum != nil:
		d.OpenSum, d.OpenSize = rpm.Checksum{Type: s.opt.Checksum, Hex: hexSum(s.openSum)}, s.openSize
	}
	return d
}

// setTime gives a file the time of the repository, where that is wanted.
func (opt *Options) setTime(path string) error {
	if !opt.SetTimes {
		return nil
	}
	t := time.Unix(opt.Timestamp, 0)
	return os.Chtimes(path, t, t)
}
