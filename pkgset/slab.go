package pkgset

import "strings"

// slab makes strings that share memory: of many thousand short ones each
// would otherwise be an object of its own, which takes room and the
// collector's time. A string keeps its whole slab.
type slab struct{ b *strings.Builder }

const slabSize = 32 << 10

// join gives the parts as one string.
func (s *slab) join(parts ...string) string {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	if s.b == nil || s.b.Cap()-s.b.Len() < n {
		s.b = &strings.Builder{}
		s.b.Grow(max(slabSize, n))
	}
	at := s.b.Len()
	for _, p := range parts {
		s.b.WriteString(p)
	}
	return s.b.String()[at:]
}
