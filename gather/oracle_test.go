package gather_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"compose/gather"
	"compose/internal/oracletest"
	"compose/internal/rpm"
	"compose/internal/rpmtest"
)

// TestOracle solves the cases on which Pungi 4.3 was run and compares, tree by
// tree, what its solver gave: packages, flags, and unresolved requirements.
func TestOracle(t *testing.T) {
	dir := os.Getenv("COMPOSE_ORACLE")
	if dir == "" {
		dir = rpmtest.Shared(t, "oracle/open")
	}
	cases, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name(), func(t *testing.T) { testOracle(t, filepath.Join(dir, c.Name())) })
	}
}

func testOracle(t *testing.T, dir string) {
	c, err := oracletest.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := loadExpected(t, c)
	if len(want.trees) == 0 && len(want.shipped) == 0 {
		t.Skip("the run ended before the first tree")
	}
	run := newOracleRun(t, c)
	for _, v := range run.order() {
		for _, arch := range v.Arches {
			if !v.Empty {
				run.solve(t, v, arch)
			}
		}
	}
	for tree, result := range run.results {
		want.compare(t, tree, result)
	}
	if want.shipped != nil {
		diff(t, "shipped", run.shipped(), want.shipped)
	}
}

// oracleRun solves the trees of a case as Pungi's gather phase does.
type oracleRun struct {
	c         *oracletest.Case
	universes map[string]*gather.Universe
	subsets   map[string][]*rpm.Package
	paths     rpm.PathIndex
	files     map[*rpm.Package][]string
	results   map[string]*gather.Result
}

func newOracleRun(t *testing.T, c *oracletest.Case) *oracleRun {
	r := &oracleRun{
		c: c, universes: map[string]*gather.Universe{}, subsets: map[string][]*rpm.Package{},
		files: map[*rpm.Package][]string{}, results: map[string]*gather.Result{}, paths: rpm.PathIndex{},
	}
	r.addFiles(c.Universe)
	var subsets map[string][]string
	if _, err := c.JSON("expected/pkgset.json", &subsets); err != nil {
		t.Fatal(err)
	}
	for arch, names := range subsets {
		var pkgs []*rpm.Package
		for _, p := range c.Universe.List {
			if slices.Contains(names, p.FileName()) {
				pkgs = append(pkgs, p)
			}
		}
		r.subsets[arch] = pkgs
		r.universes[arch] = gather.NewUniverse(arch, pkgs, r.paths)
	}
	return r
}

// addFiles indexes every path, which covers the required ones.
func (r *oracleRun) addFiles(pkgs *oracletest.Packages) {
	for _, p := range pkgs.List {
		r.files[p] = pkgs.Files[p]
		for _, f := range pkgs.Files[p] {
			r.paths[f] = append(r.paths[f], p)
		}
	}
}

