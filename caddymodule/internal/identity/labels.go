package identity

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// LabelFormat says how a header's value holds several labels.
type LabelFormat struct {
	// What stands between labels; a comma by default.
	Separator string `json:"separator,omitempty"`

	// Whether labels may stand in quotes, all or some of them, and then have the
	// separator in them: Support,"Sales, North". A JSON array is read as well: its
	// texts, numbers and truth values.
	Unquote bool `json:"unquote,omitempty"`

	// The attribute of LDAP names that becomes the label, such as cn: of
	// CN=Sales,OU=Groups,DC=example,DC=com that is Sales. The names may be
	// separated by commas too. What is no LDAP name stays as it is.
	LDAP string `json:"ldap,omitempty"`
}

// errNoSeparator refuses an empty separator, which is not that of the default.
var errNoSeparator = errors.New("separator is empty: name what stands between labels, or leave it out for a comma")

// errNoAttribute refuses an empty name of an attribute.
var errNoAttribute = errors.New("ldap is empty: name the attribute that becomes the label, such as cn, or leave it out")

// UnmarshalJSON reads a format. A text that is there and empty is an error, as in
// a Caddyfile.
func (f *LabelFormat) UnmarshalJSON(data []byte) error {
	var read struct {
		Separator *string `json:"separator"`
		Unquote   bool    `json:"unquote"`
		LDAP      *string `json:"ldap"`
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&read); err != nil {
		return fmt.Errorf("label_format: %w", err)
	}
	*f = LabelFormat{Unquote: read.Unquote}
	if read.Separator != nil {
		if f.Separator = *read.Separator; f.Separator == "" {
			return fmt.Errorf("label_format: %w", errNoSeparator)
		}
	}
	if read.LDAP != nil {
		if f.LDAP = *read.LDAP; f.LDAP == "" {
			return fmt.Errorf("label_format: %w", errNoAttribute)
		}
	}
	return nil
}

// check refuses what can't mean anything.
func (f LabelFormat) check() error {
	switch {
	case f.LDAP != "" && !isAttribute(f.LDAP):
		return fmt.Errorf("ldap: invalid attribute %q (want the name of one, such as cn or ou)", f.LDAP)
	case f.Unquote && strings.Contains(f.Separator, `"`):
		return fmt.Errorf("separator %q has a quote in it: with unquote, quotes stand around labels", f.Separator)
	case f.LDAP != "" && strings.Contains(f.Separator, "="):
		return fmt.Errorf("separator %q would cut LDAP names, such as %s=Sales, in two", f.Separator, f.LDAP)
	}
	return nil
}

// split returns the labels that values hold. A value that says how it is encoded
// is decoded whole. Else each label is, as decode says of it, once it has been cut
// out: a separator that is encoded belongs to the label.
func (f LabelFormat) split(values []string, decode string) []string {
	var labels []string
	for _, v := range values {
		v = strings.TrimSpace(v)
		read := func(label string) string { return describe(label, decode) }
		if text, ok := announced(v); ok {
			v, read = strings.TrimSpace(text), strings.TrimSpace
		}
		for _, label := range f.list(v) {
			labels = append(labels, f.name(label, read))
		}
	}
	return labels
}

// list cuts one value into labels.
func (f LabelFormat) list(v string) []string {
	if !f.Unquote {
		return f.cut(v)
	}
	if list, ok := jsonLabels(v); ok {
		return list
	}
	return f.unquote(v)
}

// separator returns what stands between labels.
func (f LabelFormat) separator() string { return cmp.Or(f.Separator, ",") }

// cut cuts a text in which quotes mean nothing.
func (f LabelFormat) cut(v string) []string {
	if f.LDAP != "" && f.separator() == "," {
		return ldapNames(v)
	}
	return strings.Split(v, f.separator())
}

// jsonLabels reads a JSON array. Numbers and truth values are labels as they are
// written; null and what holds further values is none.
func jsonLabels(v string) (list []string, ok bool) {
	var array []json.RawMessage
	if !strings.HasPrefix(v, "[") || json.Unmarshal([]byte(v), &array) != nil {
		return nil, false
	}
	for _, element := range array {
		label := string(element)
		switch label[0] {
		case 'n', '{', '[':
			continue
		case '"':
			if json.Unmarshal(element, &label) != nil {
				return nil, false
			}
		}
		list = append(list, label)
	}
	return list, true
}

// unquote cuts a value at the separators outside of quotes, and takes the quotes
// off. They count around a whole label; within them a quote is written twice or
// after a backslash.
func (f LabelFormat) unquote(v string) (list []string) {
	separator := f.separator()
	plain := 0 // how much of v is before the label looked at, and not quoted
	for {
		at := strings.TrimLeft(v[plain:], " \t")
		if label, rest, quoted := cutQuoted(at, separator); quoted {
			if plain > 0 {
				list = append(list, f.cut(v[:plain-len(separator)])...)
			}
			list = append(list, label)
			if rest == "" {
				return list
			}
			v, plain = rest[len(separator):], 0
			continue
		}
		next := strings.Index(v[plain:], separator)
		if next < 0 {
			return append(list, f.cut(v)...)
		}
		plain += next + len(separator)
	}
}

// cutQuoted takes a label in quotes off the beginning of v. The rest begins with
// the separator, or is empty.
func cutQuoted(v, separator string) (text, rest string, ok bool) {
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
			for _, rest := range []string{v[next:], strings.TrimLeft(v[next:], " \t")} {
				if rest == "" || strings.HasPrefix(rest, separator) {
					return b.String(), rest, true
				}
			}
			return "", v, false // the label goes on
		default:
			b.WriteByte(v[i])
		}
	}
	return "", v, false // the quote that ends it is missing: it is no quote
}

// name returns a label decoded by read, and of an LDAP name the attribute that is
// asked for. Such a name that isn't encoded itself is taken apart first, as its
// values may be.
func (f LabelFormat) name(label string, read func(string) string) string {
	if f.LDAP == "" {
		return read(label)
	}
	if name, ok := attribute(label, f.LDAP); ok {
		return read(name)
	}
	label = read(label)
	if name, ok := attribute(label, f.LDAP); ok {
		return name
	}
	return label
}
