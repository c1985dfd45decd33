package chat

import "time"

// Request is what is known of the browser that sent a request. None of it
// is evidence of who is signed in.
type Request struct {
	Site *Site
	// Token is the value of the session cookie; empty without one.
	Token string
	// Anonymous is set where by the browser's other cookie the token is of an
	// anonymous visitor. It counts only where the store can't be asked.
	Anonymous bool
	// Client is the same for one browser and differs between browsers, as well
	// as a network address and a User-Agent do. It never opens anything. It is
	// remembered for a while, so it should be short: a hash.
	Client string
	// Navigation is set where a person goes to a page, and not where a page calls.
	Navigation bool
	// Arrived is when the request came in.
	Arrived time.Time
}

// Cookie is what is to become of the browser's session cookie.
type Cookie struct {
	// Token is its new value; empty if it stays or goes.
	Token string
	// Person is set where the token is a person's session.
	Person bool
	// Life is how long the browser is to keep it; zero until it is closed.
	Life time.Duration
	// Clear means that the cookie is to go.
	Clear bool
}

// Who is what a visitor is to the server.
type Who string

const (
	// WhoNone: no session, or an anonymous one without its tab secret.
	WhoNone Who = "none"
	// WhoAnonymous: an anonymous session and one of its tab secrets.
	WhoAnonymous Who = "anonymous"
	// WhoPerson: the session of a person.
	WhoPerson Who = "person"
)
