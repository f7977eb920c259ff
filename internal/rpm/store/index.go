package store

import "encoding/binary"

// index finds the key entry of a key among all packs: an open hash table
// with linear probing. A slot is 0 when free, else (pack+1)<<48 | tag<<32 |
// entry; the tag is 16 more bits of the key, so that nearly every miss is
// seen without looking at a pack.
type index struct {
	slots []uint64
	n     int
}

const maxPacks = 1<<16 - 2

// hash and slotTag stir the bytes, should a key be no digest.
func hash(k *Key) uint64 {
	h := (binary.LittleEndian.Uint64(k[:]) ^ binary.LittleEndian.Uint64(k[8:])) * 0x9e3779b97f4a7c15
	return h ^ h>>32
}

func slotTag(k *Key) uint64 { return uint64(binary.LittleEndian.Uint16(k[16:])) << 32 }

// probe gives the slot of k: the one that holds it, or a free one.
func (x *index) probe(k *Key, packs []*pack) *uint64 {
	mask := uint64(len(x.slots) - 1)
	tag := slotTag(k)
	for h := hash(k) & mask; ; h = (h + 1) & mask {
		s := &x.slots[h]
		if *s == 0 {
			return s
		}
		if p, i := slotEntry(*s); *s&(0xffff<<32) == tag && *packs[p].key(i) == *k {
			return s
		}
	}
}

func slotEntry(s uint64) (pack, entry int) { return int(s>>48) - 1, int(uint32(s)) }

// find gives the pack and the key entry of k.
func (x *index) find(k *Key, packs []*pack) (pack, entry int, ok bool) {
	if x.n == 0 {
		return 0, 0, false
	}
	s := *x.probe(k, packs)
	if s == 0 {
		return 0, 0, false
	}
	pack, entry = slotEntry(s)
	return pack, entry, true
}

// put enters an entry of a pack in place of what had its key.
func (x *index) put(packs []*pack, pack, entry int) {
	x.reserve(packs, 1)
	x.set(packs, pack, entry)
}

func (x *index) set(packs []*pack, pack, entry int) {
	k := packs[pack].key(entry)
	s := x.probe(k, packs)
	if *s == 0 {
		x.n++
	}
	*s = uint64(pack+1)<<48 | slotTag(k) | uint64(uint32(entry))
}

// putAll enters all entries of a pack whose keys are not known yet.
func (x *index) putAll(packs []*pack, pack int) {
	n := packs[pack].keyCount()
	x.reserve(packs, n)
	for i := range n {
		if *x.probe(packs[pack].key(i), packs) == 0 {
			x.set(packs, pack, i)
		}
	}
}

// reserve makes room for n more keys: at most two thirds of the slots are
// taken.
func (x *index) reserve(packs []*pack, n int) {
	want := max(len(x.slots), 64)
	for (x.n+n)*3 > want*2 {
		want *= 2
	}
	if want == len(x.slots) {
		return
	}
	old := x.slots
	x.slots = make([]uint64, want)
	for _, s := range old {
		if s != 0 {
			p, i := slotEntry(s)
			*x.probe(packs[p].key(i), packs) = s
		}
	}
}
