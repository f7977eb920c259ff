package phases

import (
	"context"
	"path/filepath"

	"compose/config"
	"compose/phases/dag"
	"compose/phases/event"
	"compose/pkgset"
	"compose/repo"
)

// addCreaterepo writes the metadata of each tree: binary packages with comps,
// debuginfo, and the variant's sources.
func (p *plan) addCreaterepo(cfg config.Createrepo, links perTree[linked], groups groups) {
	for _, t := range p.trees {
		p.addRepo(cfg, t.String(), repoStep{root: p.dirs.Repository(t), links: links[t], pick: linked.packages, comps: groups.trees[t], compsName: filepath.Base(p.dirs.Comps(t))})
		p.addRepo(cfg, t.String()+".debug", repoStep{root: p.dirs.DebugRepository(t), links: links[t], pick: linked.debuginfo})
	}
	for _, v := range p.variants {
		t := treeOf(v, "src")
		p.addRepo(cfg, t.String(), repoStep{root: p.dirs.Repository(t), links: links[t], pick: linked.packages})
	}
}

// repoStep is one repository to write: its root, which of the linked files
// are in it, and its comps, if any.
type repoStep struct {
	root      string
	links     dag.Promise[linked]
	pick      func(linked) []pkgset.Placed
	comps     dag.Promise[treeComps]
	compsName string
}

func (p *plan) addRepo(cfg config.Createrepo, name string, r repoStep) {
	s := p.Add("createrepo/"+name, "cpu")
	files, comps := dag.Need(s, r.links), dag.Want(s, r.comps)
	dag.Do(s, func(ctx context.Context, ev *event.Scope) (repo.Index, error) {
		opt := p.repoOptions(cfg, ev)
		opt.Cache = files().parts
		if c, ok := comps(); ok {
			opt.Comps, opt.CompsName = c.xml, r.compsName
		}
		return repo.Write(ctx, r.root, items(r.root, r.pick(files())), opt)
	})
}

func (p *plan) repoOptions(cfg config.Createrepo, ev *event.Scope) repo.Options {
	return repo.Options{
		Checksum: cfg.Checksum, Compress: cfg.Compress,
		Timestamp: p.time.Unix(), Workers: p.jobs,
		Note:     func(text string) { ev.Note("%s", text) },
		Progress: ev.Counter("packages"),
	}
}

// items are the packages of a repository whose root is dir.
func items(dir string, placed []pkgset.Placed) []repo.Item {
	out := make([]repo.Item, len(placed))
	for i, pl := range placed {
		href, err := filepath.Rel(dir, pl.Path)
		if err != nil {
			href = pl.Path
		}
		out[i] = repo.Item{Rec: pl.Rec, Href: filepath.ToSlash(href), FileTime: pl.FileTime}
	}
	return out
}
