package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"compose/phases"
)

// mergeFlags are the flags of compose repo merge. Those that mergerepo_c has
// bear its names.
type mergeFlags struct {
	repoFlags
	out          outputFlags
	repos        []string
	dir          string
	keep, method string
	all          bool
	arches       []string
	omitBase     bool
	from, to     string
	groupfile    string
	noGroups     bool
	noModules    bool
	noUpdateinfo bool
}

func newRepoMergeCmd() *cobra.Command {
	f := &mergeFlags{}
	cmd := &cobra.Command{
		Use:   "merge [flags] REPO...",
		Short: "Make one repository of several",
		Long: `Write repodata for the packages of several repositories, in folders or at
addresses. No package is touched or fetched: locations name the repository that
a package comes from. Groups, module metadata and advisories are merged too.

Where several repositories have a package of one name and architecture, --keep
says which is taken: that of the first repository that has it (the order of the
arguments), of the last, the newest version, the latest file; all keeps every
version, each from the first repository that has it. Of several versions in one
repository the newest is taken.

The result depends on the repositories, their order and the flags only.`,
		Example: `  compose repo merge --outputdir merged /srv/base /srv/updates
  compose repo merge --keep newest -o merged https://example.com/a/ https://example.com/b/
  compose repo merge --all --archlist x86_64,noarch -o merged a b c
  compose repo merge --repo-prefix-search file:///srv --repo-prefix-replace https://cdn.example.com -o merged /srv/a /srv/b`,
		ValidArgsFunction: completeDirs,
		RunE:              func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	f.repoFlags.add(cmd)
	f.addCache(cmd)
	f.out.add(cmd, "gz")
	fl := cmd.Flags()
	fl.StringArrayVarP(&f.repos, "repo", "r", nil, "another `repository`, before the arguments (repeatable)")
	fl.StringVarP(&f.dir, "outputdir", "o", "merged_repo", "`folder` that gets the repodata")
	fl.StringVar(&f.keep, "keep", "first", "`rule` for packages of one name and architecture: first, last, newest, latest or all")
	fl.StringVar(&f.method, "method", "", "the rule by mergerepo_c's names: repo (first), nvr (newest), ts (latest)")
	fl.BoolVar(&f.all, "all", false, "the same as --keep all")
	fl.StringSliceVarP(&f.arches, "archlist", "a", nil, "take only packages of these `architectures`")
	fl.BoolVar(&f.omitBase, "omit-baseurl", false, "leave locations as they are")
	fl.StringVar(&f.from, "repo-prefix-search", "", "`start` of an address to be replaced in locations")
	fl.StringVar(&f.to, "repo-prefix-replace", "", "what takes its place")
	fl.StringVarP(&f.groupfile, "groupfile", "g", "", "groups `file` in place of the repositories' groups")
	fl.BoolVar(&f.noGroups, "nogroups", false, "do not merge groups")
	fl.BoolVar(&f.noModules, "nomodules", false, "do not merge module metadata")
	fl.BoolVar(&f.noUpdateinfo, "noupdateinfo", false, "do not merge advisories")
	cmd.MarkFlagsMutuallyExclusive("keep", "method", "all")
	cmd.MarkFlagsMutuallyExclusive("groupfile", "nogroups")
	cmd.MarkFlagsRequiredTogether("repo-prefix-search", "repo-prefix-replace")
	return cmd
}

func (f *mergeFlags) run(cmd *cobra.Command, args []string) error {
	sources := slices.Concat(f.repos, args)
	if len(sources) == 0 {
		return fmt.Errorf("no repositories given")
	}
	opt, err := f.options()
	if err != nil {
		return err
	}
	show := newRepoProgress(cmd.ErrOrStderr())
	if f.quiet {
		show.hush()
	}
	opt.Repo.Progress = show.progress
	opt.Repo.Note = func(text string) { show.note(cleanLine(text)) }
	if f.quiet {
		opt.Repo.Note = nil
	}
	res, err := phases.MergeRepos(cmd.Context(), f.access(), sources, f.dir, opt)
	show.close()
	if err != nil {
		return ended(cmd, exitDoomed, err)
	}
	return f.result(cmd, mergeReport{f.dir, res.Packages, res.Sources}, func(w io.Writer) error {
		for _, s := range res.Sources {
			fmt.Fprintf(w, "%s: %d of %s\n", cleanLine(s.Name), s.Kept, count(s.Packages, "package"))
		}
		_, err := fmt.Fprintf(w, "%s: written, %s\n", filepath.Join(f.dir, "repodata"), count(res.Packages, "package"))
		return err
	})
}

// mergeReport is the result as JSON.
type mergeReport struct {
	Dir      string               `json:"dir"`
	Packages int                  `json:"packages"`
	Sources  []phases.MergeSource `json:"sources"`
}

func (f *mergeFlags) options() (opt phases.MergeOptions, err error) {
	if opt.Repo, err = f.out.options(); err != nil {
		return opt, err
	}
	if opt.Keep, err = f.rule(); err != nil {
		return opt, err
	}
	opt.Arches, opt.OmitBase, opt.BaseFrom, opt.BaseTo = f.arches, f.omitBase, f.from, f.to
	for typ, without := range map[string]bool{"group": f.noGroups, "modules": f.noModules, "updateinfo": f.noUpdateinfo} {
		if without {
			opt.Without = append(opt.Without, typ)
		}
	}
	if f.groupfile != "" {
		if opt.Repo.Comps, err = phases.RepoGroups(f.groupfile); err != nil {
			return opt, failure(err)
		}
	}
	return opt, nil
}

func (f *mergeFlags) rule() (phases.MergeRule, error) {
	methods := map[string]phases.MergeRule{"repo": phases.MergeFirst, "nvr": phases.MergeNewest, "ts": phases.MergeLatest}
	rules := []phases.MergeRule{phases.MergeFirst, phases.MergeLast, phases.MergeNewest, phases.MergeLatest, phases.MergeAll}
	switch rule := phases.MergeRule(strings.ToLower(f.keep)); {
	case f.all:
		return phases.MergeAll, nil
	case f.method != "":
		if rule, ok := methods[f.method]; ok {
			return rule, nil
		}
		return "", fmt.Errorf("--method %q: want repo, nvr or ts", f.method)
	case slices.Contains(rules, rule):
		return rule, nil
	}
	return "", fmt.Errorf("--keep %q: want first, last, newest, latest or all", f.keep)
}
