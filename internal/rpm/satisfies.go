package rpm

// Satisfies says whether a provide answers a requirement, by the rules of
// rpm's rpmdsCompare: the names are equal and the two version ranges overlap.
// A side that names no version answers every version. Where only one side
// names a release and the versions are equal, an "=" on the side without it
// is enough. The same rules decide conflicts and obsoletes. It compares text
// only: rich dependencies are for ParseRich, paths for a PathIndex.
func Satisfies(provide, require Dep) bool {
	if provide.Name != require.Name {
		return false
	}
	pf, rf := provide.Sense.Compare(), require.Sense.Compare()
	if pf == 0 || rf == 0 || provide.EVR == "" || require.EVR == "" {
		return true
	}
	p, r := splitEVR(provide.EVR), splitEVR(require.EVR)
	c := compareText(p, r)
	if c == 0 {
		return overlapAtEqual(p, r, pf, rf)
	}
	if c < 0 {
		return pf&Greater != 0 || rf&Less != 0
	}
	return pf&Less != 0 || rf&Greater != 0
}

// overlapAtEqual decides for two ranges whose bounds compare equal.
func overlapAtEqual(p, r evrText, pf, rf Sense) bool {
	if p.release != "" && r.release == "" && rf&Equal != 0 ||
		r.release != "" && p.release == "" && pf&Equal != 0 {
		return true
	}
	return pf&rf != 0
}

// PathIndex maps a required path to the packages that carry it, in set order.
type PathIndex map[string][]*Package
