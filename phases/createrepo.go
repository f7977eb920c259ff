package phases

import (
	"context"
	"path/filepath"

	"compose/config"
	"compose/internal/modulemd"
	"compose/internal/rpm"
	"compose/internal/rpm/store"
	"compose/phases/dag"
	"compose/phases/event"
	"compose/pkgset"
	"compose/repo"
)

// addCreaterepo writes the metadata of each tree: binary packages with comps,
// debuginfo, and the variant's sources.
// The repositories of packages and of sources are handed on.
func (p *plan) addCreaterepo(cfg config.Createrepo, in createrepoInput) perTree[repo.Index] {
	out := perTree[repo.Index]{}
	for _, t := range p.trees {
		out[t] = p.addRepo(cfg, t.String(), repoStep{
			root: p.dirs.Repository(t), links: in.links[t], pick: linked.packages,
			comps: in.groups.trees[t], compsName: filepath.Base(p.dirs.Comps(t)), library: in.modules.all, modules: in.modules.trees[t],
			certs: in.certs, tree: t,
		})
		p.addRepo(cfg, t.String()+".debug", repoStep{root: p.dirs.DebugRepository(t), links: in.links[t], pick: linked.debuginfo, certs: in.certs})
	}
	for _, v := range p.variants {
		t := treeOf(v, "src")
		out[t] = p.addRepo(cfg, t.String(), repoStep{root: p.dirs.Repository(t), links: in.links[t], pick: linked.packages, certs: in.certs})
	}
	return out
}

// createrepoInput is what repositories are made of.
type createrepoInput struct {
	links   perTree[linked]
	groups  groups
	modules modules
	certs   dag.Promise[certificates]
}

// repoStep is one repository to write: its root, which of the linked files
// are in it, and its comps and module streams, if any.
type repoStep struct {
	root      string
	links     dag.Promise[linked]
	pick      func(linked) []pkgset.Placed
	comps     dag.Promise[treeComps]
	compsName string
	library   dag.Promise[moduleLibrary]
	modules   dag.Promise[modulemd.Selection]
	certs     dag.Promise[certificates]
	tree      Tree // whose certificate it has
}

func (p *plan) addRepo(cfg config.Createrepo, name string, r repoStep) dag.Promise[repo.Index] {
	s := p.Add("createrepo/"+name, "cpu")
	files, comps := dag.Need(s, r.links), dag.Want(s, r.comps)
	library, sel, certs := dag.Want(s, r.library), dag.Want(s, r.modules), dag.Want(s, r.certs)
	return dag.Do(s, func(ctx context.Context, ev *event.Scope) (repo.Index, error) {
		opt := p.repoOptions(cfg, ev)
		opt.Cache = files().parts
		if c, ok := comps(); ok {
			opt.Comps, opt.CompsName = c.xml, r.compsName
		}
		if chosen, ok := sel(); ok && len(chosen.Streams) > 0 {
			all, _ := library()
			opt.Extra = append(opt.Extra, repo.Extra{Type: "modules", Name: "modules.yaml", Data: all.index.Having(chosen.Streams).YAML()})
		}
		if all, ok := certs(); ok && all[r.tree] != nil {
			opt.Extra = append(opt.Extra, repo.Extra{Type: "productid", Name: "productid", Data: all[r.tree], Plain: true})
		}
		updates, err := updateinfo(ev, cfg, name, r.pick(files()))
		if err != nil {
			return repo.Index{}, err
		}
		opt.Extra = append(opt.Extra, updates...)
		list := items(r.root, r.pick(files()))
		if cfg.Checksum != "" && cfg.Checksum != "sha256" {
			if err := summed(list, r.root, &pkgset.FileReader{Filler: opt.Cache, Checksum: cfg.Checksum}); err != nil {
				return repo.Index{}, err
			}
		}
		return repo.Write(ctx, r.root, list, opt)
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

// summed makes sources of items that are to have another checksum than the
// one by which packages are known. Their files are read for it, once for all
// composes.
func summed(items []repo.Item, root string, reader *pkgset.FileReader) error {
	for i := range items {
		f, err := pkgset.FileAt(root, filepath.FromSlash(items[i].Href))
		if err != nil {
			return err
		}
		items[i].Rec, items[i].Source = nil, &summedFile{reader, f}
	}
	return nil
}

// summedFile is a package in a tree.
type summedFile struct {
	reader *pkgset.FileReader
	file   pkgset.File
}

// Known is repo.Source's.
func (s *summedFile) Known() *rpm.Package { return s.reader.Known(&s.file) }

// Load is repo.Source's.
func (s *summedFile) Load(ctx context.Context, buf *store.Buffer) (*rpm.Package, rpm.Fragments, error) {
	return s.reader.Load(ctx, &s.file, buf)
}
