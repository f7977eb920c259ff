package main

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"compose/config"
	"compose/internal/rpm"
	"compose/phases"
	"compose/phases/event"
)

// gatherFlags are the flags of compose gather.
type gatherFlags struct {
	opt            phases.SolveOptions
	kinds          []string
	why, json, dot bool
	checkDeps      bool
	timing         bool
}

func newGatherCmd() *cobra.Command {
	f := gatherFlags{opt: phases.SolveOptions{Gather: config.Gather{Method: "deps"}}}
	cmd := &cobra.Command{
		Use:   "gather [flags] PATTERN...",
		Short: "Find the packages of one tree in any repositories",
		Long: `Run the solver alone: take the packages that the patterns, and groups of a
comps file, ask for, and all that they need, and print their names. PATTERN is
a shell glob on names, name.arch, name.+ for packages of the second word size,
or -PATTERN behind "--" for a filter. What matches nothing and what is missing
is told on standard error.

A folder with repodata is read as a repository, of any other one the packages
at whatever depth. Exit codes: 0 solved, 1 not, or with --check-deps something
is missing, 2 bad usage.`,
		Example: `  compose gather --repo https://mirror.example/44/os/ bash 'kernel*'
  compose gather --repo packages --why bash | grep -w ncurses
  compose gather --repo packages --comps comps.xml --group core --json
  compose gather --repo packages --dot bash | dot -Tsvg > bash.svg`,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.opt.Tree.Add = args
			return f.run(cmd)
		},
	}
	f.addPlaces(cmd)
	f.addSolver(cmd)
	fl := cmd.Flags()
	fl.StringSliceVar(&f.kinds, "kind", []string{"rpm"}, "print packages of this `kind`: rpm, srpm, debuginfo (repeatable)")
	fl.BoolVar(&f.why, "why", false, "print why behind each name, after a tab")
	fl.BoolVar(&f.json, "json", false, "print packages of all kinds with their reasons, what the tree does not see and what is missing, one JSON object per line")
	fl.BoolVar(&f.dot, "dot", false, "print who pulls whom as a graph for Graphviz; a large one has packages folded together")
	fl.BoolVar(&f.checkDeps, "check-deps", false, "exit with 1 when a requirement is unresolved")
	fl.BoolVar(&f.timing, "timing", false, "tell on standard error how long it took")
	cmd.MarkFlagsMutuallyExclusive("why", "json", "dot")
	complete(cmd, []string{"rpm", "srpm", "debuginfo"}, "kind")
	return cmd
}

// addPlaces adds the flags that say where packages are.
func (f *gatherFlags) addPlaces(cmd *cobra.Command) {
	o, flags := &f.opt, cmd.Flags()
	flags.StringArrayVar(&o.Repos, "repo", nil, "`address` of a repository, or folder of one or of packages (repeatable)")
	flags.StringArrayVar(&o.Lookaside, "lookaside", nil, "the same, for packages that are used but not taken (repeatable)")
	flags.StringVar(&o.Arch, "arch", nativeArch(), "`architecture` of the tree")
	flags.StringVar(&o.ReleaseVer, "releasever", "", "what $releasever stands for in addresses")
	flags.StringVar(&o.Comps, "comps", "", "comps `file` with the groups")
	flags.StringArrayVar(&o.Groups, "group", nil, "comps `group`, id or glob; without any all groups of the file (repeatable)")
	flags.StringVar(&o.CacheDir, "cache-dir", defaultCacheDir(), "`folder` of what is known of packages")
	flags.IntVarP(&o.Jobs, "jobs", "j", 0, "how much is done at once (default: the number of cores)")
	_ = cmd.MarkFlagRequired("repo")
}

