package installcheck

import "compose/internal/universe"

// Problem is a package that cannot be installed.
type Problem struct {
	Pkg int32
	// Why are the reasons, which together suffice and of which none can be
	// left out, from the package on. At most 40 are listed; More counts
	// the rest, of at most 1000 packages.
	Why  []Reason
	More int
	// Undecided: the search was given up, which happens only with inputs made
	// for it; there is no reason then.
	Undecided bool
}

// Kind is what a reason says.
type Kind int

// The kinds of reasons.
const (
	// Require: Pkg requires Dep, and no provider of it can be installed.
	Require Kind = iota
	// Nothing: nothing provides Dep, which Pkg requires. Have are the
	// packages that provide it in other versions.
	Nothing
	// Conflict: Pkg conflicts with Dep, which Other provides. For a rich Dep
	// there is no Other (-1).
	Conflict
	// Obsolete: Pkg obsoletes Dep, which is Other.
	Obsolete
	// SameName: Pkg and Other have the same name.
	SameName
	// Inferior: Pkg is of an architecture of which a better one is there.
	Inferior
	// Unknown: Pkg cannot be installed, but the reasons are too many to be found.
	Unknown
)

// String gives the word that stands for the kind in JSON.
func (k Kind) String() string {
	return [...]string{"requires", "nothing-provides", "conflicts", "obsoletes", "same-name", "inferior-arch", "unknown"}[k]
}

// Reason is one of the facts because of which a package cannot be installed.
type Reason struct {
	Kind       Kind
	Pkg, Other int32
	Dep        uint32
	Have       []int32
}

// Text gives the reason in the words of installcheck; dep is Dep as text.
func (r Reason) Text(u *universe.Universe, dep string) string {
	pkg := u.NEVRA(r.Pkg)
	switch r.Kind {
	case Require:
		return "package " + pkg + " requires " + dep + ", but none of the providers can be installed"
	case Nothing:
		return "nothing provides " + dep + " needed by " + pkg
	case SameName:
		return "cannot install both " + pkg + " and " + u.NEVRA(r.Other)
	case Inferior:
		return pkg + " has inferior architecture"
	case Unknown:
		return "package " + pkg + " cannot be installed with all that it requires"
	}
	text := "package " + pkg + " " + r.Kind.String() + " with " + dep
	if r.Kind == Obsolete {
		text = "package " + pkg + " obsoletes " + dep
	}
	if r.Other >= 0 {
		text += " provided by " + u.NEVRA(r.Other)
	}
	return text
}
