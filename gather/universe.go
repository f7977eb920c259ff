package gather

import (
	"compose/internal/depindex"
	"compose/internal/rpm"
)

// Universe is the set of packages that the trees of one architecture are
// chosen from, with the indexes that all of them share. It is immutable.
type Universe struct {
	arch  string
	index *depindex.Index
}

// NewUniverse indexes the packages of one architecture: native, multilib,
// noarch, source and debug packages alike. paths must know every path that a
// requirement of these packages names. The order of pkgs has no influence on
// results except between packages with equal name, version and architecture,
// where the first one wins.
func NewUniverse(arch string, pkgs []*rpm.Package, paths rpm.PathIndex) *Universe {
	return &Universe{arch: arch, index: depindex.New(pkgs, paths)}
}
