package chat

import "time"

// SessionID names a session. It is no secret and opens nothing.
type SessionID string

// MaxTokens is how many tokens one session may have alive at once. Answers to
// parallel requests, and answers that got lost, each may have carried another.
const MaxTokens = 8

// Ending says why a session ended.
type Ending string

const (
	// EndedByLogout: a logout route, reset(), or a page that showed no evidence.
	EndedByLogout Ending = "logout"
	// EndedByLogin: an anonymous visitor signed in; Successor is the session of
	// the person.
	EndedByLogin Ending = "login"
	// EndedBySwitch: evidence of somebody else came; Successor is theirs.
	EndedBySwitch Ending = "switch"
	// EndedByTime: without contact for longer than its life.
	EndedByTime Ending = "time"
)

// Session is one browser's stay at one site, known to the browser by an opaque
// token in a cookie.
type Session struct {
	ID   SessionID `json:"id"`
	Site string    `json:"site"`
	// Person is the key of whoever is signed in; empty while anonymous.
	Person  string    `json:"person,omitempty"`
	Created time.Time `json:"created"`
	// Contact is when the browser was last in contact, to within a minute.
	Contact time.Time `json:"contact"`
	// Evidence is when the proxy last saw evidence of Person, to within a minute.
	Evidence time.Time `json:"evidence,omitzero"`
	// NamedByPage is set once a page, and not only an API call or a login's
	// redirect, has carried evidence. In scope auto, pages then always must.
	NamedByPage bool `json:"paged,omitempty"`
	// NamedByWhoami is set once the application's answer to whoami has named somebody.
	// In scope auto, its answers then always must.
	NamedByWhoami bool `json:"probed,omitempty"`
	// TabSecret is the hash of the tab secret whose chat the session's token alone
	// opens while anonymous; zero where it takes a tab secret as well.
	TabSecret Hash `json:"mark,omitzero"`
	// Renewed is when the browser last got the cookie with a longer life.
	Renewed time.Time `json:"renewed,omitzero"`
	// Ended is when the session ended; zero while it lives.
	Ended time.Time `json:"ended,omitzero"`
	// Ending is why; empty while it lives.
	Ending Ending `json:"ending,omitempty"`
	// Successor is the session that took its place, if one did.
	Successor SessionID `json:"successor,omitempty"`
}

// Live reports whether the session has not been ended.
func (s Session) Live() bool { return s.Ended.IsZero() }

// SessionChange is what is to be changed of a session; zero fields stay.
type SessionChange struct {
	Contact, Evidence, Renewed time.Time
	NamedByPage, NamedByWhoami bool
	// AddToken makes one more token open the session; beyond MaxTokens the
	// oldest is forgotten.
	AddToken *Hash
	// End ends the session, once and for all.
	End *SessionEnd
}

// SessionEnd says how a session ends.
type SessionEnd struct {
	At        time.Time
	Ending    Ending
	Successor SessionID
}

// Apply changes the session. An ended one takes no change and gives ErrEnded;
// ending it again is no error and changes nothing. Times never go back.
// Tokens are the store's business.
func (s *Session) Apply(ch SessionChange) error {
	if !s.Live() {
		if ch.End != nil {
			return nil
		}
		return ErrEnded
	}
	if ch.Contact.After(s.Contact) {
		s.Contact = ch.Contact
	}
	if ch.Evidence.After(s.Evidence) {
		s.Evidence = ch.Evidence
	}
	if ch.Renewed.After(s.Renewed) {
		s.Renewed = ch.Renewed
	}
	s.NamedByPage = s.NamedByPage || ch.NamedByPage
	s.NamedByWhoami = s.NamedByWhoami || ch.NamedByWhoami
	if ch.End != nil {
		s.Ended, s.Ending, s.Successor = ch.End.At, ch.End.Ending, ch.End.Successor
	}
	return nil
}

// TabSecret is the secret that the tabs of one browser share while at least one of
// them lives. Reading an anonymous conversation takes it and the session.
type TabSecret struct {
	Hash    Hash      `json:"hash"`
	Site    string    `json:"site"`
	Session SessionID `json:"session"`
	Created time.Time `json:"created"`
	// Contact is when one of its tabs was last in contact, to within a minute.
	Contact time.Time `json:"heard"`
	// Merged is when its conversation went to a person; zero before.
	Merged time.Time `json:"claimed,omitzero"`
}
