package header

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"testing"
	"time"
)

// lump builds a header from entries that need not make sense; magic and
// sizes are right unless changed afterwards.
type lump struct {
	entries []entry
	data    []byte
}

// put adds an entry over new data.
func (l *lump) put(tag, typ, count uint32, data []byte) *lump {
	for typ >= typeInt16 && typ <= typeInt64 && len(l.data)%8 != 0 {
		l.data = append(l.data, 0)
	}
	l.entries = append(l.entries, entry{tag, typ, uint32(len(l.data)), count})
	l.data = append(l.data, data...)
	return l
}

func (l *lump) str(tag uint32, s string) *lump { return l.put(tag, typeString, 1, []byte(s+"\x00")) }

func (l *lump) bytes() []byte {
	be := binary.BigEndian
	b := []byte{0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0}
	b = be.AppendUint32(b, uint32(len(l.entries)))
	b = be.AppendUint32(b, uint32(len(l.data)))
	for _, e := range l.entries {
		for _, v := range []uint32{e.tag, e.typ, e.off, e.count} {
			b = be.AppendUint32(b, v)
		}
	}
	return append(b, l.data...)
}

// pack makes a file of two headers.
func pack(sig, main *lump) []byte {
	b := make([]byte, leadSize)
	copy(b, "\xed\xab\xee\xdb\x03")
	b = append(b, sig.bytes()...)
	for len(b)%8 != 0 {
		b = append(b, 0)
	}
	return append(b, main.bytes()...)
}

// minimal is a main header with a name and all that must be there.
func minimal() *lump {
	return new(lump).str(tagName, "a").str(tagVersion, "1").str(tagRelease, "1").str(tagArch, "noarch").
		str(tagSourceRPM, "a-1-1.src.rpm").put(tagImmutable, typeBin, 16, make([]byte, 16))
}

// readBytes reads b and fails when that takes more memory or time than is
// good for it.
func readBytes(t *testing.T, b []byte, maxAlloc uint64) error {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	_, _, err := Read(bytes.NewReader(b), int64(len(b)))
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > maxAlloc {
		t.Errorf("%d bytes allocated for a file of %d", n, len(b))
	}
	if took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	return err
}
