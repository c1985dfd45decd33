package caddymodule

import "github.com/parley-chat/parley/chat"

// evidenceKind is which evidence of who is signed in a response had, for the debug log:
// kinds of evidence, and never whose.
type evidenceKind uint8

const (
	seenNone evidenceKind = iota
	seenID
	seenEmail
	seenBoth
	seenCached    // there was some, on a response from a cache, or for one
	seenRefused   // a gateway did not let the request through
	seenUntrusted // there was some, of a peer that is no trusted proxy
)

func (s evidenceKind) String() string {
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
func (s evidenceKind) cached() evidenceKind {
	switch s {
	case seenID, seenEmail, seenBoth:
		return seenCached
	}
	return s
}

// noteEvidence notes which evidence there was.
func (x *exchange) noteEvidence(p chat.Profile) {
	switch {
	case p.ID != "" && p.Email != "":
		x.noted = seenBoth
	case p.ID != "":
		x.noted = seenID
	case p.Email != "":
		x.noted = seenEmail
	case x.answers != nil && x.answers.TurnedAway():
		x.noted = seenRefused
	case x.handler.Identity.Untrusted(x.request) != "":
		x.noted = seenUntrusted
	}
}
