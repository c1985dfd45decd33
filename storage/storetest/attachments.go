package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing/iotest"
	"time"

	"github.com/parley-chat/parley/chat"
)

// content is so many bytes, other ones for each name.
func content(name string, size int64) []byte {
	h := chat.HashOf(name)
	b := make([]byte, size)
	_, _ = rand.NewChaCha8(h).Read(b) // it never fails
	return b
}

func upload(id string, to chat.ConversationID, side chat.Side) chat.Upload {
	return chat.Upload{ID: chat.AttachmentID(id), Conversation: to, Side: side,
		Name: "Grüße <" + id + ">.bin", Type: "application/octet-stream", Created: start}
}

// uploaded keeps a file of some size for a message of the visitor's.
func (e *env) uploaded(id string, to chat.ConversationID, size int64) chat.Attachment {
	e.Helper()
	a, err := e.Upload(ctx, upload(id, to, chat.Visitor), bytes.NewReader(content(id, size)))
	e.must(err)
	return a
}

// files is a change with a message that has these files.
func files(ch chat.Change, list ...chat.Attachment) chat.Change {
	for _, a := range list {
		ch.Message.Attachments = append(ch.Message.Attachments, chat.Attachment{ID: a.ID})
	}
	return ch
}

// attached checks that a message has a file, and each of its bytes.
func (e *env) attached(id chat.ConversationID, seq chat.Seq, want chat.Attachment) {
	e.Helper()
	got, r, err := e.Attachment(ctx, id, seq, want.ID)
	e.must(err)
	e.same("attachment", got, want)
	b, err := io.ReadAll(iotest.HalfReader(r))
	e.must(err)
	if !bytes.Equal(b, content(string(want.ID), want.Size)) {
		e.Fatalf("%s: %d bytes came back, not the %d that were sent", want.ID, len(b), want.Size)
	}
}

func testAttachments(e *env) {
	c := e.conversation(person(1), "c1")
	var list []chat.Attachment
	for i, size := range []int64{1, 5 << 10, 128 << 10, 1<<20 + 1, chat.MaxAttachment} {
		list = append(list, e.uploaded(fmt.Sprint("file-", i), c.ID, size))
	}
	e.reopen() // an upload outlives the process
	ch := files(visitorSays("client-1", "see"), list...)
	got, m := e.change(c.ID, ch, at(1))
	want := chat.Message{Seq: 1, ClientID: "client-1", Time: at(1), Author: chat.Author{Side: chat.Visitor}, Text: "see", Attachments: list}
	e.same("message", m, want)
	e.same("what was given", ch.Message.Attachments[0], chat.Attachment{ID: list[0].ID})
	if got.LastText != "see" {
		e.Fatalf("preview %q", got.LastText)
	}
	e.say(c.ID, 1)
	e.bothWays(func() {
		e.must(e.DropUploads(ctx, at(1<<20))) // these are no uploads any more
		e.same("stored", e.all(c.ID)[0], want)
		for _, a := range list {
			e.attached(c.ID, 1, a)
		}
		_, again := e.change(c.ID, ch, at(2))
		e.same("sent again", again, want)
		for _, where := range []struct {
			id  chat.ConversationID
			seq chat.Seq
			a   chat.AttachmentID
		}{{"c2", 1, "file-0"}, {c.ID, 2, "file-0"}, {c.ID, 0, "file-0"}, {c.ID, 3, "file-0"}, {c.ID, 1, "file-9"}, {c.ID, 1, ""}} {
			_, _, err := e.Attachment(ctx, where.id, where.seq, where.a)
			e.wantErr(err, chat.ErrNotFound)
		}
	})
	// Without a text the files' names stand for it.
	a := e.uploaded("file-9", c.ID, 3)
	got, m = e.change(c.ID, files(visitorSays("client-2", ""), a), at(3))
	if got.LastText != a.Name || m.Text != "" {
		e.Fatalf("preview %q of %+v", got.LastText, m)
	}
}

