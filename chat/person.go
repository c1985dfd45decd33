package chat

import (
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"time"
)

// Profile is what is known of someone. The same shape holds what the proxy has
// evidence of and what a page's script only says; where it is kept tells which.
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

// Name returns the full name, or the e-mail address where no name is known, or
// an empty string.
func (p Profile) Name() string {
	if name := strings.TrimSpace(p.Firstname + " " + p.Lastname); name != "" {
		return name
	}
	return p.Email
}

// over returns the profile as it is after this evidence. A page names all that
// the site names, which makes it the whole; other answers may name less, which
// takes nothing away.
func (p Profile) over(before Profile, whole bool) Profile {
	keep := func(now *string, was string) {
		if *now == "" {
			*now = was
		}
	}
	keep(&p.ID, before.ID) // the e-mail address alone is no loss of the id
	if whole {
		return p
	}
	keep(&p.Email, before.Email)
	keep(&p.Firstname, before.Firstname)
	keep(&p.Lastname, before.Lastname)
	keep(&p.Gender, before.Gender)
	keep(&p.Agent, before.Agent)
	if p.Labels == nil {
		p.Labels = before.Labels
	}
	if len(before.Fields) > 0 {
		fields := maps.Clone(before.Fields)
		maps.Copy(fields, p.Fields)
		p.Fields = fields
	}
	return p
}

// Equal reports whether both profiles say the same.
func (p Profile) Equal(q Profile) bool {
	return p.ID == q.ID && p.Email == q.Email && p.Firstname == q.Firstname &&
		p.Lastname == q.Lastname && p.Gender == q.Gender && p.Agent == q.Agent &&
		slices.Equal(p.Labels, q.Labels) && maps.Equal(p.Fields, q.Fields)
}

// hash is the same for profiles that are Equal, and else differs but for one
// chance in 2^64.
func (p Profile) hash(seed maphash.Seed) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	write := func(text string) {
		_, _ = h.WriteString(text) // never fails
		_ = h.WriteByte(0xFF)      // in no text
	}
	for _, text := range [...]string{p.ID, p.Email, p.Firstname, p.Lastname, p.Gender, p.Agent} {
		write(text)
	}
	for _, label := range p.Labels {
		write(label)
	}
	sum := h.Sum64()
	for name, value := range p.Fields { // in whatever order
		h.Reset()
		write(name)
		write(value)
		sum += h.Sum64()
	}
	return sum
}

// size is about how many bytes the profile takes.
func (p Profile) size() int {
	n := len(p.ID) + len(p.Email) + len(p.Firstname) + len(p.Lastname) + len(p.Gender) + len(p.Agent)
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
	// Key tells the site's people apart: "id:" or "email:" and the evidence.
	Key string `json:"key"`
	// Profile is what the latest evidence said.
	Profile Profile `json:"profile"`
	// Created is when this person was first seen.
	Created time.Time `json:"created"`
}
