package visitor

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/parley-chat/parley/chat"
)

// credentials are what each request over HTTP carries besides, since there is
// no connection to remember it.
type credentials struct {
	TabSecret string `json:"mark,omitempty"`
}

// HelloRequest asks who the visitor is and what they have missed.
type HelloRequest struct {
	TabSecret string   `json:"mark,omitempty"`
	After     chat.Seq `json:"after,omitempty"`
	// From is the session that the widget kept something of.
	From chat.SessionID `json:"from,omitempty"`
	Page Page           `json:"page,omitzero"`
}

// StartRequest begins an anonymous visitor's chat.
type StartRequest struct {
	TabSecret string `json:"mark,omitempty"`
	CID       string `json:"cid,omitempty"`
	Text      string `json:"text,omitempty"`
	// Tag is kept with the message, as in SendRequest; without one it is ignored.
	Tag  json.RawMessage `json:"tag,omitempty"`
	Page Page            `json:"page,omitzero"`
}

// SendRequest brings a message.
type SendRequest struct {
	CID  string `json:"cid"`
	Text string `json:"text"`
	// Attachments are what was uploaded for the message.
	Attachments []chat.AttachmentID `json:"attachments,omitempty"`
	// Tag is what the visitor has said of themselves in a form, as in TagRequest.
	Tag  json.RawMessage `json:"tag,omitempty"`
	Page Page            `json:"page,omitzero"`
}

// EarlierRequest asks for messages before one.
type EarlierRequest struct {
	Before chat.Seq `json:"before"`
}

// ReadRequest says how far the visitor has read.
type ReadRequest struct {
	Seq chat.Seq `json:"seq"`
}

// TypingRequest says whether the visitor types.
type TypingRequest struct {
	On bool `json:"on"`
}

// TagRequest is what the page's script says of the visitor.
type TagRequest struct {
	Data json.RawMessage `json:"data"`
}

// UploadHead is the first line of an upload.
type UploadHead struct {
	TabSecret string `json:"mark,omitempty"`
	Name      string `json:"name"`
}

// AttachmentRequest asks for a file.
type AttachmentRequest struct {
	TabSecret string            `json:"mark,omitempty"`
	Seq       chat.Seq          `json:"seq"`
	ID        chat.AttachmentID `json:"id"`
}

// Page is where a visitor is, as their browser says.
type Page struct {
	URL   string `json:"url"`
	Title string `json:"title"`
}

// Bounds of what a browser says of its page, in bytes.
const (
	maxURL   = 2048
	maxTitle = 256
)

// clean returns the page as it is kept: an absolute http or https address
// without credentials and fragment, or none at all.
func (p Page) clean() chat.Page {
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
	title := strings.ToValidUTF8(page.Title[:min(len(page.Title), maxTitle)], "")
	page.Title = strings.Clone(chat.CleanLine(title))
	return page
}
