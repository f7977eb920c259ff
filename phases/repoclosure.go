package phases

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"compose/config"
	"compose/gather"
	"compose/internal/results"
	"compose/internal/rpm"
	"compose/phases/dag"
	"compose/phases/event"
	"compose/repo"
)

type closureInput struct {
	packages map[string]dag.Promise[archPackages]
	picks    picks
	aside    lookasides
	checked  dag.Promise[passed]
	answers  results.Store
}

// closureAnswers keeps what was found in trees, beside the answers of compose
// repoclosure; not where results of earlier composes are not to be used.
func closureAnswers(o Options) results.Store {
	if o.CacheDir == "" || o.Steps == nil {
		return results.Store{}
	}
	return results.Store{Dir: filepath.Join(o.CacheDir, "repoclosure")}
}

// addRepoclosure checks each tree's dependencies as soon as its packages are
// known (Pungi's repoclosure, with its strictness per tree). A nested variant
// may need its parent's packages, and all may need what they look aside to.
func (p *plan) addRepoclosure(cfg *config.Config, in closureInput) {
	words := wordingOf(cfg)
	parents := map[string]string{}
	for _, v := range p.variants {
		parents[v.UID()] = v.Parent
	}
	for _, t := range p.trees {
		strictness, installable := cfg.StrictnessFor(t.Variant, t.Arch), cfg.InstallableFor(t.Variant, t.Arch)
		s := p.Add("repoclosure/"+t.String(), "cpu")
		if strictness == "off" && installable == "off" {
			s.Skip("repoclosure strictness is off")
		}
		if strictness == "fatal" || installable == "fatal" {
			// What gathering misses in all trees is told before one tree's
			// broken dependencies can end the compose.
			dag.Need(s, in.checked)
		}
		pkgs, res := dag.Need(s, in.packages[t.Arch]), in.picks.need(s, t)
		beside := p.needAside(s, cfg, in.aside, t, in.picks.solved)
		parent := func() *gather.Result { return &gather.Result{} }
		if host := (Tree{Variant: parents[t.Variant], Arch: t.Arch}); slices.Contains(p.trees, host) {
			parent = in.picks.need(s, host)
		}
		dag.Do(s, func(ctx context.Context, ev *event.Scope) (passed, error) {
			c := closureCheck{answers: in.answers, what: map[string]string{"closure": strictness, "installable": installable}}
			c.in = repo.ClosureInput{
				Packages:  binaries(res()),
				Lookaside: slices.Concat(binaries(parent()), binariesOf(beside.packages(t.Arch))),
				Paths:     pkgs().paths,
				Arches:    append(rpm.CompatArches(t.Arch), rpm.MultilibArches(t.Arch)...),
			}
			a, err := c.answer(ctx, ev)
			if err != nil {
				return passed{}, err
			}
			word := func(text string) string { return words.closure(t, text) }
			return passed{}, errors.Join(
				judge(ev, "unresolved dependencies", a.Broken, strictness, word),
				judge(ev, "of the packages cannot be installed", a.Uninstallable, installable, word))
		})
	}
}

// binaries are the binary packages that a tree ships.
func binaries(res *gather.Result) []*rpm.Package {
	var out []*rpm.Package
	for _, pk := range res.Packages {
		if pk.Kind == gather.Binary && ships(pk) {
			out = append(out, pk.Pkg)
		}
	}
	return out
}

func binariesOf(pkgs []*rpm.Package) []*rpm.Package {
	return slices.DeleteFunc(pkgs, func(p *rpm.Package) bool { return p.IsSource() })
}

// judge reports what was found as the tree's strictness says.
func judge(ev *event.Scope, what string, lines []string, strictness string, word func(string) string) error {
	if len(lines) == 0 || strictness == "off" {
		return nil
	}
	text := fmt.Sprintf("%d %s\n    %s", len(lines), what, strings.Join(lines, "\n    "))
	if strictness == "fatal" {
		return fmt.Errorf("%s", text)
	}
	ev.Warn("%s", word(text))
	return nil
}

// closureCheck is the check of one tree.
type closureCheck struct {
	in      repo.ClosureInput
	answers results.Store
	what    map[string]string // strictness of the two questions
}

// closureAnswer is what was found, one line each.
type closureAnswer struct{ Broken, Uninstallable []string }

// answer asks what is wanted, unless it was answered for the same packages.
func (c *closureCheck) answer(ctx context.Context, ev *event.Scope) (a closureAnswer, err error) {
	key := ""
	if c.answers.Dir != "" {
		key = results.Key("compose 1", c.in.Key(), fmt.Sprint(c.what["closure"] != "off", c.what["installable"] != "off"))
		if c.answers.Get(key, &a) {
			ev.Logf("the packages are those of an earlier compose, and so is the answer")
			return a, nil
		}
	}
	if c.what["closure"] != "off" {
		broken, err := repo.CheckClosure(ctx, c.in)
		if err != nil {
			return a, err
		}
		for _, b := range broken {
			a.Broken = append(a.Broken, fmt.Sprintf("%s needs %s", b.Pkg, b.Requires))
		}
	}
	if c.what["installable"] != "off" {
		bad, err := repo.CheckInstallable(ctx, c.in)
		if err != nil {
			return a, err
		}
		for _, u := range bad {
			a.Uninstallable = append(a.Uninstallable, uninstallableText(u))
		}
	}
	c.answers.Put(key, a)
	return a, nil
}

func uninstallableText(u repo.Uninstallable) string {
	if u.Undecided {
		return u.Pkg.String() + ": not decided, there are too many combinations"
	}
	return u.Pkg.String() + ":\n      " + strings.Join(u.Why, "\n      ")
}