// order gives the variants by type, and within a type those that are a
// lookaside before those that use it.
func (r *oracleRun) order() []*oracletest.Variant {
	var list []*oracletest.Variant
	var visit func(v *oracletest.Variant)
	visit = func(v *oracletest.Variant) {
		for _, other := range r.c.Variants {
			if slices.Contains(r.lookasideVariants(v.UID), other.UID) {
				visit(other)
			}
		}
		if !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	for _, typ := range []string{"variant", "addon", "layered-product", "optional"} {
		for _, v := range r.c.Variants {
			if v.Type == typ {
				visit(v)
			}
		}
	}
	return list
}

func (r *oracleRun) lookasideVariants(uid string) []string {
	var list []string
	pairs, _ := r.c.Conf["variant_as_lookaside"].([]any)
	for _, p := range pairs {
		if pair := p.([]any); pair[0] == uid {
			list = append(list, pair[1].(string))
		}
	}
	return list
}

func (r *oracleRun) solve(t *testing.T, v *oracletest.Variant, arch string) {
	in := r.input(t, v, arch)
	result, err := gather.Gather(context.Background(), in)
	if err != nil {
		t.Fatalf("%s.%s: %v", v.UID, arch, err)
	}
	r.results[v.UID+"."+arch] = result
}

func (r *oracleRun) input(t *testing.T, v *oracletest.Variant, arch string) gather.Input {
	in := gather.Input{Universe: r.withLookaside(t, v, arch), Compat: gather.CompatPungi43}
	if r.nodeps() {
		in.Method = gather.NoDeps
	}
	switch r.c.Conf["greedy_method"] {
	case "all":
		in.Greedy = gather.GreedyAll
	case "build":
		in.Greedy = gather.GreedyBuild
	}
	in.FullTree = r.c.Bool("gather_fulltree") || v.Type != "variant"
	in.SelfHosting = r.c.Bool("gather_selfhosting") && v.Type == "variant" || v.Type == "optional"
	if v.Type == "addon" || v.Type == "layered-product" {
		for _, p := range r.results[v.Parent.UID+"."+arch].Packages {
			if p.Kind == gather.Source {
				in.FullTreeExcludes = append(in.FullTreeExcludes, p.Pkg.Name)
			}
		}
	}
	for _, rel := range v.Relatives(arch) {
		r.addComps(t, &in, rel, arch)
		r.addPatterns(&in.Packages, r.c.ForTree("additional_packages", rel.UID, arch), rel.UID)
	}
	r.addPatterns(&in.Filters, r.c.ForTree("filter_packages", v.UID, arch), v.UID)
	r.addSystemRelease(&in, v, arch)
	r.addPrepopulate(t, &in, v, arch)
	for _, m := range r.c.ForTree("multilib", v.UID, arch) {
		in.Multilib.Methods = append(in.Multilib.Methods, gather.MultilibMethod(m))
	}
	r.addPatterns(&in.Multilib.Whitelist, r.c.ForArch("multilib_whitelist", arch), arch)
	r.addPatterns(&in.Multilib.Blacklist, r.c.ForArch("multilib_blacklist", arch), arch)
	in.Multilib.EachPath = r.eachPath
	return in
}

func (r *oracleRun) addComps(t *testing.T, in *gather.Input, v *oracletest.Variant, arch string) {
	comps, err := r.c.Comps(v.UID, arch)
	if err != nil {
		t.Fatal(err)
	}
	use := comps.Use(v)
	ofComps := func(name string) gather.Pattern {
		p := gather.Pattern{Text: name, Origin: "comps of " + v.UID}
		if in.Method == gather.NoDeps {
			p.Arch = arch
		}
		return p
	}
	for _, name := range use.Packages {
		in.Packages = append(in.Packages, ofComps(name))
	}
	for _, c := range use.Conditionals {
		in.Conditional = append(in.Conditional, gather.Conditional{Package: ofComps(c[0]), Requires: c[1]})
	}
	for _, l := range comps.Langpacks {
		in.Langpacks = append(in.Langpacks, gather.Langpack{Name: l.Name, Install: gather.Pattern{Text: l.Install}})
	}
}

func (r *oracleRun) addPatterns(list *[]gather.Pattern, texts []string, origin string) {
	for _, text := range texts {
		*list = append(*list, gather.Pattern{Text: text, Origin: origin})
	}
}

func (r *oracleRun) addPrepopulate(t *testing.T, in *gather.Input, v *oracletest.Variant, arch string) {
	if r.c.Conf["gather_prepopulate"] == nil {
		return
	}
	var trees map[string]map[string]map[string][]string
	if _, err := r.c.JSON(r.c.Conf["gather_prepopulate"].(string), &trees); err != nil {
		t.Fatal(err)
	}
	for _, names := range trees[v.UID][arch] {
		r.addPatterns(&in.Prepopulate, names, "prepopulate")
	}
}

func (r *oracleRun) addSystemRelease(in *gather.Input, v *oracletest.Variant, arch string) {
	if !r.c.Bool("filter_system_release_packages") {
		return
	}
	if v.Parent != nil {
		v = v.Parent
	}
	add, filter := gather.SystemRelease(r.subsets[arch], v.UID)
	in.Packages = append(in.Packages, add...)
	in.Filters = append(in.Filters, filter...)
}

func (r *oracleRun) eachPath(p *rpm.Package, fn func([]byte) bool) error {
	for _, f := range r.files[p] {
		if !fn([]byte(strings.TrimSuffix(f, "/"))) {
			return nil
		}
	}
	return nil
}

func (r *oracleRun) withLookaside(t *testing.T, v *oracletest.Variant, arch string) *gather.Universe {
	u := r.universes[arch]
	var aside []*rpm.Package
	for _, url := range r.c.ForTree("gather_lookaside_repos", v.UID, arch) {
		pkgs, err := r.c.Lookaside(url)
		if err != nil {
			t.Fatal(err)
		}
		r.addFiles(pkgs)
		aside = append(aside, pkgs.List...)
	}
	for tree, result := range r.results {
		uid, a, _ := strings.Cut(tree, ".")
		if !slices.Contains(r.lookasideVariants(v.UID), uid) {
			continue
		}
		for _, p := range result.Packages { // of other architectures the sources only
			if a == arch || p.Kind == gather.Source {
				aside = append(aside, p.Pkg)
			}
		}
	}
	if len(aside) == 0 {
		return u
	}
	return u.WithLookaside(aside, r.paths)
}
