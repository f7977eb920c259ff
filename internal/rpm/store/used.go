package store

import (
	"encoding/binary"
	"math"
	"os"
	"time"
)

// The file NAME.used notes beside a pack on which day each key was last
// looked up: magic, version, a uint16 per key (days since 1970), checksum.
// Where it is missing or wrong, the day of the pack's own file counts.

const (
	usedMagic   = "composeU"
	usedVersion = 1
	usedHeader  = 12
)

// dayOf gives the day of t, in days since 1970.
func dayOf(t time.Time) uint16 {
	return uint16(min(max(t.Unix()/86400, 0), math.MaxUint16))
}

// timeOf gives the end of a day.
func timeOf(day uint16) time.Time { return time.Unix(int64(day)*86400+86399, 0) }

// readUsed gives the day of the last use of each of the n keys of a pack.
func readUsed(dir, name string, n int) []uint16 {
	days := make([]uint16, n)
	b, err := os.ReadFile(usedPath(dir, name))
	if err != nil || !usedIsValid(b, n) {
		fillDays(dir, name, days)
		return days
	}
	for i := range days {
		days[i] = binary.LittleEndian.Uint16(b[usedHeader+2*i:])
	}
	return days
}

func usedIsValid(b []byte, n int) bool {
	end := usedHeader + 2*n
	return len(b) == end+4 && string(b[:8]) == usedMagic &&
		binary.LittleEndian.Uint32(b[8:]) == usedVersion &&
		binary.LittleEndian.Uint32(b[end:]) == addSum(0, b[:end])
}

func fillDays(dir, name string, days []uint16) {
	st, err := os.Stat(packPath(dir, name))
	if err != nil {
		return
	}
	day := dayOf(st.ModTime())
	for i := range days {
		days[i] = day
	}
}

// writeUsed replaces the notes of a pack.
func writeUsed(dir, name string, days []uint16) error {
	b := make([]byte, 0, usedHeader+2*len(days)+4)
	b = append(b, usedMagic...)
	b = binary.LittleEndian.AppendUint32(b, usedVersion)
	for _, d := range days {
		b = binary.LittleEndian.AppendUint16(b, d)
	}
	b = binary.LittleEndian.AppendUint32(b, addSum(0, b))
	f, temp, err := createTemp(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err = f.Write(b); err == nil {
		err = os.Rename(temp, usedPath(dir, name))
	}
	if err != nil {
		os.Remove(temp)
	}
	return err
}

// markUsed notes what was looked up since Open. A folder that cannot be
// written stays as it is.
func (s *Store) markUsed() {
	for _, p := range s.packs {
		if p.name == "" || p.used == nil || p.bad.Load() || !p.anyUsed() {
			continue
		}
		days := readUsed(s.dir, p.name, p.keyCount())
		if p.updateDays(days, s.today) {
			writeUsed(s.dir, p.name, days)
		}
	}
}

func (p *pack) anyUsed() bool {
	for i := range p.used {
		if p.used[i].Load() != 0 {
			return true
		}
	}
	return false
}

// updateDays sets the days of the keys that were looked up, and says whether
// that changed any.
func (p *pack) updateDays(days []uint16, today uint16) bool {
	changed := false
	for i := range days {
		if days[i] < today && p.used[i/32].Load()&(1<<(i%32)) != 0 {
			days[i], changed = today, true
		}
	}
	return changed
}
