package chat

import "time"

// Reader is how far one agent has read a conversation.
type Reader struct {
	Read Seq `json:"read"`
	// Unread counts the visitor's messages after Read.
	Unread int `json:"unread,omitempty"`
	// Marked tells that it is to be unread until this agent looks, whoever
	// answers: they have marked it so themself, or it was assigned to them.
	Marked bool `json:"marked,omitempty"`
}

// maxMarked is up to how many messages, counted from the end, are marked as
// unread: the store counts them while others wait.
const maxMarked = 1000

// ReadBy returns how far an agent, named by e-mail address, has read, and how
// many messages are unread to them. What was answered counts as read by all.
func (c *Conversation) ReadBy(agent string) (upTo Seq, unread int) {
	if r, ok := c.Readers[agent]; ok {
		return r.Read, r.Unread
	}
	return c.AgentRead, c.AgentUnread
}

// WaitingSince returns since when the visitor waits for an answer: the time of
// their first message after the last answer. It is zero where nobody waits.
func (c *Conversation) WaitingSince() time.Time {
	switch {
	case c.Status == Resolved || c.Last == 0:
		return time.Time{}
	case c.Waiting.IsZero() && c.LastSide == Visitor:
		return c.Active // a record of before that was noted, or reopened
	}
	return c.Waiting
}

// CountFrom returns after which number the store counts the messages of the
// other side for a change that says what was read, Change.ReadUnread; false
// where it need not, as nothing changes or nothing comes after.
func (c *Conversation) CountFrom(ch Change) (after Seq, needed bool) {
	upTo, moves := c.readTo(ch)
	return upTo, moves && upTo < c.Last
}

// readTo returns up to where a change says that its reader has read, and
// whether that is another place than before.
func (c *Conversation) readTo(ch Change) (upTo Seq, moves bool) {
	upTo = min(ch.Read, c.Last)
	switch {
	case ch.ReadBy == Visitor:
		return upTo, upTo > c.VisitorRead
	case ch.ReadBy != Agent:
		return 0, false
	}
	before, _ := c.ReadBy(ch.Reader)
	if ch.MarkUnread {
		return max(upTo, c.Last-min(c.Last, maxMarked)), upTo < c.Last
	}
	return upTo, upTo > before
}

// read notes what a side, or an agent of it, has read. It moves a position
// forward; only MarkUnread moves one back.
func (c *Conversation) read(ch Change) {
	upTo, moves := c.readTo(ch)
	switch {
	case !moves || ch.MarkUnread && ch.ReadUnread == 0:
	case ch.ReadBy == Visitor:
		c.VisitorRead, c.VisitorUnread = upTo, ch.ReadUnread
		c.Rev++
	default:
		was := c.Readers[ch.Reader]
		c.setReader(ch.Reader, Reader{upTo, ch.ReadUnread, ch.ReadUnread > 0 && (was.Marked || ch.MarkUnread)})
		c.Rev++
	}
}

// setReader notes how far an agent has read, unless they are like all others.
func (c *Conversation) setReader(agent string, r Reader) {
	if !r.Marked && r.Read <= c.AgentRead && r.Unread == c.AgentUnread {
		delete(c.Readers, agent)
		return
	}
	if c.Readers == nil {
		c.Readers = map[string]Reader{}
	}
	c.Readers[agent] = r
}

// asked notes a message of the visitor's, which nobody has read yet.
func (c *Conversation) asked(at time.Time) {
	since := c.WaitingSince()
	if since.IsZero() {
		since = at
	}
	c.Waiting = since
	c.AgentUnread++
	for agent, r := range c.Readers {
		r.Unread++
		c.Readers[agent] = r
	}
}

// answered notes a message of an agent's, the last one: up to it all is read by
// all, but for those who have marked it as unread.
func (c *Conversation) answered(agent string) {
	c.Waiting = time.Time{}
	c.Answered, c.AnsweredBy = c.Last, agent
	c.AgentRead, c.AgentUnread = c.Last, 0
	for name, r := range c.Readers {
		if name == agent || !r.Marked {
			delete(c.Readers, name)
		}
	}
}

// Overtaken reports whether a change is an answer that does not know of another
// agent's: its author is to be asked first.
func (c *Conversation) Overtaken(ch Change) bool {
	return ch.Message != nil && ch.Seen != nil && c.Answered > *ch.Seen && c.AnsweredBy != ch.Message.Author.ID
}

// handedTo makes a conversation unread to the agent to whom somebody else has
// given it, so that they find it whenever they come.
func (c *Conversation) handedTo(agent string) {
	if _, unread := c.ReadBy(agent); unread == 0 && c.Last > 0 {
		c.setReader(agent, Reader{Read: c.Last - 1, Unread: 1, Marked: true})
	}
}
