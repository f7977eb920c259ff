package rules

import (
	"go/ast"
	"go/token"
	"strings"
	"testing"
)

// fewAlways are the files with a goroutine for each element of a list that is
// short whatever is composed, and why.
var fewAlways = map[string]string{
	"phases/preflight.go":     "the kinds of findings",
	"image/iso/fan.go":        "the digests of an image",
	"repo/packages.go":        "the kinds of metadata",
	"repo/reuse.go":           "the kinds of metadata",
	"repo/diff/diff.go":       "two repositories",
	"pkgset/walk.go":          "workers",
	"repo/merge/read.go":      "the kinds of metadata",
	"phases/notice/notice.go": "the receivers of messages",
}

// TestFanOut wants no goroutine for each element of a list of any length: a
// loop that starts goroutines counts to a number of workers, or starts them in
// an errgroup with a limit.
func TestFanOut(t *testing.T) {
	for _, src := range sources(t) {
		if strings.HasSuffix(src.name, "_test.go") || fewAlways[src.name] != "" {
			continue
		}
		for _, decl := range src.file.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Body != nil && !limits(fn.Body) {
				fanOuts(fn.Body, func(at token.Pos) {
					t.Errorf("%s:%d: a goroutine for each element of a list", src.name, src.fset.Position(at).Line)
				})
			}
		}
	}
}

// limits says whether a function limits an errgroup.
func limits(body ast.Node) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "SetLimit" {
			found = true
		}
		return !found
	})
	return found
}

// fanOuts finds the starts of goroutines in loops over lists.
func fanOuts(body ast.Node, report func(token.Pos)) {
	ast.Inspect(body, func(n ast.Node) bool {
		loop, ok := n.(*ast.RangeStmt)
		if !ok || counts(loop) {
			return true
		}
		ast.Inspect(loop.Body, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.GoStmt:
				report(x.Pos())
			case *ast.CallExpr:
				if s, ok := x.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Go" {
					report(x.Pos())
				}
			case *ast.RangeStmt:
				return !counts(x)
			}
			return true
		})
		return false
	})
}

// counts says whether a loop counts to a number: of workers, or min(…).
func counts(loop *ast.RangeStmt) bool {
	switch x := loop.X.(type) {
	case *ast.Ident:
		return x.Name == "workers"
	case *ast.CallExpr:
		f, ok := x.Fun.(*ast.Ident)
		return ok && f.Name == "min"
	case *ast.BasicLit:
		return true
	}
	return false
}
