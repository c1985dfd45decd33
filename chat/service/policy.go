package service

import (
	"time"

	"github.com/parley-chat/parley/chat"
)

// pagesMustSpeak reports whether a page of this session without evidence means
// that nobody is signed in any more.
func pagesMustSpeak(s *chat.Site, session chat.Session) bool {
	return !s.ProbeOnly && mustSpeak(s, session.Paged)
}

// probesMustSpeak is pagesMustSpeak for the application's answers to the
// question who is signed in.
func probesMustSpeak(s *chat.Site, session chat.Session) bool { return mustSpeak(s, session.Probed) }

// speaks reports whether evidence of nobody ends this session.
func speaks(s *chat.Site, session chat.Session, nobody chat.Evidence) bool {
	return nobody.Page && pagesMustSpeak(s, session) || nobody.Probe && probesMustSpeak(s, session)
}

// mustSpeak is what the scope makes of absence, where evidence of the same kind
// has spoken before or not.
func mustSpeak(s *chat.Site, spoke bool) bool {
	switch s.Scope {
	case chat.ScopeEveryPage:
		return true
	case chat.ScopeLogin:
		return false
	default:
		return spoke
	}
}

// expired reports whether a session has outlived what it rests on.
func expired(s *chat.Site, session chat.Session, now time.Time) bool {
	if session.Person == "" {
		return now.Sub(session.Contact) > s.AnonymousLife()
	}
	since := session.Evidence
	if !mustSpeak(s, session.Paged || session.Probed) && session.Contact.After(since) {
		since = session.Contact
	}
	return now.Sub(since) > s.IdentityTTL()
}
