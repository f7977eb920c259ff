package rpmmd

// The same names, versions and symbols come again and again in metadata; an
// intern table gives each one string. It forgets everything when it is full,
// so that it does not outgrow what the caller keeps.
type intern map[string]string

const (
	maxInterned  = 1 << 18
	maxInternLen = 128
)

func (t intern) str(b []byte) string {
	if s, ok := t[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(s) <= maxInternLen {
		if len(t) >= maxInterned {
			clear(t)
		}
		t[s] = s
	}
	return s
}
