package pkgset

// location is where a package of a repository lies.
type location struct{ repo *repository }

type repository struct{ index int }

func (l *location) String() string { return "" }
