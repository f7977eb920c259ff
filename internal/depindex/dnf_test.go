package depindex_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"sort"
	"strings"
	"testing"

	"compose/internal/depindex"
	"compose/internal/oracletest"
	"compose/internal/rpm"
	"compose/internal/rpmtest"
)

// providersOf is what providers.py prints for a repository.
type providersOf map[string]map[string][]string

// TestProvidersAreThoseOfDnf compares, on random repositories, the
// requirements of each package and the providers of each requirement with
// what dnf finds in the metadata that createrepo_c makes.
func TestProvidersAreThoseOfDnf(t *testing.T) {
	rpmtest.NeedProgram(t, "createrepo_c", "/usr/bin/python3")
	if exec.Command("/usr/bin/python3", "-c", "import dnf").Run() != nil {
		if os.Getenv("COMPOSE_REQUIRE_TOOLS") == "1" {
			t.Fatal("python3-dnf is missing")
		}
		t.Skip("python3-dnf is missing")
	}
	var universes [][]rpmtest.Package
	args := []string{"testdata/providers.py"}
	for seed := range uint64(12) {
		pkgs := oracletest.Random(rand.New(rand.NewPCG(seed, 1)), 4+4*int(seed))
		universes, args = append(universes, pkgs), append(args, makeRepo(t, pkgs))
	}
	var errs bytes.Buffer
	cmd := exec.Command("/usr/bin/python3", args...)
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	dec := json.NewDecoder(bytes.NewReader(out))
	for _, pkgs := range universes {
		var want providersOf
		if err := dec.Decode(&want); err != nil {
			t.Fatal(err)
		}
		compareProviders(t, oracletest.Records(pkgs), want)
	}
}

func makeRepo(t *testing.T, pkgs []rpmtest.Package) string {
	dir := t.TempDir()
	if _, err := rpmtest.Write(dir, pkgs); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("createrepo_c", "-q", "--no-database", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return dir
}

func compareProviders(t *testing.T, pkgs *oracletest.Packages, want providersOf) {
	index := depindex.New(pkgs.List, pkgs.Paths())
	if len(want) != len(pkgs.List) {
		t.Fatalf("dnf sees %d packages of %d", len(want), len(pkgs.List))
	}
	for _, p := range pkgs.List {
		requires := map[string][]string{}
		for text, names := range want[p.NEVRA()] {
			requires[words(text)] = names
		}
		got := map[string]bool{}
		for d := range index.Requires(p) {
			got[words(d.String())] = true
			checkProviders(t, index, d, requires)
		}
		if len(got) != len(requires) {
			t.Errorf("%s: %d requirements, dnf has %d: %v, %v", p, len(got), len(requires), got, requires)
		}
	}
}

// words writes a dependency without what libsolv leaves out when it prints
// one: the epoch 0, and parentheses around a part of the same operator.
func words(text string) string {
	return strings.NewReplacer(" 0:", " ", "(", "", ")", "").Replace(text)
}

func checkProviders(t *testing.T, index *depindex.Index, d rpm.Dep, requires map[string][]string) {
	names, known := requires[words(d.String())]
	if !known {
		t.Errorf("dnf does not have the requirement %s", d)
	}
	var list []string
	for _, p := range index.Providers(d) {
		list = append(list, p.NEVRA())
	}
	sort.Strings(list)
	if !slices.Equal(list, names) {
		t.Errorf("%s: providers %v, dnf finds %v", d, list, names)
	}
	if index.Satisfied(d) != (len(names) > 0) {
		t.Errorf("%s: satisfied is %v, dnf finds %v", d, index.Satisfied(d), names)
	}
}
