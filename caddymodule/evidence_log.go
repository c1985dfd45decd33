package caddymodule

import "github.com/parley-chat/parley/chat"

// seen is which evidence of who is signed in a response had, for the debug log:
// kinds of evidence, and never whose.
type seen uint8

const (
	seenNone seen = iota
	seenID
	seenEmail
	seenBoth
	seenCached    // there was some, on a response from a cache, or for one
	seenRefused   // a gateway did not let the request through
	seenUntrusted // there was some, of a peer that is no trusted proxy
)

func (s seen) String() string {
	return [...]string{
		seenNone:      "none",
		seenID:        "id",
		seenEmail:     "email",
		seenBoth:      "id, email",
		seenCached:    "ignored (cache)",
		seenRefused:   "refused by gateway",
		seenUntrusted: "ignored (not from a trusted proxy)",
	}[s]
}

// cached is what was seen if it was on a response from a cache, or for one.
func (s seen) cached() seen {
	switch s {
	case seenID, seenEmail, seenBoth:
		return seenCached
	}
	return s
}

// see notes which evidence there was.
func (x *exchange) see(p chat.Profile) {
	id := x.handler.Identity
	switch {
	case p.ID != "" && p.Email != "":
		x.seen = seenBoth
	case p.ID != "":
		x.seen = seenID
	case p.Email != "":
		x.seen = seenEmail
	case x.answers != nil && x.answers.turnedAway():
		x.seen = seenRefused
	case id.Trust == trustProxies && id.sentBy(x.request) && !fromTrustedProxy(x.request):
		x.seen = seenUntrusted
	}
}
