package visitor

import (
	"net/url"
	"strings"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/chat"
)

// helloFrame tells the widget who the visitor is and what they have missed.
type helloFrame struct {
	T            string          `json:"t"`
	Who          chat.Who        `json:"who"`
	Online       bool            `json:"online"`
	Me           *meFrame        `json:"me,omitempty"`
	Conversation *stateFrame     `json:"conversation,omitempty"`
	Messages     []frame.Message `json:"messages"`
	Earlier      bool            `json:"earlier"`
	Mark         string          `json:"mark,omitempty"`
	Stale        bool            `json:"stale,omitempty"`
}

// meFrame is what the visitor is shown of themselves.
type meFrame struct {
	Firstname string `json:"firstname,omitempty"`
	Lastname  string `json:"lastname,omitempty"`
	Email     string `json:"email,omitempty"`
}

// stateFrame is a conversation's state as the visitor sees it.
type stateFrame struct {
	T      string      `json:"t"`
	Status chat.Status `json:"status"`
	Last   chat.Seq    `json:"last"`
	Read   chat.Seq    `json:"read"`
	Unread int         `json:"unread"`
	Agent  string      `json:"agent"`
}

type earlierFrame struct {
	T        string          `json:"t"`
	Messages []frame.Message `json:"messages"`
	Earlier  bool            `json:"earlier"`
}

type messageFrame struct {
	T string        `json:"t"`
	M frame.Message `json:"m"`
}

type onlineFrame struct {
	T  string `json:"t"`
	On bool   `json:"on"`
}

// visitorFrame is anything that the widget says; which fields count depends on
// its kind.
type visitorFrame struct {
	Mark   string   `json:"mark"`
	After  chat.Seq `json:"after"`
	Before chat.Seq `json:"before"`
	Seq    chat.Seq `json:"seq"`
	CID    string   `json:"cid"`
	Text   string   `json:"text"`
	// Attachments are what was uploaded for the message.
	Attachments []chat.AttachmentID `json:"attachments"`
	On          bool                `json:"on"`
	Page        pageFrame           `json:"page"`
	pageFrame
	Data rawJSON `json:"data"`
}

type pageFrame struct {
	URL   string `json:"url"`
	Title string `json:"title"`
}

// rawJSON is kept as it came.
type rawJSON []byte

// UnmarshalJSON keeps the bytes.
func (r *rawJSON) UnmarshalJSON(b []byte) error {
	*r = append((*r)[:0], b...)
	return nil
}

// Bounds of what a browser says of its page, in bytes.
const (
	maxURL   = 2048
	maxTitle = 256
)

// clean returns the page as it is kept: an absolute http or https address
// without credentials and fragment, or none at all.
func (p pageFrame) clean() chat.Page {
	u, err := url.Parse(p.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return chat.Page{}
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	page := chat.Page{URL: u.String(), Title: p.Title}
	if len(page.URL) > maxURL {
		u.RawQuery = ""
		if page.URL = u.String(); len(page.URL) > maxURL {
			return chat.Page{}
		}
	}
	// It is kept for as long as the visitor is there: in the end without the
	// rest of what it was cut from.
	page.Title = strings.Clone(strings.ToValidUTF8(page.Title[:min(len(page.Title), maxTitle)], ""))
	return page
}

// bareFrame has a name and nothing else.
type bareFrame struct {
	T string `json:"t"`
}

// Weight implements transport.Weigher.
func (f helloFrame) Weight() int { return frame.MessagesWeight(f.Messages) }

// Weight implements transport.Weigher.
func (f earlierFrame) Weight() int { return frame.MessagesWeight(f.Messages) }
