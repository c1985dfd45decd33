package visitor

import "github.com/parley-chat/parley/chat"

// rules returns the names of the site's rules that ask something of a person
// which this one has.
func (h *Handler) rules(p chat.Profile) []string {
	if h.Rules == nil {
		return nil
	}
	return h.Rules(p)
}
