package console

import (
	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/hub"
)

// Summary is a conversation as agents see it in the inbox and beside the
// messages.
type Summary struct {
	ID          chat.ConversationID `json:"id"`
	Site        string              `json:"site"`
	Person      bool                `json:"person"`  // evidence says who it is
	Name        string              `json:"name"`    // verified: name, else e-mail, else id; "Visitor" where none is known
	Profile     chat.Profile        `json:"profile"` // verified
	Unverified  chat.Profile        `json:"claims"`  // said by the page's script or in a form: show with a mark, never as verified
	Note        string              `json:"note"`    // see assign in chat/service, or empty
	Status      chat.Status         `json:"status"`
	Assignee    string              `json:"assignee"` // an agent's e-mail address, or empty
	Created     int64               `json:"created"`  // milliseconds since 1970
	Active      int64               `json:"active"`   // likewise; sorts the inbox, newest first
	Last        chat.Seq            `json:"last"`
	LastFrom    chat.Side           `json:"lastFrom"`
	LastText    string              `json:"lastText"`             // the beginning of the last message
	Read        chat.Seq            `json:"read"`                 // by the agent who asks
	Unread      int                 `json:"unread"`               // to them
	Waiting     int64               `json:"waiting"`              // since when the visitor waits for an answer, in milliseconds since 1970; 0 where nobody waits
	Activities  []Activity          `json:"activities,omitempty"` // what was done since the last message
	VisitorRead chat.Seq            `json:"visitorRead"`          // the visitor has seen up to this
	Rating      Rating              `json:"rating,omitzero"`      // the visitor's, as long as it is resolved
	Page        chat.Page           `json:"page"`                 // where the visitor is, or was last
	Online      bool                `json:"online"`               // whether they are there now
	Rev         uint64              `json:"rev"`                  // grows with each change: keep the newest
}

// Rating is what the visitor thought of the conversation.
type Rating struct {
	Score   int    `json:"score"` // 1, the worst, to 5
	Comment string `json:"comment,omitempty"`
}

func newRating(r chat.Rating) Rating { return Rating{r.Score, r.Comment} }

// newSummary describes a conversation to an agent, with where its visitor is right
// now.
func newSummary(c chat.Conversation, hub *hub.Hub, agent string) Summary {
	name := c.Profile.Name()
	if name == "" {
		name = "Visitor"
	}
	page, online := hub.Presence(c.ID)
	if page == (chat.Page{}) {
		page = c.Page
	}
	upTo, unread := c.ReadBy(agent)
	waiting := int64(0)
	if since := c.WaitingSince(); !since.IsZero() {
		waiting = since.UnixMilli()
	}
	return Summary{
		ID: c.ID, Site: c.Site, Person: c.Person != "", Name: name, Profile: c.Profile, Unverified: c.Unverified,
		Note: c.Note, Status: c.Status, Assignee: c.Assignee,
		Created: c.Created.UnixMilli(), Active: c.Active.UnixMilli(),
		Last: c.Last, LastFrom: c.LastSide, LastText: c.LastText,
		Read: upTo, Unread: unread, Waiting: waiting, Activities: newActivities(c.Activities), VisitorRead: c.VisitorRead,
		Rating: newRating(c.CurrentRating()), Page: page, Online: online, Rev: c.Rev,
	}
}

// weight is about how many bytes the summary keeps in memory.
func (s *Summary) weight() int {
	return 4*frame.BaseWeight + activitiesWeight(s.Activities) + len(s.Rating.Comment) + len(s.LastText) + len(s.Page.URL) + s.Profile.Size() + s.Unverified.Size()
}
