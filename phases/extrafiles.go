package phases

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"compose/config"
	"compose/image"
	"compose/internal/productmd"
	"compose/internal/scm"
	"compose/phases/dag"
	"compose/phases/event"
	"compose/pkgset"
)

// extraFiles are the extra files of one tree.
type extraFiles struct{ Files []productmd.ExtraFile }

// keys are the paths with checksums, for fingerprints.
func (x extraFiles) keys() []string {
	var out []string
	for _, f := range x.Files {
		for _, alg := range image.ChecksumAlgorithms() {
			if sum := f.Checksums[alg]; sum != "" {
				out = append(out, f.Path+" "+alg+":"+sum)
			}
		}
	}
	return out
}

type extraInput struct {
	cached dag.Promise[cache]
	sets   []dag.Promise[*pkgset.Set]
}

// addExtraFiles puts files into trees that no package has (Pungi's phase
// extra_files), and tells of them in extra_files.json.
func (p *plan) addExtraFiles(cfg *config.Config, id Identity, in extraInput) perTree[extraFiles] {
	out := perTree[extraFiles]{}
	var trees []Tree
	for _, v := range p.variants {
		for _, arch := range append(slices.Clone(v.Arches), "src") {
			t := treeOf(v, arch)
			if blocks := cfg.ExtraFilesFor(t.Variant, arch); len(blocks) > 0 && v.Type != "addon" {
				out[t] = p.addExtraTree(cfg, v, t, in)
				trees = append(trees, t)
			}
		}
	}
	if len(trees) == 0 {
		return out
	}
	s := p.Add("metadata/extra_files", "disk")
	var made []func() extraFiles
	for _, t := range trees {
		made = append(made, dag.Need(s, out[t]))
	}
	dag.Do(s, func(ctx context.Context, ev *event.Scope) (passed, error) {
		all := productmd.ExtraFiles{Compose: id}
		for i, t := range trees {
			if err := all.Add(t.Variant, t.Arch, p.dirs.Rel(p.dirs.OSTree(t)), made[i]().Files); err != nil {
				return passed{}, err
			}
		}
		data, err := all.JSON()
		if err != nil {
			return passed{}, err
		}
		return passed{}, writeFile(p.dirs.Metadata("extra_files.json"), data)
	})
	return out
}

// addExtraTree adds the step that fills one tree.
func (p *plan) addExtraTree(cfg *config.Config, v config.Variant, t Tree, in extraInput) dag.Promise[extraFiles] {
	s := p.Add("extrafiles/"+t.String(), "disk")
	c, sets := dag.Need(s, in.cached), needAll(s, in.sets)
	blocks := cfg.ExtraFilesFor(t.Variant, t.Arch)
	for _, b := range blocks {
		p.usesOrigin(s, b.Origin)
	}
	return dag.Do(s, func(ctx context.Context, ev *event.Scope) (extraFiles, error) {
		x := &extraMaker{plan: p, variant: v, tree: t, env: c().env(p.jobs, ev), sets: sets()}
		for _, b := range blocks {
			if err := x.add(ctx, ev, b); err != nil {
				return extraFiles{}, fmt.Errorf("extra files: %w", err)
			}
		}
		return x.finish(cfg.Media.Checksums)
	})
}

// usesOrigin says beforehand what is needed to get files from an origin.
func (p *plan) usesOrigin(s *dag.Step, o config.Origin) {
	if o.Git != "" {
		p.uses(s, "git")
		p.usesGit(s, o.Git, o.Branch)
	}
}

// extraMaker fills one tree.
type extraMaker struct {
	plan    *plan
	variant config.Variant
	tree    Tree
	env     pkgset.Env
	sets    []*pkgset.Set
	paths   []string // below the tree, in the order in which they came
}

// add brings the files of one block into the tree.
func (x *extraMaker) add(ctx context.Context, ev *event.Scope, b config.ExtraFiles) error {
	root := x.plan.dirs.OSTree(x.tree)
	to := filepath.Join(root, strings.TrimPrefix(b.Target, "/"))
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	work := x.plan.dirs.Work(x.tree.Arch)
	if err := os.MkdirAll(work, 0o755); err != nil {
		return err
	}
	stage, err := os.MkdirTemp(work, ".tmp-extra-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(stage)
	names, err := x.fetch(ctx, ev, b.Origin, stage)
	if err != nil {
		return err
	}
	for _, name := range names {
		dest := filepath.Join(to, name)
		rel := x.plan.below(x.tree, dest)
		if err := x.allowed(rel); err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(dest), 0o755); err != nil {
			return err
		}
		if err := os.Rename(filepath.Join(stage, name), dest); err != nil {
			return err
		}
		if !slices.Contains(x.paths, rel) {
			x.paths = append(x.paths, rel)
		}
	}
	return nil
}

