package phases

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"compose/config"
	"compose/internal/rpm"
	"compose/phases/dag"
	"compose/phases/event"
	"compose/pkgset"
	"compose/repo"
)

// loraxSources are the repositories that lorax takes packages from.
type loraxSources struct {
	repositories []string // folders and addresses
	packages     []*rpm.Package
	sums         []string // of the packages, sorted: what they stand for
}

// addLoraxSources makes a repository of the binary packages of an
// architecture: links, nothing is copied. Package sets that are repositories
// with an address are not fetched for it; lorax gets the address.
func (p *plan) addLoraxSources(cfg *config.Config, arch string, in bootInput) dag.Promise[loraxSources] {
	s := p.Add("buildinstall/repo."+arch, "disk")
	c, pkgs := dag.Need(s, in.cached), dag.Need(s, in.packages[arch])
	return dag.Do(s, func(ctx context.Context, ev *event.Scope) (loraxSources, error) {
		var out loraxSources
		remote := map[string]bool{}
		for _, set := range cfg.PkgsetsFor(arch) {
			if set.Source == "repo" && len(set.URL) > 0 {
				remote[set.Tag] = true
				out.repositories = append(out.repositories, addressFor(set, arch, cfg.Release.Version))
			}
		}
		dir := p.dirs.Work(arch, "repo")
		var jobs []pkgset.Job
		for _, x := range pkgs().subset.Packages {
			if x.IsSource() {
				continue
			}
			out.packages = append(out.packages, x)
			out.sums = append(out.sums, x.Sum.Hex)
			if e := pkgs().subset.Entry(x); !remote[e.Tag] {
				jobs = append(jobs, pkgset.Job{Entry: e, Dest: filepath.Join(dir, e.Tag, hashedDir(e.File, HashFirstLetter))})
			}
		}
		slices.Sort(out.sums)
		if len(jobs) == 0 {
			return out, nil
		}
		placed, err := pkgset.Place(ctx, jobs, pkgset.PlaceOptions{}, c().env(p.jobs, ev))
		if err != nil {
			return out, err
		}
		opt := p.repoOptions(cfg.Createrepo, ev)
		opt.Cache = c().parts
		out.repositories = slices.Insert(out.repositories, 0, dir)
		_, err = repo.Write(ctx, dir, items(dir, placed), opt)
		return out, err
	})
}

// addressFor is the address of a repository for an architecture.
func addressFor(set config.Pkgset, arch, version string) string {
	return expandAddress(set.URL[0], arch, cmp.Or(set.Releasever, version))
}

func expandAddress(s, arch, version string) string {
	return strings.NewReplacer("$basearch", arch, "$arch", arch, "$releasever", version).Replace(s)
}

// compsRepo makes a repository of nothing but the comps of the tree, as Pungi
// gives one to lorax.
func (l *loraxMaker) compsRepo(ctx context.Context, ev *event.Scope, c treeComps) (string, error) {
	dir := l.plan.dirs.Work(l.tree.Arch, "comps_repo_"+l.tree.Variant)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	opt := l.plan.repoOptions(l.cfg.Createrepo, ev)
	opt.Comps, opt.CompsName = c.xml, filepath.Base(l.plan.dirs.Comps(l.tree))
	_, err := repo.Write(ctx, dir, nil, opt)
	return dir, err
}

// installed finds out which packages are in what lorax made, from its lists:
// lorax-packages.log with a package in each line, or pkglists with a file for
// each, named by it.
func (l *loraxMaker) installed(ev *event.Scope) []imagePackage {
	var names []string
	if b, err := os.ReadFile(filepath.Join(l.logs(), "lorax-packages.log")); err == nil {
		names = strings.Fields(string(b))
	} else if list, err := os.ReadDir(filepath.Join(l.logs(), "pkglists")); err == nil {
		for _, e := range list {
			names = append(names, e.Name())
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		ev.Warn("lorax's list of packages: %v", err)
	}
	if len(names) == 0 {
		ev.Note("lorax tells of no packages")
	}
	out, unknown := matchPackages(names, l.sources().packages)
	for _, n := range unknown {
		ev.Logf("lorax installed %s, which is in none of the package sets", n)
	}
	return out
}

// matchPackages finds packages by name, the newest, or by name with version,
// release and architecture.
func matchPackages(names []string, list []*rpm.Package) (out []imagePackage, unknown []string) {
	known := map[string]*rpm.Package{}
	for _, p := range list {
		known[p.NVR()+"."+p.Arch], known[p.NEVRA()] = p, p
		if old := known[p.Name]; old == nil || newer(p, old) {
			known[p.Name] = p
		}
	}
	slices.Sort(names)
	for _, n := range slices.Compact(names) {
		if p := known[n]; p != nil {
			out = append(out, imagePackage{p.NEVRA(), p.Sum.Type + ":" + p.Sum.Hex})
		} else {
			unknown = append(unknown, n)
		}
	}
	slices.SortFunc(out, func(a, b imagePackage) int { return cmp.Compare(a.NEVRA, b.NEVRA) })
	return out, unknown
}

// newer says whether a is a later package than b.
func newer(a, b *rpm.Package) bool {
	return cmp.Or(rpm.CompareEVR(a.EVR().String(), b.EVR().String()), cmp.Compare(a.Arch, b.Arch)) > 0
}

// texts gives paths as they are used.
func texts(paths []config.Path) []string {
	var out []string
	for _, p := range paths {
		if p.IsSet() {
			out = append(out, p.Abs)
		}
	}
	return out
}
