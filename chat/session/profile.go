package session

import (
	"cmp"
	"hash/maphash"
	"maps"

	"github.com/parley-chat/parley/chat"
)

// withEvidence returns the profile as it is after this evidence. A page carries
// the whole profile; other answers may carry part of it and remove nothing.
func withEvidence(before, p chat.Profile, whole bool) chat.Profile {
	if whole {
		p.ID = cmp.Or(p.ID, before.ID) // the e-mail address alone is no loss of the id
		return p
	}
	for _, f := range chat.ProfileFields() {
		if text := f.Text(&p); text != nil {
			*text = cmp.Or(*text, *f.Text(&before))
		}
	}
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
	for _, f := range chat.ProfileFields() {
		if text := f.Text(&p); text != nil {
			write(*text)
		}
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