// A file is sent once, by the side that uploaded it, where it was meant for,
// whole; or else nothing at all is sent.
func testAttachmentsOnce(e *env) {
	c, other := e.conversation(person(1), "c1"), e.conversation(person(2), "c2")
	a, b := e.uploaded("a", c.ID, 200<<10), e.uploaded("b", c.ID, 10)
	foreign := e.uploaded("foreign", other.ID, 10)
	for i, ch := range []chat.Change{
		files(agentSays("agent-1", "x"), a),
		files(visitorSays("client-1", "x"), b, foreign),
		files(visitorSays("client-1", "x"), b, b),
		files(visitorSays("client-1", "x"), chat.Attachment{ID: "unknown"}),
		files(visitorSays("client-1", "x"), chat.Attachment{}),
	} {
		_, _, err := e.ChangeConversation(ctx, c.ID, ch, at(1))
		e.wantErr(err, chat.ErrNoUpload)
		if kept, err := e.Conversation(ctx, c.ID); err != nil || kept.Last != 0 {
			e.Fatalf("after %d: %+v, %v", i, kept, err)
		}
	}
	var sent atomic.Int32
	for _, err := range atOnce(16, func(i int) error {
		_, _, err := e.ChangeConversation(ctx, c.ID, files(visitorSays(fmt.Sprint("client-", i), "x"), b, a), at(1))
		if err == nil {
			sent.Add(1)
			return nil
		}
		if chat.Reason(err) != chat.ErrNoUpload {
			return err
		}
		return nil
	}) {
		e.must(err)
	}
	if sent.Load() != 1 {
		e.Fatalf("sent %d times", sent.Load())
	}
	e.bothWays(func() {
		e.gapless(e.all(c.ID), 1)
		e.attached(c.ID, 1, a)
		e.attached(c.ID, 1, b)
	})
	_, err := e.Upload(ctx, upload("nowhere", "nowhere", chat.Visitor), bytes.NewReader([]byte("x")))
	e.wantErr(err, chat.ErrNotFound)
}

