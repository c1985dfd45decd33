package whoami

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// jsonPath leads to a value in a JSON document. A nil one leads nowhere.
type jsonPath []jsonStep

// jsonStep is the name of a member, or the number of an element.
type jsonStep struct {
	name  string
	index int // of an element; -1 for none
}

// jsonStepPattern is one step: .name, ["any name"] or [0]. A dot may stand
// before a bracket, as in jq.
var jsonStepPattern = regexp.MustCompile(`^(?:\.([^\s.\[\]"]+)|\.?\[(\d{1,6})\]|\.?\[("(?:[^"\\]|\\.)*")\])`)

// parseJSONPath reads a path as jq writes it: .user.email, .users[0].id,
// .["e-mail"], or a dot for the whole document.
func parseJSONPath(text string) (jsonPath, error) {
	wrong := fmt.Errorf("%q is no path into a JSON document; write one such as .id, .user.email or .users[0].id", text)
	if !strings.HasPrefix(text, ".") {
		return nil, wrong
	}
	path := jsonPath{}
	if text == "." {
		return path, nil
	}
	for rest := text; rest != ""; {
		m := jsonStepPattern.FindStringSubmatch(rest)
		if m == nil {
			return nil, wrong
		}
		step := jsonStep{name: m[1], index: -1}
		if digits := m[1] + m[2]; digits != "" && len(digits) < 7 {
			if n, err := strconv.Atoi(digits); err == nil && n >= 0 {
				step.index = n
			}
		}
		if m[3] != "" && json.Unmarshal([]byte(m[3]), &step.name) != nil {
			return nil, wrong
		}
		path, rest = append(path, step), rest[len(m[0]):]
	}
	return path, nil
}

// find returns what the path leads to, or nil.
func (p jsonPath) find(doc any) any {
	if p == nil {
		return nil
	}
	for _, step := range p {
		switch at := doc.(type) {
		case map[string]any:
			doc = at[step.name]
		case []any:
			if step.index < 0 || step.index >= len(at) {
				return nil
			}
			doc = at[step.index]
		default:
			return nil
		}
	}
	return doc
}

// names returns the texts and numbers that the path leads to, which may name
// somebody. A truth value names nobody.
func (p jsonPath) names(doc any) []string { return each(p.find(doc), false) }

// texts returns the texts, numbers and truth values that the path leads to.
func (p jsonPath) texts(doc any) []string { return each(p.find(doc), true) }

// each returns a value as text, or each of an array's.
func each(value any, truth bool) []string {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	var out []string
	for _, v := range list {
		switch v := v.(type) {
		case string:
			out = append(out, v)
		case json.Number:
			if f, err := v.Float64(); !truth && err == nil && f == 0 {
				v = "0" // which is no id, however it is written
			}
			out = append(out, v.String())
		case bool:
			if truth {
				out = append(out, strconv.FormatBool(v))
			}
		}
	}
	return out
}
