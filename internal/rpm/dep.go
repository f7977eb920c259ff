package rpm

// Sense is the flag word of a dependency, with rpm's own bits (RPMSENSE_*).
type Sense uint32

// The bits of Sense that the program looks at.
const (
	Less         Sense = 1 << 1
	Greater      Sense = 1 << 2
	Equal        Sense = 1 << 3
	Prereq       Sense = 1 << 6
	Interp       Sense = 1 << 8
	ScriptPre    Sense = 1 << 9
	ScriptPost   Sense = 1 << 10
	ScriptPreun  Sense = 1 << 11
	ScriptPostun Sense = 1 << 12
	RpmlibDep    Sense = 1 << 24

	senseCompare = Less | Greater | Equal
)

// Compare gives the comparison bits alone: 0 means any version.
func (s Sense) Compare() Sense { return s & senseCompare }

// Dep is one dependency as the header has it.
type Dep struct {
	// Name is a name, a path, or the text of a rich dependency, which
	// begins with "(" and then stands alone (no version).
	Name  string
	Sense Sense
	// EVR is "[epoch:]version[-release]"; empty when Sense compares nothing.
	EVR string
}

// IsRich says whether the dependency is a rich (boolean) one; see ParseRich.
func (d Dep) IsRich() bool { return len(d.Name) > 0 && d.Name[0] == '(' }

// IsPath says whether the dependency names a file.
func (d Dep) IsPath() bool { return len(d.Name) > 0 && d.Name[0] == '/' }

// IsPre says whether createrepo_c marks the requirement with pre="1":
// Requires(pre) and Requires(post), but not preun, postun or interp alone.
func (d Dep) IsPre() bool { return d.Sense&(Prereq|ScriptPre|ScriptPost) != 0 }
