package session

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/chat"
)

// Logout is a logout under way: the session has ended, and until Done nothing
// that this browser's responses say of who is signed in is believed.
type Logout struct {
	registry *Registry
	keys     []fenceKey
}

// BeginLogout ends the session of the request's token, and whichever took its
// place, before the app has answered. The logout holds in this process even
// where the error says that it could not be stored yet.
func (r *Registry) BeginLogout(ctx context.Context, q chat.Request) (*Logout, error) {
	r.fenceClient(q)
	changes := r.changes.Load()
	f, err := r.lookup(ctx, q.Site, q.Token)
	l := &Logout{registry: r}
	if err != nil {
		if errors.Is(err, chat.ErrNotFound) {
			return l, nil
		}
		r.deferLogout(ctx, q)
		return l, err
	}
	// The fence is there before the turn is taken: an answer that is being
	// decided about meanwhile finds it, or is found here as a successor.
	l.begin(sessionFence(f.ID))
	defer r.turns.take(string(f.ID))()
	if again, lookupErr := r.lookupAgain(ctx, q, f, changes); lookupErr == nil {
		f = again
	}
	chain := []found{f}
	for len(chain) <= maxChain && f.Successor != "" {
		if f, err = r.sessionByID(ctx, q.Site, f.Successor); err != nil {
			break
		}
		l.begin(sessionFence(f.ID))
		chain = append(chain, f)
	}
	for _, f := range chain {
		if f.Person != "" {
			l.begin(clientFence(q, f.Person))
		}
	}
	for _, f := range chain {
		if f.Live() {
			if e := r.end(ctx, f, chat.SessionEnd{At: r.now(), Ending: chat.EndedByLogout}); e != nil {
				err = e
			}
			r.reconnectClient(q, f.Person)
		}
		r.endUnpresented(ctx, q, f.Person, chat.EndedByLogout)
	}
	if errors.Is(err, chat.ErrNotFound) {
		err = nil
	}
	return l, err
}

// endUnpresented ends what the same client got for a person by requests that had
// no cookie yet: such an answer may come to a browser after the one that logs it
// out, which it must not undo. Another device that looks the same, and has only
// just signed in, is signed in again by its next page.
//
// Several nodes: each ends its own, so the others have to be told.
func (r *Registry) endUnpresented(ctx context.Context, q chat.Request, person string, ending chat.Ending) {
	if person == "" {
		return
	}
	for _, p := range r.ledger.unpresented(join{q.Site.Name, q.Client, person}) {
		f, _ := p.current()
		_ = r.end(ctx, f, chat.SessionEnd{At: r.now(), Ending: ending}) // nothing of it is stored
	}
}

// reconnectClient has all of a person's connections from a client come back with
// the cookie that their browser has by now, after a logout or a switch there: two
// pages that were asked for at once may have given it two sessions, of which only
// the second has the cookie. Another device that looks the same goes on.
func (r *Registry) reconnectClient(q chat.Request, person string) {
	if person != "" {
		r.hub.PublishToClient(chat.Owner{Site: q.Site.Name, Person: person}, q.Client, chat.Event{Kind: chat.EventAgain})
	}
}

// CanLogOut reports whether a logout with this token would end a session: its
// own, or one that took its place. Where the store can't tell, it would.
func (r *Registry) CanLogOut(ctx context.Context, site *chat.Site, token string) bool {
	f, err := r.lookup(ctx, site, token)
	if err == nil {
		var chain []found
		chain, err = r.successors(ctx, site, f)
		f = chain[len(chain)-1]
	}
	if err != nil {
		return !errors.Is(err, chat.ErrNotFound)
	}
	return f.Live()
}

// deferLogout logs out a token of which the store can't say what it opens.
func (r *Registry) deferLogout(ctx context.Context, q chat.Request) {
	if p := r.ledger.pendingByToken(chat.HashOf(q.Token)); p != nil { // but memory can
		f, _ := p.current()
		_ = r.end(ctx, f, chat.SessionEnd{At: r.now(), Ending: chat.EndedByLogout}) // it holds also where it can't be stored
		r.reconnectClient(q, f.Person)
		return
	}
	r.ledger.noteLogout(q, r.now())
	r.changes.Add(1)
	r.flushLater()
}

// fenceClient makes all evidence too late whose request came from such a client
// before, without a cookie and of anybody: it may have been this browser's. What
// arrives later counts at once, and not only when the logout is complete, since
// the next request may be anybody's who has the same address and browser: a
// stranger's logout that takes its time must not keep them from signing in.
func (r *Registry) fenceClient(q chat.Request) { r.fence.raise(clientFence(q, ""), r.now()) }

func (l *Logout) begin(k fenceKey) {
	l.keys = append(l.keys, k)
	l.registry.fence.begin(k)
}

// Done ends the fence: requests that arrive from now on are believed again.
func (l *Logout) Done() { l.registry.fence.end(l.keys, l.registry.now()) }
