package store

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// FuzzPack opens arbitrary bytes as a pack and reads all that it claims to
// hold. The checksums are put right first, or no input would get far.
func FuzzPack(f *testing.F) {
	f.Add(makeBytes(f, 1))
	f.Add(makeBytes(f, 3))
	f.Add(aliasBytes(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		readPack(t, b)
		readPack(t, mend(bytes.Clone(b)))
	})
}

// aliasBytes gives a pack with an alias of its own record and one of another
// pack's.
func aliasBytes(t testing.TB) []byte {
	t.Helper()
	s := open(t, t.TempDir())
	w := begin(t, s)
	synth(1).add(t, w)
	done(t, w.Commit())
	w = begin(t, s)
	done(t, w.Alias(Key{1}, mustGet(t, s, synth(1).keys[0])))
	done(t, w.Alias(Key{2}, synth(2).add(t, w)))
	done(t, w.Commit())
	names, err := listPacks(s.dir)
	done(t, err)
	var out bytes.Buffer
	p, err := openPackFile(s.dir, names[0])
	done(t, err)
	defer p.close()
	b := make([]byte, p.size)
	done(t, readAt(p.file, b, 0))
	out.Write(b)
	return out.Bytes()
}

// mend puts the footer and its checksums right, as far as the footer says
// where things are.
func mend(b []byte) []byte {
	if len(b) < headerSize+footerSize {
		return b
	}
	le, foot := binary.LittleEndian, b[len(b)-footerSize:]
	if off := le.Uint64(foot); off <= uint64(len(b)-footerSize) {
		tail := b[off : len(b)-footerSize]
		le.PutUint64(foot[8:], uint64(len(tail)))
		le.PutUint32(foot[48:], addSum(0, tail))
	}
	le.PutUint32(foot[56:], addSum(0, foot[:56]))
	le.PutUint32(foot[60:], packVersion)
	copy(foot[64:], packMagic)
	return b
}

func readPack(t *testing.T, b []byte) {
	p, err := openPack(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return
	}
	s := &Store{packs: []*pack{p}}
	s.indexPacks()
	var buf Buffer
	for i := range p.keyCount() {
		r, _, err := s.Get(*p.key(i))
		if err != nil {
			t.Fatal(err)
		}
		if r != nil {
			r.Fragments(&buf)
			r.EachPath(&buf, func([]byte) bool { return true })
		}
	}
}

// FuzzPaths reads arbitrary bytes as a packed list of paths.
func FuzzPaths(f *testing.F) {
	var k pathPacker
	for i := range 3 {
		f.Add(k.pack(nil, synth(i).files))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var buf []byte
		all := func([]byte) bool { return true }
		eachPath(b, &buf, all, all)
		eachPath(b, &buf, func([]byte) bool { return false }, all)
	})
}
