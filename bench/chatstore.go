package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger"
)

// pageReads is how many pages are read, at most, to measure one.
const pageReads = 20_000

// benchStore measures what a server takes with no message and with many, and
// pages that are read from such stores.
func benchStore(ctx context.Context, w io.Writer, dir string, p chatPlan) error {
	long, open := filepath.Join(dir, "long"), filepath.Join(dir, "open")
	if err := fill(ctx, long, p.long); err != nil {
		return err
	}
	if err := fill(ctx, open, p.open); err != nil {
		return err
	}
	if err := benchRSS(ctx, w, dir, long, p.long); err != nil {
		return err
	}
	return benchPages(ctx, w, long, open, p)
}

// fill makes a store by means of the store's own benchmarks, which write past
// what makes each message durable. It runs in a process of its own, whose
// memory does not count.
func fill(ctx context.Context, dir string, s size) error {
	cmd := exec.CommandContext(ctx, "go", "test", "-run=^TestFillChild$", "-count=1", "github.com/parley-chat/parley/storage/badger")
	cmd.Env = append(os.Environ(), "PARLEY_BENCH_FILL="+dir, fmt.Sprintf("PARLEY_BENCH_SIZE=%d %d", s.conversations, s.messages))
	cmd.WaitDelay = stopTimeout
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("filling a store: %w\n%s", err, out)
	}
	return nil
}

// benchRSS compares servers with plain Caddy.
func benchRSS(ctx context.Context, w io.Writer, dir, long string, s size) error {
	t := newGoals(w, "Memory of a server, RSS, after the same requests for a page")
	var base memory
	for _, kind := range []struct {
		name, store, goal string
		most              int64
		reads             bool
	}{
		{name: "plain Caddy"},
		{name: "with Parley, empty", store: filepath.Join(dir, "empty"), goal: "+ 20 MB", most: goalEmpty},
		{name: fmt.Sprintf("with %d messages in %d conversations, of which each was read", s.conversations*s.messages, s.conversations),
			store: long, goal: "+ 60 MB", most: goalMillion, reads: true},
	} {
		m, err := serve(ctx, dir, kind.store, kind.reads, s.conversations)
		if err != nil {
			return err
		}
		figure := fmt.Sprintf("%s MB, %s of it of files", megabytes(m.rss), megabytes(m.rss-m.anonymous))
		if kind.store == "" {
			base = m
			t.row(kind.name, figure, "", "")
			continue
		}
		more := m.rss - base.rss
		t.row(kind.name, figure, fmt.Sprintf("%+.1f MB, %+.1f without files", float64(more)/1e6, float64(m.anonymous-base.anonymous)/1e6),
			kind.goal, more <= kind.most)
	}
	return nil
}

// serve starts a server, uses it and returns what it holds.
func serve(ctx context.Context, dir, store string, reads bool, conversations int) (memory, error) {
	sub, err := os.MkdirTemp(dir, "server-")
	if err != nil {
		return memory{}, fmt.Errorf("making a directory: %w", err)
	}
	var server *chatServer
	if store == "" {
		server, err = startPlain(ctx, sub)
	} else {
		server, err = startChat(ctx, sub, store, false)
	}
	if err != nil {
		return memory{}, err
	}
	defer server.stop()
	if err := server.browse(ctx, 2000); err != nil {
		return memory{}, err
	}
	if reads {
		if err := readAll(ctx, server.site, conversations); err != nil {
			return memory{}, err
		}
	}
	return server.memory()
}

// readAll has an agent page through the inbox and open each conversation.
func readAll(ctx context.Context, site chatSite, conversations int) error {
	s, err := signIn(ctx, site)
	if err != nil {
		return err
	}
	defer s.close()
	read := 0
	for cursor := ""; ; {
		ids, next, err := inboxPage(s, cursor)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := readConversation(s, id); err != nil {
				return err
			}
		}
		read += len(ids)
		if cursor = next; cursor == "" {
			break
		}
	}
	if read != conversations {
		return fmt.Errorf("the console shows %d conversations and not %d", read, conversations)
	}
	return nil
}

