package chat

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// ProfilePatch changes a profile key by key, as a page's script asks for it
// with tag({...}): a string sets a key, null deletes it, absent ones stay.
type ProfilePatch map[string]json.RawMessage

// maxFields bounds the further fields of one profile.
const maxFields = 32

// ParseProfilePatch reads the argument of tag. It gives ErrBadFrame, wrapped
// with what is wrong, for an unknown key or a value of another type.
func ParseProfilePatch(data json.RawMessage) (ProfilePatch, error) {
	var patch ProfilePatch
	if err := json.Unmarshal(data, &patch); err != nil || patch == nil {
		return nil, fmt.Errorf("%w: tag takes an object", ErrBadFrame)
	}
	var p Profile
	for key, value := range patch {
		if err := patchKey(&p, key, value); err != nil {
			return nil, err
		}
	}
	return patch, nil
}

// Apply returns the profile with the patch made to it. The profile given stays
// as it is.
func (patch ProfilePatch) Apply(p Profile) Profile {
	p.Labels = slices.Clone(p.Labels)
	p.Fields = maps.Clone(p.Fields)
	for key, value := range patch {
		_ = patchKey(&p, key, value) // ParseProfilePatch has checked it
	}
	return p
}

func patchKey(p *Profile, key string, value json.RawMessage) error {
	field, known := taggedField(key)
	switch {
	case known && field != FieldLabels:
		s, err := scalar(value)
		if err != nil {
			return fmt.Errorf("%w: tag: %s takes a text", ErrBadFrame, key)
		}
		*field.Text(p) = cutField(s)
		return nil
	case known:
		return patchLabels(p, value)
	case key == tagFields:
		return patchFields(p, value)
	}
	return fmt.Errorf("%w: tag does not know %q", ErrBadFrame, cutField(key))
}

func patchLabels(p *Profile, value json.RawMessage) error {
	var list []string
	if err := json.Unmarshal(value, &list); err != nil {
		one, err := scalar(value)
		if err != nil {
			return fmt.Errorf("%w: tag: labels takes a list of texts, or one text with commas", ErrBadFrame)
		}
		p.Labels = SplitLabels([]string{one})
		return nil
	}
	p.Labels = CleanLabels(list)
	return nil
}

func patchFields(p *Profile, value json.RawMessage) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(value, &fields); err != nil {
		return fmt.Errorf("%w: tag: additionalTaggingData takes an object", ErrBadFrame)
	}
	if fields == nil {
		p.Fields = nil
		return nil
	}
	for key, value := range fields {
		if key = cutField(key); key == "" {
			continue // nothing that can be seen
		}
		s, err := scalar(value)
		if err != nil {
			s = cutField(string(value)) // shown as the JSON that it is
		}
		switch {
		case s == "":
			delete(p.Fields, key)
		case len(p.Fields) < maxFields || p.Fields[key] != "":
			if p.Fields == nil {
				p.Fields = map[string]string{}
			}
			p.Fields[key] = cutField(s)
		}
	}
	return nil
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
