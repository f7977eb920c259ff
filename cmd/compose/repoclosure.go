package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"compose/internal/fetch"
	"compose/internal/installcheck"
	"compose/internal/repoclosure"
	"compose/internal/rpm"
)

// repoclosureFlags are the flags of compose repoclosure.
type repoclosureFlags struct {
	repos, from, check, arches, pkgs []string
	machine, release, cacheDir       string
	newest, best                     bool
	installable, sources, json       bool
}

func newRepoclosureCmd() *cobra.Command {
	f := &repoclosureFlags{}
	cmd := &cobra.Command{
		Use:   "repoclosure [flags] [REPO...]",
		Short: "Find what packages of repositories require and nothing provides",
		Long: `Read the metadata of repositories and list the requirements that nothing in
them provides, as dnf repoclosure does and with its options: file names,
versions and rich dependencies count, and so do the build requirements of
source packages. A REPO is a folder or an address; --repofrompath gives one a
name of its own. With --check only the packages of the named repositories are
checked, and the others may answer.

--installable asks more: can each package be installed together with all it
requires, against conflicts, obsoletes, other versions of the same packages and
packages for a better architecture? It gives the answers of libsolv's
installcheck (as it is on RPM systems: Debian's takes noarch packages for
foreign ones), and for each package that cannot be installed the fewest reasons
that are to be found.

Metadata that was read is kept in the cache, and so are answers: for the same
packages and options nothing is decided twice. Modules are not looked at:
packages of all streams count.

Exit codes: 0 everything is provided (and can be installed), 1 something is
not, or failed; 2 bad usage; 130 interrupted.`,
		Example: `  compose repoclosure /srv/repo
  compose repoclosure --repofrompath new,https://example.com/44/os --repofrompath base,/srv/base --check new
  compose repoclosure --newest --arch x86_64 --arch noarch /srv/repo
  compose repoclosure --pkg 'kernel*' --forcearch aarch64 /srv/repo
  compose repoclosure --installable --json /srv/repo | jq '.installable.problems[].package'`,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
	}
	f.add(cmd)
	return cmd
}

func (f *repoclosureFlags) add(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringArrayVar(&f.from, "repofrompath", nil, "read a repository: `ID,ADDRESS` (repeatable)")
	fl.StringSliceVar(&f.repos, "repo", nil, "use only the repositories of these `ids` (repeatable)")
	fl.StringSliceVar(&f.repos, "repoid", nil, "the same as --repo")
	fl.StringSliceVar(&f.check, "check", nil, "check only the packages of the repositories of these `ids` (repeatable)")
	fl.StringSliceVar(&f.arches, "arch", nil, "check only packages of this `arch` (repeatable)")
	fl.StringVar(&f.machine, "forcearch", machineArch(), "`arch` of the machine: what it does not accept is checked, but provides nothing")
	fl.BoolVarP(&f.newest, "newest", "n", false, "look only at the newest packages of each repository")
	fl.BoolVarP(&f.best, "best", "b", false, "let only the newest of all packages provide anything")
	fl.StringSliceVar(&f.pkgs, "pkg", nil, "check only these `packages`: names or NEVRAs, with globs (repeatable)")
	fl.StringVar(&f.release, "releasever", "", "`version` that $releasever stands for in addresses")
	fl.BoolVar(&f.installable, "installable", false, "ask also whether each package can be installed")
	fl.BoolVar(&f.sources, "withsrc", false, "with --installable, ask also whether what source packages need to be built can be installed")
	fl.BoolVar(&f.json, "json", false, "print the answer as JSON")
	fl.StringVar(&f.cacheDir, "cache-dir", defaultCacheDir(), "`folder` where metadata and answers are kept; \"\" keeps nothing")
	_ = fl.MarkHidden("repoid")
}

// machineArch gives the architecture of this machine in the words of RPM.
func machineArch() string {
	names := map[string]string{"amd64": "x86_64", "arm64": "aarch64", "386": "i686", "arm": "armv7hl"}
	if name, ok := names[runtime.GOARCH]; ok {
		return name
	}
	return runtime.GOARCH // ppc64le, s390x, riscv64
}

