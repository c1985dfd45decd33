package chat_test

import (
	"context"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
)

func TestPersistentChatLivesAsLongAsItIsVisited(t *testing.T) {
	j := newJumpy(t)
	j.site = &chat.Site{Name: "shop", Persistent: true}
	const day = 24 * time.Hour
	v, _, token, err := j.service.Start(context.Background(), j.site, "", "")
	j.must(err)
	if c := j.site.AnonymousCookie(token); c.Life != 90*day {
		t.Fatalf("the cookie lives %v", c.Life)
	}
	if c := v.Renewal(); c != (chat.Cookie{}) {
		t.Fatalf("renewed at once: %+v", c)
	}
	for at := 80 * day; at <= 240*day; at += 80 * day {
		j.set(at)
		v := j.enter(token, "")
		if c := v.Renewal(); v.Who != chat.WhoAnonymous || c.Token != token || c.Life != 90*day {
			t.Fatalf("%v after the beginning: %s, %+v", at, v.Who, c)
		}
		j.service.Wait()
		if c := j.enter(token, "").Renewal(); c != (chat.Cookie{}) {
			t.Fatalf("%v after the beginning it is renewed twice", at)
		}
		j.service.Wait()
	}
	j.set(331 * day)
	if v := j.enter(token, ""); v.Who != chat.WhoNone {
		t.Fatalf("after 91 days of silence: %s", v.Who)
	}
}
