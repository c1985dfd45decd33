package visitor

import (
	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/chat"
)

// Hello tells the widget who the visitor is and what they have missed.
type Hello struct {
	T            string          `json:"t" enum:"hello"`
	Who          chat.Who        `json:"who"`
	Online       bool            `json:"online"`
	Me           *Me             `json:"me,omitempty"`
	Conversation *State          `json:"conversation,omitempty"`
	Messages     []frame.Message `json:"messages"`
	Earlier      bool            `json:"earlier"`
	TabSecret    string          `json:"mark,omitempty"`
	Stale        bool            `json:"stale,omitempty"`
	Repeat       int             `json:"repeat,omitempty"` // seconds
	Session      chat.SessionID  `json:"session,omitempty"`
	Resumed      bool            `json:"resumed,omitempty"`
	Hours        *Hours          `json:"hours,omitempty"`
	Rules        []string        `json:"rules,omitempty"`
	Replies      *Replies        `json:"replies,omitempty"`

	conversation *chat.Conversation // what it tells about; nil where there is none
}

// Weight implements transport.Weigher.
func (h Hello) Weight() int {
	n := frame.MessagesWeight(h.Messages)
	if h.Conversation != nil {
		n += h.Conversation.Weight()
	}
	return n
}

// Hours tell whether the chat is answered at this time of the week.
type Hours struct {
	Open   bool  `json:"open"`
	Change int   `json:"change,omitempty"` // seconds until that changes
	Opens  int64 `json:"opens,omitempty"`  // ms since 1970, where it is closed
}

// Replies tell how long an answer usually takes.
type Replies struct {
	N    int    `json:"n"`
	Unit string `json:"unit"` // minute, hour or day
}

// Me is what the visitor is shown of themselves.
type Me struct {
	Firstname string `json:"firstname,omitempty"`
	Lastname  string `json:"lastname,omitempty"`
	Email     string `json:"email,omitempty"`
}

// State is a conversation's state as the visitor sees it.
type State struct {
	T      string      `json:"t" enum:"state"`
	Status chat.Status `json:"status"`
	Last   chat.Seq    `json:"last"`
	Read   chat.Seq    `json:"read"`
	Unread int         `json:"unread"`
	Agent  string      `json:"agent"`
	Seen   chat.Seq    `json:"seen,omitempty"`
	// Resolves counts how often it was resolved.
	Resolves int    `json:"resolves,omitempty"`
	Rating   Rating `json:"rating,omitzero"`
	// Reachable: an e-mail address of the visitor is known, if only by their word.
	Reachable bool `json:"reachable,omitempty"`
}

// apply changes the state as a message does: there is no need to tell of that
// apart from the message.
func (s *State) apply(m chat.Message) {
	if m.Seq <= s.Last {
		return
	}
	s.Last = m.Seq
	switch m.Author.Side {
	case chat.Visitor:
		s.Status, s.Read, s.Unread, s.Rating = chat.Open, m.Seq, 0, Rating{}
	case chat.Agent:
		s.Unread++
		s.Seen = m.Seq
	}
}

// Earlier brings messages from before what is shown.
type Earlier struct {
	T        string          `json:"t" enum:"earlier"`
	Messages []frame.Message `json:"messages"`
	Earlier  bool            `json:"earlier"`
}

// Weight implements transport.Weigher.
func (e Earlier) Weight() int { return frame.MessagesWeight(e.Messages) }

// NewMessage brings one message as it comes.
type NewMessage struct {
	T string        `json:"t" enum:"message"`
	M frame.Message `json:"m"`
}

// Online tells whether an agent is there.
type Online struct {
	T  string `json:"t" enum:"online"`
	On bool   `json:"on"`
}

// Reset tells that the visitor has logged out.
type Reset struct {
	T string `json:"t" enum:"reset"`
}

// Again tells that the visitor is somebody else now.
type Again struct {
	T string `json:"t" enum:"again"`
}
