package repo

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"runtime/debug"
	"strconv"
	"sync"

	"compose/internal/rpm"
	"compose/internal/rpm/store"
	"compose/internal/rpmmd"
)

// chunkKeys are digests of all that the bytes of a chunk depend on, by kind of
// file.
type chunkKeys [kindCount]store.Key

// formatVersion is raised when the same packages come out as other bytes, by
// other code in this package.
const formatVersion = 1

// keyMaker makes the keys of one chunk.
type keyMaker struct {
	content hash.Hash // which packages: their fragments follow from their checksums
	place   hash.Hash // what primary says in addition
	b       []byte
}

func newKeyMaker() *keyMaker { return &keyMaker{content: sha256.New(), place: sha256.New()} }

func (m *keyMaker) reset() {
	m.content.Reset()
	m.place.Reset()
	m.b = binary.LittleEndian.AppendUint32(append(m.b[:0], "repository chunk\x00"...), formatVersion)
	m.b = binary.LittleEndian.AppendUint32(m.b, store.Generation)
	m.content.Write(m.b)
}

func (m *keyMaker) add(it *Item, sum rpm.Checksum) {
	m.b = append(append(m.b[:0], sum.Type...), 0)
	m.b = append(append(m.b, sum.Hex...), 0)
	m.content.Write(m.b)
	m.b = append(append(m.b[:0], it.Href...), 0)
	m.b = append(append(m.b, it.Base...), 0)
	m.b = binary.LittleEndian.AppendUint64(m.b, uint64(it.FileTime))
	m.place.Write(m.b)
}

// keys ends the chunk. variant says what else the fragments depend on.
func (m *keyMaker) keys(variant string) *chunkKeys {
	var out chunkKeys
	content, place := m.content.Sum(nil), m.place.Sum(nil)
	for k := range out {
		m.b = append(append(m.b[:0], content...), rpmmd.Kind(k).String()...)
		m.b = append(append(m.b, 0), variant...)
		if rpmmd.Kind(k) == rpmmd.Primary {
			m.b = append(m.b, place...)
		}
		out[k] = sha256.Sum256(m.b)
	}
	return &out
}

// frameKey is the key of a chunk's part of a file as a compressor makes it.
func frameKey(content store.Key, compress string) store.Key {
	b := append([]byte("repository frame\x00"), content[:]...)
	return sha256.Sum256(append(append(b, compress...), codecVersion()...))
}

// openKey is the key of what a whole file's uncompressed bytes add up to.
func openKey(kind rpmmd.Kind, chunks []chunk, packages int, checksum string) store.Key {
	h := sha256.New()
	h.Write([]byte("repository file\x00" + kind.String() + "\x00" + checksum + "\x00" + strconv.Itoa(packages)))
	for i := range chunks {
		h.Write(chunks[i].keys[kind][:])
	}
	return store.Key(h.Sum(nil))
}

// codecVersion is the version of the library that compresses: another one may
// make other bytes of the same data, and bytes may not depend on what was
// kept.
var codecVersion = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range info.Deps {
		if m.Path == "github.com/klauspost/compress" {
			return " " + m.Version
		}
	}
	return ""
})
