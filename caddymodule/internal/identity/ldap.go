package identity

import (
	"encoding/hex"
	"regexp"
	"strings"
)

// attributeType begins a part of an LDAP name (RFC 4514, section 3).
var attributeType = regexp.MustCompile(`^\s*(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*)\s*=`)

// isAttribute reports whether a text is the type of an attribute alone.
func isAttribute(text string) bool {
	return attributeType.FindString(text+"=") == text+"=" && strings.TrimSpace(text) == text
}

// attribute returns the first value that an LDAP name has for an attribute, and
// false where the text is no such name or has none.
func attribute(name, attr string) (string, bool) {
	for _, part := range splitLDAP(name, ",+") {
		kind, value, ok := strings.Cut(part, "=")
		if !ok || !attributeType.MatchString(part) {
			return "", false
		}
		if strings.EqualFold(strings.TrimSpace(kind), attr) {
			return unescapeLDAP(strings.TrimSpace(value)), true
		}
	}
	return "", false
}

// ldapNames reads LDAP names, and other labels, that are joined by commas, as
// their own parts are. Where one name ends and the next begins is not written:
// each begins with the attribute that the first one begins with, unless that
// follows another of the same attribute, as in CN=Sales,CN=Users,DC=example. Where there is
// no other attribute at all, each part is a name.
func ldapNames(list string) []string {
	pieces := splitLDAP(list, ",")
	kinds := make([]string, len(pieces))
	deep := false // whether names have more than one part
	first := ""
	for i, piece := range pieces {
		if attributeType.MatchString(piece) {
			kind, _, _ := strings.Cut(piece, "=")
			kinds[i] = strings.ToLower(strings.TrimSpace(kind))
		}
		if first == "" {
			first = kinds[i]
		}
		deep = deep || kinds[i] != "" && kinds[i] != first
	}
	var names []string
	for i, piece := range pieces {
		before := ""
		if i > 0 {
			before = kinds[i-1]
		}
		begins := kinds[i] == "" || before == "" || !deep || kinds[i] == first && before != first
		if begins {
			names = append(names, piece)
		} else {
			names[len(names)-1] += "," + piece
		}
	}
	return names
}

// splitLDAP cuts at separators that are neither escaped nor within quotes.
func splitLDAP(text, separators string) (parts []string) {
	from, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\':
			i++
		case text[i] == '"':
			quoted = !quoted
		case !quoted && strings.IndexByte(separators, text[i]) >= 0:
			parts = append(parts, text[from:i])
			from = i + 1
		}
	}
	return append(parts, text[from:])
}

// unescapeLDAP reads a value with its escapes, \, or \2C, and the quotes of
// RFC 2253.
func unescapeLDAP(value string) string {
	if len(value) > 1 && strings.HasPrefix(value, `"`) && strings.HasSuffix(value, `"`) {
		value = value[1 : len(value)-1]
	}
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] != '\\' || i+1 == len(value) {
			b.WriteByte(value[i])
			continue
		}
		if i+2 < len(value) {
			if char, err := hex.DecodeString(value[i+1 : i+3]); err == nil {
				b.Write(char)
				i += 2
				continue
			}
		}
		i++
		b.WriteByte(value[i])
	}
	return b.String()
}
