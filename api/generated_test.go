package api_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/parley-chat/parley/api"
	"github.com/parley-chat/parley/api/internal/schema"
)

// What is generated of the operations is as they are declared.
func TestGeneratedFilesAreUpToDate(t *testing.T) {
	types, err := os.ReadFile("../widget/shared/operations.ts")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(types, schema.TypeScript(api.Audiences())) {
		t.Error("widget/shared/operations.ts is not what the operations give: run go generate ./api")
	}
	protocol, err := os.ReadFile("../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	again, err := schema.Markdown(protocol, api.Audiences())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(protocol, again) {
		t.Error("docs/protocol.md is not what the operations give: run go generate ./api")
	}
}

// Each operation says what it does and is answered with a frame that is
// described, so that types and documentation have it.
func TestOperationsAreDescribed(t *testing.T) {
	for _, a := range api.Audiences() {
		frames := map[any]bool{}
		for _, f := range a.Frames {
			frames[f.Type] = true
			if f.Doc == "" {
				t.Errorf("%s: the frame %s is not described", a.Name, f.Type)
			}
		}
		for _, o := range a.Operations {
			if o.Doc == "" || o.Over == 0 {
				t.Errorf("%s: the operation %s is not described", a.Name, o.Name)
			}
			if o.Response != nil && !o.Stream && !frames[o.Response] {
				t.Errorf("%s: the answer to %s, %s, is not among the frames", a.Name, o.Name, o.Response)
			}
		}
	}
}
