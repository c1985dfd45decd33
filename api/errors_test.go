package api_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/parley-chat/parley/api/frame"
)

// Each code that the sources have is made once, and is among those that widget and
// console have a text for. Of TypeScript, which asks for a text of each, the type check sees to
// the rest.
func TestEachErrorCodeHasATextForPeople(t *testing.T) {
	known := frame.ErrorCodes()
	for i, code := range known {
		if slices.Contains(known[:i], code) {
			t.Errorf("%s is listed twice", code)
		}
	}
	// Of the admin API, which operators read.
	known = append(known, "busy")
	found, declared := 0, map[string]string{}
	for _, dir := range []string{".", "../chat", "../caddymodule"} {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			for _, code := range codesIn(file) {
				found++
				if before := declared[code]; before != "" {
					t.Errorf("%s: the code %q has another meaning in %s: whoever gets it can't tell which", path, code, before)
				}
				declared[code] = path
				if !slices.Contains(known, frame.ErrorCode(code)) {
					t.Errorf("%s: the code %q is not in frame.ErrorCodes", path, code)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < len(known) {
		t.Errorf("only %d codes were found in the sources", found)
	}
}

// codesIn returns the codes of the chat.Errors that a file makes.
func codesIn(file *ast.File) (codes []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		made, ok := n.(*ast.CompositeLit)
		if !ok || len(made.Elts) == 0 || !isChatError(file, made.Type) {
			return true
		}
		value := made.Elts[0]
		if pair, ok := value.(*ast.KeyValueExpr); ok {
			value = pair.Value
		}
		code, ok := value.(*ast.BasicLit)
		if !ok {
			return true
		}
		if text, err := strconv.Unquote(code.Value); err == nil {
			codes = append(codes, text)
		}
		return true
	})
	return codes
}

func isChatError(file *ast.File, typ ast.Expr) bool {
	switch typ := typ.(type) {
	case *ast.Ident:
		return file.Name.Name == "chat" && typ.Name == "Error"
	case *ast.SelectorExpr:
		from, ok := typ.X.(*ast.Ident)
		return ok && from.Name == "chat" && typ.Sel.Name == "Error"
	}
	return false
}
