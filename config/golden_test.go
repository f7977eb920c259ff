package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBadGolden compares all complaints about testdata/bad/NAME.toml, with
// the overrides in NAME.define, with NAME.want; -update writes that anew.
func TestBadGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases: ", err)
	}
	dir := folder(t)
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			base := strings.TrimSuffix(name, ".toml")
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			defines, err := os.ReadFile(base + ".define")
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			_, got := loadText(t, dir, string(text), strings.FieldsFunc(string(defines), func(r rune) bool { return r == '\n' })...)
			golden(t, base+".want", []byte(got+"\n"))
		})
	}
}
