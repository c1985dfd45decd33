package session

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/chat"
)

// observeBlindly takes a response while the store can't say whose session its
// request came with. What it says is judged later, unless the server is started
// anew before. So where it may be that somebody else has the browser now, or
// nobody is signed in any more, the cookie goes as at a logout; who is still
// signed in is known again by the next evidence. A store that is only slow will
// judge in a moment, and takes nobody's cookie.
func (r *Registry) observeBlindly(q chat.Request, e chat.Evidence, why error) chat.Cookie {
	r.ledger.noteEvidence(q, e, r.now())
	r.changes.Add(1)
	r.flushLater()
	// A cookie of a persistent site may be an anonymous visitor's, whose chat
	// would be gone with it.
	nobody := e.Key() == "" && (e.Page || e.Whoami) && q.Site.Scope != chat.ScopeLogin && !q.Site.Persistent
	if q.Token == "" || q.Anonymous || !errors.Is(why, chat.ErrUnavailable) || e.Key() == "" && !nobody {
		return chat.Cookie{}
	}
	return chat.Cookie{Clear: true}
}

// reconcile judges all notes. With an error, nothing that the store says opens
// anything: it is as if the store could not be read.
func (r *Registry) reconcile(ctx context.Context) error {
	if _, tokens := r.ledger.held(); tokens == 0 {
		return nil
	}
	select {
	case r.reconciling <- struct{}{}:
		defer func() { <-r.reconciling }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		token, n, ok := r.ledger.nextNote()
		if !ok {
			return nil
		}
		err := r.judgeToken(ctx, token, n)
		if errors.Is(err, chat.ErrDamaged) {
			// Whose session it is will never be known, and the others can't wait
			// for that.
			r.ledger.giveUp(token, n)
			r.changes.Add(1)
			continue
		}
		if err != nil {
			return err
		}
		r.handovers.Add(1)
		r.ledger.judged(token, n)
	}
}

// judgeToken ends the session that a token opens, if what is noted of it does.
func (r *Registry) judgeToken(ctx context.Context, token chat.Hash, n note) error {
	f, err := r.readByToken(ctx, token)
	if errors.Is(err, chat.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	how, err := r.judge(ctx, n, f)
	if errors.Is(err, chat.ErrDamaged) {
		how, err = chat.SessionEnd{At: n.held, Ending: chat.EndedByTime}, nil // nobody knows, so it is closed as of then
	}
	switch {
	case err != nil || how.Ending == "":
	case f.pending != nil:
		_ = r.end(ctx, f, how) // it holds also where it can't be stored
	default:
		// It counts at once. To store each now would have everybody wait for it.
		r.deferEnd(f.ID, how)
		r.publishEnd(f.ID, how.Ending)
	}
	return err
}

// judge is the end that a note brings a session, if it brings one.
func (r *Registry) judge(ctx context.Context, n note, f found) (chat.SessionEnd, error) {
	person := ""
	if f.Live() && f.Person != "" && f.Site == n.site.Name && n.logout.IsZero() && n.identity.arrived.After(f.Created) {
		var err error
		if person, err = r.whose(ctx, n.site, n.identity.evidence(), f, true); err != nil {
			return chat.SessionEnd{}, err
		}
	}
	return judge(n, f.Session, person), nil
}
