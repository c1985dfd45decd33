package service

import (
	"context"
	"io"

	"github.com/parley-chat/parley/chat"
)

// named makes the attachments of a draft from their names; the store fills in
// the rest.
func named(ids []chat.AttachmentID) []chat.Attachment {
	if len(ids) == 0 {
		return nil
	}
	list := make([]chat.Attachment, len(ids))
	for i, id := range ids {
		list[i].ID = id
	}
	return list
}

// Upload keeps a file of the visitor's for a message that they are about to
// send within UploadRetention, and opens their conversation where there is none. It
// gives ErrTooLarge beyond MaxAttachment, ErrEmpty for a file without content
// and ErrTooManyUnsent where MaxUnsent others wait.
func (v *Visit) Upload(ctx context.Context, f chat.File) (chat.Attachment, error) {
	if v.Who == chat.WhoNone {
		return chat.Attachment{}, chat.ErrNoSession
	}
	st, err := v.service.open()
	if err != nil {
		return chat.Attachment{}, err
	}
	c, err := v.opened(ctx, st, chat.Page{})
	if err != nil {
		return chat.Attachment{}, err
	}
	return v.service.thread(c).upload(ctx, chat.Visitor, f)
}

// Attachment returns an attachment of a message in the visitor's conversation,
// to be read as long as ctx lives. ErrNotFound, ErrNoSession.
func (v *Visit) Attachment(ctx context.Context, seq chat.Seq, id chat.AttachmentID) (chat.Attachment, io.Reader, error) {
	t, _, err := v.Thread(ctx)
	if err != nil {
		return chat.Attachment{}, nil, err
	}
	return t.attachment(ctx, seq, id)
}

// Upload keeps a file of the agent's for a reply in a conversation that they
// may see. The errors are those of Visit.Upload and ErrNotFound.
func (d *Desk) Upload(ctx context.Context, id chat.ConversationID, f chat.File) (chat.Attachment, error) {
	t, _, err := d.Thread(ctx, id)
	if err != nil {
		return chat.Attachment{}, err
	}
	return t.upload(ctx, chat.Agent, f)
}

// Attachment returns an attachment of a message in a conversation that the
// agent may see, to be read as long as ctx lives. ErrNotFound.
func (d *Desk) Attachment(ctx context.Context, id chat.ConversationID, seq chat.Seq, a chat.AttachmentID) (chat.Attachment, io.Reader, error) {
	t, _, err := d.Thread(ctx, id)
	if err != nil {
		return chat.Attachment{}, nil, err
	}
	return t.attachment(ctx, seq, a)
}
