package store

import "compose/internal/rpm"

// A blob is bytes that belong to no package, such as a compressed part of a
// repository. It is kept, used and dropped as records are, and its key is a
// digest like theirs: of something that begins with the name of its kind and
// says all that the bytes depend on.

// PutBlob stores a blob. A blob that this process stored under the key before
// stays.
func (w *Writer) PutBlob(k Key, data []byte) error {
	return w.Put([]Key{k}, &rpm.Package{}, nil, rpm.Fragments{Primary: data})
}

// Blob gives the bytes of a blob, valid until buf is used again. A blob that
// turns out to be damaged is not there.
func (s *Store) Blob(k Key, buf *Buffer) ([]byte, bool) {
	r, ok, err := s.GetBrief(k)
	if !ok || err != nil {
		return nil, false
	}
	f, err := r.Fragments(buf)
	return f.Primary, err == nil
}

// HasBlob says whether there is a blob, without reading it.
func (s *Store) HasBlob(k Key) bool {
	p, _, _, err := s.look(&k)
	return p != nil && err == nil
}

// isBlob says whether a record is a blob.
func (r *Record) isBlob() bool { return r.Pkg.Name == "" && r.Pkg.Arch == "" }

// blobs counts the blobs of a pack.
func (p *pack) blobs() int {
	n := 0
	for i := range p.recordCount() {
		if r, err := p.decodeBrief(uint32(i)); err == nil && r.isBlob() {
			n++
		}
	}
	return n
}
