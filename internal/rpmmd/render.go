package rpmmd

import (
	"slices"
	"strconv"

	"compose/internal/rpm"
)

// changelogLimit is createrepo_c's default of --changelog-limit.
const changelogLimit = 10

// Render makes the fragments of one package from its header: what
// createrepo_c writes, byte for byte, with two exceptions. createrepo_c drops
// a package that has a control character anywhere; Render drops the
// characters, since an installable package must not be missing for the sake
// of its description. And where createrepo_c writes what no XML parser
// accepts (overlong UTF-8, surrogates, U+FFFE), Render does not.
//
// The fragments own their memory. The warnings say, by kind of text, what
// could not be written as it was; they do not name the package.
func Render(p *rpm.Package, d *rpm.Details) (rpm.Fragments, []string) {
	return RenderIn(nil, p, d)
}

// RenderIn is Render in the memory of buf, as far as that has the room; what
// it held is overwritten.
func RenderIn(buf []byte, p *rpm.Package, d *rpm.Details) (rpm.Fragments, []string) {
	if n := sizeHint(p, d); n > cap(buf) {
		buf = make([]byte, 0, n)
	}
	r := renderer{dst: buf[:0]}
	return r.fragments(p, d), r.warnings()
}

func (r *renderer) fragments(p *rpm.Package, d *rpm.Details) rpm.Fragments {
	a := len(r.primary(p, d))
	b := a + len(r.filelists(p, d))
	c := b + len(r.other(p, d))
	all := r.dst[:c] // the buffer may have moved meanwhile
	return rpm.Fragments{Primary: all[:a:a], Filelists: all[a:b:b], Other: all[b:c:c], Joined: all}
}

// RenderListed makes the fragments of a package that metadata lists: nothing
// is left out of what it says (Entry.Details, and Listed's Files and
// Changelogs, newest first, in it). Only the files of primary.xml are those
// that IsPrimary says, whichever the metadata had. What createrepo_c wrote
// comes out as it was.
func RenderListed(p *rpm.Package, d *rpm.Details) rpm.Fragments {
	r := renderer{dst: make([]byte, 0, sizeHint(p, d)), listed: true}
	return r.fragments(p, d)
}

func sizeHint(p *rpm.Package, d *rpm.Details) int {
	n := 2048 + len(d.Description) + 64*(len(p.Provides)+len(p.Requires))
	for i := range d.Files {
		n += len(d.Files[i].Path) + 32
	}
	for i := range d.Changelogs[:min(len(d.Changelogs), changelogLimit)] {
		n += len(d.Changelogs[i].Text) + 128
	}
	return n
}

// renderer appends to one buffer, from which cut takes the fragments.
type renderer struct {
	dst    []byte
	cutAt  int
	faults [kinds]fault
	listed bool // from metadata, not from a header
}

// The kinds of text that a warning can name.
const (
	aField = iota
	aDescription
	aDependency
	aFile
	aChangelog
	kinds
)

func (r *renderer) warnings() []string {
	var out []string
	for i, f := range r.faults {
		what := [kinds]string{"header field", "description", "dependency", "file name", "changelog"}[i]
		if f&faultLatin != 0 {
			out = append(out, what+": not UTF-8, read as ISO 8859-1")
		}
		if f&faultForbidden != 0 {
			out = append(out, what+": characters that XML forbids are dropped")
		}
	}
	return out
}

func (r *renderer) cut() []byte {
	f := r.dst[r.cutAt:len(r.dst):len(r.dst)]
	r.cutAt = len(r.dst)
	return f
}

func (r *renderer) raw(s string) { r.dst = append(r.dst, s...) }

func (r *renderer) int(n int64) { r.dst = strconv.AppendInt(r.dst, n, 10) }

func (r *renderer) text(s string, kind int) {
	var f fault
	r.dst, f = escape(r.dst, s, inText)
	r.faults[kind] |= f
}

// attr writes ` name="value"`; name brings its leading space and its `="`.
func (r *renderer) attr(name, value string, kind int) {
	r.raw(name)
	var f fault
	r.dst, f = escape(r.dst, value, inAttr)
	r.faults[kind] |= f
	r.raw(`"`)
}

// element writes one line of text in an element: open is "  <name>" and
// close "</name>\n".
func (r *renderer) element(open, value, close string) {
	r.raw(open)
	r.text(value, aField)
	r.raw(close)
}

func (r *renderer) version(p *rpm.Package) {
	r.raw(`  <version epoch="`)
	r.int(int64(p.Epoch))
	r.attr(`" ver="`, p.Version, aField)
	r.attr(` rel="`, p.Release, aField)
	r.raw("/>\n")
}

