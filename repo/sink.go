package repo

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"os"
	"path/filepath"

	"compose/internal/rpm"
	"compose/internal/rpmmd"
)

func newHash(typ string) (hash.Hash, error) {
	switch typ {
	case "sha256":
		return sha256.New(), nil
	case "sha384":
		return sha512.New384(), nil
	case "sha512":
		return sha512.New(), nil
	}
	return nil, fmt.Errorf("checksum %q: only sha256, sha384 and sha512 are written", typ)
}

func sumOf(typ string, data []byte) rpm.Checksum {
	h, err := newHash(typ)
	if err != nil {
		return rpm.Checksum{}
	}
	h.Write(data)
	return rpm.Checksum{Type: typ, Hex: hex.EncodeToString(h.Sum(nil))}
}

// sink is one metadata file while it is written: under its plain name until
// the checksum is known, that its final name begins with.
type sink struct {
	f              *os.File
	sum, openSum   hash.Hash // openSum is nil when nothing is compressed
	size, openSize int64
	typ            string // of the checksums
}

func newSink(dir, name string, opt Options) (*sink, error) {
	suffix, err := suffixOf(opt.Compress)
	if err != nil {
		return nil, err
	}
	s := &sink{typ: opt.Checksum}
	if s.sum, err = newHash(opt.Checksum); err != nil {
		return nil, err
	}
	if suffix != "" {
		if s.openSum, err = newHash(opt.Checksum); err != nil {
			return nil, err
		}
	}
	s.f, err = os.OpenFile(filepath.Join(dir, "."+name+suffix), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	return s, err
}

// write appends the compressed form of data. Where nothing is compressed the
// two are one.
func (s *sink) write(data, compressed []byte) error {
	s.size += int64(len(compressed))
	s.sum.Write(compressed)
	if s.openSum != nil {
		s.openSize += int64(len(data))
		s.openSum.Write(data)
	}
	_, err := s.f.Write(compressed)
	return err
}

// abandon drops what is left of a sink that was not closed.
func (s *sink) abandon() {
	if s != nil && s.f != nil {
		s.f.Close()
		os.Remove(s.f.Name())
	}
}

// close gives the file its final name.
func (s *sink) close(typ string) (rpmmd.RepomdData, error) {
	d := rpmmd.RepomdData{Type: typ, Size: s.size, OpenSize: s.openSize}
	d.Sum = rpm.Checksum{Type: s.typ, Hex: hex.EncodeToString(s.sum.Sum(nil))}
	if s.openSum != nil {
		d.OpenSum = rpm.Checksum{Type: s.typ, Hex: hex.EncodeToString(s.openSum.Sum(nil))}
	}
	dir, name := filepath.Split(s.f.Name())
	name = d.Sum.Hex + "-" + name[1:]
	d.Href = "repodata/" + name
	if err := s.f.Close(); err != nil {
		return d, err
	}
	err := os.Rename(s.f.Name(), filepath.Join(dir, name))
	if err == nil {
		s.f = nil
	}
	return d, err
}
