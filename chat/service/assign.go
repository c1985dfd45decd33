package service

import "github.com/parley-chat/parley/chat"

// assign returns who gets a conversation whose person is looked after by the
// agent with this e-mail address, and a note for the others where there is no
// such agent for this site.
func assign(s *chat.Site, email string) (assignee, note string) {
	if email == "" {
		return "", ""
	}
	if s.Agents != nil {
		if a, _, ok := s.Agents.Agent(email); ok && a.Sees(s.Name) {
			return email, ""
		}
	}
	return "", "looked after by " + email + ", who is no agent of this site here"
}

// logUnknownAgent logs that the agent a new conversation is meant for is none.
// Who that is stands in its note: addresses are no matter for a log.
func (s *Service) logUnknownAgent(c chat.Conversation) {
	if c.Note != "" {
		s.log.Warn("a conversation is meant for an agent who is not known here, or not for its site; "+
			"nobody has it now, and a note in it says whose it is", "site", c.Site, "conversation", c.ID)
	}
}
