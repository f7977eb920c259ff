package rpmtest

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/klauspost/compress/zstd"
)

// archive gives the uncompressed payload: the files that carry content, in
// the order of the header. Format 6 has its own members (magic 07070X), which name
// their file by its number in the header.
func (p *Package) archive() []byte {
	var b []byte
	for i := range p.Files {
		f := &p.Files[i]
		if f.Flags&fileGhost != 0 || p.Payload == "empty" {
			continue
		}
		b = p.appendMember(b, f, i)
	}
	return appendNewc(b, newc{nlink: 1, name: "TRAILER!!!"})
}

func (p *Package) appendMember(b []byte, f *File, i int) []byte {
	data := f.Data
	if f.Mode&modeType == modeLink {
		data = []byte(f.Link)
	}
	if p.Format == 6 {
		b = fmt.Appendf(b, "07070X%08x", i)
		return pad4(append(pad4(b), data...))
	}
	name := f.Path
	if !p.IsSource() && p.Format != 3 {
		name = "." + name
	}
	return appendNewc(b, newc{ino: uint32(i + 1), mode: f.Mode, nlink: 1, mtime: p.BuildTime, name: name, data: data})
}

type newc struct {
	ino, nlink, mtime uint32
	mode              uint16
	name              string
	data              []byte
}

func appendNewc(b []byte, m newc) []byte {
	b = append(b, "070701"...)
	for _, v := range [...]uint32{m.ino, uint32(m.mode), 0, 0, m.nlink, m.mtime, uint32(len(m.data)), 0, 0, 0, 0, uint32(len(m.name) + 1), 0} {
		b = fmt.Appendf(b, "%08x", v)
	}
	b = pad4(append(append(b, m.name...), 0))
	return pad4(append(b, m.data...))
}

func pad4(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// compress gives the payload as it stands in the file.
func (p *Package) compress(raw []byte) ([]byte, error) {
	if p.Payload != "zstd" {
		return storedGzip(raw), nil
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer enc.Close()
	return enc.EncodeAll(raw, nil), nil
}

// storedGzip gives a gzip stream of stored blocks. Its bytes do not depend
// on a compressor's version, so goldens may hold checksums of packages.
func storedGzip(raw []byte) []byte {
	out := []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff}
	rest := raw
	for {
		n := min(len(rest), 0xffff)
		last := byte(0)
		if n == len(rest) {
			last = 1
		}
		out = append(out, last)
		out = binary.LittleEndian.AppendUint16(out, uint16(n))
		out = binary.LittleEndian.AppendUint16(out, ^uint16(n))
		out = append(out, rest[:n]...)
		if rest = rest[n:]; last == 1 {
			break
		}
	}
	out = binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(raw))
	return binary.LittleEndian.AppendUint32(out, uint32(len(raw)))
}
