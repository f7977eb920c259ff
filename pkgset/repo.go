package pkgset

// location is where a package of a repository lies.
type location struct{}
