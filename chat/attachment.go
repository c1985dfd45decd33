package chat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of attachments.
const (
	// MaxAttachment is the largest file, in bytes: 10 MiB.
	MaxAttachment = 10 << 20
	// MaxAttachments is how many files one message may have.
	MaxAttachments = 5
	// MaxFileName is the longest name of a file as it is kept, in characters.
	MaxFileName = 120
	// MaxUnsent is how many files of one conversation and side wait for their
	// messages: two messages full.
	MaxUnsent = 10
	// UploadKept is how long an upload waits for its message.
	UploadKept = time.Hour
)

// ErrTooManyUnsent means that MaxUnsent files of one conversation and side wait
// for their messages.
var ErrTooManyUnsent = &Error{"too_many", "10 files are waiting to be sent already; please send those first, or try again in an hour"}

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
	// the conversation over, by a claim, takes this over with it.
	Conversation ConversationID
	Side         Side
	Name, Type   string
	Created      time.Time
}

// CleanFileName returns a file's name as it is kept: without folders, without
// control and invisible characters (some of which let "exe.jpg" be read where
// "gpj.exe" is written), at most MaxFileName characters with the extension
// kept, and "file" where nothing is left.
func CleanFileName(name string) string {
	name = strings.ToValidUTF8(name, "")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
			return -1
		}
		return r
	}, name)
	name = strings.TrimLeft(strings.TrimSpace(name), ". ")
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

// clean checks a draft and returns it as it is stored: a text by CleanText,
// which may be empty where there are attachments, each named once.
func (d Draft) clean() (Draft, error) {
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

// named makes the attachments of a draft from their names; the store fills in
// the rest.
func named(ids []AttachmentID) []Attachment {
	if len(ids) == 0 {
		return nil
	}
	list := make([]Attachment, len(ids))
	for i, id := range ids {
		list[i].ID = id
	}
	return list
}

// upload keeps a file for a message of a conversation.
func (s *Service) upload(ctx context.Context, st Store, id ConversationID, side Side, f File) (Attachment, error) {
	return st.Upload(ctx, Upload{ID: AttachmentID(newID()), Conversation: id, Side: side,
		Name: CleanFileName(f.Name), Type: f.Type, Created: s.now()}, f.Body)
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

// Upload keeps a file of the visitor's for a message that they are about to
// send within UploadKept, and opens their conversation where there is none. It
// gives ErrTooLarge beyond MaxAttachment, ErrEmpty for a file without content
// and ErrTooManyUnsent where MaxUnsent others wait.
func (v *Visit) Upload(ctx context.Context, f File) (Attachment, error) {
	if v.Who == WhoNone {
		return Attachment{}, ErrNoSession
	}
	st, err := v.service.open()
	if err != nil {
		return Attachment{}, err
	}
	c, err := v.opened(ctx, st, Page{})
	if err != nil {
		return Attachment{}, err
	}
	return v.service.upload(ctx, st, c.ID, Visitor, f)
}

// Attachment returns an attachment of a message in the visitor's conversation,
// to be read as long as ctx lives. ErrNotFound, ErrNoSession.
func (v *Visit) Attachment(ctx context.Context, seq Seq, id AttachmentID) (Attachment, io.Reader, error) {
	c, err := v.Conversation(ctx)
	if err != nil {
		return Attachment{}, nil, err
	}
	st, err := v.service.open()
	if err != nil {
		return Attachment{}, nil, err
	}
	return st.Attachment(ctx, c.ID, seq, id)
}

// Upload keeps a file of the agent's for a reply in a conversation that they
// may see. The errors are those of Visit.Upload and ErrNotFound.
func (d *Desk) Upload(ctx context.Context, id ConversationID, f File) (Attachment, error) {
	c, err := d.Conversation(ctx, id)
	if err != nil {
		return Attachment{}, err
	}
	st, err := d.service.open()
	if err != nil {
		return Attachment{}, err
	}
	return d.service.upload(ctx, st, c.ID, Agent, f)
}

// Attachment returns an attachment of a message in a conversation that the
// agent may see, to be read as long as ctx lives. ErrNotFound.
func (d *Desk) Attachment(ctx context.Context, id ConversationID, seq Seq, a AttachmentID) (Attachment, io.Reader, error) {
	c, err := d.Conversation(ctx, id)
	if err != nil {
		return Attachment{}, nil, err
	}
	st, err := d.service.open()
	if err != nil {
		return Attachment{}, nil, err
	}
	return st.Attachment(ctx, c.ID, seq, a)
}
