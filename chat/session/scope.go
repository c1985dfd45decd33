package session

import (
	"time"

	"github.com/parley-chat/parley/chat"
)

// absenceCounts reports whether a page, or the application's answer to whoami,
// that names nobody means that nobody is signed in any more.
func absenceCounts(site *chat.Site, s chat.Session, page, whoami bool) bool {
	return page && !site.WhoamiOnly && mustName(site, s.NamedByPage) || whoami && mustName(site, s.NamedByWhoami)
}

// mustName reports whether the scope has each response of a kind name who is
// signed in, where one of the kind has done so before in this session or not.
func mustName(site *chat.Site, named bool) bool {
	switch site.Scope {
	case chat.ScopeEveryPage:
		return true
	case chat.ScopeLogin:
		return false
	default:
		return named
	}
}

// expired reports whether a session has outlived what it rests on.
func expired(site *chat.Site, s chat.Session, now time.Time) bool {
	if s.Person == "" {
		return now.Sub(s.Contact) > site.AnonymousLife()
	}
	since := s.Evidence
	if !mustName(site, s.NamedByPage || s.NamedByWhoami) && s.Contact.After(since) {
		since = s.Contact
	}
	return now.Sub(since) > site.IdentityTTL()
}
