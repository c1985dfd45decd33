package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/parley-chat/parley/chat"
)

// A cancelled call may or may not have been done: done again, it is done once.
func testCancelled(e *env) {
	c := e.conversation(person(1), "c1")
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, _, err := e.ChangeConversation(cancelled, c.ID, visitorSays("client-1", "x"), at(1)); !errors.Is(err, context.Canceled) {
		e.Fatalf("got error %v", err)
	}
	for _, err := range atOnce(32, func(i int) error {
		short, cancel := context.WithCancel(ctx)
		go cancel()
		client := fmt.Sprintf("client-%d", i)
		_, _, err := e.ChangeConversation(short, c.ID, visitorSays(client, "x"), at(1))
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
		_, _, err = e.ChangeConversation(ctx, c.ID, visitorSays(client, "x"), at(1))
		return err
	}) {
		e.must(err)
	}
	e.bothWays(func() { e.gapless(e.all(c.ID), 32) })
}

func testClosed(e *env) {
	c := e.conversation(person(1), "c1")
	e.say(c.ID, 1)
	secret, token, p := chat.HashOf("mark"), chat.HashOf("token"), ada()
	e.must(e.Close())
	e.must(e.Close())
	for name, call := range map[string]func() error{
		"StartSession":       func() error { return e.StartSession(ctx, session("s1"), token) },
		"SignIn":             func() error { _, err := e.SignIn(ctx, signedIn("s1", 1), token, chat.Profile{}); return err },
		"Session":            func() error { _, err := e.Session(ctx, token); return err },
		"SessionByID":        func() error { _, err := e.SessionByID(ctx, "s1"); return err },
		"ChangeSession":      func() error { _, err := e.ChangeSession(ctx, "s1", chat.SessionChange{}); return err },
		"Person":             func() error { _, err := e.Person(ctx, site, "id:1"); return err },
		"PersonByEmail":      func() error { _, err := e.PersonByEmail(ctx, site, "ada@example.com"); return err },
		"UpdatePerson":       func() error { return e.UpdatePerson(ctx, site, "id:1", chat.Profile{}) },
		"StartTabSecret":     func() error { return e.StartTabSecret(ctx, chat.TabSecret{Hash: secret}) },
		"TabSecret":          func() error { _, err := e.TabSecret(ctx, secret); return err },
		"TouchTabSecret":     func() error { return e.TouchTabSecret(ctx, secret, at(1)) },
		"OpenConversation":   func() error { _, err := e.OpenConversation(ctx, person(1), seed(person(1), "c1")); return err },
		"ConversationOf":     func() error { _, err := e.ConversationOf(ctx, person(1)); return err },
		"Conversation":       func() error { _, err := e.Conversation(ctx, c.ID); return err },
		"ChangeConversation": func() error { _, _, err := e.ChangeConversation(ctx, c.ID, visitorSays("c", "x"), at(1)); return err },
		"Messages":           func() error { _, err := e.Messages(ctx, c.ID, chat.Range{Limit: 1}); return err },
		"Upload": func() error {
			_, err := e.Upload(ctx, upload("a", c.ID, chat.Visitor), bytes.NewReader([]byte("x")))
			return err
		},
		"Attachment":        func() error { _, _, err := e.Attachment(ctx, c.ID, 1, "a"); return err },
		"DropUploads":       func() error { return e.DropUploads(ctx, at(1)) },
		"Search":            func() error { _, err := e.Search(ctx, chat.Filter{Search: "x"}, "", 1); return err },
		"Inbox":             func() error { _, _, err := e.Inbox(ctx, chat.Filter{}, "", 1); return err },
		"Count":             func() error { _, err := e.Count(ctx, nil, anna); return err },
		"Claim":             func() error { _, _, err := e.MergeConversation(ctx, secret, p, at(1)); return err },
		"StartAgentSession": func() error { return e.StartAgentSession(ctx, chat.AgentSession{Token: token}) },
		"AgentSession":      func() error { _, err := e.AgentSession(ctx, token); return err },
		"HeardAgentSession": func() error { return e.TouchAgentSession(ctx, token, at(1)) },
		"EndAgentSession":   func() error { return e.EndAgentSession(ctx, token) },
	} {
		if err := call(); !errors.Is(err, chat.ErrUnavailable) {
			e.Errorf("%s on a closed store: %v", name, err)
		}
	}
	e.Store = e.open(e.T, e.dir)
	e.gapless(e.all(c.ID), 1)
}

// Whatever is acknowledged while the store closes is there afterwards.
func testCloseWhileWriting(e *env) {
	c := e.conversation(person(1), "c1")
	var mu sync.Mutex
	acknowledged := make(map[string]chat.Seq)
	enough := make(chan struct{}, 1)
	closed := make(chan error)
	go func() {
		<-enough
		closed <- e.Close()
	}()
	for _, err := range atOnce(32, func(w int) error {
		for i := 0; ; i++ {
			client := fmt.Sprintf("client-%d-%d", w, i)
			_, m, err := e.ChangeConversation(ctx, c.ID, visitorSays(client, "x"), at(1))
			if err != nil {
				if errors.Is(err, chat.ErrUnavailable) {
					return nil
				}
				return err
			}
			if _, err := e.Messages(ctx, c.ID, chat.Range{Limit: 1}); err != nil && !errors.Is(err, chat.ErrUnavailable) {
				return err
			}
			mu.Lock()
			acknowledged[client] = m.Seq
			if len(acknowledged) > 300 {
				select {
				case enough <- struct{}{}:
				default:
				}
			}
			mu.Unlock()
		}
	}) {
		e.must(err)
	}
	e.must(<-closed)
	e.Store = e.open(e.T, e.dir)
	ms := e.all(c.ID)
	e.gapless(ms, len(ms))
	for _, m := range ms {
		if seq, ok := acknowledged[m.ClientID]; ok && seq != m.Seq {
			e.Fatalf("%s was acknowledged as %d and is %d", m.ClientID, seq, m.Seq)
		}
		delete(acknowledged, m.ClientID)
	}
	if len(acknowledged) > 0 {
		e.Fatalf("%d acknowledged messages are lost", len(acknowledged))
	}
}
