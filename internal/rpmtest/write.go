package rpmtest

import (
	"cmp"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"compose/internal/rpm"
)

const (
	modeType  = 0o170000
	modeDir   = 0o040000
	modeReg   = 0o100000
	modeLink  = 0o120000
	fileGhost = 1 << 6
)

// Write writes one file per package below dir and gives their paths in the
// order of pkgs. The bytes depend on the packages alone.
func Write(dir string, pkgs []Package) ([]string, error) {
	var paths []string
	for i := range pkgs {
		b, err := pkgs[i].Bytes()
		if err != nil {
			return nil, fmt.Errorf("writing %s: %w", pkgs[i].FileName(), err)
		}
		name := pkgs[i].FileName()
		if pkgs[i].Dir != "" {
			name = pkgs[i].Dir + "/" + name
		}
		if !filepath.IsLocal(name) {
			return nil, fmt.Errorf("writing %s: not below the target", name)
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// Bytes gives the content of the RPM file.
func (p Package) Bytes() ([]byte, error) {
	p.fill()
	raw := p.archive()
	payload, err := p.compress(raw)
	if err != nil {
		return nil, err
	}
	main, err := p.mainHeader(raw, payload)
	if err != nil {
		return nil, err
	}
	sig, err := p.signatureHeader(main, payload, raw)
	if err != nil {
		return nil, err
	}
	out := append(p.lead(), sig...)
	for len(out)%8 != 0 {
		out = append(out, 0)
	}
	return slices.Concat(out, main, payload), nil
}

// fill sets the defaults, in a copy of the caller's package.
func (p *Package) fill() {
	p.Summary = cmp.Or(p.Summary, p.Name)
	p.Description = cmp.Or(p.Description, p.Summary)
	p.License = cmp.Or(p.License, "MIT")
	p.Group = cmp.Or(p.Group, "Unspecified")
	p.BuildHost = cmp.Or(p.BuildHost, "builder.invalid")
	p.BuildTime = cmp.Or(p.BuildTime, DefaultTime)
	p.BuildArch = cmp.Or(p.BuildArch, "x86_64")
	p.Files = slices.Clone(p.Files)
	for i := range p.Files {
		f := &p.Files[i]
		f.Mode = cmp.Or(f.Mode, modeReg|0o644)
		f.User, f.Group = cmp.Or(f.User, "root"), cmp.Or(f.Group, "root")
		switch {
		case f.Size != 0:
		case f.Mode&modeType == modeLink:
			f.Size = int64(len(f.Link))
		default:
			f.Size = int64(len(f.Data))
		}
	}
	slices.SortStableFunc(p.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
}

func (p *Package) lead() []byte {
	lead := make([]byte, 96)
	copy(lead, []byte{0xed, 0xab, 0xee, 0xdb, 3, 0})
	if p.Format == 6 {
		lead[4] = 4
	} else {
		lead[9], lead[77] = 1, 1
	}
	if p.IsSource() {
		lead[7] = 1
	}
	copy(lead[10:75], p.NVR())
	lead[79] = 5
	return lead
}

// The tags of the signature header that hold digests and sizes.
const (
	sigSHA1        = 269
	sigLongSize    = 270
	sigLongArchive = 271
	sigSHA256      = 273
	sigSHA3        = 279
	sigReserved    = 999
	sigSize        = 1000
	sigMD5         = 1004
	sigArchiveSize = 1007
)

func (p *Package) signatureHeader(main, payload, raw []byte) ([]byte, error) {
	sig := &header{}
	if err := p.sign(sig, main, payload); err != nil {
		return nil, err
	}
	size := uint64(len(main) + len(payload))
	if p.Format == 6 {
		s3 := sha3.Sum256(main)
		sig.str(sigSHA256, hexOf(sha256.Sum256(main)))
		sig.str(sigSHA3, hex.EncodeToString(s3[:]))
		sig.bin(sigReserved, make([]byte, 32))
		return sig.marshal(regionSignature), nil
	}
	md := md5.Sum(slices.Concat(main, payload))
	sig.bin(sigMD5, md[:])
	if p.Large {
		sig.int64s(sigLongSize, size)
		sig.int64s(sigLongArchive, uint64(len(raw)))
	} else {
		sig.int32s(sigSize, uint32(size))
		sig.int32s(sigArchiveSize, uint32(len(raw)))
	}
	if p.Format == 3 {
		return sig.marshal(0), nil
	}
	s1 := sha1.Sum(main)
	sig.str(sigSHA1, hex.EncodeToString(s1[:]))
	sig.str(sigSHA256, hexOf(sha256.Sum256(main)))
	return sig.marshal(regionSignature), nil
}

func hexOf(sum [32]byte) string { return hex.EncodeToString(sum[:]) }

// mainHeader gives the bytes of the main header.
func (p *Package) mainHeader(raw, payload []byte) ([]byte, error) {
	h := &header{}
	p.addIdentity(h)
	p.addText(h)
	if err := p.addScripts(h); err != nil {
		return nil, err
	}
	p.addDeps(h)
	p.addFiles(h)
	p.addPayload(h, raw, payload)
	for _, t := range p.Extra {
		if err := h.apply(t); err != nil {
			return nil, err
		}
	}
	if p.Format == 3 {
		return h.marshal(0), nil
	}
	return h.marshal(regionImmutable), nil
}

func (p *Package) addIdentity(h *header) {
	h.str(1000, p.Name)
	h.str(1001, p.Version)
	h.str(1002, p.Release)
	if p.Epoch != nil {
		h.int32s(1003, *p.Epoch)
	}
	h.int32s(1006, p.BuildTime)
	h.str(1007, p.BuildHost)
	h.str(1021, "linux")
	if p.IsSource() {
		h.str(1022, p.BuildArch)
		h.int32s(1106, 1)
	} else {
		h.str(1022, p.Arch)
		h.strNonEmpty(1044, p.SourceRPM)
	}
	if p.Arch == "nosrc" {
		h.int32s(1051, 0) // NOSOURCE: the first source is left out
	}
	h.strs(1059, p.ExcludeArch)
	h.strs(1061, p.ExclusiveArch)
	h.strNonEmpty(5096, p.Modularity)
	h.str(1064, "4.18.0")
	if p.Format != 3 {
		h.str(5062, "utf-8")
	}
	if p.Format == 6 {
		h.int32s(5114, 6)
		h.strNonEmpty(5120, strings.TrimSuffix(strings.TrimSuffix(p.SourceRPM, ".src.rpm"), ".nosrc.rpm"))
	}
}

func (p *Package) addText(h *header) {
	h.strs(100, []string{"C"})
	h.i18n(1004, p.Summary)
	h.i18n(1005, p.Description)
	h.strNonEmpty(1011, p.Vendor)
	h.str(1014, p.License)
	h.strNonEmpty(1015, p.Packager)
	h.i18n(1016, p.Group)
	h.strNonEmpty(1020, p.URL)
	var times []uint32
	var names, texts []string
	for _, c := range p.Changelogs {
		times = append(times, uint32(c.Time))
		names, texts = append(names, c.Author), append(texts, c.Text)
	}
	h.int32s(1080, times...)
	h.strs(1081, names)
	h.strs(1082, texts)
}

// The numbers of the scriptlet tags: body, interpreter, and the mark of the
// interpreter's requirement.
var scriptTags = map[string]struct {
	body, prog uint32
	mark       rpm.Sense
}{
	"pre":       {1023, 1085, rpm.ScriptPre},
	"post":      {1024, 1086, rpm.ScriptPost},
	"preun":     {1025, 1087, rpm.ScriptPreun},
	"postun":    {1026, 1088, rpm.ScriptPostun},
	"pretrans":  {1151, 1153, 1 << 7},
	"posttrans": {1152, 1154, 1 << 5},
	"verify":    {1079, 1091, 1 << 13},
}

func (p *Package) addScripts(h *header) error {
	for _, s := range p.Scripts {
		tags, ok := scriptTags[s.Kind]
		if !ok {
			return fmt.Errorf("unknown scriptlet %q", s.Kind)
		}
		h.strNonEmpty(tags.body, s.Body)
		prog := strings.Fields(cmp.Or(s.Prog, "/bin/sh"))
		if len(prog) == 1 {
			h.str(tags.prog, prog[0])
		} else {
			h.strs(tags.prog, prog)
		}
	}
	return nil
}

// addPayload writes what the header says of the payload.
func (p *Package) addPayload(h *header, raw, payload []byte) {
	h.str(1124, "cpio")
	if p.Payload == "zstd" {
		h.str(1125, "zstd")
	} else {
		h.str(1125, "gzip")
	}
	h.str(1126, "9")
	if p.Format == 3 {
		return
	}
	h.strs(5092, []string{hexOf(sha256.Sum256(payload))})
	h.int32s(5093, digestSHA256)
	h.strs(5097, []string{hexOf(sha256.Sum256(raw))})
	if p.Format != 6 {
		return
	}
	h.int64s(5112, uint64(len(payload)))
	h.int64s(5113, uint64(len(raw)))
	for tag, b := range map[uint32][]byte{5121: payload, 5122: raw} {
		s := sha512.Sum512(b)
		h.str(tag, hex.EncodeToString(s[:]))
	}
	for tag, b := range map[uint32][]byte{5123: payload, 5124: raw} {
		s := sha3.Sum256(b)
		h.str(tag, hex.EncodeToString(s[:]))
	}
}