// signIn opens the console's socket for the agent.
func signIn(ctx context.Context, site chatSite) (*webSocket, error) {
	client := httpClient(1)
	defer client.CloseIdleConnections()
	login, err := json.Marshal(map[string]string{"email": agentEmail, "password": agentPassword})
	if err != nil {
		return nil, err
	}
	_, cookie, err := site.post(ctx, client, "/desk/api/login", "", string(login))
	if err != nil {
		return nil, fmt.Errorf("signing in at the console: %w", err)
	}
	s, err := site.openSocket(ctx, "/desk/socket", cookie, 64<<10)
	if err != nil {
		return nil, err
	}
	if _, err := s.until("hello"); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func inboxPage(s *webSocket, cursor string) (ids []string, next string, err error) {
	question, err := json.Marshal(map[string]string{"t": "inbox", "status": "open", "cursor": cursor})
	if err != nil {
		return nil, "", err
	}
	if err := s.say(string(question)); err != nil {
		return nil, "", err
	}
	answer, err := s.until("inbox")
	if err != nil {
		return nil, "", err
	}
	var page struct {
		Conversations []struct{ ID string }
		Next          string
	}
	if err := json.Unmarshal(answer, &page); err != nil {
		return nil, "", fmt.Errorf("reading a page of the inbox: %w", err)
	}
	for _, c := range page.Conversations {
		ids = append(ids, c.ID)
	}
	return ids, page.Next, nil
}

func readConversation(s *webSocket, id string) error {
	if err := s.say(`{"t":"open","conv":"` + id + `"}`); err != nil {
		return err
	}
	if _, err := s.until("messages"); err != nil {
		return err
	}
	return s.say(`{"t":"leave","conv":"` + id + `"}`)
}

// benchPages reads pages from the store itself.
func benchPages(ctx context.Context, w io.Writer, long, open string, p chatPlan) error {
	history, err := timed(ctx, long, func(store *badger.Store) error {
		id := chat.ConversationID(fmt.Sprintf("conversation-%09d", rand.IntN(p.long.conversations)))
		page, err := store.Messages(ctx, id, chat.Range{Backwards: true, Limit: 50})
		if err == nil && len(page) != min(50, p.long.messages) {
			err = fmt.Errorf("a page of %s has %d messages", id, len(page))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("reading histories: %w", err)
	}
	cursor := ""
	inbox, err := timed(ctx, open, func(store *badger.Store) error {
		page, next, err := store.Inbox(ctx, chat.Filter{Status: chat.Open}, cursor, 50)
		if err == nil && len(page) == 0 {
			err = errors.New("a page of the inbox is empty")
		}
		cursor = next
		return err
	})
	if err != nil {
		return fmt.Errorf("reading inboxes: %w", err)
	}
	t := newGoals(w, "Pages of 50, read from the store")
	what := fmt.Sprintf("the newest of one of %d conversations with %d messages each", p.long.conversations, p.long.messages)
	t.row(what+", p50", microseconds(quantile(history, 0.5)), "", "≤ 40 µs", quantile(history, 0.5) <= float64(goalHistory50))
	t.row(what+", p99", microseconds(quantile(history, 0.99)), "", "≤ 300 µs", quantile(history, 0.99) <= float64(goalHistory99))
	what = "an inbox of " + strconv.Itoa(p.open.conversations) + " open conversations"
	t.row(what+", p50", microseconds(quantile(inbox, 0.5)), "", "")
	t.row(what+", p99", microseconds(quantile(inbox, 0.99)), "", "≤ 5 ms", quantile(inbox, 0.99) <= float64(goalInbox99))
	return nil
}

// timed opens a store and returns how long reads took, in ns.
func timed(ctx context.Context, dir string, read func(*badger.Store) error) (took []float64, err error) {
	store, err := badger.Open(ctx, badger.Options{Path: dir, MustExist: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	for begin := time.Now(); len(took) < pageReads && time.Since(begin) < pageReadTimeout; {
		one := time.Now()
		if err := read(store); err != nil {
			return nil, err
		}
		took = append(took, float64(time.Since(one)))
	}
	return took, nil
}

// pageReadTimeout bounds the reading of pages of one kind.
const pageReadTimeout = 5 * time.Second
