package rpmmd

import "compose/internal/rpm"

// RenderExt makes the FilelistsExt fragment of a package whose details have
// the digests of the files: what createrepo_c 0.21 and later write for
// --filelists-ext.
func RenderExt(p *rpm.Package, d *rpm.Details) []byte {
	r := renderer{dst: make([]byte, 0, sizeHint(p, d)+72*len(d.Files))}
	r.open(p)
	r.attr(`  <checksum type="`, d.DigestType, aField)
	r.raw("/>\n")
	for i := range d.Files {
		digest := ""
		if i < len(d.FileDigests) {
			digest = d.FileDigests[i]
		}
		r.file(&d.Files[i], digest)
	}
	r.raw("</package>\n")
	return r.cut()
}
