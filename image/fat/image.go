package fat

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// Storage holds an image: a file that is open for reading and writing.
type Storage interface {
	io.ReaderAt
	io.WriterAt
}

// Image is a FAT file system in an image. It is not for use by several
// goroutines at once.
type Image struct {
	s     Storage
	g     geometry
	table *table
}

// Open reads the boot sector and the table of an image of the given size.
func Open(s Storage, size int64) (*Image, error) {
	m := &Image{s: s}
	boot, err := m.read(0, 512)
	if err == nil {
		m.g, err = parseGeometry(boot, size)
	}
	if err == nil {
		m.table, err = m.readTable()
	}
	if err != nil {
		return nil, fmt.Errorf("reading a FAT image: %w", err)
	}
	return m, nil
}

func (m *Image) readTable() (*table, error) {
	b, err := m.read(m.g.tables, m.g.tableSize)
	return &table{kind: m.g.kind, b: b, clusters: m.g.clusters}, err
}

func (m *Image) read(at, size int64) ([]byte, error) {
	b := make([]byte, size)
	if n, err := m.s.ReadAt(b, at); n < len(b) {
		return nil, fmt.Errorf("%d bytes at %d: %w", size, at, err)
	}
	return b, nil
}

// Kind gives the kind of the file system.
func (m *Image) Kind() Kind { return m.g.kind }

// Entry is a file or folder in an image.
type Entry struct {
	Path  string // as it is written, with slashes
	Dir   bool
	Size  int64
	first uint32 // cluster; 0: none
	at    int64  // where its record is
}

// Walk gives all files and folders, a folder before what is in it; an error
// of fn ends it.
func (m *Image) Walk(fn func(Entry) error) error {
	w := &walk{m: m, fn: fn, seen: map[uint32]bool{}}
	if err := w.folder("", 0, 0); err != nil {
		return fmt.Errorf("reading a FAT image: %w", err)
	}
	return nil
}

// Find gives the file of that name, whose case does not matter; fs.ErrNotExist
// where there is none.
func (m *Image) Find(name string) (Entry, error) {
	var found Entry
	err := m.Walk(func(e Entry) error {
		if strings.EqualFold(e.Path, name) {
			found = e
			return io.EOF
		}
		return nil
	})
	if found.Path != "" {
		return found, nil
	}
	if err == nil {
		err = fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return Entry{}, err
}

// ReadFile gives the content of a file of at most limit bytes.
func (m *Image) ReadFile(name string, limit int64) ([]byte, error) {
	e, err := m.Find(name)
	if err != nil {
		return nil, err
	}
	if e.Dir || e.Size > limit {
		return nil, fmt.Errorf("%s in a FAT image: a folder, or more than %d bytes", name, limit)
	}
	chain, err := m.table.chain(e.first)
	if err != nil {
		return nil, fmt.Errorf("%s in a FAT image: %w", name, err)
	}
	if int64(len(chain))*m.g.cluster < e.Size {
		return nil, fmt.Errorf("%s in a FAT image: %d bytes in %d clusters", name, e.Size, len(chain))
	}
	var out bytes.Buffer
	for _, c := range chain {
		b, err := m.read(m.g.clusterAt(c), m.g.cluster)
		if err != nil {
			return nil, fmt.Errorf("%s in a FAT image: %w", name, err)
		}
		out.Write(b)
		if int64(out.Len()) >= e.Size {
			break
		}
	}
	return out.Bytes()[:e.Size], nil
}

// WriteFile replaces the content of a file that is there. Nothing else in the
// image changes but the clusters it takes or gives up; its time stays as it
// is. An image without room for it is an error, and is left as it was.
func (m *Image) WriteFile(name string, data []byte) error {
	e, err := m.Find(name)
	if err != nil {
		return err
	}
	if e.Dir {
		return fmt.Errorf("%s in a FAT image: a folder", name)
	}
	if err := m.replace(e, data); err != nil {
		return fmt.Errorf("writing %s in a FAT image: %w", name, err)
	}
	return nil
}

func (m *Image) replace(e Entry, data []byte) error {
	if int64(len(data)) > 1<<32-1 {
		return errors.New("4 GiB or more")
	}
	chain, err := m.table.chain(e.first)
	if err != nil {
		return err
	}
	before := slices.Clone(m.table.b)
	chain, err = m.table.resize(chain, int((int64(len(data))+m.g.cluster-1)/m.g.cluster))
	if err != nil {
		m.table.b = before
		return err
	}
	rest := data
	for _, c := range chain {
		b := make([]byte, m.g.cluster)
		rest = rest[copy(b, rest):]
		if _, err := m.s.WriteAt(b, m.g.clusterAt(c)); err != nil {
			return err
		}
	}
	if err := m.writeTable(before); err != nil {
		return err
	}
	first := uint32(0)
	if len(chain) > 0 {
		first = chain[0]
	}
	le := binary.LittleEndian
	if _, err := m.s.WriteAt(le.AppendUint16(nil, uint16(first>>16)), e.at+20); err != nil && m.g.kind == FAT32 {
		return err
	}
	_, err = m.s.WriteAt(le.AppendUint32(le.AppendUint16(nil, uint16(first)), uint32(len(data))), e.at+26)
	return err
}

// writeTable writes what has changed in the table into all of its copies.
func (m *Image) writeTable(before []byte) error {
	now := m.table.b
	for at := int64(0); at < m.g.tableSize; at += m.g.sector {
		part := now[at : at+m.g.sector]
		if bytes.Equal(part, before[at:at+m.g.sector]) {
			continue
		}
		for i := range m.g.tableCount {
			if _, err := m.s.WriteAt(part, m.g.tables+i*m.g.tableSize+at); err != nil {
				return err
			}
		}
	}
	if m.g.info == 0 || bytes.Equal(now, before) {
		return nil
	}
	_, err := m.s.WriteAt(binary.LittleEndian.AppendUint32(nil, m.table.free()), m.g.info+488)
	return err
}
