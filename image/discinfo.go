package image

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Discinfo is the content of a .discinfo file, by which Anaconda recognises a disc.
type Discinfo struct {
	// Timestamp is the time of the compose, see Timestamp, or the value of
	// SOURCE_DATE_EPOCH as it is.
	Timestamp   string
	Description string // see Description
	Arch        string
	Discs       []int // numbers of the discs; none stands for ALL
}

// MediaRepo is the content of a media.repo file, by which a system that is
// installed from a disc uses it as a repository.
type MediaRepo struct {
	Name    string // as Discinfo.Description
	MediaID string // as Discinfo.Timestamp
}

// Timestamp gives seconds since the epoch in the form that Pungi writes, with
// six decimals.
func Timestamp(seconds int64) string { return strconv.FormatInt(seconds, 10) + ".000000" }

// Description gives NAME VERSION[ for BASE BASEVERSION], Pungi's text where
// release_discinfo_description is not set.
func Description(release, base Product) string {
	s := release.Name + " " + release.Version
	if base != (Product{}) {
		s += " for " + base.Name + " " + base.Version
	}
	return s
}

// Bytes gives the four lines of the file.
func (d Discinfo) Bytes() ([]byte, error) {
	discs := "ALL"
	if len(d.Discs) > 0 {
		var list []string
		for _, n := range slices.Sorted(slices.Values(d.Discs)) {
			list = append(list, strconv.Itoa(n))
		}
		discs = strings.Join(list, ",")
	}
	lines := []string{d.Timestamp, d.Description, d.Arch, discs}
	for _, l := range lines {
		if l == "" || !isLine(l) {
			return nil, fmt.Errorf("discinfo: %q is not a line", l)
		}
	}
	return []byte(strings.Join(lines, "\n") + "\n"), nil
}

// Bytes gives the content of the file.
func (m MediaRepo) Bytes() ([]byte, error) {
	for _, s := range []string{m.Name, m.MediaID} {
		if s == "" || !isLine(s) {
			return nil, fmt.Errorf("media.repo: %q is not a value", s)
		}
	}
	return []byte("[InstallMedia]\nname=" + m.Name + "\nmediaid=" + m.MediaID + "\nmetadata_expire=-1\ngpgcheck=0\ncost=500\n"), nil
}
