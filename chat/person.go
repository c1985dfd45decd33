package chat

import (
	"maps"
	"slices"
	"time"
)

// Profile is what is known of someone. The same shape holds what the proxy has
// evidence of and what a page's script only says; where it stands shows which.
type Profile struct {
	ID        string `json:"id,omitempty"`
	Email     string `json:"email,omitempty"`
	Firstname string `json:"firstname,omitempty"`
	Lastname  string `json:"lastname,omitempty"`
	Gender    string `json:"gender,omitempty"`
	// Labels are free words that agents filter by.
	Labels []string `json:"labels,omitempty"`
	// Agent is the e-mail address of the agent who looks after this person.
	Agent string `json:"agent,omitempty"`
	// Fields holds whatever else the operator chose to show.
	Fields map[string]string `json:"fields,omitempty"`
}

// FullName returns the first and last name, or an empty string.
func (p Profile) FullName() string { return CleanLine(p.Firstname + " " + p.Lastname) }

// Name returns what the person is called: the full name, else the e-mail
// address, else the id, by CleanLine, or an empty string.
func (p Profile) Name() string {
	for _, name := range []string{p.FullName(), CleanLine(p.Email), CleanLine(p.ID)} {
		if name != "" {
			return name
		}
	}
	return ""
}

// Equal reports whether both profiles say the same.
func (p Profile) Equal(q Profile) bool {
	for _, f := range ProfileFields() {
		if text := f.Text(&p); text != nil && *text != *f.Text(&q) {
			return false
		}
	}
	return slices.Equal(p.Labels, q.Labels) && maps.Equal(p.Fields, q.Fields)
}

// with returns the profile with what was said later: it goes before where both
// say something, and where both together are more than one profile has. The labels
// are those of both.
func (p Profile) with(later Profile) Profile {
	for _, f := range ProfileFields() {
		if text := f.Text(&later); text != nil && *text != "" {
			*f.Text(&p) = *text
		}
	}
	labels := slices.DeleteFunc(slices.Clone(p.Labels), func(l string) bool { return slices.Contains(later.Labels, l) })
	labels = append(labels, later.Labels...)
	p.Labels = labels[max(0, len(labels)-maxLabels):]
	earlier := p.Fields
	p.Fields = maps.Clone(later.Fields)
	for _, name := range slices.Sorted(maps.Keys(earlier)) {
		if _, ok := later.Fields[name]; !ok {
			p.addField(name, earlier[name])
		}
	}
	return p
}

// Size is about how many bytes the profile takes.
func (p Profile) Size() int {
	n := 0
	for _, f := range ProfileFields() {
		if text := f.Text(&p); text != nil {
			n += len(*text)
		}
	}
	for _, label := range p.Labels {
		n += len(label)
	}
	for name, value := range p.Fields {
		n += len(name) + len(value)
	}
	return n
}

// Person is someone whom the proxy has seen evidence of, within one site.
type Person struct {
	// Site is the site whose people this one belongs to. The same key on
	// another site is somebody else.
	Site string `json:"site"`
	// Key is unique among the site's people: "id:" or "email:" and the evidence.
	Key string `json:"key"`
	// Profile is what the latest evidence said.
	Profile Profile `json:"profile"`
	// Created is when this person was first seen.
	Created time.Time `json:"created"`
}
