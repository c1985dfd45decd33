package service_test

import (
	"context"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
)

// When a session was last in contact is stored to within a minute: who opens tab
// after tab costs no write of it each time.
func TestContactIsStoredToWithinAMinute(t *testing.T) {
	j := newJumpy(t)
	ctx := context.Background()
	v, tab, token, err := j.service.Start(ctx, j.site, "", "")
	j.must(err)
	began := v.Session.Contact
	contactAt := func(ahead time.Duration) time.Duration {
		t.Helper()
		j.set(ahead)
		_, err := j.service.Enter(ctx, j.site, token, tab)
		j.must(err)
		j.service.Wait()
		v, err := j.service.Enter(ctx, j.site, token, tab)
		j.must(err)
		if v.Who != chat.WhoAnonymous {
			t.Fatalf("entered as %s", v.Who)
		}
		return v.Session.Contact.Sub(began)
	}
	for _, step := range []struct{ ahead, want time.Duration }{
		{time.Second, 0}, {59 * time.Second, 0}, {time.Minute, time.Minute}, {90 * time.Second, time.Minute},
		{2 * time.Minute, 2 * time.Minute}, {time.Minute, 2 * time.Minute},
	} {
		if got := contactAt(step.ahead); got != step.want {
			t.Errorf("after %v the last contact was after %v and not after %v", step.ahead, got, step.want)
		}
	}
}
