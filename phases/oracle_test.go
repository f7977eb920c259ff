package phases_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"compose/config"
	"compose/internal/oracletest"
	"compose/internal/rpmtest"
	"compose/phases/event"
)

// TestOracle makes the composes that Pungi made, with its faults, and
// compares all that both have.
func TestOracle(t *testing.T) {
	eachOracleCase(t, func(t *testing.T, dir string) {
		report := runOracle(t, dir, "pungi-4.3")
		for _, d := range report.Differences {
			t.Error(d)
		}
		if len(report.Later) > 0 {
			t.Logf("options that are not there yet: %s", strings.Join(report.Later, ", "))
		}
	})
}

// TestDifferences makes the same composes as this program would by itself:
// the packages of the cases that DIFFERENCES.md names may differ, those of no
// others.
func TestDifferences(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(rpmtest.RepoRoot(t), "testdata", "oracle", "DIFFERENCES.md"))
	if err != nil {
		t.Fatal(err)
	}
	eachOracleCase(t, func(t *testing.T, dir string) {
		listed := strings.Contains(string(text), "["+filepath.Base(dir)+"]")
		for _, d := range runOracle(t, dir, "none").Differences {
			part, _, _ := strings.Cut(d, ":")
			if !listed && slices.Contains([]string{"STATUS", "rpms.json", "composeinfo.json", "trees", "files.txt", "comps", "pkgset.json"}, part) {
				t.Error(d)
			}
		}
	})
}

// eachOracleCase runs fn for each case in $COMPOSE_ORACLE, or in the shared
// material.
func eachOracleCase(t *testing.T, fn func(t *testing.T, dir string)) {
	t.Helper()
	dir := os.Getenv("COMPOSE_ORACLE")
	if dir == "" {
		dir = rpmtest.Shared(t, "oracle/open")
	}
	cases, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name(), func(t *testing.T) { fn(t, filepath.Join(dir, c.Name())) })
	}
}

// runOracle converts a case, makes it, and compares.
func runOracle(t *testing.T, dir, compat string) *oracletest.Report {
	t.Helper()
	c, err := oracletest.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	conv, err := c.Convert(work, compat)
	if err != nil {
		t.Fatal(err)
	}
	for _, repo := range conv.Repos {
		rpmtest.NeedProgram(t, "createrepo_c")
		if out, err := exec.Command("createrepo_c", "-q", repo).CombinedOutput(); err != nil {
			t.Fatalf("createrepo_c: %v\n%s", err, out)
		}
	}
	report, err := c.Compare(makeOracle(t, work, conv), conv.Later)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// makeOracle makes the compose of a converted case.
func makeOracle(t *testing.T, work string, conv *oracletest.Converted) *oracletest.Made {
	t.Helper()
	o := runOptions(filepath.Join(work, "run"))
	o.Skip, o.DiscTime = conv.Skip, strconv.FormatInt(composeTime.Unix(), 10)
	made := &oracletest.Made{Date: composeTime.Format("20060102"), Time: o.DiscTime}
	if conv.Refused != "" {
		made.Error = conv.Refused
		return made
	}
	cfg, err := config.Load(conv.Config, nil)
	if err != nil {
		made.Error = err.Error()
		return made
	}
	r := run(t, cfg, o)
	if r.made != nil {
		made.Dir, made.ID, made.Status = r.made.Dir, r.made.ID, string(r.made.Status)
	}
	if r.err != nil {
		made.Error = r.err.Error()
	}
	for _, e := range r.facts {
		if e.Kind == event.Note && e.Level == event.Warning {
			made.Warnings = append(made.Warnings, e.Text)
		}
	}
	return made
}
