package service_test

import (
	"context"
	"errors"
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

// While the configuration asked for marks, another tab of the browser began a
// chat of its own. Its mark opens no persistent chat, which takes none.
func TestMarkOfAnotherTabOpensNoPersistentChat(t *testing.T) {
	j := newJumpy(t)
	persistent := &chat.Site{Name: "shop", Persistent: true}
	_, _, token, err := j.service.Start(t.Context(), persistent, "", "")
	j.must(err)
	_, other, again, err := j.service.Start(t.Context(), j.site, token, "")
	j.must(err)
	if other == "" || again != "" {
		t.Fatalf("the other tab got the mark %q and the token %q", other, again)
	}
	if v, _, given, err := j.service.Start(t.Context(), persistent, "", other); !errors.Is(err, chat.ErrConflict) {
		t.Fatalf("its mark alone gave %+v, the token %q, %v", v, given, err)
	}
}
