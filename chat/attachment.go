package chat

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of attachments.
const (
	// MaxAttachment is the largest file, in bytes: 10 MiB.
	MaxAttachment = 10 << 20
	// MaxAttachments is how many files one message may have.
	MaxAttachments = 5
	// MaxFileName is the longest name of a file, in characters.
	MaxFileName = 120
	// MaxUnsent is how many files of one conversation and side wait for their
	// messages: two messages full.
	MaxUnsent = 10
	// UploadRetention is how long an upload waits for its message.
	UploadRetention = time.Hour
)

// ErrTooManyUnsent means that MaxUnsent files of one conversation and side wait
// for their messages.
var ErrTooManyUnsent = &Error{"too_many_unsent", "10 files are waiting to be sent already; please send those first, or try again in an hour"}

// AttachmentID names an attachment. It is no secret: who may read the message
// may read what is attached to it.
type AttachmentID string

// Attachment is a file that came with a message.
type Attachment struct {
	ID AttachmentID `json:"id"`
	// Name is what the sender called it, by CleanFileName.
	Name string `json:"name"`
	// Type is the media type that its first bytes look like, without
	// parameters. What the sender said of it is not believed.
	Type string `json:"type"`
	// Size is in bytes.
	Size int64 `json:"size"`
}

// Upload is a file on its way to becoming an attachment.
type Upload struct {
	ID AttachmentID
	// Conversation and Side are where it may be sent and by whom. What takes
	// the conversation over, in a merge, takes this over with it.
	Conversation ConversationID
	Side         Side
	Name, Type   string
	Created      time.Time
}

// CleanFileName returns a file's name as it is stored: without folders, by
// CleanLine (what it takes out lets "exe.jpg" be read where "gpj.exe" is
// written), at most MaxFileName characters with the extension
// left on, and "file" where nothing is left.
func CleanFileName(name string) string {
	name = strings.ToValidUTF8(name, "")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = CleanLine(name)
	name = strings.TrimLeft(name, ". ")
	name = strings.TrimRight(name, ". ")
	if name == "" {
		return "file"
	}
	if over := utf8.RuneCountInString(name) - MaxFileName; over > 0 {
		ext := path.Ext(name)
		if utf8.RuneCountInString(ext) > MaxFileName/4 {
			ext = ""
		}
		stem := []rune(strings.TrimSuffix(name, ext))
		name = strings.TrimRight(string(stem[:len(stem)-over]), ". ") + ext
	}
	return name
}

// Clean checks a draft and returns it as it is stored: a text by CleanText,
// which may be empty where there are attachments, each named once.
func (d Draft) Clean() (Draft, error) {
	if !ValidClientID(d.ClientID) {
		return d, ErrBadFrame
	}
	if len(d.Attachments) > MaxAttachments {
		return d, ErrTooMany
	}
	for i, a := range d.Attachments {
		for _, b := range d.Attachments[:i] {
			if a.ID == b.ID {
				return d, fmt.Errorf("%w: an attachment is named twice", ErrBadFrame)
			}
		}
	}
	text, err := CleanText(d.Text)
	if errors.Is(err, ErrEmpty) && len(d.Attachments) > 0 {
		text, err = "", nil
	}
	d.Text = text
	return d, err
}

// File is what somebody uploads.
type File struct {
	// Name is what the sender calls it.
	Name string
	// Type is the media type that the first bytes look like.
	Type string
	// Body is read to its end, in parts; an error of its own ends the upload
	// and is returned as it is.
	Body io.Reader
}
