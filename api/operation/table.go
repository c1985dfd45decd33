package operation

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/api/limits"
)

// Resource is something that is fetched or opened by GET.
type Resource[C any] struct {
	// Path follows the prefix of the API.
	Path string
	// Query is what the pages put behind it, for documentation.
	Query string
	// Doc says in Markdown what it is.
	Doc   string
	Serve func(C)
}

// Table is all that one kind of caller may do. What is in no table is not
// served.
type Table[C any] struct {
	Resources  []Resource[C]
	Operations []Operation[C]

	unknown Operation[C]
	byName  map[string]*Operation[C]
	byPath  map[string]*Resource[C]
}

// NewTable returns a table. It panics where a name or path is declared twice,
// which is a mistake in the program.
func NewTable[C any](resources []Resource[C], operations []Operation[C]) *Table[C] {
	t := &Table[C]{Resources: resources, Operations: operations, byName: map[string]*Operation[C]{}, byPath: map[string]*Resource[C]{}}
	t.unknown = New(Info{Class: limits.Request}, func(context.Context, C, struct{}) (None, error) {
		return None{}, frame.ErrUnknownFrame
	})
	for i := range operations {
		o := &operations[i]
		if t.byName[o.Name] != nil {
			panic(fmt.Sprintf("duplicate operation %q", o.Name))
		}
		t.byName[o.Name] = o
	}
	for i := range resources {
		r := &resources[i]
		if t.byPath[r.Path] != nil {
			panic(fmt.Sprintf("duplicate resource %q", r.Path))
		}
		t.byPath[r.Path] = r
	}
	return t
}

// Lookup returns the operation of a name that can be asked for in this way, or
// Unknown and false.
func (t *Table[C]) Lookup(name string, over Over) (*Operation[C], bool) {
	if o := t.byName[name]; o != nil && o.Over&over != 0 {
		return o, true
	}
	return &t.unknown, false
}

// Unknown is the operation that fails with frame.ErrUnknownFrame.
func (t *Table[C]) Unknown() *Operation[C] { return &t.unknown }

// prefix is in front of an operation's name in its path.
const prefix = "/api/"

// Route returns what a path behind the prefix of the API stands for: a resource,
// or the name of an operation, or neither.
func (t *Table[C]) Route(path string) (resource *Resource[C], name string) {
	if r := t.byPath[path]; r != nil {
		return r, ""
	}
	name, _ = strings.CutPrefix(path, prefix)
	if name == path {
		return nil, ""
	}
	return nil, name
}

// Audience is one end of the protocol, as documentation and generated types
// describe it.
type Audience struct {
	// Name goes in front of the names of its types: Visitor or Console.
	Name string
	// Prefix stands for the path of the API.
	Prefix     string
	Resources  []ResourceInfo
	Operations []Described
	// Frames are all that it may be told, whether it has asked or not.
	Frames []Frame
}

// ResourceInfo describes a Resource.
type ResourceInfo struct{ Path, Query, Doc string }

// Described is an operation with its types.
type Described struct {
	Info
	Request, Response reflect.Type
	// Stream means that a file goes up or down.
	Stream bool
}

// Frame describes a frame that a browser is told.
type Frame struct {
	Type reflect.Type
	// Doc says in Markdown what it means.
	Doc string
}

// FrameOf describes the frame of a type.
func FrameOf[F any](doc string) Frame { return Frame{reflect.TypeFor[F](), doc} }

// Describe returns the audience that uses a table.
func (t *Table[C]) Describe(name, prefix string, frames ...Frame) Audience {
	a := Audience{Name: name, Prefix: prefix, Frames: frames}
	for _, r := range t.Resources {
		a.Resources = append(a.Resources, ResourceInfo{r.Path, r.Query, r.Doc})
	}
	for _, o := range t.Operations {
		a.Operations = append(a.Operations, Described{o.Info, o.Request, o.Response, o.stream != nil})
	}
	return a
}