// addSolver adds the flags that change the solution; they are named like the
// keys of [gather].
func (f *gatherFlags) addSolver(cmd *cobra.Command) {
	g, t, flags := &f.opt.Gather, &f.opt.Tree, cmd.Flags()
	flags.StringVar(&g.Method, "method", "deps", "deps takes what is required too, nodeps does not")
	flags.StringVar(&g.Greedy, "greedy", "none", "providers of a requirement: none but the best, build, or all")
	flags.BoolVar(&g.FullTree, "fulltree", false, "take all packages built with one that is in")
	flags.BoolVar(&g.SelfHosting, "selfhosting", false, "take what is required to build the packages")
	flags.BoolVar(&g.Recommends, "recommends", false, "follow weak dependencies")
	flags.StringVar(&g.Compat, "compat", "none", "keep the faults of another program: pungi-4.3")
	flags.StringArrayVar(&t.Filter, "filter", nil, "`pattern` of packages that must not get in (repeatable)")
	flags.StringSliceVar(&t.Multilib, "multilib", nil, "`method` of taking packages of the second word size: devel, runtime, all, file (repeatable)")
	flags.StringArrayVar(&t.MultilibNames, "multilib-name", nil, "`name` for the method file (repeatable)")
	flags.StringArrayVar(&t.MultilibWhitelist, "multilib-whitelist", nil, "`name` that goes along whatever the methods say (repeatable)")
	flags.StringArrayVar(&t.MultilibBlacklist, "multilib-blacklist", nil, "`name` of the second word size that must not get in (repeatable)")
	flags.StringSliceVar(&f.opt.FullTreeExcludes, "fulltree-exclude", nil, "source package by `name` that --fulltree does not look at (repeatable)")
	flags.StringArrayVar(&f.opt.Modules, "module", nil, "module `stream` of the tree: NAME for the default one, or NAME:STREAM[:VERSION[:CONTEXT]], globs allowed; without any the default streams of the repositories are seen (repeatable)")
	flags.StringVar(&f.opt.Variant, "variant", "", "`uid` of the tree's variant: comps entries of others do not count, and its package that provides system-release is taken")
	flags.StringArrayVar(&f.opt.Prepopulate, "prepopulate", nil, "package as `name.arch` that is wanted too (repeatable)")
	complete(cmd, []string{"deps", "nodeps"}, "method")
	complete(cmd, []string{"none", "build", "all"}, "greedy")
	complete(cmd, []string{"none", "pungi-4.3"}, "compat")
	complete(cmd, []string{"devel", "runtime", "all", "kernel", "file", "none"}, "multilib")
}

// nativeArch is the name that packages have for this machine.
func nativeArch() string {
	names := map[string]string{"amd64": "x86_64", "arm64": "aarch64", "386": "i686"}
	if name := names[runtime.GOARCH]; name != "" {
		return name
	}
	return runtime.GOARCH
}

// check refuses values that a flag cannot have.
func (f *gatherFlags) check() error {
	for _, e := range []struct {
		flag   string
		values []string
		known  []string
	}{
		{"method", []string{f.opt.Gather.Method}, []string{"deps", "nodeps"}},
		{"greedy", []string{f.opt.Gather.Greedy}, []string{"none", "build", "all"}},
		{"compat", []string{f.opt.Gather.Compat}, []string{"none", "pungi-4.3"}},
		{"multilib", f.opt.Tree.Multilib, []string{"devel", "runtime", "all", "kernel", "file", "none"}},
		{"kind", f.kinds, []string{"rpm", "srpm", "debuginfo"}},
	} {
		for _, v := range e.values {
			if !slices.Contains(e.known, v) {
				return fmt.Errorf("--%s %q: want one of %s", e.flag, v, strings.Join(e.known, ", "))
			}
		}
	}
	if !rpm.KnownArch(f.opt.Arch) {
		return fmt.Errorf("--arch %q: not a known architecture", f.opt.Arch)
	}
	if len(f.opt.Tree.Add) == 0 && f.opt.Comps == "" && len(f.opt.Prepopulate)+len(f.opt.Modules) == 0 {
		return fmt.Errorf("nothing is asked for: name packages, or give --comps or --module")
	}
	return nil
}

func (f *gatherFlags) run(cmd *cobra.Command) error {
	if err := f.check(); err != nil {
		return err
	}
	tell := func(text string) { fmt.Fprintln(cmd.ErrOrStderr(), "compose gather:", event.Clean(text)) }
	f.opt.Version, f.opt.Note = version(), tell
	solved, err := phases.Solve(cmd.Context(), f.opt)
	if err != nil {
		return failure(err)
	}
	if err := f.print(cmd.OutOrStdout(), solved); err != nil {
		return failure(err)
	}
	for _, text := range slices.Concat(solved.Unmatched(), solved.Unresolved()) {
		tell(text)
	}
	tell(solved.Count())
	if f.timing {
		t := solved.Took
		tell(fmt.Sprintf("loaded in %.3f s, indexed in %.3f s, solved in %.3f s", t.Load.Seconds(), t.Index.Seconds(), t.Solve.Seconds()))
	}
	if f.checkDeps && len(solved.Unresolved()) > 0 {
		return &exitError{code: exitDoomed}
	}
	return nil
}

func (f *gatherFlags) print(w io.Writer, solved *phases.Solved) error {
	var out []byte
	switch {
	case f.json:
		out = solved.JSON()
	case f.dot:
		out = solved.DOT(f.kinds)
	default:
		out = f.names(solved.Packages())
	}
	_, err := w.Write(out)
	return err
}

// names gives a line for each package, sorted.
func (f *gatherFlags) names(list []phases.SolvedPackage) []byte {
	var lines []string
	for _, p := range list {
		if !slices.Contains(f.kinds, p.Kind) {
			continue
		}
		line := p.Name
		if f.why {
			line += "\t" + p.Why
		}
		lines = append(lines, event.Clean(line)+"\n")
	}
	slices.Sort(lines)
	return []byte(strings.Join(lines, ""))
}
