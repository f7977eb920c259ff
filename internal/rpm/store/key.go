package store

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"io/fs"
	"syscall"

	"compose/internal/rpm"
)

// Key is one identity under which a record is found. A record has several:
// the file on this disk, the checksum of its bytes. Keys of other kinds should
// be SHA-256 digests too, of something that begins with the name of the kind.
type Key [32]byte

// FileKey is the identity of a file in a plain directory: device, inode,
// size and modification time in nanoseconds. The change time is left out on
// purpose: hard-linking a package into a compose changes it. A FileInfo that
// does not come from the operating system gets a key that matches nothing.
func FileKey(fi fs.FileInfo) Key {
	var k Key
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		rand.Read(k[:])
		return k
	}
	b := append(make([]byte, 0, 48), "file\x00"...)
	b = binary.LittleEndian.AppendUint64(b, uint64(st.Dev))
	b = binary.LittleEndian.AppendUint64(b, st.Ino)
	b = binary.LittleEndian.AppendUint64(b, uint64(fi.Size()))
	b = binary.LittleEndian.AppendUint64(b, uint64(fi.ModTime().UnixNano()))
	return sha256.Sum256(b)
}

// SumKey is the identity of a package whose checksum is known: a record that
// was made from the file itself, or one that rpm-md metadata names.
func SumKey(c rpm.Checksum) Key {
	b := append(make([]byte, 0, 160), "sum\x00"...)
	b = append(b, c.Type...)
	b = append(b, 0)
	b = append(b, c.Hex...)
	return sha256.Sum256(b)
}
