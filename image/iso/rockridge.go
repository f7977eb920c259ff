package iso

import (
	"io/fs"
	"strings"
	"time"
)

// field is one system use field of SUSP or Rock Ridge, at most 255 bytes.
type field []byte

// newField starts a field of version 1 with the given content.
func newField(sig string, content ...byte) field {
	f := field{sig[0], sig[1], byte(4 + len(content)), 1}
	return append(f, content...)
}

// The text that identifies Rock Ridge, as readers expect it.
const (
	rockID     = "RRIP_1991A"
	rockText   = "THE ROCK RIDGE INTERCHANGE PROTOCOL PROVIDES SUPPORT FOR POSIX FILE SYSTEM SEMANTICS"
	rockSource = "PLEASE CONTACT DISC PUBLISHER FOR SPECIFICATION SOURCE.  SEE PUBLISHER IDENTIFIER IN PRIMARY VOLUME DESCRIPTOR FOR CONTACT INFORMATION."
)

// rockFields gives the fields of a folder's own record (".") or of that of its
// parent ("..").
func (t *tree) rockFields(d *node, id string) []field {
	n := d
	if id == idParent {
		n = d.views[primary].parent
	}
	out := []field{n.px(), n.tf()}
	if d == t.root && id == idSelf { // the text goes behind: it has no room in the record
		er := append([]byte{byte(len(rockID)), byte(len(rockText)), byte(len(rockSource)), 1}, rockID+rockText+rockSource...)
		out = []field{newField("SP", 0xbe, 0xef, 0), out[0], out[1], newField("ER", er...)}
	}
	if d.away && id == idParent {
		out = append(out, newField("PL", both32(d.parent.views[primary].sector)...))
	}
	return out
}

// rock gives the fields of an entry in a folder.
func (t *tree) rock(e entry) []field {
	n := e.node
	out := nameFields(n.name)
	out = append(out, n.px(), n.tf())
	if n.target != "" {
		out = append(out, linkFields(n.target)...)
	}
	if e.role == placeholder {
		out = append(out, newField("CL", both32(n.views[primary].sector)...))
	}
	if e.role == moved || n == t.deep {
		out = append(out, newField("RE"))
	}
	return out
}

// Types of files in POSIX modes.
const (
	modeFile = 0o100000
	modeDir  = 0o040000
	modeLink = 0o120000
)

// px is the POSIX mode, the number of links and the owner, as mkisofs
// -rational-rock has them: all may read, none may write, root owns.
func (n *node) px() field {
	mode, links := uint32(modeFile|0o444), uint32(1)
	switch n.mode.Type() {
	case fs.ModeDir:
		mode, links = modeDir|0o555, 2+n.subdirs
	case fs.ModeSymlink:
		mode = modeLink | 0o777
	default:
		if n.mode&0o111 != 0 {
			mode |= 0o111
		}
		links = n.data.links
	}
	var b []byte
	for _, v := range []uint32{mode, links, 0, 0} {
		b = append(b, both32(v)...)
	}
	return newField("PX", b...)
}

// tf is the time of the last change.
func (n *node) tf() field { return newField("TF", append([]byte{0x02}, shortTime(n.modTime)...)...) }

// shortTime is the time in a folder's record, in UTC.
func shortTime(unix int64) []byte {
	t := time.Unix(unix, 0).UTC()
	return []byte{byte(t.Year() - 1900), byte(t.Month()), byte(t.Day()), byte(t.Hour()), byte(t.Minute()), byte(t.Second()), 0}
}

// maxPiece is the most content of a field that may be split.
const maxPiece = 250

// nameFields give the true name, in pieces where it is long.
func nameFields(name string) []field {
	var out []field
	for len(name) > maxPiece {
		out = append(out, newField("NM", append([]byte{1}, name[:maxPiece]...)...))
		name = name[maxPiece:]
	}
	return append(out, newField("NM", append([]byte{0}, name...)...))
}

// linkFields give the target of a symbolic link, component by component. A
// field ends inside of a component where it can: some readers lose the slash
// between two fields otherwise.
func linkFields(target string) []field {
	var out []field
	var cur []component
	size := 0
	flush := func() {
		now, carry := cut(cur)
		out = append(out, linkField(1, now))
		cur, size = carry, 0
		for _, c := range carry {
			size += 2 + len(c.name)
		}
	}
	for _, c := range linkComponents(target) {
		for {
			room := maxPiece - size - 2
			if len(c.name) <= room {
				break
			}
			if room >= 16 {
				cur, size = append(cur, component{flags: 1, name: c.name[:room]}), maxPiece
				c.name = c.name[room:]
			}
			flush()
		}
		cur, size = append(cur, c), size+2+len(c.name)
	}
	return append(out, linkField(0, cur))
}

// cut moves the end of the last name in a field, and what follows it, to the
// next field.
func cut(all []component) (now, carry []component) {
	for i := len(all) - 1; i >= max(len(all)-8, 0); i-- {
		c := all[i]
		if n := len(c.name) - 1; c.flags == 0 && n > 0 {
			now = append(now, all[:i]...)
			now = append(now, component{flags: 1, name: c.name[:n]})
			carry = append(carry, component{name: c.name[n:]})
			return now, append(carry, all[i+1:]...)
		}
		if c.flags == 1 {
			break
		}
	}
	return all, nil
}

func linkField(more byte, components []component) field {
	b := []byte{more}
	for _, c := range components {
		b = append(append(b, c.flags, byte(len(c.name))), c.name...)
	}
	return newField("SL", b...)
}

// component is one part of a symbolic link's target: a name, or by its flags
// the folder itself, the parent, or the root.
type component struct {
	flags byte
	name  string
}

func linkComponents(target string) []component {
	var out []component
	if strings.HasPrefix(target, "/") {
		out = append(out, component{flags: 8})
	}
	for name := range strings.SplitSeq(target, "/") {
		switch name {
		case "":
		case ".":
			out = append(out, component{flags: 2})
		case "..":
			out = append(out, component{flags: 4})
		default:
			out = append(out, component{name: name})
		}
	}
	return out
}
