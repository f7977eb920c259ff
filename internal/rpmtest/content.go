package rpmtest

import (
	"cmp"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"strings"

	"compose/internal/rpm"
)

// Values of FILEDIGESTALGO and PAYLOADDIGESTALGO: OpenPGP hash numbers.
const digestSHA256 = 8

// depTags are the tags of one kind of dependency.
type depTags struct{ name, flags, version uint32 }

// addDeps writes all dependencies and the rpmlib(…) ones that the content calls for.
func (p *Package) addDeps(h *header) {
	p.addDepKind(h, depTags{1049, 1048, 1050}, slices.Concat(p.Requires, p.interpreters(), p.rpmlib()))
	p.addDepKind(h, depTags{1047, 1112, 1113}, p.Provides)
	p.addDepKind(h, depTags{1054, 1053, 1055}, p.Conflicts)
	p.addDepKind(h, depTags{1090, 1114, 1115}, p.Obsoletes)
	p.addDepKind(h, depTags{5046, 5048, 5047}, p.Recommends)
	p.addDepKind(h, depTags{5049, 5051, 5050}, p.Suggests)
	p.addDepKind(h, depTags{5052, 5054, 5053}, p.Supplements)
	p.addDepKind(h, depTags{5055, 5057, 5056}, p.Enhances)
}

func (p *Package) addDepKind(h *header, tags depTags, deps []rpm.Dep) {
	deps = slices.Clone(deps)
	slices.SortStableFunc(deps, func(a, b rpm.Dep) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.EVR, b.EVR), cmp.Compare(a.Sense, b.Sense))
	})
	var names, versions []string
	var flags []uint32
	for _, d := range slices.Compact(deps) {
		names, versions, flags = append(names, d.Name), append(versions, d.EVR), append(flags, uint32(d.Sense))
	}
	h.strs(tags.name, names)
	h.int32s(tags.flags, flags...)
	h.strs(tags.version, versions)
}

// interpreters gives the requirements that rpmbuild adds for scriptlets.
func (p *Package) interpreters() []rpm.Dep {
	var deps []rpm.Dep
	for _, s := range p.Scripts {
		prog := strings.Fields(cmp.Or(s.Prog, "/bin/sh"))
		if prog[0] != "<lua>" {
			deps = append(deps, rpm.Dep{Name: prog[0], Sense: rpm.Interp | scriptTags[s.Kind].mark})
		}
	}
	return deps
}

// rpmlib gives the features of rpm that the package needs.
func (p *Package) rpmlib() []rpm.Dep {
	var deps []rpm.Dep
	add := func(feature, version string) {
		deps = append(deps, rpm.Dep{Name: "rpmlib(" + feature + ")", Sense: rpm.RpmlibDep | rpm.Less | rpm.Equal, EVR: version})
	}
	if p.Format != 3 {
		add("CompressedFileNames", "3.0.4-1")
		add("FileDigests", "4.6.0-1")
	}
	if !p.IsSource() && p.Format != 3 {
		add("PayloadFilesHavePrefix", "4.0-1")
	}
	if p.Payload == "zstd" {
		add("PayloadIsZstd", "5.4.18-1")
	}
	if p.Large || p.Format == 6 || p.hugeFile() {
		add("LargeFiles", "4.12.0-1")
	}
	versions, rich := p.depVersions()
	if strings.Contains(versions, "~") {
		add("TildeInVersions", "4.10.0-1")
	}
	if strings.Contains(versions, "^") {
		add("CaretInVersions", "4.15.0-1")
	}
	if rich {
		add("RichDependencies", "4.12.0-1")
	}
	return deps
}

// depVersions gives all versions in one string, and whether there is a rich dependency.
func (p *Package) depVersions() (string, bool) {
	var b strings.Builder
	b.WriteString(p.Version + p.Release)
	rich := false
	for _, deps := range [][]rpm.Dep{p.Requires, p.Provides, p.Conflicts, p.Obsoletes, p.Recommends, p.Suggests, p.Supplements, p.Enhances} {
		for _, d := range deps {
			b.WriteString(d.EVR)
			rich = rich || d.IsRich()
		}
	}
	return b.String(), rich
}

const maxInt32 = 1<<32 - 1

func (p *Package) hugeFile() bool {
	return slices.ContainsFunc(p.Files, func(f File) bool { return f.Size > maxInt32 })
}

// addFiles writes the file list.
func (p *Package) addFiles(h *header) {
	p.addSizes(h)
	if len(p.Files) == 0 {
		return
	}
	var modes, rdevs []uint16
	var mtimes, flags, verify, devices, inodes []uint32
	var digests, links, users, groups, langs []string
	for i, f := range p.Files {
		modes, rdevs = append(modes, f.Mode), append(rdevs, 0)
		mtimes, flags = append(mtimes, p.BuildTime), append(flags, f.Flags)
		verify, devices, inodes = append(verify, 0xffffffff), append(devices, 1), append(inodes, uint32(i+1))
		digests, links = append(digests, p.digest(f)), append(links, f.Link)
		users, groups, langs = append(users, f.User), append(groups, f.Group), append(langs, "")
	}
	h.int16s(1030, modes...)
	h.int16s(1033, rdevs...)
	h.int32s(1034, mtimes...)
	h.strs(1035, digests)
	h.strs(1036, links)
	h.int32s(1037, flags...)
	h.strs(1039, users)
	h.strs(1040, groups)
	h.int32s(1045, verify...)
	h.int32s(1095, devices...)
	h.int32s(1096, inodes...)
	h.strs(1097, langs)
	if p.Format != 3 {
		h.int32s(5011, digestSHA256)
	}
	p.addPaths(h)
}

func (p *Package) digest(f File) string {
	if f.Mode&modeType != modeReg || f.Flags&fileGhost != 0 {
		return ""
	}
	if p.Format == 3 {
		sum := md5.Sum(f.Data)
		return hex.EncodeToString(sum[:])
	}
	return hexOf(sha256.Sum256(f.Data))
}

// addPaths writes the names: whole (OLDFILENAMES) in format 3, else split.
func (p *Package) addPaths(h *header) {
	var dirs, bases, whole []string
	var indexes []uint32
	known := map[string]uint32{}
	for _, f := range p.Files {
		dir, base := path.Split(f.Path)
		if _, ok := known[dir]; !ok {
			known[dir] = uint32(len(dirs))
			dirs = append(dirs, dir)
		}
		indexes, bases, whole = append(indexes, known[dir]), append(bases, base), append(whole, f.Path)
	}
	if p.Format == 3 {
		h.strs(1027, whole)
		return
	}
	h.int32s(1116, indexes...)
	h.strs(1117, bases)
	h.strs(1118, dirs)
}

// addSizes writes the sizes of the files and of the whole.
func (p *Package) addSizes(h *header) {
	var sizes []uint64
	var small []uint32
	total := uint64(0)
	for _, f := range p.Files {
		sizes, small = append(sizes, uint64(f.Size)), append(small, uint32(f.Size))
		if f.Flags&fileGhost == 0 && f.Mode&modeType != modeDir {
			total += uint64(f.Size)
		}
	}
	if p.Large || p.Format == 6 || p.hugeFile() {
		h.int64s(5008, sizes...)
		h.int64s(5009, total)
		return
	}
	h.int32s(1028, small...)
	if total > maxInt32 {
		h.int64s(5009, total)
		return
	}
	h.int32s(1009, uint32(total))
}
