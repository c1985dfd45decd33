package session

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/chat"
)

// Ticket is the right that a Visitor has, without what is known of them: what a
// connection keeps, since it is idle most of the time and there may be many. The
// zero Ticket opens nothing.
type Ticket struct {
	registry *Registry
	site     *chat.Site
	token    string
	owner    chat.Owner
}

// Ticket returns what it takes to go on with the visit later.
func (v *Visitor) Ticket() Ticket { return Ticket{v.registry, v.Site, v.token, v.Owner} }

// Check is Ticket.Check.
func (v *Visitor) Check(ctx context.Context) chat.EventKind {
	t := v.Ticket()
	return t.Check(ctx)
}

// Valid reports whether this is the ticket of somebody.
func (t *Ticket) Valid() bool { return t.owner != chat.Owner{} }

// Check returns what the connection must be told because the right to the
// conversation has ended: EventAgain after a login, else EventReset. Zero means
// that it holds, which is then noted as a contact. While the store can't be
// asked it holds.
func (t *Ticket) Check(ctx context.Context) chat.EventKind {
	f, err := t.registry.lookup(ctx, t.site, t.token)
	switch {
	case errors.Is(err, chat.ErrNotFound):
		return chat.EventReset
	case err != nil:
		return 0
	case !f.Live() && f.Ending == chat.EndedByLogin:
		return chat.EventAgain
	case !f.Live():
		return chat.EventReset
	}
	t.registry.touchOwner(f.Session, t.owner, t.registry.now())
	return 0
}

// Visitor returns whose ticket it is. ErrNoSession if the right has ended.
func (t *Ticket) Visitor(ctx context.Context) (*Visitor, error) {
	f, err := t.registry.lookup(ctx, t.site, t.token)
	if errors.Is(err, chat.ErrNotFound) || err == nil && (!f.Live() || f.Person != t.owner.Person) {
		return nil, chat.ErrNoSession
	}
	if err != nil {
		return nil, err
	}
	v := &Visitor{Who: chat.WhoAnonymous, Site: t.site, Session: f.Session, Owner: t.owner, registry: t.registry, token: t.token}
	if f.Person == "" {
		return v, nil
	}
	st, err := t.registry.open()
	if err != nil {
		return nil, err
	}
	v.Who = chat.WhoPerson
	v.Person, err = st.Person(ctx, f.Site, f.Person)
	return v, err
}
