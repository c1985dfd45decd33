package chat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// ProfilePatch changes a profile key by key, as a page's script asks for it
// with tag({...}): a string sets a key, null deletes it, absent ones stay. It is
// clean and no larger than a profile, however much was asked for: stores apply it
// while others wait.
type ProfilePatch struct {
	texts  map[ProfileField]string
	labels *[]string
	// noFields deletes all further fields.
	noFields bool
	// deleted and fields are further fields to delete and then to set, while there
	// is room, in the order in which they were written.
	deleted []string
	fields  []namedText
}

type namedText struct{ name, text string }

// maxFields bounds the further fields of one profile. A patch sets as many, and
// deletes as many.
const maxFields = 32

// ParseProfilePatch reads the argument of tag. It gives ErrBadFrame, wrapped
// with what is wrong, for an unknown key or a value of another type. Of more
// further fields than it may set or delete it takes the first.
func ParseProfilePatch(data json.RawMessage) (ProfilePatch, error) {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(data, &values); err != nil || values == nil {
		return ProfilePatch{}, fmt.Errorf("%w: tag takes an object", ErrBadFrame)
	}
	var patch ProfilePatch
	for key, value := range values {
		if err := patch.set(key, value); err != nil {
			return ProfilePatch{}, err
		}
	}
	return patch, nil
}

// Apply returns the profile with the patch made to it. The profile given stays
// as it is.
func (patch ProfilePatch) Apply(p Profile) Profile {
	for field, text := range patch.texts {
		*field.Text(&p) = text
	}
	if patch.labels != nil {
		p.Labels = *patch.labels
	}
	p.Labels = slices.Clone(p.Labels)
	if patch.noFields {
		p.Fields = nil
	}
	p.Fields = maps.Clone(p.Fields)
	for _, name := range patch.deleted {
		delete(p.Fields, name)
	}
	for _, f := range patch.fields {
		p.addField(f.name, f.text)
	}
	return p
}

// addField sets a further field if there is room.
func (p *Profile) addField(name, text string) {
	switch _, ok := p.Fields[name]; {
	case p.Fields == nil:
		p.Fields = map[string]string{name: text}
	case ok || len(p.Fields) < maxFields:
		p.Fields[name] = text
	}
}

// empty reports whether the patch changes nothing of any profile.
func (patch ProfilePatch) empty() bool {
	return len(patch.texts) == 0 && patch.labels == nil && !patch.noFields && len(patch.deleted) == 0 && len(patch.fields) == 0
}

func (patch *ProfilePatch) set(key string, value json.RawMessage) error {
	field, known := taggedField(key)
	switch {
	case known && field != FieldLabels:
		s, err := scalar(value)
		if err != nil {
			return fmt.Errorf("%w: tag: %s takes a text", ErrBadFrame, key)
		}
		if patch.texts == nil {
			patch.texts = map[ProfileField]string{}
		}
		patch.texts[field] = cutField(s)
		return nil
	case known:
		return patch.setLabels(value)
	case key == tagFields:
		return patch.setFields(value)
	}
	return fmt.Errorf("%w: tag does not know %q", ErrBadFrame, cutField(key))
}

func (patch *ProfilePatch) setLabels(value json.RawMessage) error {
	var list []string
	if err := json.Unmarshal(value, &list); err == nil {
		list = CleanLabels(list)
	} else {
		one, err := scalar(value)
		if err != nil {
			return fmt.Errorf("%w: tag: labels takes a list of texts, or one text with commas", ErrBadFrame)
		}
		list = SplitLabels([]string{one})
	}
	patch.labels = &list
	return nil
}

func (patch *ProfilePatch) setFields(value json.RawMessage) error {
	in := json.NewDecoder(bytes.NewReader(value)) // in the order in which they were written
	start, err := in.Token()
	switch {
	case err == nil && start == nil:
		patch.noFields = true
		return nil
	case err != nil || start != json.Delim('{'):
		return fmt.Errorf("%w: tag: additionalTaggingData takes an object", ErrBadFrame)
	}
	for in.More() && (len(patch.fields) < maxFields || len(patch.deleted) < maxFields) {
		name, err := in.Token()
		if err != nil {
			return fmt.Errorf("%w: tag: additionalTaggingData: %w", ErrBadFrame, err)
		}
		if err := in.Decode(&value); err != nil {
			return fmt.Errorf("%w: tag: additionalTaggingData: %w", ErrBadFrame, err)
		}
		patch.setField(name.(string), value)
	}
	return nil
}

func (patch *ProfilePatch) setField(name string, value json.RawMessage) {
	text, err := scalar(value)
	if err != nil {
		text = string(value) // shown as the JSON that it is
	}
	text = cutField(text)
	if text != "" && len(patch.fields) == maxFields || text == "" && len(patch.deleted) == maxFields {
		return
	}
	if name = cutField(name); name == "" {
		return // nothing that can be seen
	}
	// What is said twice is as it was said last.
	patch.deleted = slices.DeleteFunc(patch.deleted, func(n string) bool { return n == name })
	patch.fields = slices.DeleteFunc(patch.fields, func(f namedText) bool { return f.name == name })
	if text == "" {
		patch.deleted = append(patch.deleted, name)
	} else {
		patch.fields = append(patch.fields, namedText{name, text})
	}
}

// scalar reads a JSON text, number, truth value or null as text.
func scalar(value json.RawMessage) (string, error) {
	var v any
	if err := json.Unmarshal(value, &v); err != nil {
		return "", err
	}
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case bool, float64:
		return string(value), nil
	}
	return "", ErrBadFrame
}
