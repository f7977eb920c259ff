// Package phases turns a configuration into the plan of a compose and runs
// it. It is wiring only: each file adds the steps of one phase, and the work
// is done by the domain packages, which meet here and nowhere else.
package phases

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"compose/config"
	"compose/image"
	"compose/internal/fetch"
	"compose/internal/inputs"
	"compose/internal/rpm/store"
	"compose/internal/scm"
	"compose/phases/dag"
	"compose/phases/event"
	"compose/phases/report"
	"compose/phases/reuse"
	"compose/pkgset"
)

// Options are what a plan depends on beside the configuration.
type Options struct {
	Identity Identity
	Layout   Layout
	// CacheDir keeps the package store and downloads; "" works without one.
	CacheDir string
	// Jobs bounds how many steps compute at once; 0 is the number of cores.
	Jobs int
	// Memory bounds what steps take together, in bytes; 0 is what there is.
	Memory int64
	// Just and Skip name phases to run alone, or to leave out
	// (Pungi's --just-phase and --skip-phase).
	Just, Skip []string
	// JustStep is a glob for the names of steps: these and what they need run,
	// nothing else. Such a run makes no compose: STATUS is DOOMED afterwards.
	JustStep string
	// Version is the version of this program.
	Version string
	// Time is the time stamp that goes into the output. DiscTime is how
	// .discinfo and media.repo spell it; empty means seconds with six decimals,
	// as Pungi does where SOURCE_DATE_EPOCH is not set.
	Time     time.Time
	DiscTime string
	// Previous is the folder of an earlier finished compose that gates compare
	// with; "" is none.
	Previous string
	// Steps is what is remembered of earlier composes; nil makes all steps anew.
	Steps     *reuse.Memory
	rehearsal *rehearsal
	resumed   bool
	// Lock takes down the inputs of the compose, or holds it to those of a lock
	// file; nil does neither.
	Lock *inputs.Lock
	// Fetch says how patient to be with servers; the zero value is for use.
	Fetch fetch.Options
}

// plan is a plan in the making: what the functions that add steps share.
type plan struct {
	*dag.Plan
	built    *Built
	cfg      *config.Config
	dirs     Layout
	variants []config.Variant // those with packages, in the order of the configuration, nested ones behind their parent
	trees    []Tree           // of these variants
	arches   []string         // of the trees, sorted
	jobs     int
	time     time.Time
	stamp    string // the same as .discinfo spells it
	memory   *reuse.Memory
	resumed  bool // there may be files of before the compose was interrupted
	// rehearsal, where it is set, notes what would run: see Against.
	rehearsal *rehearsal
	images    []imageSet
	git       *scm.Git
	lock      *inputs.Lock
}

// perTree is a promise for each tree.
type perTree[T any] map[Tree]dag.Promise[T]

// Plan builds the whole graph of a compose. It reads nothing but its
// arguments and writes nothing. Every call is one phase.
func Plan(cfg *config.Config, o Options) (*Built, error) {
	chosen, err := choosePhases(o.Just, o.Skip)
	if err != nil {
		return nil, err
	}
	p := newPlan(cfg, o)
	cache := p.addCache(o)
	p.addLockedFiles(cfg, o.Lock)
	groups := p.addComps(cfg)
	sets := p.addPkgsets(cfg, cache)
	aside := p.addLookasides(cfg, cache)
	lists := p.addLists(cfg)
	modules := p.addModules(cfg, sets)
	packages := p.addSubsets(cfg, subsetInput{cache, sets, aside, groups, lists})
	solved := p.addGather(cfg, gatherInput{cache, packages, groups, aside, lists, modules})
	picks := p.addTrim(cfg, solved)
	checked := p.addCheckPicks(cfg, checkInput{packages, picks, aside})
	links := p.addLink(cfg.Link, cache, linkInput{packages, picks, checked})
	manifest := p.addRPMs(cfg, o.Identity, rpmsInput{packages, picks, links})
	certs := p.addProductIDs(cfg, manifest)
	repos := p.addCreaterepo(cfg.Createrepo, createrepoInput{links, groups, modules, certs})
	extra := p.addExtraFiles(cfg, o.Identity, extraInput{cache, sets})
	p.addGates(cfg, links, o.Previous)
	boots := p.addBuildinstall(cfg, bootInput{cache, packages, groups, o.Identity})
	infos := p.addTreeinfo(cfg, links, certs, boots)
	p.addRepoclosure(cfg, closureInput{packages, picks, aside, checked, closureAnswers(o)})
	discs := isoInput{links: links, repos: repos, treeinfo: infos, extra: extra, boots: boots, id: o.Identity}
	p.addCreateiso(cfg, discs)
	p.addExtraISOs(cfg, discs, extraInput{cache, sets})
	roots := rootInput{packages, links, repos, o.Identity}
	p.addRootfs(cfg, roots)
	p.addImageTasks(cfg, roots)
	p.addImageGates(cfg, o.Previous)
	p.addImageMetadata(cfg, o.Identity)
	p.addMetadata(cfg, o.Identity, metadataInput{links, modules, repos, certs})
	if err := p.skipPhases(chosen); err != nil {
		return nil, err
	}
	return p.built, errors.Join(p.onlySteps(o.JustStep), p.allot(), p.checkImages(), p.Check(o.pools()))
}

