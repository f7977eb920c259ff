package modulemd

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadPath(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if _, err := ReadPath(dir, "defaults", ".yaml", ".yml"); err == nil || err.Error() != "reading defaults: no file with a name that ends in .yaml or .yml" {
		t.Errorf("an empty folder: %v", err)
	}
	one := write("b.yaml", defaultsDoc("b", `stream: "1"`))
	write("a.yaml", defaultsDoc("a", `stream: "2"`))
	write("README", "not YAML: [")
	if err := os.Mkdir(filepath.Join(dir, "folder.yaml"), 0o755); err != nil {
		t.Fatal(err)
	}
	files, err := ReadPath(dir, "defaults", ".yaml")
	if err != nil || len(files) != 2 || files[0].Defaults[0].Module != "a" {
		t.Fatalf("%v, %d files", err, len(files))
	}
	if x, err := Once(files); err != nil || len(x.Defaults) != 2 {
		t.Errorf("%v, %v", x, err)
	}
	if _, err := Once(append(files, files[0])); err == nil || err.Error() != "module a has defaults in two files" {
		t.Errorf("twice: %v", err)
	}
	if files, err := ReadPath(one, "one"); err != nil || len(files) != 1 {
		t.Errorf("a file: %v", err)
	}
	write("c.yaml", "---\nx: 1\n")
	if _, err := ReadPath(dir, "defaults", ".yaml"); err == nil || !strings.HasPrefix(err.Error(), "reading defaults/c.yaml:2: ") {
		t.Errorf("a broken file: %v", err)
	}
	if _, err := ReadPath(filepath.Join(dir, "none"), "none"); err == nil {
		t.Error("a file that is not there is read")
	}
}

func TestReadCompressed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "modules.yaml.gz")
	write := func(text string) {
		t.Helper()
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		z := gzip.NewWriter(f)
		_, err = z.Write([]byte(text))
		if err == nil {
			err = z.Close()
		}
		if err == nil {
			err = f.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	write(defaultsDoc("a", `stream: "2"`))
	if x, err := ReadFile(path, "modules"); err != nil || x.DefaultStream("a") != "2" {
		t.Errorf("%v", err)
	}
	write(strings.Repeat("#", maxFile+1))
	if _, err := ReadFile(path, "modules"); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("a bomb: %v", err)
	}
}