func (r *renderer) primary(p *rpm.Package, d *rpm.Details) []byte {
	r.element("<package type=\"rpm\">\n  <name>", p.Name, "</name>\n")
	r.element("  <arch>", rpmmdArch(p), "</arch>\n")
	r.version(p)
	r.dst = append(r.dst, hole)
	r.element("  <summary>", d.Summary, "</summary>\n")
	r.raw("  <description>")
	r.text(d.Description, aDescription)
	r.raw("</description>\n")
	r.element("  <packager>", d.Packager, "</packager>\n")
	r.element("  <url>", d.URL, "</url>\n")
	r.raw(`  <time file="`)
	r.dst = append(r.dst, hole)
	r.raw(`" build="`)
	r.int(p.BuildTime)
	r.raw("\"/>\n  <size package=\"")
	r.int(p.Size)
	r.raw(`" installed="`)
	r.int(p.Installed)
	r.raw(`" archive="`)
	r.int(d.ArchiveSize)
	r.raw("\"/>\n")
	r.dst = append(r.dst, hole)
	r.format(p, d)
	r.raw("</package>\n")
	return r.cut()
}

func (r *renderer) format(p *rpm.Package, d *rpm.Details) {
	r.element("  <format>\n    <rpm:license>", d.License, "</rpm:license>\n")
	r.element("    <rpm:vendor>", d.Vendor, "</rpm:vendor>\n")
	r.element("    <rpm:group>", d.Group, "</rpm:group>\n")
	r.element("    <rpm:buildhost>", d.BuildHost, "</rpm:buildhost>\n")
	r.element("    <rpm:sourcerpm>", p.SourceRPM, "</rpm:sourcerpm>\n")
	r.raw(`    <rpm:header-range start="`)
	r.int(p.HeaderStart)
	r.raw(`" end="`)
	r.int(p.HeaderEnd)
	r.raw("\"/>\n")
	r.dependencies(p, d)
	for i := range d.Files {
		if IsPrimary(d.Files[i].Path) {
			r.raw("  ")
			r.file(&d.Files[i], "")
		}
	}
	r.raw("  </format>\n")
}

// rpmmdArch is the architecture as createrepo_c writes it, which does not
// know nosrc.
func rpmmdArch(p *rpm.Package) string {
	if p.IsSource() {
		return "src"
	}
	return p.Arch
}

// file writes an entry of a file list, with a digest unless that is empty.
func (r *renderer) file(f *rpm.File, digest string) {
	switch {
	case f.IsDir():
		r.raw(`  <file type="dir"`)
	case f.IsGhost():
		r.raw(`  <file type="ghost"`)
	default:
		r.raw("  <file")
	}
	if digest != "" {
		r.attr(` hash="`, digest, aFile)
	}
	r.raw(">")
	r.text(f.Path, aFile)
	r.raw("</file>\n")
}

// open writes the first line of an entry in filelists and other.
func (r *renderer) open(p *rpm.Package) {
	r.raw(`<package pkgid="`)
	r.dst = append(r.dst, hole)
	r.attr(`" name="`, p.Name, aField)
	r.attr(` arch="`, rpmmdArch(p), aField)
	r.raw(">\n")
	r.version(p)
}

func (r *renderer) filelists(p *rpm.Package, d *rpm.Details) []byte {
	r.open(p)
	for i := range d.Files {
		r.file(&d.Files[i], "")
	}
	r.raw("</package>\n")
	return r.cut()
}

func (r *renderer) other(p *rpm.Package, d *rpm.Details) []byte {
	r.open(p)
	log := d.Changelogs
	if !r.listed {
		log = lastChanges(log)
	}
	for _, c := range slices.Backward(log) {
		r.attr(`  <changelog author="`, c.Author, aChangelog)
		r.raw(` date="`)
		r.int(c.Time)
		r.raw(`">`)
		r.text(c.Text, aChangelog)
		r.raw("</changelog>\n")
	}
	r.raw("</package>\n")
	return r.cut()
}

// lastChanges gives the newest entries as createrepo_c shows them: authors
// without trailing blanks, and of entries with one time each newer one a
// second later, because old readers sort by time. log is not changed.
func lastChanges(log []rpm.Changelog) []rpm.Changelog {
	out := slices.Clone(log[:min(len(log), changelogLimit)])
	last := int64(0)
	for i := range out {
		for a := out[i].Author; len(a) > 1 && a[len(a)-1] == ' '; {
			a = a[:len(a)-1]
			out[i].Author = a
		}
		if out[i].Time != last {
			last = out[i].Time
			continue
		}
		for j, t := i-1, last; j >= 0 && out[j].Time == t; j-- {
			out[j].Time++
			t++
		}
	}
	return out
}
