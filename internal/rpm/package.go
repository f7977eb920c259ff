// Package rpm holds the words that every other package speaks: Package, EVR,
// Dep and their comparison. It does no I/O; reading headers is in
// internal/rpm/header, keeping what was read in internal/rpm/store.
package rpm

import (
	"strconv"
	"strings"
)

// Package is what the solver and the metadata need to know of one RPM. It is
// plain data and is never changed after the reader that made it returned it,
// so any number of goroutines may share it.
type Package struct {
	Name    string
	Epoch   uint32 // 0 when the header has none, as everywhere in the field
	Version string
	Release string
	// Arch is the ARCH tag; for a source package "src", or "nosrc" when the
	// header says that a source or a patch is left out.
	Arch string
	// SourceRPM is the file name of the source package (bash-5.2-1.src.rpm),
	// empty for a source package.
	SourceRPM string

	Provides    []Dep
	Requires    []Dep // with rpmlib() entries and all scriptlet markers, as in the header
	Conflicts   []Dep
	Obsoletes   []Dep
	Recommends  []Dep
	Suggests    []Dep
	Supplements []Dep
	Enhances    []Dep

	ExcludeArch   []string
	ExclusiveArch []string

	// Modularity is the MODULARITYLABEL tag, "name:stream:version:context", or empty.
	Modularity string
	// SigKeys are the ids of the keys that signed the package, 16 lower case
	// hex digits each, in the order in which the header names them; empty
	// for an unsigned package.
	SigKeys []string

	// Sum is the checksum of the whole file.
	Sum Checksum
	// Size is the size of the file, Installed that of its content, in bytes.
	Size      int64
	Installed int64
	// BuildTime is in seconds since the epoch.
	BuildTime int64
	// HeaderStart and HeaderEnd are the byte range of the main header in the file.
	HeaderStart, HeaderEnd int64
}

// Checksum is a named digest.
type Checksum struct {
	Type string // "sha256", "sha512", …: the names that rpm-md uses
	Hex  string // lower case
}

// IsSource says whether the package is a source package (src or nosrc).
func (p *Package) IsSource() bool { return p.Arch == "src" || p.Arch == "nosrc" }

// EVR gives the package's epoch, version and release.
func (p *Package) EVR() EVR { return EVR{p.Epoch, p.Version, p.Release} }

// String gives name-[epoch:]version-release.arch, the epoch only when it is not 0.
func (p *Package) String() string {
	if p.Epoch == 0 {
		return p.NVR() + "." + p.Arch
	}
	return p.NEVRA()
}

// NVR gives name-version-release.
func (p *Package) NVR() string { return p.Name + "-" + p.Version + "-" + p.Release }

// NEVRA gives name-epoch:version-release.arch, always with the epoch, as
// productmd writes it.
func (p *Package) NEVRA() string {
	return p.Name + "-" + strconv.FormatUint(uint64(p.Epoch), 10) + ":" + p.Version + "-" + p.Release + "." + p.Arch
}

// FileName gives the name that rpmbuild gives the file: name-version-release.arch.rpm.
func (p *Package) FileName() string { return p.NVR() + "." + p.Arch + ".rpm" }

// IsDebug says whether the package carries debug information, by the names
// that Pungi's solver goes by: *-debuginfo, *-debuginfo-*, *-debugsource.
func (p *Package) IsDebug() bool {
	return strings.HasSuffix(p.Name, "-debuginfo") || strings.Contains(p.Name, "-debuginfo-") ||
		strings.HasSuffix(p.Name, "-debugsource")
}
