package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestHostile feeds files that are as large as may be and made to hurt.
func TestHostile(t *testing.T) {
	dir := folder(t)
	fill := func(s string) string { return strings.Repeat(s, maxBytes/len(s)) }
	for name, text := range map[string]string{
		"brackets":     fill("["),
		"open lists":   "a = " + fill("[")[:maxBytes-4],
		"open tables":  "a = " + fill("{a=")[:maxBytes-5],
		"dotted key":   fill("a."),
		"errors":       fill("=\n"),
		"unknown keys": lines(60000, "key"),
		"twice":        fill("a = 1\n"),
		"tables":       fill("[[variant]]\n"),
		"headers":      lines(60000, "["),
		"one line":     "[gather]\ntree = [" + fill("{x=1},")[:maxBytes-17],
		"one list":     "tree_arches = [" + fill("'a',")[:maxBytes-16] + "]",
		"long value":   "comps = \"" + fill("x")[:maxBytes-10] + "\"",
		"long key":     fill("x")[:maxBytes-4] + "=1",
		"quotes":       fill("\""),
		"NUL":          fill("\x00"),
		"spaces":       fill(" "),
		"no UTF-8":     fill("\xff\n"),
		"description":  "[compose]\ndiscinfo_description = \"" + fill("{x}")[:maxBytes-40] + "\"",
		"addresses":    "[[pkgset]]\nurl = \"" + fill("$x")[:maxBytes-40] + "\"",
	} {
		t.Run(name, func(t *testing.T) {
			if len(text) > maxBytes {
				text = text[:maxBytes]
			}
			_, bad := loadText(t, dir, text)
			if n := strings.Count(bad, "\n"); bad == "" || n > maxComplaints {
				t.Errorf("%d complaints: %.300s", n, bad)
			}
			if len(bad) > maxComplaints*400 {
				t.Errorf("%d bytes of complaints: %.300s", len(bad), bad)
			}
		})
	}
}

// lines makes n different lines.
func lines(n int, begin string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(begin)
		for ; i > 0; i /= 26 {
			b.WriteByte('a' + byte(i%26))
		}
		if begin == "[" {
			b.WriteString("]\n")
		} else {
			b.WriteString(" = 1\n")
		}
	}
	return b.String()
}

// TestUnreadable wants one line for a file that cannot be read.
func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large.toml")
	write(t, large, strings.Repeat(" ", maxBytes+1))
	for name, want := range map[string]string{
		filepath.Join(dir, "none.toml"): "no such file or directory",
		dir:                             "is a directory",
		large:                           "larger than 1 MiB, so it is no configuration",
	} {
		_, err := Load(name, nil)
		if err == nil || err.Error() != name+": "+want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Load(os.DevNull, nil); err == nil || !strings.Contains(err.Error(), "release.name: required key is missing") {
		t.Errorf("an empty file: %v", err)
	}
}
