package phases

import (
	"strings"

	"compose/config"
	"compose/internal/rpmmd"
	"compose/phases/event"
	"compose/pkgset"
	"compose/repo"
)

// updateinfo gives the advisories about the packages of a repository, which
// has the name of its step; nil when there are none.
func updateinfo(ev *event.Scope, cfg config.Createrepo, name string, placed []pkgset.Placed) ([]repo.Extra, error) {
	tree := strings.TrimSuffix(name, ".debug")
	dot := strings.LastIndexByte(tree, '.')
	paths := cfg.UpdateinfoFor(tree[:dot], tree[dot+1:])
	if len(paths) == 0 {
		return nil, nil
	}
	var files [][]byte
	for _, path := range paths {
		data, err := readMetadata(path.Abs)
		if err != nil {
			return nil, err
		}
		files = append(files, data)
	}
	all, err := repo.MergeUpdates(files...)
	if err != nil || all == nil {
		return nil, err
	}
	here := make(map[rpmmd.UpdatePackage]bool, len(placed))
	for _, pl := range placed {
		p := pl.Rec.Pkg
		here[rpmmd.UpdatePackage{Name: p.Name, Arch: p.Arch, EVR: p.EVR()}] = true
	}
	xml, err := repo.FilterUpdates(all, func(p rpmmd.UpdatePackage) bool {
		return here[rpmmd.UpdatePackage{Name: p.Name, Arch: p.Arch, EVR: p.EVR}]
	})
	if err != nil {
		return nil, err
	}
	if xml == nil {
		ev.Logf("no advisory is about a package of this repository")
		return nil, nil
	}
	return []repo.Extra{{Type: "updateinfo", Name: "updateinfo.xml", Data: xml}}, nil
}
