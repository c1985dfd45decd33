// Package schema makes documentation and TypeScript of declared operations.
package schema

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/chat"
)

// enums are the values of types that have few.
var enums = map[reflect.Type][]string{
	reflect.TypeFor[chat.Who]():          {string(chat.WhoNone), string(chat.WhoAnonymous), string(chat.WhoPerson)},
	reflect.TypeFor[chat.Status]():       {string(chat.Open), string(chat.Resolved)},
	reflect.TypeFor[chat.Side]():         {string(chat.Visitor), string(chat.Agent), string(chat.System)},
	reflect.TypeFor[chat.Role]():         {string(chat.RoleAgent), string(chat.RoleAdmin)},
	reflect.TypeFor[chat.ActivityKind](): {string(chat.ActivityAssigned), string(chat.ActivityResolved), string(chat.ActivityReopened), string(chat.ActivityRated)},
	errorCode:                            stringsOf(frame.ErrorCodes()),
}

// errorCode is listed by itself in the documentation, and in TypeScript like any
// other enum.
var errorCode = reflect.TypeFor[frame.ErrorCode]()

var rawJSON = reflect.TypeFor[json.RawMessage]()

// field is a field of a struct as JSON has it.
type field struct {
	name     string
	typ      reflect.Type
	optional bool
	enum     []string // its values, by the tag
}

// fieldsOf returns the fields of a struct, those of embedded structs among them.
func fieldsOf(t reflect.Type) (list []field) {
	for f := range t.Fields() {
		if f.Anonymous && f.Tag.Get("json") == "" {
			list = append(list, fieldsOf(f.Type)...)
			continue
		}
		if !f.IsExported() {
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			panic(fmt.Sprintf("field %s of %s has no name in JSON", f.Name, t))
		}
		one := field{name: name, typ: f.Type, optional: strings.HasPrefix(options, "omit")}
		if values := f.Tag.Get("enum"); values != "" {
			one.enum = strings.Split(values, ",")
		}
		list = append(list, one)
	}
	return list
}

// tagOf returns the t of a frame.
func tagOf(t reflect.Type) string {
	for _, f := range fieldsOf(t) {
		if f.name == "t" && len(f.enum) == 1 {
			return f.enum[0]
		}
	}
	panic(fmt.Sprintf("%s is not a frame: it has no t of one value", t))
}

func stringsOf[S ~string](list []S) []string {
	var all []string
	for _, s := range list {
		all = append(all, string(s))
	}
	return all
}

func quoted(values []string, between string) string {
	return `"` + strings.Join(values, `"`+between+`"`) + `"`
}
