package chat

import (
	"strings"
	"time"
	"unicode/utf8"
)

// ConversationID names a conversation.
type ConversationID string

// Status is whether a conversation waits for anything.
type Status string

const (
	// Open: someone may have to answer.
	Open Status = "open"
	// Resolved: done with, until the visitor writes again.
	Resolved Status = "resolved"
)

// Owner is whose conversation it is: a person's or, while nobody is signed in,
// a tab secret's. Exactly one of Person and TabSecret is set.
type Owner struct {
	Site      string
	Person    string // a Person's Key
	TabSecret *Hash
}

// Page is where a visitor is, by what their browser says.
type Page struct {
	URL   string `json:"url,omitempty"`
	Title string `json:"title,omitempty"`
}

// Conversation is the state of one timeline. Each person has one for each
// site, and each tab secret of an anonymous visitor has one.
type Conversation struct {
	ID   ConversationID `json:"id"`
	Site string         `json:"site"`
	// Person is the key of whom it belongs to; empty while anonymous.
	Person string `json:"person,omitempty"`
	// Profile is what the proxy has evidence of.
	Profile Profile `json:"profile"`
	// Unverified is what the page's script said of the visitor, and what they said
	// in a form. It is shown as unverified and decides nothing.
	Unverified Profile `json:"claims"`
	// Note tells agents what could not be done as asked.
	Note   string `json:"note,omitempty"`
	Status Status `json:"status"`
	// Assignee is the e-mail address of the agent who has it; empty for nobody.
	Assignee string    `json:"assignee,omitempty"`
	Created  time.Time `json:"created"`
	// Active is the time of the last message, or of creation.
	Active time.Time `json:"active"`
	// Last is the number of the last message; 0 before the first.
	Last Seq `json:"last"`
	// LastSide and LastText preview the last message.
	LastSide Side   `json:"last_side,omitempty"`
	LastText string `json:"last_text,omitempty"`
	// VisitorRead is how far the visitor has read. Up to AgentRead all agents
	// have: it is the last answer, as which records of before there were Readers
	// count how far any agent had read.
	VisitorRead Seq `json:"visitor_read,omitempty"`
	AgentRead   Seq `json:"agent_read,omitempty"`
	// VisitorUnread counts agents' messages after VisitorRead, AgentUnread the
	// visitor's after AgentRead.
	VisitorUnread int `json:"visitor_unread,omitempty"`
	AgentUnread   int `json:"agent_unread,omitempty"`
	// Readers are the agents, by e-mail address, who have read to elsewhere than
	// AgentRead; see ReadBy. An answer ends all but what is marked as unread, so
	// they are few.
	Readers map[string]Reader `json:"readers,omitempty"`
	// Waiting is when the visitor's first message came after the last answer; see
	// WaitingSince.
	Waiting time.Time `json:"waiting,omitzero"`
	// Answered is the last answer, and AnsweredBy who gave it, by e-mail address;
	// see Overtaken.
	Answered   Seq    `json:"answered,omitempty"`
	AnsweredBy string `json:"answered_by,omitempty"`
	// Activities are what was done since the last message, in order; the next one
	// takes them with it.
	Activities []Activity `json:"activities,omitempty"`
	// AgentSeen is how far some agent has looked; see SeenByAgents.
	AgentSeen Seq `json:"agent_seen,omitempty"`
	// Resolves counts how often it was resolved. It may be zero of one that is
	// resolved: that was before it was counted, and is not rated any more.
	Resolves int `json:"resolves,omitempty"`
	// Rating is the last one that the visitor gave; see CurrentRating.
	Rating Rating `json:"rating,omitzero"`
	// Page is where the visitor last was.
	Page Page `json:"page,omitzero"`
	// MergedInto is the person's conversation that took this one's messages;
	// such a conversation has none any more and takes no change.
	MergedInto ConversationID `json:"merged_into,omitempty"`
	// Rev grows by one with each change.
	Rev uint64 `json:"rev"`
}

// Change is what is to be changed of a conversation, all or nothing; zero
// fields stay.
type Change struct {
	// Message is appended, unless its side has sent this ClientID before.
	Message *Draft
	// Seen is up to where its author has seen what was written: the Message is
	// refused with ErrAnswered where another agent has answered behind it. Nil
	// appends it whatever came.
	Seen *Seq
	// By is who changes status or assignee, for which nobody leaves no Activity, or
	// rates.
	By     Author
	Status Status
	// Assignee sets the agent; a pointer to an empty string takes them off.
	Assignee *string
	Note     *string
	// Rating is the visitor's, of the time it was resolved that it names by
	// Resolves: refused with ErrNotResolved where that is over, or was before it
	// was counted. Its Time is left at zero.
	Rating *Rating
	// ReadBy is the side that has read up to Read; of agents the Reader alone, by
	// e-mail address.
	ReadBy Side
	Reader string
	Read   Seq
	// MarkUnread makes what comes after Read unread to the Reader, also where they
	// have read it.
	MarkUnread bool
	// ReadUnread is how many messages of the other side come after what CountFrom
	// gives. The store counts them: whoever asks leaves it at zero.
	ReadUnread int
	Profile    *Profile
	// Unverified changes what is said and not verified; with a Message that was
	// sent before, it has been made then.
	Unverified ProfilePatch
	Page       *Page
}

