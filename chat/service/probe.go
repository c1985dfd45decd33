package service

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/chat"
)

// Differs reports whether what the application answers to the question who is
// signed in is something else than what a live connection rests on, so that
// its browser has to ask anew. It changes nothing: a connection keeps the
// cookies that it was opened with, and the browser may have others by now.
func (s *Service) Differs(ctx context.Context, r chat.Request, e chat.Evidence) (bool, error) {
	f, err := s.lookup(ctx, r.Site, r.Token)
	if errors.Is(err, chat.ErrNotFound) {
		return true, nil
	}
	switch {
	case err != nil:
		return false, err
	case !f.Live():
		return true, nil
	case !r.Arrived.After(f.Created):
		return false, nil // it is older than who is signed in now
	case e.Key() == "":
		return f.Person != "" && probesMustSpeak(r.Site, f.Session), nil
	}
	person, err := s.whose(ctx, r.Site, e, f, true)
	// What See would refuse after a logout is refused again by the hello that
	// comes of it.
	return err == nil && person != f.Person && !s.tooLate(r, person, []found{f}, true), err
}
