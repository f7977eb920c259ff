package gather

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"compose/internal/rpm"
)

// Kept gathers like Gather, and gives a footprint beside the result: what the
// solve asked of the universe, what it got to see, and what came out. With it
// Again decides whether a later solve can come to another result. A footprint
// is a few hundred kilobytes for ten thousand packages.
//
// Packages are told apart by Package.Sum. Without one for each, or with the
// same one twice, the footprint is nil: nothing can be said of later solves.
func Kept(ctx context.Context, in Input) (*Result, []byte, error) {
	if in.Universe == nil {
		res, err := Gather(ctx, in)
		return res, nil, err
	}
	in.trace = &tracer{seen: make([]bool, len(in.Universe.pkgs))}
	res, err := Gather(ctx, in)
	ids := in.Universe.identities()
	if err != nil || ids == nil {
		return res, nil, err
	}
	return res, newFootprint(&in, ids, res), nil
}

// Again gives the result that Gather would give for this input, from the
// footprint of an earlier one: its very packages, reasons and complaints. It
// does so when the earlier input was the same, when everything that it got to
// see is still there, and when no package has come that it would have seen.
// Else, or when the footprint is damaged, the error says what stands against
// it; a solve may then still come to the same result. Where a pattern's
// Origin differs, the input does.
//
// Multilib.EachPath is not called. It must give the same for packages with
// the same sum.
func Again(footprint []byte, in Input) (*Result, error) {
	if in.Universe == nil {
		return nil, errors.New("looking for an earlier result: no universe to choose from")
	}
	res, err := again(footprint, &in)
	if err != nil {
		return nil, fmt.Errorf("looking for an earlier result: %w", err)
	}
	return res, nil
}

// identity tells packages apart: the front of a hash over the checksum and
// the part of the universe.
type identity [12]byte

// identities are the packages of a universe by identity.
type identities struct {
	list []identity // by number
	at   map[identity]int32
}

// identifyOnce gives a function that identifies the packages at its first
// call; nil when that is not possible.
func (u *Universe) identifyOnce() func() *identities {
	return sync.OnceValue(func() *identities {
		ids := &identities{list: make([]identity, len(u.pkgs)), at: make(map[identity]int32, len(u.pkgs))}
		var text []byte
		for i, p := range u.pkgs {
			if p.Sum.Hex == "" {
				return nil
			}
			text = append(text[:0], byte(u.class[i]&isLookaside))
			text = append(append(append(text, p.Sum.Type...), 0), p.Sum.Hex...)
			sum := sha256.Sum256(text)
			id := identity(sum[:])
			if _, twice := ids.at[id]; twice {
				return nil
			}
			ids.list[i], ids.at[id] = id, int32(i)
		}
		return ids
	})
}

// digest says what an input is, but for its universe. What is apart is not in
// it: that matters where it was seen only.
func (in *Input) digest() [sha256.Size]byte {
	modular := make([]string, len(in.Modular))
	for i, m := range in.Modular {
		modular[i] = fmt.Sprint(m.Pkg.Sum.Hex, m.Origin, m.OnRequest)
	}
	h := sha256.New()
	err := json.NewEncoder(h).Encode(struct {
		Rules   int
		Arch    string
		Parts   int
		Input   inputWords
		Modular []string
	}{rulesVersion, in.Universe.arch, len(in.Universe.parts), in.words(), modular})
	if err != nil { // these are strings and numbers
		panic(err)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// rulesVersion counts the changes of what a solve makes of an input.
const rulesVersion = 1

// inputWords are the fields of Input that are plain data.
type inputWords struct {
	Numbers                         []int
	Switches                        []bool
	Packages, Filters, Prepopulate  []Pattern
	Whitelist, Blacklist, FileNames []Pattern
	Conditional                     []Conditional
	Langpacks                       []Langpack
	FullTreeExcludes                []string
	Methods                         []MultilibMethod
}

func (in *Input) words() inputWords {
	return inputWords{
		Numbers:  []int{int(in.Method), int(in.Greedy), int(in.Compat)},
		Switches: []bool{in.FullTree, in.SelfHosting, in.Recommends},
		Packages: in.Packages, Filters: in.Filters, Prepopulate: in.Prepopulate,
		Whitelist: in.Multilib.Whitelist, Blacklist: in.Multilib.Blacklist, FileNames: in.Multilib.Names,
		Conditional: in.Conditional, Langpacks: in.Langpacks,
		FullTreeExcludes: in.FullTreeExcludes, Methods: in.Multilib.Methods,
	}
}

// askedBits is how much of a question's hash is kept.
const askedBits = 40

func newFootprint(in *Input, ids *identities, res *Result) []byte {
	u := in.Universe
	asked := in.trace.finish(u)
	c := &coder{u: u}
	digest := in.digest()
	c.out = append(c.out, digest[:]...)
	c.out = binary.AppendUvarint(c.out, uint64(len(ids.list)))
	for _, id := range ids.list {
		c.out = append(c.out, id[:]...)
	}
	c.out = appendBits(c.out, in.trace.seen)
	for i := range asked {
		asked[i] >>= 64 - askedBits
	}
	c.out = appendAscending(c.out, slices.Compact(asked))
	seen := in.seen(in.trace.seen)
	c.out = append(c.out, seen[:]...)
	walk := in.walkDigest(res)
	c.out = append(c.out, walk[:]...)
	c.result(res)
	sum := sha256.Sum256(c.out)
	return append(sum[:], c.out...)
}

// seen is a digest over why the tree must not have some of the packages that
// it saw.
func (in *Input) seen(seen []bool) [sha256.Size]byte {
	h := sha256.New()
	for id, p := range in.Universe.pkgs {
		if !seen[id] {
			continue
		}
		if why, ok := in.apart(int32(id)); ok {
			fmt.Fprintln(h, in.Universe.class[id]&isLookaside, p.Sum.Hex, why)
		}
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// walkDigest is a digest over the numbers by which Pungi's way walks packages.
func (in *Input) walkDigest(res *Result) [sha256.Size]byte {
	if in.Compat != CompatPungi43 || in.Method != Deps {
		return [sha256.Size]byte{}
	}
	h := sha256.New()
	n := in.Universe.numbered()
	for _, p := range res.Packages {
		for _, id := range in.Universe.named(p.Pkg.Name) {
			fmt.Fprintln(h, n.number[id], in.Universe.pkgs[id].Sum.Hex)
		}
	}
	return [sha256.Size]byte(h.Sum(nil))
}

func appendBits(out []byte, bits []bool) []byte {
	set := make([]byte, (len(bits)+7)/8)
	for i, b := range bits {
		if b {
			set[i/8] |= 1 << (i % 8)
		}
	}
	return append(out, set...)
}

// appendAscending writes numbers as their differences.
func appendAscending(out []byte, list []uint64) []byte {
	out = binary.AppendUvarint(out, uint64(len(list)))
	last := uint64(0)
	for _, n := range list {
		out = binary.AppendUvarint(out, n-last)
		last = n
	}
	return out
}

// pkgError is a package that stands against an earlier result.
func pkgError(p *rpm.Package, what string) error { return fmt.Errorf("%s %s", p, what) }

func shortID(id identity) string { return hex.EncodeToString(id[:4]) }