// Refuse returns why a store makes nothing of a change: ErrAnswered where it is
// Overtaken, ErrNotResolved.
func (c *Conversation) Refuse(ch Change) error {
	switch {
	case c.Overtaken(ch):
		return ErrAnswered
	case ch.Rating != nil && (c.Status != Resolved || c.Resolves == 0 || c.Resolves != ch.Rating.Resolves):
		return ErrNotResolved
	}
	return nil
}

// previewLen is how much of the last message an inbox shows, in bytes.
const previewLen = 160

// Apply changes the conversation at the given time and returns the message
// that was appended, if one was. It is pure, so that each store can call it
// within its own transaction, again where it lost a race. A Change with
// nothing new in it leaves Rev as it is.
func (c *Conversation) Apply(ch Change, now time.Time) *Message {
	before := c.stateForRev()
	var m *Message
	if ch.Profile != nil && !ch.Profile.Equal(c.Profile) {
		c.Profile = *ch.Profile
		c.Rev++
	}
	if !ch.Unverified.empty() {
		if said := ch.Unverified.Apply(c.Unverified); !said.Equal(c.Unverified) {
			c.Unverified = said
			c.Rev++
		}
	}
	if ch.Assignee != nil {
		c.assign(*ch.Assignee, ch.By, now)
	}
	if ch.Message != nil {
		m = c.append(*ch.Message, now)
	}
	if ch.Status != "" {
		c.changeStatus(ch.Status, ch.By, now)
	}
	if ch.Rating != nil {
		c.rate(*ch.Rating, ch.By, now)
	}
	if ch.Note != nil {
		c.Note = *ch.Note
	}
	if ch.Page != nil {
		c.Page = *ch.Page
	}
	c.see(ch)
	c.read(ch)
	if c.stateForRev() != before {
		c.Rev++
	}
	return m
}

func (c *Conversation) append(d Draft, now time.Time) *Message {
	// The clock may jump back; the order of the timeline may not.
	if now.Before(c.Active) {
		now = c.Active
	}
	switch d.Author.Side {
	case Visitor:
		c.asked(now)
		c.changeStatus(Open, d.Author, now)
		// Whoever answers has read what was there.
		c.VisitorRead, c.VisitorUnread = c.Last+1, 0
	case Agent:
		c.VisitorUnread++
	}
	c.Last++
	c.Active = now
	c.LastSide, c.LastText = d.Author.Side, preview(d.Text, d.Attachments)
	if d.Author.Side == Agent {
		c.answered(d.Author.ID)
	}
	before := c.Activities
	c.Activities = nil
	return &Message{Seq: c.Last, ClientID: d.ClientID, Time: now, Author: d.Author, Text: d.Text, Attachments: d.Attachments, Before: before}
}

// stateForRev is the comparable part of the state.
func (c *Conversation) stateForRev() any {
	type state struct {
		note     string
		status   Status
		assignee string
		last     Seq
		page     Page
		rating   Rating
		merged   ConversationID
	}
	return state{c.Note, c.Status, c.Assignee, c.Last, c.Page, c.Rating, c.MergedInto}
}

// preview cuts a text to about previewLen bytes, on one line. Where there is
// none, the names of the files stand for it.
func preview(text string, files []Attachment) string {
	if strings.TrimSpace(text) == "" {
		for i, a := range files {
			if i > 0 {
				text += ", "
			}
			text += a.Name
		}
	}
	return cutText(text, previewLen)
}

// cutText cuts a text to about so many bytes, on one line. It reads no more of
// it than that takes.
func cutText(text string, cut int) string {
	line := make([]byte, 0, min(len(text), cut+utf8.UTFMax))
	for word := range strings.FieldsSeq(text) {
		if len(line) > 0 {
			line = append(line, ' ')
		}
		line = append(line, word[:min(len(word), cut+utf8.UTFMax)]...)
		if len(line) > cut {
			break
		}
	}
	if len(line) <= cut {
		return string(line)
	}
	for cut > 0 && !utf8.RuneStart(line[cut]) { // not within a UTF-8 sequence
		cut--
	}
	return string(line[:cut]) + "…"
}
