package api_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/api/apitest"
	"github.com/parley-chat/parley/api/operation"
)

// frames are those that an audience may be told, by their t.
type frames struct {
	audience string
	types    map[string]reflect.Type
}

func newFrames(a operation.Audience) frames {
	f := frames{a.Name, map[string]reflect.Type{}}
	for _, one := range a.Frames {
		f.types[tagOf(one.Type)] = one.Type
	}
	return f
}

// tagOf returns the t of a frame.
func tagOf(t reflect.Type) string {
	f, ok := t.FieldByName("T")
	if !ok {
		panic(t.String() + " is not a frame")
	}
	return f.Tag.Get("enum")
}

// check fails where a frame is not as its type says, from which types and
// documentation are generated.
func (fs frames) check(t *testing.T, body []byte) apitest.Said {
	t.Helper()
	said := apitest.CheckAnswer(t, body)
	typ, ok := fs.types[said.T]
	if !ok {
		t.Fatalf("the frame %s is not declared", body)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(reflect.New(typ).Interface()); err != nil {
		t.Errorf("the frame %s is not as it is declared: %v", body, err)
	}
	return said
}

// read reads one frame.
func (fs frames) read(t *testing.T, s *apitest.Wire) apitest.Said {
	t.Helper()
	body, err := s.ReadRaw()
	if err != nil {
		t.Fatal(err)
	}
	return fs.check(t, body)
}

// readAll reads frames until one comes, or until the connection is closed.
func (fs frames) readAll(t *testing.T, s *apitest.Wire, until string) (list []apitest.Said) {
	t.Helper()
	for {
		body, err := s.ReadRaw()
		if err != nil {
			if until != "" {
				t.Fatalf("waiting for %s: %v", until, err)
			}
			return list
		}
		f := fs.check(t, body)
		list = append(list, f)
		if end(f, until) {
			return list
		}
	}
}

// Requests and frames are dispatched by the tables alone: what chooses names
// none of them.
func TestDispatchIsByTheTableAlone(t *testing.T) {
	found := 0
	for _, dir := range []string{"visitor", "console"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			set := token.NewFileSet()
			parsed, err := parser.ParseFile(set, file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range parsed.Decls {
				f, ok := d.(*ast.FuncDecl)
				if !ok || !slices.Contains([]string{"ServeHTTP", "Frame", "post", "handle"}, f.Name.Name) {
					continue
				}
				found++
				ast.Inspect(f, func(n ast.Node) bool {
					if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING && len(l.Value) > 2 && l.Value != `"again"` {
						t.Errorf("%s: %s names %s", set.Position(l.Pos()), f.Name.Name, l.Value)
					}
					return true
				})
			}
		}
	}
	if found < 6 {
		t.Errorf("looked at %d functions", found)
	}
}