// allowed refuses files in the places of what the compose writes itself.
func (x *extraMaker) allowed(rel string) error {
	first, _, _ := strings.Cut(rel, "/")
	if slices.Contains([]string{".treeinfo", ".discinfo", "media.repo", "extra_files.json", "repodata", PackagesDir}, first) {
		return fmt.Errorf("%s is made by the compose itself", rel)
	}
	return nil
}

// fetch gets the files of an origin into a folder.
func (x *extraMaker) fetch(ctx context.Context, ev *event.Scope, o config.Origin, to string) ([]string, error) {
	want := scm.Want{Files: o.Files, Dir: o.Dir}
	if o.RPM == "" {
		folder, err := x.plan.originFolder(ctx, ev, o)
		if err != nil {
			return nil, err
		}
		return scm.CopyFolder(ctx, folder, want, to)
	}
	packages, err := x.packages(ctx, o.RPM, filepath.Join(to, ".tmp-packages"))
	if err != nil {
		return nil, err
	}
	return scm.ExtractPackages(ctx, packages, want, to)
}

// originFolder gives the folder that files of a folder or of git lie in.
func (p *plan) originFolder(ctx context.Context, ev *event.Scope, o config.Origin) (string, error) {
	if o.Git == "" {
		return o.Folder.Abs, nil
	}
	commit, err := p.git.Commit(ctx, o.Git, o.Branch)
	if err != nil {
		return "", err
	}
	ev.Logf("git %s %s: commit %s", o.Git, o.Branch, commit)
	if err := p.lock.Note("git", strings.TrimSpace(o.Git+" "+o.Branch), commit); err != nil {
		return "", err
	}
	return p.git.Folder(ctx, o.Git, o.Branch)
}

// packages gets the packages of the sets that a pattern names, the newest of
// each name and architecture.
func (x *extraMaker) packages(ctx context.Context, pattern, dir string) ([]string, error) {
	uid, id := x.tree.Variant, x.variant.ID
	pattern = strings.NewReplacer("{arch}", x.tree.Arch, "%(arch)s", x.tree.Arch,
		"{variant_id}", id, "%(variant_id)s", id, "{variant_uid}", uid, "%(variant_uid)s", uid,
		"{variant_id_lower}", strings.ToLower(id), "%(variant_id_lower)s", strings.ToLower(id),
		"{variant_uid_lower}", strings.ToLower(uid), "%(variant_uid_lower)s", strings.ToLower(uid)).Replace(pattern)
	newest := map[[2]string]*pkgset.Entry{}
	for _, set := range x.sets {
		for _, e := range set.Entries {
			p := e.Pkg
			byName, _ := path.Match(pattern, p.Name)
			byArch, _ := path.Match(pattern, p.Name+"."+p.Arch)
			if old := newest[[2]string{p.Name, p.Arch}]; (byName || byArch) && !p.IsSource() && (old == nil || old.Pkg.EVR().Compare(p.EVR()) < 0) {
				newest[[2]string{p.Name, p.Arch}] = e
			}
		}
	}
	if len(newest) == 0 {
		return nil, fmt.Errorf("no package matches %q", pattern)
	}
	var jobs []pkgset.Job
	var entries []*pkgset.Entry
	for _, e := range newest {
		entries = append(entries, e)
		jobs = append(jobs, pkgset.Job{Entry: e, Dest: dir})
	}
	if err := pkgset.CheckSignatures(entries); err != nil {
		return nil, err
	}
	placed, err := pkgset.Place(ctx, jobs, pkgset.PlaceOptions{}, x.env)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, pl := range placed {
		out = append(out, pl.Path)
	}
	slices.Sort(out)
	return out, nil
}

// finish sums the files and tells of them in the tree, in the order of a walk
// that sees the files of a folder before its folders, as Pungi's.
func (x *extraMaker) finish(algorithms []string) (extraFiles, error) {
	slices.SortFunc(x.paths, walkOrder)
	var out extraFiles
	for _, rel := range x.paths {
		name := filepath.Join(x.plan.dirs.OSTree(x.tree), rel)
		fi, err := os.Stat(name)
		if err != nil {
			return out, err
		}
		sums, err := image.SumFile(name, algorithms)
		if err != nil {
			return out, err
		}
		out.Files = append(out.Files, productmd.ExtraFile{Path: rel, Size: fi.Size(), Checksums: sums})
	}
	data, err := productmd.TreeExtraFilesJSON(out.Files)
	if err != nil {
		return out, err
	}
	return out, writeFile(filepath.Join(x.plan.dirs.OSTree(x.tree), "extra_files.json"), data)
}

// walkOrder compares paths: in each folder files come before folders.
func walkOrder(a, b string) int {
	for {
		x, restA, deepA := strings.Cut(a, "/")
		y, restB, deepB := strings.Cut(b, "/")
		switch {
		case deepA != deepB:
			if deepA {
				return 1
			}
			return -1
		case x != y || !deepA:
			return strings.Compare(x, y)
		}
		a, b = restA, restB
	}
}
