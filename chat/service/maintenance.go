package service

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chat"
)

// Erase deletes all that is held of those whom a subject names, and has
// their browsers forget it at once. See chat.Maintenance.
func (s *Service) Erase(ctx context.Context, who chat.Subject) ([]chat.PersonalData, error) {
	st, err := s.open()
	if err != nil {
		return nil, err
	}
	before, err := st.PersonalData(ctx, who)
	if err != nil {
		return nil, err
	}
	// Sessions that evidence has announced, and that are not stored yet, would
	// bring the person back.
	for _, h := range before {
		s.Sessions.EndPending(ctx, h.Site, h.Key)
	}
	found, err := st.Erase(ctx, who)
	if err != nil {
		return nil, err
	}
	for _, h := range found {
		s.Sessions.Erased(h.Sessions)
		for _, m := range h.TabSecrets {
			s.hub.PublishToOwner(chat.Owner{Site: h.Site, TabSecret: &m.Hash}, chat.Event{Kind: chat.EventReset})
		}
		s.Sessions.EndPending(ctx, h.Site, h.Key)
	}
	return found, nil
}

// maxHaste is how much faster than the time itself the clock of Expire may go.
const maxHaste = 24

// firstHaste is how far it may go when the server starts, once: each reload
// calls Expire too.
const firstHaste = time.Hour

// trustedClock returns what time it is for Expire, which deletes for good, and
// must not where somebody has set the clock ahead, or a machine has woken with
// a wrong one. So this one goes on from where it was at the last Expire, at
// most maxHaste times as fast as the time that the process has seen pass; after
// a long pause it needs some hours to catch up. At the first call, where passed
// is zero, it may go on by firstHaste. It follows at once where the clock was
// set back: that keeps more. Before the first Expire it stands at the latest
// activity there is.
func trustedClock(now, last time.Time, passed time.Duration) time.Time {
	ahead := maxHaste * passed
	if passed == 0 {
		ahead = firstHaste
	}
	limit := last.Add(ahead)
	if now.After(limit) {
		return limit
	}
	return now
}

// Expire deletes what is too old by this policy, whose Now it sets: passed is
// how long ago the last call was, by a clock that nobody sets, or zero for the
// first. It publishes that to the browsers that have such a conversation open, and returns
// how far behind the clock it is.
func (s *Service) Expire(ctx context.Context, x chat.Expiry, passed time.Duration) (done chat.Expired, behind time.Duration, err error) {
	st, err := s.open()
	if err != nil {
		return done, 0, err
	}
	last, err := st.LastExpiry(ctx)
	if err != nil {
		return done, 0, err
	}
	now := s.now()
	if last.IsZero() {
		if last, err = newest(ctx, st, now); err != nil {
			return done, 0, err
		}
	}
	x.Now = trustedClock(now, last, passed)
	done, err = st.Expire(ctx, x)
	return done, now.Sub(x.Now), err
}

// newest returns the time of the latest activity, or now if there is none.
func newest(ctx context.Context, st chat.Store, now time.Time) (time.Time, error) {
	list, _, err := st.Inbox(ctx, chat.Filter{}, "", 1)
	if err != nil || len(list) == 0 {
		return now, err
	}
	return list[0].Active, nil
}
