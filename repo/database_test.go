package repo

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"compose/internal/rpmmd"
	"compose/internal/rpmtest"
)

// The databases have the rows that createrepo_c's have, for the packages of
// testdata/rpms, such as go to the edges, and those below COMPOSE_CORPUS.
func TestDatabases(t *testing.T) {
	rpmtest.NeedProgram(t, "createrepo_c")
	edges := t.TempDir()
	if _, err := rpmtest.Write(edges, edgePackages(100)); err != nil {
		t.Fatal(err)
	}
	dirs := []string{filepath.Join(rpmtest.RepoRoot(t), "testdata/rpms"), edges}
	if dir := os.Getenv("COMPOSE_CORPUS"); dir != "" {
		dirs = append(dirs, dir)
	}
	for _, dir := range dirs {
		theirs, ours := t.TempDir(), t.TempDir()
		run(t, "createrepo_c", "--quiet", "--database", "--compress-type", "gz", "--outputdir", theirs, dir)
		if _, err := Write(context.Background(), ours, loadItems(t, dir), Options{Databases: true}); err != nil {
			t.Fatal(err)
		}
		for _, typ := range []string{"primary_db", "filelists_db", "other_db"} {
			a, b := dumpDatabase(t, ours, typ), dumpDatabase(t, theirs, typ)
			for table, want := range b {
				if dir == edges && len(want) > 0 && strings.Contains("requires provides conflicts obsoletes suggests enhances recommends supplements", table) {
					continue // a version without a comparison, which XML does not show
				}
				if diff := firstDifferent(a[table], want); diff != "" {
					t.Errorf("%s, table %s: %s", typ, table, diff)
				}
			}
			if len(a) != len(b) || len(a) < 3 {
				t.Errorf("%s: %d tables, createrepo_c has %d", typ, len(a), len(b))
			}
		}
		if d, _ := find(t, ours, "other_db"); d.DatabaseVersion != 10 {
			t.Errorf("database version %d", d.DatabaseVersion)
		}
	}
}

func firstDifferent(got, want []string) string {
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			return fmt.Sprintf("row %d of %d\n got %v\nwant %s", i, len(want), got[min(i, len(got)):min(i+1, len(got))], want[i])
		}
	}
	if len(got) > len(want) {
		return "too many rows: " + got[len(want)]
	}
	return ""
}

func find(t testing.TB, dir, typ string) (rpmmd.RepomdData, bool) {
	t.Helper()
	m, err := readRepomd(filepath.Join(dir, "repodata"))
	if err != nil {
		t.Fatal(err)
	}
	return m.Find(typ)
}

// dumpDatabase gives all rows of all tables, sorted, with packages named by
// their checksums, and the schema; where an empty text is one is not told
// from NULL.
func dumpDatabase(t *testing.T, dir, typ string) map[string][]string {
	t.Helper()
	d, ok := find(t, dir, typ)
	if !ok {
		t.Fatalf("no %s", typ)
	}
	b := metadata(t, dir, typ)
	path := filepath.Join(t.TempDir(), "db")
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	out := map[string][]string{}
	schema := query(t, db, "SELECT type, name, tbl_name, sql FROM sqlite_master")
	for _, row := range schema {
		words := strings.Fields(strings.NewReplacer("IF NOT EXISTS ", "", ";", " ;", "(", " ( ", ")", " ) ", ",", " , ").Replace(row))
		out["schema"] = append(out["schema"], strings.Join(words, " "))
		if name := words[1]; words[0] == "table" && name != "db_info" {
			from := name + " JOIN packages p ON p.pkgKey = " + name + ".pkgKey"
			if name == "packages" {
				from = "packages p"
			}
			out[name] = query(t, db, "SELECT * FROM "+from)
			for i, row := range out[name] { // without the numbers
				out[name][i] = strings.ReplaceAll(row, "<nil>", "")
			}
		}
	}
	info := query(t, db, "SELECT * FROM db_info")
	if main, _ := find(t, dir, strings.TrimSuffix(typ, "_db")); len(info) != 1 || info[0] != "10 "+main.Sum.Hex {
		t.Errorf("%s: db_info %q", typ, info)
	}
	if d.OpenSize != int64(len(b)) {
		t.Errorf("%s: size %d, not %d", typ, d.OpenSize, len(b))
	}
	for _, rows := range out {
		slices.Sort(rows)
	}
	return out
}

func query(t *testing.T, db *sql.DB, text string) []string {
	t.Helper()
	rows, err := db.Query(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer rows.Close()
	cols, _ := rows.Columns()
	var out []string
	for rows.Next() {
		values := make([]any, len(cols))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		var parts []string
		for i, v := range values {
			if v := *v.(*any); cols[i] != "pkgKey" && cols[i] != "time_file" {
				parts = append(parts, fmt.Sprint(v))
			}
		}
		out = append(out, strings.Join(parts, " "))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// Databases are the same bytes each time.
func TestDatabasesStable(t *testing.T) {
	items := madeUp(t, 300)
	var want []byte
	for range 2 {
		dir := t.TempDir()
		if _, err := Write(context.Background(), dir, items, Options{Databases: true, CompressExtra: "zst", Timestamp: 1}); err != nil {
			t.Fatal(err)
		}
		repomd, err := os.Open(filepath.Join(dir, "repodata/repomd.xml"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(repomd)
		if err != nil {
			t.Fatal(err)
		}
		if want != nil && !bytes.Equal(got, want) {
			t.Errorf("%s\n%s", got, want)
		}
		want = got
	}
}