// An upload that fails leaves nothing that could be sent, and its name is free.
func testUploadFails(e *env) {
	c := e.conversation(person(1), "c1")
	cut := errors.New("cut off")
	short := content("short", 300<<10)
	for name, test := range map[string]struct {
		file io.Reader
		want error
	}{
		"cut off":          {io.MultiReader(bytes.NewReader(short), iotest.ErrReader(cut)), cut},
		"cut off at once":  {iotest.ErrReader(cut), cut},
		"cut off in HTTP":  {io.MultiReader(bytes.NewReader(short), iotest.ErrReader(io.ErrUnexpectedEOF)), io.ErrUnexpectedEOF},
		"too large":        {bytes.NewReader(make([]byte, chat.MaxAttachment+1)), chat.ErrTooLarge},
		"endless":          {endless{}, chat.ErrTooLarge},
		"empty":            {bytes.NewReader(nil), chat.ErrEmpty},
		"never a byte nor": {stuck{}, io.ErrNoProgress},
	} {
		_, err := e.Upload(ctx, upload("a", c.ID, chat.Visitor), test.file)
		if !errors.Is(err, test.want) {
			e.Fatalf("%s: got error %v, want %v", name, err, test.want)
		}
		_, _, err = e.ChangeConversation(ctx, c.ID, files(visitorSays("client-1", "x"), chat.Attachment{ID: "a"}), at(1))
		e.wantErr(err, chat.ErrNoUpload)
	}
	// Nor can one be sent that is still under way.
	sent := make(chan error, 1)
	asked := bytes.NewReader(short)
	file := io.MultiReader(asked, readerFunc(func([]byte) (int, error) {
		_, _, err := e.ChangeConversation(ctx, c.ID, files(visitorSays("client-1", "x"), chat.Attachment{ID: "a"}), at(1))
		sent <- err
		return 0, io.EOF
	}))
	a, err := e.Upload(ctx, upload("a", c.ID, chat.Visitor), file)
	e.must(err)
	e.wantErr(<-sent, chat.ErrNoUpload)
	if a.Size != int64(len(short)) {
		e.Fatalf("%d bytes", a.Size)
	}
	// The same name again is refused and leaves the first as it is.
	_, err = e.Upload(ctx, upload("a", c.ID, chat.Visitor), bytes.NewReader([]byte("x")))
	e.wantErr(err, chat.ErrConflict)
	_, m := e.change(c.ID, files(visitorSays("client-1", "x"), a), at(1))
	e.bothWays(func() {
		_, r, err := e.Attachment(ctx, c.ID, m.Seq, "a")
		e.must(err)
		if b, err := io.ReadAll(r); err != nil || !bytes.Equal(b, short) {
			e.Fatalf("%d bytes, %v", len(b), err)
		}
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

// What nobody sends is forgotten for its age; what is sent meanwhile stays.
func testDropUploads(e *env) {
	c := e.conversation(person(1), "c1")
	age := func(id string, created time.Time) chat.Attachment {
		e.Helper()
		u := upload(id, c.ID, chat.Visitor)
		u.Created = created
		a, err := e.Upload(ctx, u, bytes.NewReader(content(id, 150<<10)))
		e.must(err)
		return a
	}
	old, fresh, sent := age("old", at(-7200)), age("fresh", at(0)), age("sent", at(-7200))
	e.change(c.ID, files(visitorSays("client-1", "x"), sent), at(1))
	e.must(e.DropUploads(ctx, at(-3600)))
	_, _, err := e.ChangeConversation(ctx, c.ID, files(visitorSays("client-2", "x"), old), at(1))
	e.wantErr(err, chat.ErrNoUpload)
	e.change(c.ID, files(visitorSays("client-3", "x"), fresh), at(1))
	e.bothWays(func() {
		e.attached(c.ID, 1, sent)
		e.attached(c.ID, 2, fresh)
	})
	// Opening does it too, for what is older than chat.UploadRetention.
	forgotten := age("forgotten", time.Now().Add(-2*chat.UploadRetention))
	e.reopen()
	_, _, err = e.ChangeConversation(ctx, c.ID, files(visitorSays("client-4", "x"), forgotten), at(1))
	e.wantErr(err, chat.ErrNoUpload)
	// Sending and dropping at once: one of them wins, and what was sent is whole.
	var list []chat.Attachment
	for i := range chat.MaxUnsent {
		list = append(list, age(fmt.Sprint("contested-", i), at(-7200)))
	}
	wins := make([]chat.Seq, len(list))
	for _, err := range atOnce(len(list)+2, func(i int) error {
		if i >= len(list) {
			return e.DropUploads(ctx, at(-3600))
		}
		_, m, err := e.ChangeConversation(ctx, c.ID, files(visitorSays(fmt.Sprint("contested-", i), "x"), list[i]), at(1))
		if err == nil {
			wins[i] = m.Seq
			return nil
		}
		if chat.Reason(err) != chat.ErrNoUpload {
			return err
		}
		return nil
	}) {
		e.must(err)
	}
	e.bothWays(func() {
		for i, seq := range wins {
			if seq > 0 {
				e.attached(c.ID, seq, list[i])
			}
		}
	})
}

// Of a conversation and a side only so many wait for their messages, also where
// they come at once. What is sent or forgotten makes room.
func testUnsentUploads(e *env) {
	c := e.conversation(person(1), "c1")
	small := func(id string, to chat.ConversationID, side chat.Side) error {
		_, err := e.Upload(ctx, upload(id, to, side), bytes.NewReader([]byte("x")))
		return err
	}
	var kept atomic.Int32
	for _, err := range atOnce(2*chat.MaxUnsent, func(i int) error {
		err := small(fmt.Sprint("file-", i), c.ID, chat.Visitor)
		if err == nil {
			kept.Add(1)
			return nil
		}
		if chat.Reason(err) != chat.ErrTooManyUnsent {
			return err
		}
		return nil
	}) {
		e.must(err)
	}
	if n := kept.Load(); n != chat.MaxUnsent {
		e.Fatalf("%d files wait", n)
	}
	e.reopen()
	e.wantErr(small("more", c.ID, chat.Visitor), chat.ErrTooManyUnsent)
	e.must(small("agent", c.ID, chat.Agent))
	e.must(small("other", e.conversation(person(2), "c2").ID, chat.Visitor))
	e.must(e.DropUploads(ctx, at(1)))
	last := chat.Attachment{}
	for i := range chat.MaxUnsent {
		last = e.uploaded(fmt.Sprint("again-", i), c.ID, 1)
	}
	e.wantErr(small("more", c.ID, chat.Visitor), chat.ErrTooManyUnsent)
	e.change(c.ID, files(visitorSays("client-1", "x"), last), at(2))
	e.must(small("more", c.ID, chat.Visitor))
}

// Who takes a conversation over reads its files, and may send what was
// uploaded for it before.
func testAttachmentsMerged(e *env) {
	for round, merge := range []bool{false, true} {
		p := ada()
		p.Key = fmt.Sprint("id:", round)
		owner := chat.Owner{Site: site, Person: p.Key}
		var shift chat.Seq
		if merge {
			own := e.conversation(owner, "own")
			a := e.uploaded("own-file", own.ID, 10)
			e.change(own.ID, files(visitorSays("own-client", ""), a), at(1))
			shift = 1
		}
		secret, anon := e.anonymous(fmt.Sprint("mark-", round), fmt.Sprint("anon-", round))
		var list []chat.Attachment
		for i := range 3 {
			a := e.uploaded(fmt.Sprintf("anon-file-%d-%d", round, i), anon.ID, 200<<10)
			list = append(list, a)
			e.change(anon.ID, files(visitorSays(fmt.Sprint("anon-client-", i), ""), a), at(2+i))
		}
		late := e.uploaded(fmt.Sprint("late-", round), anon.ID, 140<<10)
		_, got, err := e.MergeConversation(ctx, secret, p, at(500))
		e.must(err)
		_, m := e.change(got.ID, files(visitorSays("late-client", ""), late), at(600))
		e.bothWays(func() {
			for i, a := range list {
				e.attached(got.ID, shift+chat.Seq(i)+1, a)
			}
			e.attached(got.ID, m.Seq, late)
			if merge {
				_, _, err := e.Attachment(ctx, anon.ID, 1, list[0].ID)
				e.wantErr(err, chat.ErrNotFound)
			}
		})
	}
}

// Uploads, messages and downloads go on beside each other.
func testAttachmentsAtOnce(e *env) {
	const writers = chat.MaxUnsent
	c := e.conversation(person(1), "c1")
	sent := make([]chat.Attachment, writers)
	seqs := make([]chat.Seq, writers)
	for _, err := range atOnce(writers, func(i int) error {
		id := fmt.Sprint("file-", i)
		size := int64(100<<10 + i*90<<10)
		for n := range 5 { // what is sent meanwhile
			if _, _, err := e.ChangeConversation(ctx, c.ID, visitorSays(fmt.Sprintf("client-%d-%d", i, n), "x"), at(n)); err != nil {
				return err
			}
		}
		a, err := e.Upload(ctx, upload(id, c.ID, chat.Agent), bytes.NewReader(content(id, size)))
		if err != nil {
			return err
		}
		_, m, err := e.ChangeConversation(ctx, c.ID, files(agentSays(id+"-client", ""), a), at(9))
		if err != nil {
			return err
		}
		sent[i], seqs[i] = a, m.Seq
		_, r, err := e.Attachment(ctx, c.ID, m.Seq, a.ID)
		if err != nil {
			return err
		}
		b, err := io.ReadAll(r)
		if err == nil && !bytes.Equal(b, content(id, size)) {
			err = fmt.Errorf("%s came back changed", id)
		}
		return err
	}) {
		e.must(err)
	}
	e.bothWays(func() {
		e.gapless(e.all(c.ID), writers*6)
		for i, a := range sent {
			e.attached(c.ID, seqs[i], a)
		}
	})
	if len(slices.Compact(slices.Sorted(slices.Values(seqs)))) != writers {
		e.Fatalf("numbers: %v", seqs)
	}
}
