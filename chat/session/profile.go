package session

import (
	"hash/maphash"
	"maps"

	"github.com/parley-chat/parley/chat"
)

// withEvidence returns the profile as it is after this evidence. A page names
// all that the site names, which makes it the whole; other answers may name less,
// which takes nothing away.
func withEvidence(before, p chat.Profile, whole bool) chat.Profile {
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

// hashProfile is the same for profiles that are Equal, and else differs but for
// one chance in 2^64.
func hashProfile(p chat.Profile, seed maphash.Seed) uint64 {
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

// profileSize is about how many bytes the profile takes.
func profileSize(p chat.Profile) int {
	n := len(p.ID) + len(p.Email) + len(p.Firstname) + len(p.Lastname) + len(p.Gender) + len(p.Agent)
	for _, label := range p.Labels {
		n += len(label)
	}
	for name, value := range p.Fields {
		n += len(name) + len(value)
	}
	return n
}
