package chat

import (
	"slices"
	"strings"
)

// ProfileField is a field of a Profile that has a name of its own. What it is
// called, where it is kept and how its value is cleaned is said here alone, for
// configurations, the application's answers, pages and tokens.
type ProfileField int

// The fields, in the order in which they are documented.
const (
	FieldID ProfileField = iota
	FieldEmail
	FieldFirstname
	FieldLastname
	FieldGender
	FieldLabels
	FieldAgent
)

// NumProfileFields is how many fields there are, beginning with FieldID.
const NumProfileFields = int(FieldAgent) + 1

// profileFieldNames are what configurations call the fields.
var profileFieldNames = [NumProfileFields]string{
	FieldID:        "id",
	FieldEmail:     "email",
	FieldFirstname: "firstname",
	FieldLastname:  "lastname",
	FieldGender:    "gender",
	FieldLabels:    "labels",
	FieldAgent:     "agent",
}

// Keys of a page's tag and of tokens that are not what configurations have.
const (
	tagAgent  = "assignedUser"
	tagFields = "additionalTaggingData"
)

// ProfileFields returns all fields.
func ProfileFields() []ProfileField {
	return []ProfileField{FieldID, FieldEmail, FieldFirstname, FieldLastname, FieldGender, FieldLabels, FieldAgent}
}

// ProfileFieldNames returns the names of all fields.
func ProfileFieldNames() []string { return slices.Clone(profileFieldNames[:]) }

// IsTag reports whether a page's tag, and so a token, may have a key.
func IsTag(key string) bool {
	_, ok := taggedField(key)
	return ok || key == tagFields
}

// taggedField returns the field that a tag's key is about.
func taggedField(key string) (ProfileField, bool) {
	for _, f := range ProfileFields() {
		if f.tag() == key {
			return f, true
		}
	}
	return 0, false
}

// String returns what configurations call the field.
func (f ProfileField) String() string { return profileFieldNames[f] }

func (f ProfileField) tag() string {
	if f == FieldAgent {
		return tagAgent
	}
	return f.String()
}

// Identifies reports whether the field tells people apart.
func (f ProfileField) Identifies() bool { return f == FieldID || f == FieldEmail }

// Text returns where the profile keeps the field, or nil for its labels.
func (f ProfileField) Text(p *Profile) *string {
	switch f {
	case FieldID:
		return &p.ID
	case FieldEmail:
		return &p.Email
	case FieldFirstname:
		return &p.Firstname
	case FieldLastname:
		return &p.Lastname
	case FieldGender:
		return &p.Gender
	case FieldAgent:
		return &p.Agent
	}
	return nil
}

// Set sets the field from evidence: CleanIdentifier, CleanEmail, SplitLabels or
// DescribeField of the values; an agent's address in lower case.
func (f ProfileField) Set(p *Profile, values, nobody []string) {
	switch f {
	case FieldID:
		p.ID = CleanIdentifier(values, nobody)
	case FieldEmail:
		p.Email = CleanEmail(values, nobody)
	case FieldLabels:
		p.Labels = SplitLabels(values)
	case FieldAgent:
		p.Agent = strings.ToLower(DescribeField(values))
	default:
		*f.Text(p) = DescribeField(values)
	}
}

// SetField sets a further field from evidence. No value, or an empty one, leaves
// it out; so does a name of which nothing can be seen.
func (p *Profile) SetField(name string, values []string) {
	v := DescribeField(values)
	if v == "" || CleanLine(name) == "" {
		return
	}
	if p.Fields == nil {
		p.Fields = map[string]string{}
	}
	p.Fields[name] = v
}
