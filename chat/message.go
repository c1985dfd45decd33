package chat

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxText is the longest text of a message, in characters (Unicode code points).
const MaxText = 4000

// Seq numbers the messages of one conversation: 1, 2, 3 and so on, no gaps.
type Seq uint64

// Side is who speaks.
type Side string

const (
	// Visitor is the side of the site's visitors, signed in or not.
	Visitor Side = "visitor"
	// Agent is the side of those who answer.
	Agent Side = "agent"
	// System is Parley itself.
	System Side = "system"
)

// Author is who wrote a message.
type Author struct {
	Side Side `json:"side"`
	// ID is an agent's e-mail address, or a person's key; empty for an
	// anonymous visitor.
	ID string `json:"id,omitempty"`
	// Name is what to show.
	Name string `json:"name,omitempty"`
}

// Message is one message as stored. It never changes.
type Message struct {
	Seq Seq `json:"seq"`
	// ClientID is the sender's own name for the message. Within one
	// conversation and side it makes sending idempotent.
	ClientID string    `json:"cid"`
	Time     time.Time `json:"time"`
	Author   Author    `json:"author"`
	Text     string    `json:"text"`
	// Attachments are the files that came with it, at most MaxAttachments.
	Attachments []Attachment `json:"attachments,omitempty"`
	// Before is what was done with the conversation between the message before
	// and this one. Visitors don't see it.
	Before []Activity `json:"before,omitempty"`
}

// Draft is a message that has no number yet.
type Draft struct {
	ClientID string
	Author   Author
	Text     string
	// Attachments are named by ID; the store fills in the rest from their
	// uploads.
	Attachments []Attachment
}

// CleanText checks a message's text and returns it as it is stored: valid
// UTF-8 without white space around it and without control characters other
// than line breaks and tabs. It gives ErrEmpty, ErrTooLong or ErrBadFrame.
func CleanText(text string) (string, error) {
	if !utf8.ValidString(text) {
		return "", ErrBadFrame
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, text)
	text = strings.TrimSpace(text)
	if strings.IndexFunc(text, visible) < 0 {
		return "", ErrEmpty
	}
	if utf8.RuneCountInString(text) > MaxText {
		return "", ErrTooLong
	}
	return text, nil
}

// ValidClientID reports whether a client id has the form that is asked for: 8
// to 64 characters of A-Z a-z 0-9 _ and -.
func ValidClientID(id string) bool {
	if len(id) < 8 || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// CheckDraft returns what is wrong with a first message before anything is made
// for it: ErrBadFrame for the client id, else what CleanText gives.
func CheckDraft(clientID, text string) error {
	if !ValidClientID(clientID) {
		return ErrBadFrame
	}
	_, err := CleanText(text)
	return err
}
