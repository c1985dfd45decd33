package chat

import "slices"

// Take appends a message of an anonymous conversation whose visitor turned out
// to be this conversation's person, and returns it as it is numbered here. It
// keeps its time, its author and its client id, and counts as read by a side
// where it had been read there. Call it for each message in order, then Merged.
func (c *Conversation) Take(m Message, from *Conversation) Message {
	readByAgent, readByVisitor := m.Seq <= from.AgentRead, m.Seq <= from.VisitorRead
	seen := m.Seq <= from.SeenByAgents() && c.Last <= c.SeenByAgents()
	c.takeReaders(m, from)
	m.Before = slices.Concat(c.Activities, m.Before) // what was done here comes first
	c.Activities = nil
	c.Last++
	m.Seq = c.Last
	c.LastSide, c.LastText = m.Author.Side, preview(m.Text, m.Attachments)
	if m.Time.After(c.Active) {
		c.Active = m.Time
	}
	switch {
	case m.Author.Side == Visitor && !readByAgent:
		c.AgentUnread++
	case m.Author.Side == Agent && !readByVisitor:
		c.VisitorUnread++
	}
	if m.Author.Side == Agent {
		c.Answered, c.AnsweredBy = c.Last, m.Author.ID
	}
	if seen {
		c.AgentSeen = c.Last
	}
	// A read position is one number: it moves on only while nothing before is unread.
	if c.AgentUnread == 0 {
		c.AgentRead = c.Last
	}
	for agent, r := range c.Readers {
		if r.Unread == 0 {
			r.Read = c.Last
		}
		c.setReader(agent, r)
	}
	if c.VisitorUnread == 0 {
		c.VisitorRead = c.Last
	}
	return m
}

// takeReaders notes who has read a message that is taken over. Whoever had read
// to elsewhere than all others there or here is on their own from then on.
func (c *Conversation) takeReaders(m Message, from *Conversation) {
	for agent := range from.Readers {
		if _, ok := c.Readers[agent]; !ok {
			upTo, unread := c.ReadBy(agent)
			if c.Readers == nil {
				c.Readers = map[string]Reader{}
			}
			c.Readers[agent] = Reader{Read: upTo, Unread: unread}
		}
	}
	for agent, r := range c.Readers {
		if upTo, _ := from.ReadBy(agent); m.Author.Side == Visitor && m.Seq > upTo {
			r.Unread++
			c.Readers[agent] = r
		}
	}
}

// takeMarks keeps what was unread to an agent until they look: they find it here.
func (c *Conversation) takeMarks(from *Conversation) {
	for agent, marked := range from.Readers {
		if !marked.Marked {
			continue
		}
		r := Reader{Marked: true}
		if r.Read, r.Unread = c.ReadBy(agent); r.Unread == 0 {
			r.Read, r.Unread = c.Last-1, 1
		}
		c.setReader(agent, r)
	}
}

// Merged ends a merge: this conversation takes over what the other one knew,
// and the other is left empty, pointing here.
func (c *Conversation) Merged(from *Conversation) {
	if from.Status == Open {
		c.Status = Open
	}
	if c.Assignee == "" {
		c.Assignee = from.Assignee
	}
	if since := from.WaitingSince(); !since.IsZero() && (c.Waiting.IsZero() || since.Before(c.Waiting)) {
		c.Waiting = since
	}
	for _, a := range from.Activities {
		c.note(a)
	}
	c.takeMarks(from)
	c.takeRating(from)
	if c.Note == "" {
		c.Note = from.Note
	}
	c.Unverified = c.Unverified.with(from.Unverified)
	if from.Page != (Page{}) {
		c.Page = from.Page
	}
	c.Rev++
	*from = Conversation{ID: from.ID, Site: from.Site, Status: Resolved, Created: from.Created,
		Active: from.Active, MergedInto: c.ID, Rev: from.Rev + 1}
}

// Adopt makes an anonymous conversation the person's own, whole.
func (c *Conversation) Adopt(p Person) {
	c.Person, c.Profile = p.Key, p.Profile
	c.Rev++
}