func (f *repoclosureFlags) run(cmd *cobra.Command, args []string) error {
	o, err := f.options(args)
	if err != nil {
		return err
	}
	client := fetch.New(fetch.Options{UserAgent: "compose/" + version()})
	defer client.Close()
	report, err := repoclosure.Run(cmd.Context(), client, o)
	if err != nil {
		if cause := context.Cause(cmd.Context()); errors.As(cause, &signalError{}) {
			return &exitError{exitTerminated, cause}
		}
		return failure(err)
	}
	if f.json {
		enc := json.NewEncoder(cmd.OutOrStdout())
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		err = enc.Encode(report)
	} else {
		err = printRepoclosure(cmd.OutOrStdout(), cmd.ErrOrStderr(), report)
	}
	if err != nil {
		return failure(err)
	}
	if report.Missing > 0 || report.Installable != nil && len(report.Installable.Problems) > 0 {
		return &exitError{code: exitDoomed}
	}
	return nil
}

// options turns the flags into what is to be done.
func (f *repoclosureFlags) options(args []string) (repoclosure.Options, error) {
	o := repoclosure.Options{
		Check: f.check, Arches: f.arches, Newest: f.newest, Best: f.best, Packages: f.pkgs,
		Accepted: rpm.AcceptedArches(f.machine), Installable: f.installable, CacheDir: f.cacheDir,
	}
	switch {
	case !rpm.KnownArch(f.machine) || len(o.Accepted) == 0:
		return o, fmt.Errorf("--forcearch %q: unknown architecture", f.machine)
	case f.sources && !f.installable:
		return o, errors.New("--withsrc is for --installable")
	case f.sources:
		o.Sources = installcheck.WithSources
	}
	all, err := f.addresses(args)
	if err != nil {
		return o, err
	}
	known := func(id string) bool {
		return slices.ContainsFunc(all, func(r repoclosure.Repo) bool { return r.ID == id })
	}
	for _, id := range slices.Concat(f.repos, f.check) {
		if !known(id) {
			return o, fmt.Errorf("unknown repository %q: --repofrompath ID,ADDRESS makes it known", id)
		}
	}
	for _, r := range all {
		if len(f.repos) == 0 || slices.Contains(f.repos, r.ID) || slices.Contains(f.check, r.ID) {
			o.Repos = append(o.Repos, r)
		}
	}
	return o, nil
}

// addresses lists the repositories that are named.
func (f *repoclosureFlags) addresses(args []string) ([]repoclosure.Repo, error) {
	var all []repoclosure.Repo
	for _, text := range f.from {
		id, address, ok := strings.Cut(text, ",")
		if !ok || id == "" || address == "" {
			return nil, fmt.Errorf("--repofrompath %q: want ID,ADDRESS", text)
		}
		all = append(all, repoclosure.Repo{ID: id, Address: address})
	}
	for _, a := range args {
		all = append(all, repoclosure.Repo{ID: a, Address: a})
	}
	if len(all) == 0 {
		return nil, errors.New("no repository given: name folders or addresses, or use --repofrompath ID,ADDRESS")
	}
	vars := strings.NewReplacer(
		"$basearch", rpm.BaseArch(f.machine), "${basearch}", rpm.BaseArch(f.machine),
		"$arch", f.machine, "${arch}", f.machine, "$releasever", f.release, "${releasever}", f.release)
	for i := range all {
		a := all[i].Address
		if f.release == "" && (strings.Contains(a, "$releasever") || strings.Contains(a, "${releasever}")) {
			return nil, fmt.Errorf("address %s: $releasever has no value, use --releasever", fetch.Redact(a))
		}
		all[i].Address = vars.Replace(a)
		all[i].ID = fetch.Redact(all[i].ID)
		for j := range i {
			if all[j].ID == all[i].ID {
				return nil, fmt.Errorf("repository %q: named twice", filepath.Clean(all[i].ID))
			}
		}
	}
	return all, nil
}
