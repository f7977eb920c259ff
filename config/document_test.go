package config

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// documented is a key with its comment, and for a table the keys in it.
type documented struct {
	field
	path string // in dots: gather.tree.add
	doc  string // paragraphs, lines joined
	sub  []documented
	// subDoc is the comment of the struct behind a table.
	subDoc string
}

// documentedKeys gives the keys of Config with their comments, and fails for
// a key that has none.
func documentedKeys(t *testing.T) []documented {
	t.Helper()
	comments := structComments(t)
	var tables func(typ reflect.Type, path string) []documented
	tables = func(typ reflect.Type, path string) []documented {
		var out []documented
		for _, f := range fieldsOf(typ) {
			d := documented{field: f, path: join(path, f.name), doc: comments[f.goName]}
			_, goField, _ := strings.Cut(f.goName, ".")
			if !strings.HasPrefix(d.doc, goField+" ") {
				t.Errorf("%s: the comment must begin with %q", f.goName, goField)
			}
			d.doc = "`" + f.name + "`" + strings.TrimPrefix(d.doc, goField)
			if sub := f.elem(); sub != nil {
				d.sub, d.subDoc = tables(sub, d.path), comments[sub.Name()]
			}
			out = append(out, d)
		}
		return out
	}
	return tables(reflect.TypeFor[Config](), "")
}

// structComments gives the comments of structs ("Release") and their fields
// ("Release.Name"), each paragraph on one line.
func structComments(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	names, err := filepath.Glob("keys*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names, "config.go") {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok || gen.Tok != token.TYPE {
				continue
			}
			spec := gen.Specs[0].(*ast.TypeSpec)
			out[spec.Name.Name] = unwrap(gen.Doc)
			st, ok := spec.Type.(*ast.StructType)
			if !ok {
				continue
			}
			for _, f := range st.Fields.List {
				for _, n := range f.Names {
					out[spec.Name.Name+"."+n.Name] = unwrap(f.Doc)
				}
			}
		}
	}
	return out
}

func unwrap(doc *ast.CommentGroup) string {
	paragraphs := strings.Split(strings.TrimSpace(doc.Text()), "\n\n")
	for i, p := range paragraphs {
		paragraphs[i] = strings.ReplaceAll(p, "\n", " ")
	}
	return strings.Join(paragraphs, "\n\n")
}
