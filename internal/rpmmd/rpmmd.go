// Package rpmmd speaks rpm-md, the XML of package repositories: it renders
// the primary, filelists and other entries of one package, joins them when a
// repository is written, writes and reads repomd.xml, and reads the metadata
// of foreign repositories as a stream with bounded memory.
//
// What it writes is what createrepo_c 0.17 writes, byte for byte, with two
// exceptions that Render describes. It knows nothing of files, directories or
// the network: bytes come from an io.Reader and go to a []byte.
package rpmmd

import (
	"bytes"
	"strconv"

	"compose/internal/rpm"
)

// hole marks a place in a fragment that is filled in when a repository is
// written. XML can not hold the byte, so it marks nothing else.
//
// A primary fragment has three holes: the checksum element, the file time,
// the location element. The other two fragments have one: the package id.
const hole = 0

// Place is where a package lies in one repository.
type Place struct {
	// Href is the path of the file, relative to the repository (or to Base).
	Href string
	// Base is the URL that Href is relative to; empty for the repository's own.
	Base string
	// FileTime is the modification time of the file, in seconds since the epoch.
	FileTime int64
}

// AppendPrimary appends the whole <package> element of primary.xml, which
// ends in a newline. The checksum is p.Sum.
func AppendPrimary(dst []byte, p *rpm.Package, f rpm.Fragments, at Place) []byte {
	head, rest, _ := bytes.Cut(f.Primary, []byte{hole})
	dst = append(dst, head...)
	dst = append(dst, `  <checksum type="`...)
	dst = append(dst, p.Sum.Type...)
	dst = append(dst, `" pkgid="YES">`...)
	dst = append(dst, p.Sum.Hex...)
	dst = append(dst, "</checksum>\n"...)

	head, rest, _ = bytes.Cut(rest, []byte{hole})
	dst = append(dst, head...)
	dst = strconv.AppendInt(dst, at.FileTime, 10)

	head, rest, _ = bytes.Cut(rest, []byte{hole})
	dst = append(dst, head...)
	dst = appendLocation(dst, at)
	return append(dst, rest...)
}

func appendLocation(dst []byte, at Place) []byte {
	dst = append(dst, "  <location"...)
	if at.Base != "" {
		dst = append(dst, ` xml:base="`...)
		dst = appendAttr(dst, at.Base)
		dst = append(dst, '"')
	}
	dst = append(dst, ` href="`...)
	dst = appendAttr(dst, at.Href)
	return append(dst, "\"/>\n"...)
}

// AppendFilelists appends the whole <package> element of filelists.xml,
// which ends in a newline.
func AppendFilelists(dst []byte, p *rpm.Package, f rpm.Fragments) []byte {
	return appendWithID(dst, p, f.Filelists)
}

// AppendOther appends the whole <package> element of other.xml, which ends
// in a newline.
func AppendOther(dst []byte, p *rpm.Package, f rpm.Fragments) []byte {
	return appendWithID(dst, p, f.Other)
}

func appendWithID(dst []byte, p *rpm.Package, fragment []byte) []byte {
	head, rest, _ := bytes.Cut(fragment, []byte{hole})
	dst = append(dst, head...)
	dst = append(dst, p.Sum.Hex...)
	return append(dst, rest...)
}

// The first and the last lines of the three files; see AppendHead.
const (
	xmlDecl       = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	primaryHead   = xmlDecl + `<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="`
	filelistsHead = xmlDecl + `<filelists xmlns="http://linux.duke.edu/metadata/filelists" packages="`
	otherHead     = xmlDecl + `<otherdata xmlns="http://linux.duke.edu/metadata/other" packages="`
	extHead       = xmlDecl + `<filelists-ext xmlns="http://linux.duke.edu/metadata/filelists-ext" packages="`
)

// Kind is one of the package files of a repository.
type Kind int

// The files, in the order of repomd.xml. Every repository has the first three.
const (
	Primary Kind = iota
	Filelists
	Other
	// FilelistsExt is Filelists with the digests of the files, as
	// createrepo_c 0.21 and later write on request.
	FilelistsExt
)

// String gives the type that repomd.xml uses.
func (k Kind) String() string {
	return [...]string{"primary", "filelists", "other", "filelists-ext"}[k]
}

// AppendHead appends what stands before the first package.
func (k Kind) AppendHead(dst []byte, packages int) []byte {
	dst = append(dst, [...]string{primaryHead, filelistsHead, otherHead, extHead}[k]...)
	dst = strconv.AppendInt(dst, int64(packages), 10)
	return append(dst, "\">\n"...)
}

// AppendTail appends what stands after the last package. Like createrepo_c's
// it ends without a newline.
func (k Kind) AppendTail(dst []byte) []byte {
	return append(dst, [...]string{"</metadata>", "</filelists>", "</otherdata>", "</filelists-ext>"}[k]...)
}

// AppendPackage appends the package's entry of the file.
func (k Kind) AppendPackage(dst []byte, p *rpm.Package, f rpm.Fragments, at Place) []byte {
	switch k {
	case Primary:
		return AppendPrimary(dst, p, f, at)
	case Filelists:
		return AppendFilelists(dst, p, f)
	case Other:
		return AppendOther(dst, p, f)
	default:
		return appendWithID(dst, p, f.FilelistsExt)
	}
}
