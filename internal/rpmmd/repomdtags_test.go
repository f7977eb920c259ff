package rpmmd

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"compose/internal/rpmtest"
)

// Tags and database versions come back as they were written, and are written
// as createrepo_c writes them.
func TestTags(t *testing.T) {
	rpmtest.NeedProgram(t, "createrepo_c")
	dir := t.TempDir()
	cmd := exec.Command("createrepo_c", "-q", "--database", "--compress-type", "gz", "--repo", "r<1>", "--repo", "r2", "--content", "c & c", "--distro", "cpe:/o:f:40,Fed \"ora\"", "--distro", "plain", "--revision", "abc", dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	theirs, err := os.ReadFile(filepath.Join(dir, "repodata/repomd.xml"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := ReadRepomd(bytes.NewReader(theirs))
	if err != nil {
		t.Fatal(err)
	}
	want := Tags{Content: []string{"c & c"}, Repo: []string{"r<1>", "r2"}, Distro: []DistroTag{{"cpe:/o:f:40", `Fed "ora"`}, {"", "plain"}}}
	if !reflect.DeepEqual(m.Tags, want) {
		t.Errorf("tags %+v", m.Tags)
	}
	if d, _ := m.Find("primary_db"); d.DatabaseVersion != 10 {
		t.Errorf("database version %d", d.DatabaseVersion)
	}
	if got := m.XML(); !bytes.Equal(got, theirs) {
		t.Errorf("writes\n%s\ncreaterepo_c writes\n%s", got, theirs)
	}
}

func TestTooManyTags(t *testing.T) {
	xml := "<repomd><tags>" + strings.Repeat("<repo/>", maxTags+1) + "</tags></repomd>"
	if _, err := ReadRepomd(strings.NewReader(xml)); err == nil || !strings.Contains(err.Error(), "more than 10000 tags") {
		t.Error(err)
	}
}
