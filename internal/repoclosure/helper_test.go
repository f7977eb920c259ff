package repoclosure_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"compose/internal/fetch"
	"compose/internal/oracletest"
	"compose/internal/repoclosure"
	"compose/internal/rpm"
	"compose/internal/rpmmd"
	"compose/internal/rpmtest"
)

// packages makes packages from a text of rpmtest.
func packages(t testing.TB, text string) []rpmtest.Package {
	t.Helper()
	list, err := rpmtest.Parse(strings.NewReader(text), "test")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// writeRepo writes the metadata of packages that need not exist.
func writeRepo(t testing.TB, dir string, pkgs *oracletest.Packages) {
	t.Helper()
	primary := rpmmd.Primary.AppendHead(nil, len(pkgs.List))
	lists := rpmmd.Filelists.AppendHead(nil, len(pkgs.List))
	for _, p := range pkgs.List {
		sum := sha256.Sum256([]byte(p.NEVRA() + fmt.Sprint(p.Provides, p.Requires, p.Conflicts, pkgs.Files[p])))
		p.Sum = rpm.Checksum{Type: "sha256", Hex: hex.EncodeToString(sum[:])}
		d := &rpm.Details{}
		for _, f := range pkgs.Files[p] {
			d.Files = append(d.Files, rpm.File{Path: f, Mode: 0o100644})
		}
		f, _ := rpmmd.Render(p, d)
		primary = rpmmd.AppendPrimary(primary, p, f, rpmmd.Place{Href: p.FileName()})
		lists = rpmmd.AppendFilelists(lists, p, f)
	}
	md := &rpmmd.Repomd{Revision: "1"}
	for name, content := range map[string][]byte{"primary": rpmmd.Primary.AppendTail(primary), "filelists": rpmmd.Filelists.AppendTail(lists)} {
		md.Data = append(md.Data, put(t, dir, name, content))
	}
	os.WriteFile(filepath.Join(dir, "repodata", "repomd.xml"), md.XML(), 0o644)
}

func put(t testing.TB, dir, typ string, content []byte) rpmmd.RepomdData {
	t.Helper()
	href := "repodata/" + typ + ".xml"
	if err := os.MkdirAll(filepath.Join(dir, "repodata"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, href), content, 0o644); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	return rpmmd.RepomdData{
		Type: typ, Href: href, Sum: rpm.Checksum{Type: "sha256", Hex: hex.EncodeToString(sum[:])}, Size: int64(len(content)),
	}
}

// repoOf writes a repository of the packages of a text.
func repoOf(t testing.TB, text string) string {
	t.Helper()
	dir := t.TempDir()
	writeRepo(t, dir, oracletest.Records(packages(t, text)))
	return dir
}

var machine = rpm.AcceptedArches("x86_64")

func client() *fetch.Client {
	return fetch.New(fetch.Options{Attempts: 1, Backoff: time.Millisecond, Stall: 5 * time.Second})
}

// run checks and gives the answer as text: "package requires" lines, then
// those that cannot be installed.
func run(t testing.TB, o repoclosure.Options) string {
	t.Helper()
	if o.Accepted == nil {
		o.Accepted = machine
	}
	r, err := repoclosure.Run(context.Background(), client(), o)
	if err != nil {
		t.Fatal(err)
	}
	return show(r)
}

func show(r *repoclosure.Report) string {
	var b bytes.Buffer
	for _, u := range r.Unresolved {
		for _, d := range u.Deps {
			fmt.Fprintf(&b, "%s from %s requires %s\n", u.Package, u.Repo, d)
		}
	}
	if r.Installable != nil {
		for _, p := range r.Installable.Problems {
			fmt.Fprintf(&b, "no %s from %s:", p.Package, p.Repo)
			for _, w := range p.Why {
				fmt.Fprintf(&b, " %s", w.Kind)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}
