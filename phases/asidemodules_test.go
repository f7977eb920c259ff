package phases_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"compose/config"
	"compose/internal/composetest"
	"compose/internal/rpmtest"
	"compose/phases"
)

// TestModulesAside looks aside to a repository with module streams: packages
// of its default streams are used, those of others are as good as not there,
// as they are for dnf.
func TestModulesAside(t *testing.T) {
	rpmtest.NeedProgram(t, "createrepo_c", "modifyrepo_c")
	work := filepath.Dir(composetest.Setup(t, "modules"))
	aside := filepath.Join(work, "packages", "all")
	all := filepath.Join(work, "modules.yaml")
	var text []byte
	for _, name := range []string{"modulemd/modulemd.x86_64.txt", "defaults/nodejs.yaml"} {
		b, err := os.ReadFile(filepath.Join(work, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, b...)
	}
	if err := os.WriteFile(all, text, 0o644); err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(work, "own")
	if err := os.Mkdir(own, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"webapp-1-1.noarch.rpm", "script-1-1.noarch.rpm"} {
		if err := os.Rename(filepath.Join(aside, name), filepath.Join(own, name)); err != nil {
			t.Fatal(err)
		}
	}
	command(t, "createrepo_c", "-q", aside)
	command(t, "modifyrepo_c", "--mdtype=modules", all, filepath.Join(aside, "repodata"))
	solved, err := phases.Solve(t.Context(), phases.SolveOptions{
		Arch: "x86_64", Repos: []string{own}, Lookaside: []string{aside}, Note: func(string) {},
		Tree: config.GatherTree{Add: []string{"webapp", "script"}}, CacheDir: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	record := string(solved.JSON())
	for word, want := range map[string]bool{
		`"package":"nodejs-0:18-2.x86_64","kind":"rpm","flags":["lookaside"]`:                                                              true,
		`"package":"perl-0:5.40-1.x86_64","kind":"rpm","flags":["lookaside"]`:                                                              true,
		`"package":"nodejs-0:22-1.x86_64"`:                                                                                                 false,
		`"hidden":"nodejs-0:22-1.x86_64","cause":"apart","pattern":"belongs to module nodejs:22:1:c0ffee00, which the tree does not have"`: true,
		`"hidden":"perl-0:5.30-1.x86_64","cause":"apart"`:                                                                                  true,
	} {
		if strings.Contains(record, word) != want {
			t.Errorf("%s: %v, in\n%s", word, !want, record)
		}
	}
}

// TestModulesOfVariantAside looks aside to a variant with a default stream and
// another one: the latter counts only for a tree that has it too.
func TestModulesOfVariantAside(t *testing.T) {
	path := composetest.Setup(t, "modules")
	editConfig(t, path, `add = ["bash", "webapp", "script"]`, `add = ["bash"]`, `add = ["webapp", "perl", "redis"]`, "add = [\"webapp\"]\nlookaside_variants = [\"Server\"]")
	solved := func() string {
		r := mustCompose(t, run(t, load(t, path), runOptions(filepath.Dir(path))))
		b, err := os.ReadFile(phases.Layout{Top: r.made.Dir}.GatherResult(phases.Tree{Variant: "Client", Arch: "x86_64"}))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if got := solved(); !strings.Contains(got, `"package":"nodejs-0:18-2.x86_64","kind":"rpm","flags":["lookaside"]`) || strings.Contains(got, `"package":"nodejs-0:20-1.x86_64"`) {
		t.Errorf("without modules the tree has\n%s", got)
	}
	editConfig(t, path, "id = \"Client\"\n", "id = \"Client\"\nmodules = [\"nodejs:20\"]\n")
	if got := solved(); !strings.Contains(got, `"package":"nodejs-0:20-1.x86_64","kind":"rpm","flags":["lookaside"]`) || strings.Contains(got, `"package":"nodejs-0:18-2.x86_64"`) {
		t.Errorf("with nodejs:20 the tree has\n%s", got)
	}
}