// Built is a plan that is ready to run, and what its steps leave for after
// the run.
type Built struct {
	Dag    *dag.Plan
	store  *store.Store  // set by the step that opens it
	parts  *store.Filler // see cache
	fetch  *fetch.Client // see cache
	counts []report.TreeCount
	// deliveries are what may fail, or is at least listed in deliverables.json.
	deliveries []delivery
	// What the steps need, for the look before the run.
	programs []need
	refs     []gitRef
	sources  []pkgset.Source
}

// close releases what the steps opened, and gives remarks of the store.
func (b *Built) close() ([]string, error) {
	if b.fetch != nil {
		b.fetch.Close()
	}
	if b.store == nil {
		return nil, nil
	}
	told := len(b.store.Notes())
	var notes []string
	if b.parts != nil {
		if err := b.parts.Commit(); err != nil {
			notes = append(notes, "compressed parts of repositories are not kept: "+err.Error())
		}
	}
	err := b.store.Close()
	return append(notes, b.store.Notes()[told:]...), err
}

func newPlan(cfg *config.Config, o Options) *plan {
	p := &plan{Plan: dag.New(), cfg: cfg, dirs: o.Layout, jobs: jobs(o.Jobs), time: o.Time, memory: o.Steps, stamp: cmp.Or(o.DiscTime, image.Timestamp(o.Time.Unix()))}
	p.rehearsal, p.resumed = o.rehearsal, o.resumed
	p.git, p.lock = &scm.Git{Dir: o.Layout.Work("global", "git")}, o.Lock
	p.built = &Built{Dag: p.Plan}
	for _, v := range cfg.ActiveVariants() {
		if v.IsEmpty {
			continue
		}
		p.variants = append(p.variants, v)
		for _, arch := range v.Arches {
			p.trees = append(p.trees, treeOf(v, arch))
			p.arches = append(p.arches, arch)
		}
	}
	slices.Sort(p.arches)
	p.arches = slices.Compact(p.arches)
	return p
}

// treeOf is the tree of a variant on an architecture, or its source tree.
func treeOf(v config.Variant, arch string) Tree {
	t := Tree{Variant: v.UID(), Arch: arch}
	if v.Type == "addon" {
		t.Host = v.Parent
	}
	return t
}

func jobs(n int) int {
	if n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// phase is a part of the plan that can be run alone or left out.
type phase struct {
	name  string
	needs []string
}

// phaseTable lists the phases in their order. The ones that --skip-phase
// may not name (cache, comps, metadata) always run, as Pungi's init does.
var phaseTable = []phase{
	{"pkgset", nil},
	{"gather", []string{"pkgset"}},
	{"link", []string{"gather"}},
	{"createrepo", []string{"link"}},
	{"gates", nil},
	{"buildinstall", []string{"pkgset"}},
	{"treeinfo", nil},
	{"repoclosure", []string{"gather"}},
	{"rootfs", []string{"link"}},
	{"task", []string{"createrepo"}},
	{"extrafiles", []string{"pkgset"}},
	{"productid", nil},
	{"createiso", []string{"link", "createrepo", "treeinfo"}},
	{"extraiso", []string{"link", "createrepo", "treeinfo"}},
}

// PhaseNames are the phases that can be skipped or run alone.
func PhaseNames() []string {
	names := make([]string, len(phaseTable))
	for i, ph := range phaseTable {
		names[i] = ph.name
	}
	return names
}

// choosePhases gives for each phase that does not run the reason.
func choosePhases(just, skip []string) (map[string]string, error) {
	for _, name := range slices.Concat(just, skip) {
		if !slices.Contains(PhaseNames(), name) {
			return nil, fmt.Errorf("phases: there is no phase %q; phases are %s", name, strings.Join(PhaseNames(), ", "))
		}
	}
	out := map[string]string{}
	for _, ph := range phaseTable {
		switch {
		case slices.Contains(skip, ph.name):
			out[ph.name] = "--skip-phase " + ph.name
		case len(just) > 0 && !slices.Contains(just, ph.name):
			out[ph.name] = "not named by --just-phase"
		}
	}
	return out, nil
}

// checkPhases refuses a phase that would run without what it needs. A phase
// without steps needs nothing.
func (p *plan) checkPhases(skipped map[string]string) error {
	there := map[string]bool{}
	for _, s := range p.Steps() {
		there[event.Phase(s.Name())] = true
	}
	var faults []string
	for _, ph := range phaseTable {
		if skipped[ph.name] != "" || !there[ph.name] {
			continue
		}
		for _, need := range ph.needs {
			if reason := skipped[need]; reason != "" {
				faults = append(faults, fmt.Sprintf("%s needs %s, which would not run (%s)", ph.name, need, reason))
			}
		}
	}
	if len(faults) > 0 {
		return fmt.Errorf("phases: %s", strings.Join(faults, "; "))
	}
	return nil
}

// skipPhases marks the steps of phases that do not run. A phase that runs must
// not need one that does not.
func (p *plan) skipPhases(reasons map[string]string) error {
	for _, s := range p.Steps() {
		if reason := reasons[event.Phase(s.Name())]; reason != "" {
			s.Skip(reason)
		}
	}
	return p.checkPhases(reasons)
}
