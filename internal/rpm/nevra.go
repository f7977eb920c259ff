package rpm

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrNEVRA is in every error of ParseNEVRA.
var ErrNEVRA = errors.New("want name-[epoch:]version-release.arch")

// ParseNEVRA takes name-[epoch:]version-release.arch apart; ".rpm" behind it,
// as in the name of a file, is ignored. The package has nothing else. What
// Package.NEVRA and Package.String give comes back as it was.
func ParseNEVRA(s string) (Package, error) {
	fault := fmt.Errorf("package %q: %w", s, ErrNEVRA)
	rest, arch, ok := cutLast(strings.TrimSuffix(s, ".rpm"), '.')
	if !ok {
		return Package{}, fault
	}
	rest, release, ok := cutLast(rest, '-')
	if !ok {
		return Package{}, fault
	}
	name, version, ok := cutLast(rest, '-')
	if !ok {
		return Package{}, fault
	}
	p := Package{Name: name, Version: version, Release: release, Arch: arch}
	if epoch, version, ok := strings.Cut(p.Version, ":"); ok {
		n, err := strconv.ParseUint(epoch, 10, 32)
		if err != nil || version == "" {
			return Package{}, fault
		}
		p.Epoch, p.Version = uint32(n), version
	}
	if strings.ContainsAny(s, "/\x00\n") || strings.Contains(p.Version+p.Release, ":") {
		return Package{}, fault
	}
	return p, nil
}

// cutLast cuts at the last sep; both sides must have something.
func cutLast(s string, sep byte) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, sep)
	if i <= 0 || i == len(s)-1 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}
