package rpmtest

import (
	"fmt"

	"compose/internal/rpm"
)

// Package describes one RPM file to be written. Only Name, Version, Release
// and Arch are needed; everything else has a useful zero value.
type Package struct {
	Name    string
	Epoch   *uint32 // nil: no EPOCH tag
	Version string
	Release string
	// Arch is a binary architecture, "noarch", or "src" or "nosrc" for a
	// source package (whose ARCH tag is BuildArch).
	Arch      string
	BuildArch string // default x86_64; only source packages
	SourceRPM string // file name of the source package; empty in a source package

	Summary, Description       string
	License, Group, URL        string
	Vendor, Packager           string
	BuildHost                  string
	BuildTime                  uint32 // default DefaultTime
	Modularity                 string
	ExcludeArch, ExclusiveArch []string

	// The dependencies, without the rpmlib(…) ones and those of scriptlet
	// interpreters, which the writer adds. They are written sorted, as
	// rpmbuild does.
	Provides, Requires, Conflicts, Obsoletes    []rpm.Dep
	Recommends, Suggests, Supplements, Enhances []rpm.Dep

	Files      []File
	Changelogs []rpm.Changelog // newest first, as in a header
	Scripts    []Script

	// Payload is the compressor, "gzip" (the default) or "zstd"; or "empty":
	// the files are listed in the header, but the archive holds none.
	Payload string
	// Format is the RPM package format: 4 (also the zero value), 3 (no header
	// regions, whole file names, MD5 only) or 6 (64-bit sizes, SHA-256 and SHA-3).
	Format int
	// Large writes the 64-bit size tags (LONGFILESIZES, LONGSIZE) whatever the sizes.
	Large      bool
	Signatures []Signature
	// Extra tags of the main header replace what the writer would write
	// itself under the same number; a Tag without Type removes it.
	Extra []Tag

	// Dir is a folder below the target, File the name of the file when it is
	// not name-version-release.arch.rpm.
	Dir, File string
	copied    bool // made by a copy line
}

// DefaultTime is the build time and file time of packages that name none.
const DefaultTime = 1700000000

// File is one entry of the file list.
type File struct {
	Path  string
	Mode  uint16 // st_mode with type bits; 0: a regular file 0644
	Flags uint32 // RPMFILE_*: config 1, doc 2, ghost 64, license 128
	Data  []byte
	Link  string // target of a symbolic link
	User  string // default root
	Group string // default root
	// Size is the size in the header when it is not that of Data: for large
	// files in packages with an empty payload.
	Size int64
}

// Script is a scriptlet.
type Script struct {
	Kind string // pre, post, preun, postun, pretrans, posttrans, verify
	Prog string // default /bin/sh; "<lua>" needs no interpreter package
	Body string
}

// Tag is one header entry. Type is one of the names of rpm's data types in
// lower case: int8 int16 int32 int64 string bin strings i18n.
type Tag struct {
	ID     uint32
	Type   string
	Values []string // numbers in decimal or 0x form; bin: one value, hex digits
}

// Signature is an OpenPGP signature packet with the right form and the given
// key id, but with noise instead of a real signature: key ids can be read,
// nothing can be verified.
type Signature struct {
	Algo    string // rsa, dsa, ecdsa, eddsa (v4's 22), ed25519 (v6's 27)
	Version int    // of the packet: 3, 4 (also the zero value) or 6
	KeyID   string // 16 hex digits; v6: a fingerprint of 64
	// Legacy puts it over header and payload (tags PGP and GPG), as rpm before
	// 4.14 did, and not over the header alone (RSAHEADER, DSAHEADER). In format
	// 6, where all signatures are over the header, it is RSAHEADER or DSAHEADER
	// in place of OPENPGP.
	Legacy bool
}

// IsSource says whether it is a source package.
func (p *Package) IsSource() bool { return p.Arch == "src" || p.Arch == "nosrc" }

// NVR gives name-version-release.
func (p *Package) NVR() string { return p.Name + "-" + p.Version + "-" + p.Release }

// FileName is the name of the file that Write makes, without Dir.
func (p *Package) FileName() string {
	if p.File != "" {
		return p.File
	}
	return p.NVR() + "." + p.Arch + ".rpm"
}

// EVR gives [epoch:]version-release.
func (p *Package) EVR() string {
	if p.Epoch == nil {
		return p.Version + "-" + p.Release
	}
	return fmt.Sprintf("%d:%s-%s", *p.Epoch, p.Version, p.Release)
}
