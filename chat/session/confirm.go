package session

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/background"
)

// confirm takes evidence of the session's own person.
func (r *Registry) confirm(ctx context.Context, q chat.Request, e chat.Evidence, f found, now time.Time, changes uint64) error {
	st, err := r.open()
	if err != nil {
		return err
	}
	if p, err := st.Person(ctx, f.Site, f.Person); err == nil {
		profile := withEvidence(p.Profile, e.Profile, e.Page || e.Whoami && q.Site.WhoamiOnly)
		if !p.Profile.Equal(profile) {
			r.write("profile", func(ctx context.Context, st Store) error {
				return st.UpdatePerson(ctx, p.Site, p.Key, profile)
			})
			r.storeEvidence(e, f, now)
			return nil
		}
	}
	if f.pending == nil {
		seen := chat.Evidence{Profile: e.Profile, Page: e.Page || f.NamedByPage, Whoami: e.Whoami || f.NamedByWhoami}
		r.verified.add(chat.HashOf(q.Token), f.ID, seen, now)
		if r.changes.Load() != changes { // it may have ended since it was read
			if again, err := r.sessionByID(ctx, q.Site, f.ID); err != nil || !again.Live() {
				r.verified.forget(f.ID)
			}
		}
	}
	r.storeEvidence(e, f, now)
	return nil
}

// storeEvidence stores when a session last had evidence, where that is due. A
// browser that shows the token of an unstored session makes it worth storing.
func (r *Registry) storeEvidence(e chat.Evidence, f found, now time.Time) {
	change := r.changing(f, chat.SessionChange{Contact: now, Evidence: now, NamedByPage: e.Page, NamedByWhoami: e.Whoami})
	if f.pending != nil || e.Page && !f.NamedByPage || e.Whoami && !f.NamedByWhoami {
		r.write("evidence", change)
		return
	}
	r.touch("e"+string(f.ID), "evidence", change)
}

// changing is the change of a session, which is stored first if it is not yet.
func (r *Registry) changing(f found, ch chat.SessionChange) func(context.Context, Store) error {
	return func(ctx context.Context, st Store) error {
		if f.pending != nil {
			if err := r.save(ctx, st, f.pending); err != nil {
				return err
			}
		}
		_, err := st.ChangeSession(ctx, f.ID, ch)
		return err
	}
}

// touchSession notes that a session was in use, unless what is stored says so
// already, to within TouchInterval.
func (r *Registry) touchSession(f found) {
	now := r.now()
	if age := now.Sub(f.Contact); f.pending == nil && 0 <= age && age < background.TouchInterval {
		return
	}
	change := r.changing(f, chat.SessionChange{Contact: now})
	if f.pending != nil {
		r.write("contact", change)
		return
	}
	r.touch("c"+string(f.ID), "contact", change)
}

// touchOwner notes that the browser of a session was in contact, and with it the
// tab of an anonymous owner.
func (r *Registry) touchOwner(session chat.Session, o chat.Owner, now time.Time) {
	r.touchSession(found{Session: session})
	if o.TabSecret == nil {
		return
	}
	r.touch("m"+string(o.TabSecret[:]), "tab", func(ctx context.Context, st Store) error {
		return st.TouchTabSecret(ctx, *o.TabSecret, now)
	})
}
