package rpm

import (
	"math"
	"strconv"
	"strings"
)

// EVR is epoch, version and release.
type EVR struct {
	Epoch   uint32
	Version string
	Release string // empty: any release, where a dependency says none
}

// Compare orders two EVRs: epoch as a number, then version, then release by
// Vercmp. It is a total order, so a missing release is older than any; for
// the comparison of dependencies see CompareEVR and Satisfies.
func (a EVR) Compare(b EVR) int {
	switch {
	case a.Epoch < b.Epoch:
		return -1
	case a.Epoch > b.Epoch:
		return 1
	}
	if r := Vercmp(a.Version, b.Version); r != 0 {
		return r
	}
	return Vercmp(a.Release, b.Release)
}

// String gives [epoch:]version[-release], the epoch only when it is not 0.
func (e EVR) String() string {
	s := e.Version
	if e.Epoch != 0 {
		s = strconv.FormatUint(uint64(e.Epoch), 10) + ":" + s
	}
	if e.Release != "" {
		s += "-" + e.Release
	}
	return s
}

// ParseEVR takes "[epoch:]version[-release]" apart as rpm's parseEVR does: an
// epoch is the digits (none counts as 0) before a ":" that follows them, the
// release is what follows the last "-". It takes any string; an epoch beyond
// 32 bits becomes the largest one.
func ParseEVR(s string) EVR {
	p := splitEVR(s)
	n, err := strconv.ParseUint(p.epoch, 10, 32)
	switch {
	case p.epoch == "":
		n = 0
	case err != nil:
		n = math.MaxUint32
	}
	return EVR{uint32(n), p.version, p.release}
}

// evrText is an EVR as it is written; epoch is empty where none is written.
type evrText struct{ epoch, version, release string }

func splitEVR(s string) evrText {
	i := 0
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	var p evrText
	if i < len(s) && s[i] == ':' {
		p.epoch = s[:i]
		if i == 0 {
			p.epoch = "0"
		}
		s, i = s[i+1:], 0
	}
	p.version = s
	if j := strings.LastIndexByte(s[i:], '-'); j >= 0 {
		p.version, p.release = s[:i+j], s[i+j+1:]
	}
	return p
}

// CompareEVR compares the "[epoch:]version[-release]" of two dependencies as
// rpm does: a missing epoch is 0, and where one side names no release the
// releases compare equal. (It is therefore no order to sort by.)
func CompareEVR(a, b string) int {
	if a == b {
		return 0
	}
	return compareText(splitEVR(a), splitEVR(b))
}

func compareText(a, b evrText) int {
	if r := compareEpoch(a.epoch, b.epoch); r != 0 {
		return r
	}
	r := Vercmp(a.version, b.version)
	if r == 0 && a.release != "" && b.release != "" {
		r = Vercmp(a.release, b.release)
	}
	return r
}

func compareEpoch(a, b string) int {
	switch {
	case a != "" && b != "":
		return Vercmp(a, b)
	case trimZeros(a) != "":
		return 1
	case trimZeros(b) != "":
		return -1
	}
	return 0
}
