// Package service does what visitors, agents and operators ask for: they enter,
// write, read, export and erase. Whose session a request belongs to it asks
// package session.
package service

import (
	"context"
	"log/slog"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/background"
	"github.com/parley-chat/parley/chat/hub"
	"github.com/parley-chat/parley/chat/replytime"
	"github.com/parley-chat/parley/chat/session"
)

// Service is the chat over one store: what becomes of what visitors and agents
// write. It is safe for concurrent use, and there is one for each store.
type Service struct {
	// Sessions decides whose session a request belongs to.
	Sessions *session.Registry

	open   func() (chat.Store, error)
	hub    *hub.Hub
	waits  *replytime.Memory
	writer *background.Writer
	log    *slog.Logger
	now    func() time.Time
}

// New returns a service over a store that may not be there yet: open returns
// it, or an error that wraps chat.ErrUnavailable, at once in both cases. The hub
// publishes what the store commits.
func New(open func() (chat.Store, error), h *hub.Hub, log *slog.Logger) *Service {
	waits := replytime.New()
	open = subscribing(open, h.Committed, waits.Committed)
	s := &Service{open: open, hub: h, waits: waits, writer: background.New(log), log: log, now: time.Now}
	s.Sessions = session.New(session.Config{
		Open: func() (session.Store, error) { return open() }, Hub: h, Writer: s.writer, Log: log,
		Now: func() time.Time { return s.now() }, // tests set it
	})
	return s
}

// Hub returns the hub that the service publishes its events to.
func (s *Service) Hub() *hub.Hub { return s.hub }

// Wait returns when nothing runs in the background any more.
func (s *Service) Wait() { _ = s.writer.Wait(context.Background()) } // which never ends

// Flush stores what is only in memory, if the store is there: the server is
// about to stop. See session.Registry.Flush.
func (s *Service) Flush(ctx context.Context) error { return s.Sessions.Flush(ctx) }
