package main

import (
	"bytes"
	"strings"
	"testing"

	"compose/phases/compare"
)

func TestDiffText(t *testing.T) {
	d := &compare.Difference{
		Old: "A-1", New: "A-2", Notes: []string{"A-1: 3 files are not there"},
		Trees: []compare.Tree{
			{Tree: "S.x86_64", Old: &compare.Totals{Packages: 2, Bytes: 2048}, New: &compare.Totals{Packages: 3, Debug: 1, Source: 1, Bytes: 1024}, Changes: []compare.Change{
				{What: compare.Upgraded, Name: "up", Arch: "noarch", OldArch: "x86_64", Old: "1-1", New: "2-1", OldSize: 2048, NewSize: 1024},
				{What: compare.Moved, Name: "m", Arch: "noarch", Old: "1-1", New: "2-1", From: "T.x86_64"},
				{What: compare.Resigned, Name: "r", Arch: "noarch", Old: "1-1", New: "1-1", NewKey: "abcd"},
				{What: compare.Changed, Name: "c", Arch: "noarch", Old: "1-1", New: "1-1", OldSize: 1, NewSize: 2},
			}},
			{Tree: "New.x86_64", New: &compare.Totals{}},
			{Tree: "Old.x86_64", Old: &compare.Totals{}},
		},
		Builds: []compare.Build{
			{What: compare.Removed, Name: "gone", Old: "1-1", RPMs: []string{"gone"}, OldSize: 10, Unreadable: "no such file"},
			{What: compare.Upgraded, Name: "up", Old: "1-1", New: "2-1", Summary: "Does\nPackage: x \x1b[2J", RPMs: []string{"up", "up-b"},
				AddedRPMs: []string{"up-b"}, RemovedRPMs: []string{"up-a"}, OldSize: 2048, NewSize: 1024, More: 2,
				Changes: []compare.Entry{{Date: "2024-03-09", Author: "Eve\n\n===== <e@example>\u202e", Text: "- one\n- two\x07\n"}}},
		},
	}
	var out bytes.Buffer
	if err := (&diffFlags{}).print(&out, d); err != nil {
		t.Fatal(err)
	}
	want := `OLD: A-1
NEW: A-2
note: A-1: 3 files are not there

===== SUMMARY =====
Added packages:          0  0 B
Dropped packages:        1  10 B
Upgraded packages:       1  1.0 KiB, -1.0 KiB
Downgraded packages:     0  0 B

===== TREES =====
S.x86_64: 3 packages, 1 debug, 1 source, 1.0 KiB, -1.0 KiB, 1 upgraded, 1 moved, 1 resigned, 1 changed
New.x86_64: new, 0 packages, 0 debug, 0 source, 0 B
Old.x86_64: gone, 0 packages, 0 debug, 0 source, 0 B

===== S.x86_64 =====
upgraded    up.x86_64 -> noarch 1-1 -> 2-1, -1.0 KiB
moved       m.noarch 1-1 -> 2-1, from T.x86_64
resigned    r.noarch 1-1, key none -> abcd
changed     c.noarch 1-1, +1 B

===== DROPPED PACKAGES =====
Package:      gone-1-1
RPMs:         gone
Size:         10 B
Unreadable:   no such file

===== UPGRADED PACKAGES =====
Package:      up-2-1
Old package:  up-1-1
Summary:      Does Package: x \x1b[2J
RPMs:         up up-b
Added RPMs:   up-b
Dropped RPMs: up-a
Size:         1.0 KiB
Size change:  -1.0 KiB
Changelog:
  * 2024-03-09 Eve ===== <e@example>\u202e
  - one
  - two\a
  and 2 more entries
`
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
	if strings.Contains(diffSummary(d), "UPGRADED") {
		t.Error("the summary has more than numbers")
	}
}
