package identity

import (
	"encoding/json"
	"strings"
)

// LabelFormat says how a header's value holds several labels.
type LabelFormat struct {
	// What stands between labels; a comma by default.
	Separator string `json:"separator,omitempty"`

	// Whether labels may stand in quotes, and then have the separator in
	// them: "Sales, North","Support". A JSON array is read as well.
	Unquote bool `json:"unquote,omitempty"`

	// The attribute of LDAP names that becomes the label, such as cn: of
	// CN=Sales,OU=Groups,DC=example,DC=com that is Sales. The names may be
	// separated by commas too. What is no LDAP name stays as it is.
	LDAP string `json:"ldap,omitempty"`
}

// split returns the labels that values hold.
func (f LabelFormat) split(values []string) []string {
	var labels []string
	for _, v := range values {
		labels = append(labels, f.names(f.list(strings.TrimSpace(v)))...)
	}
	return labels
}

// list cuts one value into labels.
func (f LabelFormat) list(v string) []string {
	if f.Unquote {
		var list []string
		if strings.HasPrefix(v, "[") && json.Unmarshal([]byte(v), &list) == nil {
			return list
		}
	}
	separator := f.Separator
	if separator == "" {
		separator = ","
	}
	switch quoted := f.Unquote && strings.HasPrefix(v, `"`); {
	case quoted:
		return unquote(v, separator)
	case f.LDAP != "" && separator == ",":
		return ldapNames(v)
	}
	return strings.Split(v, separator)
}

// unquote cuts a value at the separators outside of quotes, and takes the quotes
// off. A quote counts where a label begins with it; within, it is written twice
// or after a backslash.
func unquote(v, separator string) (list []string) {
	for more := true; more; {
		label, rest, quoted := cutQuoted(strings.TrimLeft(v, " \t"))
		if quoted {
			_, v, more = strings.Cut(rest, separator)
		} else {
			label, v, more = strings.Cut(rest, separator)
		}
		list = append(list, label)
	}
	return list
}

// cutQuoted takes a text in quotes off the beginning of v.
func cutQuoted(v string) (text, rest string, ok bool) {
	if !strings.HasPrefix(v, `"`) {
		return "", v, false
	}
	var b strings.Builder
	for i := 1; i < len(v); i++ {
		switch next := i + 1; {
		case v[i] == '"' && next < len(v) && v[next] == '"', v[i] == '\\' && next < len(v):
			b.WriteByte(v[next])
			i = next
		case v[i] == '"':
			return b.String(), v[next:], true
		default:
			b.WriteByte(v[i])
		}
	}
	return "", v, false // the quote that ends it is missing: it is no quote
}

// names puts the attribute that is asked for in the place of each LDAP name.
func (f LabelFormat) names(list []string) []string {
	if f.LDAP == "" {
		return list
	}
	for i, label := range list {
		if name, ok := attribute(label, f.LDAP); ok {
			list[i] = name
		}
	}
	return list
}
