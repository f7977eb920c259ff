package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestEveryKeyIsRead fails for a key that neither the phases nor the command
// line look at: it would be accepted and do nothing. A key counts as read
// where its struct field is selected there, or in a function of resolve*.go
// that is called from there. Two keys only say what the variants are, and
// nothing is left of them when the file is read.
func TestEveryKeyIsRead(t *testing.T) {
	for _, dir := range []string{"../phases", "../cmd/compose"} {
		if _, err := os.Stat(dir); err != nil {
			t.Skip(dir, "is not there")
		}
	}
	unread := slices.DeleteFunc(unreadKeys(t, "compose/phases/...", "compose/cmd/..."), func(key string) bool {
		return key == "variants" || key == "variant.has_optional"
	})
	if len(unread) > 0 {
		t.Errorf("read by nobody: %s", strings.Join(unread, ", "))
	}
}

// TestUnreadKeys makes sure that the test above would find something: the
// graph of steps reads no configuration.
func TestUnreadKeys(t *testing.T) {
	var all []string
	walkFields(reflect.TypeFor[Config](), "", func(table string, f field) { all = append(all, join(table, f.name)) })
	if unread := unreadKeys(t, "compose/phases/dag"); !slices.Equal(unread, all) {
		t.Errorf("%d keys are found unread, want %d", len(unread), len(all))
	}
}

// unreadKeys gives the keys that the packages do not read.
func unreadKeys(t *testing.T, patterns ...string) []string {
	t.Helper()
	read, resolvers := uses{}, map[string]uses{}
	for _, p := range listPackages(t, patterns) {
		switch {
		case p.ImportPath == "compose/config":
			p.eachFunc(t, func(file, name string, u uses) {
				if strings.HasPrefix(file, "resolve") {
					resolvers[name] = u
				}
			})
		case !p.DepOnly:
			p.eachFunc(t, func(_, _ string, u uses) { read.add(u) })
		}
	}
	for range resolvers { // one may call another
		for name, u := range resolvers {
			if read[name] {
				read.add(u)
			}
		}
	}
	var out []string
	walkFields(reflect.TypeFor[Config](), "", func(table string, f field) {
		if !read[f.goName] {
			out = append(out, join(table, f.name))
		}
	})
	return out
}

// uses are fields and methods of this package, as "Release.Name".
type uses map[string]bool

func (u uses) add(more uses) {
	for k := range more {
		u[k] = true
	}
}

// listed is a package as go list gives it, with an importer for all packages
// that were listed with it.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
	DepOnly                 bool

	fset *token.FileSet
	imp  types.Importer
}

// listPackages lists packages, all that they import, and this one.
func listPackages(t *testing.T, patterns []string) []listed {
	t.Helper()
	args := append([]string{"list", "-e", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,DepOnly", "compose/config"}, patterns...)
	out, err := exec.Command("go", args...).Output()
	if err != nil {
		t.Fatal("go list: ", err)
	}
	var list []listed
	exports := map[string]string{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		list, exports[p.ImportPath] = append(list, p), p.Export
	}
	fset := token.NewFileSet()
	imp := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("%s does not compile", path)
		}
		return os.Open(exports[path])
	})
	for i := range list {
		list[i].fset, list[i].imp = fset, imp
	}
	return list
}

// eachFunc gives the uses of every function of a package, with its file. What does not
// compile is passed over, for the compiler complains about that.
func (p listed) eachFunc(t *testing.T, fn func(file, name string, u uses)) {
	t.Helper()
	var files []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(p.fset, filepath.Join(p.Dir, name), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	info := &types.Info{Selections: map[*ast.SelectorExpr]*types.Selection{}, Defs: map[*ast.Ident]types.Object{}}
	conf := types.Config{Importer: p.imp, Error: func(error) {}}
	_, _ = conf.Check(p.ImportPath, p.fset, files, info)
	for i, f := range files {
		for _, decl := range f.Decls {
			if fd, ok := decl.(*ast.FuncDecl); ok {
				fn(p.GoFiles[i], funcName(fd), usesIn(fd, info))
			}
		}
	}
}

// funcName gives "Config.Trees" for a method.
func funcName(fd *ast.FuncDecl) string {
	if fd.Recv == nil || len(fd.Recv.List) == 0 {
		return fd.Name.Name
	}
	return strings.TrimPrefix(types.ExprString(fd.Recv.List[0].Type), "*") + "." + fd.Name.Name
}

// usesIn gives the fields and methods that a function selects, with the
// embedded structs on the way.
func usesIn(fd *ast.FuncDecl, info *types.Info) uses {
	out := uses{}
	ast.Inspect(fd, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && info.Selections[sel] != nil {
			addSelection(out, info.Selections[sel])
		}
		return true
	})
	return out
}

// addSelection follows a selection through embedded structs to the field or
// method.
func addSelection(out uses, s *types.Selection) {
	t, last := s.Recv(), len(s.Index())-1
	for n, i := range s.Index() {
		if ptr, ok := t.Underlying().(*types.Pointer); ok {
			t = ptr.Elem()
		}
		named, _ := types.Unalias(t).(*types.Named)
		if named == nil || named.Obj().Pkg() == nil || named.Obj().Pkg().Path() != "compose/config" {
			return
		}
		if n == last {
			out[named.Obj().Name()+"."+s.Obj().Name()] = true
			return
		}
		t = named.Underlying().(*types.Struct).Field(i).Type()
	}
}
