// Package export writes down what a store holds of a person, for the person:
// as JSON for programs, as a page for readers, and with the files that were
// sent.
package export

import (
	"archive/zip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/parley-chat/parley/chat"
)

// pageSize is how many messages are read at once.
const pageSize = 200

// Write writes a zip archive with person.json, conversation.html and the
// folder attachments (attachments-2 for a second conversation, and so on); where
// found has several entries, each has a folder of its own. It is cut short, and
// no valid archive, where an error is returned.
func Write(ctx context.Context, w io.Writer, st chat.Store, found []chat.PersonalData, now time.Time) error {
	z := zip.NewWriter(w)
	for i, h := range found {
		folder := ""
		if len(found) > 1 {
			folder = fmt.Sprintf("%s-%d/", h.Site, i+1)
		}
		x := &export{ctx: ctx, zip: z, store: st, data: h, folder: folder, now: now.UTC().Truncate(time.Second)}
		for _, step := range []func() error{x.writeJSON, x.writePage, x.writeFiles} {
			if err := step(); err != nil {
				return fmt.Errorf("exporting: %w", err)
			}
		}
	}
	return z.Close()
}

// export is one person's data on its way out.
type export struct {
	ctx    context.Context
	zip    *zip.Writer
	store  chat.Store
	data   chat.PersonalData
	folder string
	now    time.Time
}

func (x *export) create(name string) (io.Writer, error) {
	return x.zip.CreateHeader(&zip.FileHeader{Name: x.folder + name, Method: zip.Deflate, Modified: x.now})
}

// conversations are those with messages.
func (x *export) conversations() (list []chat.Conversation) {
	for _, c := range x.data.Conversations {
		if c.Last > 0 {
			list = append(list, c)
		}
	}
	return list
}

// eachMessage calls f for the messages that a conversation had when the
// export began.
func (x *export) eachMessage(c chat.Conversation, f func(chat.Message) error) error {
	for after := chat.Seq(0); after < c.Last; {
		page, err := x.store.Messages(x.ctx, c.ID, chat.Range{After: after, Limit: int(min(pageSize, c.Last-after))})
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return fmt.Errorf("conversation %s was deleted meanwhile: %w", c.ID, chat.ErrNotFound)
		}
		for _, m := range page {
			if err := f(m); err != nil {
				return err
			}
			after = m.Seq
		}
	}
	return nil
}

// entry is a message with where its files are: each conversation counts its
// messages anew.
type entry struct {
	chat.Message
	conversation int // from 0
}

// file is an attachment's name in the archive.
func (e entry) file(n int) string {
	folder := "attachments"
	if e.conversation > 0 {
		folder = fmt.Sprintf("attachments-%d", e.conversation+1)
	}
	return fmt.Sprintf("%s/%d-%d-%s", folder, e.Seq, n+1, chat.CleanFileName(e.Attachments[n].Name))
}

// writeFiles writes what was attached.
func (x *export) writeFiles() error {
	for i, c := range x.conversations() {
		if err := x.eachMessage(c, func(m chat.Message) error {
			for n, a := range m.Attachments {
				_, content, err := x.store.Attachment(x.ctx, c.ID, m.Seq, a.ID)
				if err != nil {
					return err
				}
				w, err := x.create(entry{m, i}.file(n))
				if err != nil {
					return err
				}
				if _, err := io.Copy(w, content); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// writeJSON writes person.json: the personal data, and its conversations with their
// messages.
func (x *export) writeJSON() error {
	w, err := x.create("person.json")
	if err != nil {
		return err
	}
	head := x.data
	head.Conversations, head.TabSecrets = nil, nil
	text, err := json.Marshal(struct {
		Exported time.Time `json:"exported"`
		chat.PersonalData
		Conversations *struct{} `json:"conversations,omitempty"` // below, as a stream
		Marks         *struct{} `json:"marks,omitempty"`         // say nothing of the person
	}{Exported: x.now, PersonalData: head})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "%s,\n\"conversations\":[", strings.TrimSuffix(string(text), "}")); err != nil {
		return err
	}
	for i, c := range x.conversations() {
		if err := x.writeConversation(w, i, c); err != nil {
			return err
		}
	}
	_, err = io.WriteString(w, "]}\n")
	return err
}

func (x *export) writeConversation(w io.Writer, i int, c chat.Conversation) error {
	// How agents work with it is theirs.
	c.Readers, c.AgentSeen, c.Answered, c.AnsweredBy, c.Activities = nil, 0, 0, "", chat.Ratings(c.Activities)
	state, err := json.Marshal(c)
	if err != nil {
		return err
	}
	comma := ""
	if i > 0 {
		comma = ","
	}
	if _, err := fmt.Fprintf(w, "%s\n{\"conversation\":%s,\n\"messages\":[", comma, state); err != nil {
		return err
	}
	if err := x.eachMessage(c, func(m chat.Message) error {
		m.Before = chat.Ratings(m.Before)
		text, err := json.Marshal(m)
		if err != nil {
			return err
		}
		comma := ","
		if m.Seq == 1 {
			comma = ""
		}
		_, err = fmt.Fprintf(w, "%s\n%s", comma, text)
		return err
	}); err != nil {
		return err
	}
	_, err = io.WriteString(w, "]}")
	return err
}
