package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The limits. When one hurts, the design is wrong, not the limit.
const (
	maxFileLines  = 400
	maxFuncLines  = 60
	maxParameters = 5
	maxMethods    = 4 // of an interface
)

const root = "../.."

// source is one parsed Go file; its name is relative to the module.
type source struct {
	name string
	file *ast.File
	fset *token.FileSet
}

// sources parses every Go file of the module.
func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && p != root || d.Name() == "testdata" || d.Name() == "out") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(p, ".go") {
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, p, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		out = append(out, source{filepath.ToSlash(rel), f, fset})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (s source) isTest() bool { return strings.HasSuffix(s.name, "_test.go") }

func (s source) lines(n ast.Node) int {
	return s.fset.Position(n.End()).Line - s.fset.Position(n.Pos()).Line + 1
}

// layer says what packages below a folder may import of the module. The
// longest matching folder counts.
var layers = map[string][]string{
	"cmd":              {"phases", "config", "internal"},
	"phases":           {"phases", "config", "pkgset", "gather", "repo", "image", "internal"},
	"phases/dag":       {"phases/event"},
	"phases/event":     {},
	"phases/report":    {"phases/event"},
	"config":           {"internal/rpm"},
	"pkgset":           {"internal"},
	"gather":           {"internal"},
	"repo":             {"internal"},
	"image":            {"image", "internal"},
	"image/iso":        {"internal/digest"},
	"image/fat":        {},
	"internal":         {"internal"},
	"internal/rpm":     {},
	"internal/rpmmd":   {"internal/rpm"},
	"internal/fetch":   {"internal/digest"},
	"internal/proc":    {},
	"internal/rpmtest": {"internal"},
}

// TestImportsGoOneWay keeps the layers of the design: cmd, phases, the domain
// packages, internal; siblings never import each other, and only cmd and
// phases see config.
func TestImportsGoOneWay(t *testing.T) {
	for _, s := range sources(t) {
		if s.isTest() {
			continue
		}
		dir := path.Dir(s.name)
		for _, imp := range s.file.Imports {
			target, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if target, ok := strings.CutPrefix(target, "compose/"); ok && !mayImport(dir, target) {
				t.Errorf("%s: %s must not import %s", s.name, dir, target)
			}
		}
	}
}

func mayImport(dir, target string) bool {
	for d := dir; d != "."; d = path.Dir(d) {
		allowed, ok := layers[d]
		if !ok {
			continue
		}
		if d != dir {
			allowed = append([]string{d}, allowed...) // a folder below may use the package above it
		}
		for _, a := range allowed {
			if target == a || strings.HasPrefix(target, a+"/") {
				return true
			}
		}
		return false
	}
	return false
}

func TestSizes(t *testing.T) {
	for _, s := range sources(t) {
		if s.isTest() || ast.IsGenerated(s.file) {
			continue
		}
		if n := s.fset.File(s.file.Pos()).LineCount(); n > maxFileLines {
			t.Errorf("%s: %d lines, limit %d", s.name, n, maxFileLines)
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				s.checkFunc(t, n)
			case *ast.InterfaceType:
				if n.Methods.NumFields() > maxMethods {
					t.Errorf("%s: an interface of %d methods, limit %d", s.fset.Position(n.Pos()), n.Methods.NumFields(), maxMethods)
				}
			}
			return true
		})
	}
}

func (s source) checkFunc(t *testing.T, fn *ast.FuncDecl) {
	if n := s.lines(fn); n > maxFuncLines {
		t.Errorf("%s: %s has %d lines, limit %d", s.name, fn.Name, n, maxFuncLines)
	}
	if n := fn.Type.Params.NumFields(); n > maxParameters {
		t.Errorf("%s: %s has %d parameters, limit %d", s.name, fn.Name, n, maxParameters)
	}
	for _, p := range fn.Type.Params.List {
		if id, ok := p.Type.(*ast.Ident); ok && id.Name == "bool" {
			t.Errorf("%s: %s has a boolean parameter", s.name, fn.Name)
		}
	}
}

// TestEveryPackageIsDescribed wants a sentence on what each package is for.
func TestEveryPackageIsDescribed(t *testing.T) {
	described, seen := map[string]bool{}, map[string]bool{}
	for _, s := range sources(t) {
		if s.isTest() {
			continue
		}
		dir := path.Dir(s.name)
		seen[dir] = true
		described[dir] = described[dir] || s.file.Doc != nil
	}
	for dir := range seen {
		if !described[dir] {
			t.Errorf("%s: no package comment", dir)
		}
	}
}

// TestTopLevel keeps the top-level folders to those of the design.
func TestTopLevel(t *testing.T) {
	allowed := " cmd config phases pkgset gather repo image internal testdata docs bin out build buildroot "
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !strings.Contains(allowed, " "+e.Name()+" ") {
			t.Errorf("top-level folder %s is not part of the design", e.Name())
		}
	}
}
