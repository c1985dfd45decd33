package schema

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"

	"github.com/parley-chat/parley/api/operation"
)

// Markdown returns a text with its generated parts made anew: what stands
// between <!-- generated: NAME PART --> and <!-- end --> for each audience. The
// parts are requests, operations and frames.
func Markdown(text []byte, audiences []operation.Audience) ([]byte, error) {
	for _, a := range audiences {
		for part, table := range map[string]string{"requests": requests(a), "operations": operations(a), "frames": frames(a)} {
			begin := fmt.Appendf(nil, "<!-- generated: %s %s -->\n", strings.ToLower(a.Name), part)
			before, rest, found := bytes.Cut(text, begin)
			_, after, ended := bytes.Cut(rest, []byte("<!-- end -->"))
			if !found || !ended {
				return nil, fmt.Errorf("%q and its end are not there", begin)
			}
			text = bytes.Join([][]byte{before, begin, []byte(table), []byte("<!-- end -->"), after}, nil)
		}
	}
	return text, nil
}

// requests is what there is over HTTP.
func requests(a operation.Audience) string {
	var b strings.Builder
	b.WriteString("| request | what it is |\n| --- | --- |\n")
	for _, r := range a.Resources {
		fmt.Fprintf(&b, "| `GET %s%s%s` | %s |\n", a.Prefix, r.Path, r.Query, r.Doc)
	}
	for _, o := range a.Operations {
		if o.Stream {
			fmt.Fprintf(&b, "| `POST %s/api/%s %s` | %s%s |\n", a.Prefix, o.Name, signature(o.Request), o.Doc, answer(o))
		}
	}
	fmt.Fprintf(&b, "| `POST %s/api/NAME` | an operation, with its fields as JSON body; the answer is one frame |\n", a.Prefix)
	return b.String()
}

// operations is what may be asked for.
func operations(a operation.Audience) string {
	var b strings.Builder
	b.WriteString("| operation | by | counts as | meaning → answer |\n| --- | --- | --- | --- |\n")
	for _, o := range a.Operations {
		if o.Stream {
			continue
		}
		only := ""
		switch o.Over {
		case operation.HTTP:
			only = " (HTTP only)"
		case operation.Socket:
			only = " (socket only)"
		}
		fmt.Fprintf(&b, "| `%s %s`%s | %s | %s | %s%s |\n", o.Name, signature(o.Request), only, o.Who, o.Class, o.Doc, answer(o))
	}
	return b.String()
}

// answer says what an operation is answered with.
func answer(o operation.Described) string {
	if o.Response == nil {
		if o.Stream {
			return ""
		}
		return "; no answer"
	}
	text := fmt.Sprintf(" → `%s`", tagOf(o.Response))
	if o.Answer != operation.Always && o.Over&operation.Socket != 0 {
		text += "; no answer on the socket"
	}
	return text
}

// frames is what may be told.
func frames(a operation.Audience) string {
	var b strings.Builder
	b.WriteString("| frame | meaning |\n| --- | --- |\n")
	for _, f := range a.Frames {
		fmt.Fprintf(&b, "| `%s %s` | %s |\n", tagOf(f.Type), signature(f.Type), f.Doc)
	}
	return b.String()
}

// short are types whose fields are listed elsewhere in the document.
var short = map[string]bool{"Message": true, "Summary": true, "Me": true, "State": true, "Profile": true, "Attachment": true}

// signature lists the fields of a struct, all but its t.
func signature(t reflect.Type) string {
	var parts []string
	for _, f := range fieldsOf(t) {
		if f.name == "t" {
			continue
		}
		name := f.name
		if f.optional {
			name += "?"
		}
		if d := detail(f); d != "" {
			name += ": " + d
		}
		parts = append(parts, name)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// detail describes the values of a field, where they are not plain.
func detail(f field) string {
	if f.enum != nil {
		return quoted(f.enum, `\|`)
	}
	t, open, end := f.typ, "", ""
	if t.Kind() == reflect.Slice && t != rawJSON {
		t, open, end = t.Elem(), "[", "]"
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	values, isEnum := enums[t]
	switch {
	case isEnum && t == errorCode:
		return ""
	case isEnum:
		return open + quoted(values, `\|`) + end
	case t.Kind() == reflect.Struct && short[t.Name()]:
		return open + t.Name() + end
	case t.Kind() == reflect.Struct:
		return open + signature(t) + end
	case open != "":
		return open + t.Kind().String() + end
	}
	return ""
}
