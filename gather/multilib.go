package gather

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"compose/internal/rpm"
)

// MultilibMethod chooses packages of the second word size, such as i686 ones
// in an x86_64 tree. The rules are those of python-multilib.
type MultilibMethod string

// The methods.
const (
	MultilibNone    MultilibMethod = "none"    // no package
	MultilibAll     MultilibMethod = "all"     // every package
	MultilibRuntime MultilibMethod = "runtime" // libraries and plugins that 32-bit programs load
	MultilibDevel   MultilibMethod = "devel"   // runtime, and what is needed to build 32-bit programs
	MultilibKernel  MultilibMethod = "kernel"  // kernels, which exist for 64 bit only: no package
	MultilibFile    MultilibMethod = "file"    // the names in Multilib.Names
)

// Multilib says which packages of the second word size a tree has beside
// those that something requires. A package is chosen where any of the methods
// chooses it, if its native twin of the same version is in.
type Multilib struct {
	Methods []MultilibMethod
	// Whitelist are names that are chosen whatever the methods say, also
	// without any method. Globs work too, except with Pungi's compat.
	Whitelist []Pattern
	// Blacklist are packages of the second word size that must not be there
	// for any reason, lookaside ones included.
	Blacklist []Pattern
	// Names are globs for MultilibFile.
	Names []Pattern
	// EachPath calls fn with the paths of all files of a package until fn
	// returns false. MultilibRuntime and MultilibDevel need it.
	EachPath func(p *rpm.Package, fn func(path []byte) bool) error
}

var errNoPaths = errors.New("no file lists to decide by")

func (m *Multilib) check() error {
	for _, method := range m.Methods {
		switch method {
		case MultilibNone, MultilibAll, MultilibKernel, MultilibFile:
		case MultilibRuntime, MultilibDevel:
			if m.EachPath == nil {
				return fmt.Errorf("applying multilib method %q: %w", method, errNoPaths)
			}
		default:
			return fmt.Errorf("applying multilib method %q: no such method", method)
		}
	}
	return nil
}

// selects gives what chooses the package: a method, "whitelist", or nothing.
func (m *Multilib) selects(p *rpm.Package, whitelisted func(name string) bool) (string, error) {
	if whitelisted(p.Name) {
		return "whitelist", nil
	}
	for _, method := range m.Methods {
		ok, err := m.method(method, p)
		if err != nil {
			return "", fmt.Errorf("reading the file list of %s: %w", p, err)
		}
		if ok {
			return string(method), nil
		}
	}
	return "", nil
}

func (m *Multilib) method(method MultilibMethod, p *rpm.Package) (bool, error) {
	switch method {
	case MultilibAll:
		return true, nil
	case MultilibFile:
		return slices.ContainsFunc(m.Names, func(n Pattern) bool { return glob(n.Text, p.Name) }), nil
	case MultilibRuntime:
		return m.runtime(p)
	case MultilibDevel:
		return m.devel(p)
	}
	return false, nil
}

func (m *Multilib) runtime(p *rpm.Package) (found bool, err error) {
	switch {
	case slices.Contains(runtimeNever[:], p.Name):
		return false, nil
	case slices.Contains(runtimeAlways[:], p.Name):
		return true, nil
	case strings.HasPrefix(p.Name, "kernel") && providesName(p, "kernel"):
		return false, nil
	}
	err = m.EachPath(p, func(path []byte) bool {
		found = isRuntimePath(string(path))
		return !found
	})
	return found, err
}

func (m *Multilib) devel(p *rpm.Package) (bool, error) {
	if slices.Contains(develNever[:], p.Name) {
		return false, nil
	}
	if ok, err := m.runtime(p); ok || err != nil {
		return ok, err
	}
	if strings.HasPrefix(p.Name, "ghc-") {
		return false, nil
	}
	if strings.HasPrefix(p.Name, "kernel") {
		for _, d := range p.Provides {
			switch {
			case d.Name == "kernel-devel":
				return false, nil
			case isDevelName(d.Name):
				return true, nil
			}
		}
	}
	return isDevelName(p.Name), nil
}

func isDevelName(name string) bool {
	return strings.HasSuffix(name, "-devel") || strings.HasSuffix(name, "-static")
}

func providesName(p *rpm.Package, name string) bool {
	return slices.ContainsFunc(p.Provides, func(d rpm.Dep) bool { return d.Name == name })
}
