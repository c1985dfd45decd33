package service_test

import (
	"context"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
)

// An identity outlives its last evidence by the TTL; only where nothing but a
// logout ends it does contact without evidence count too.
func TestIdentityOutlivesItsEvidenceByItsTTL(t *testing.T) {
	for scope, lives := range map[chat.Scope]bool{chat.ScopeAuto: false, chat.ScopeEveryPage: false, chat.ScopeLogin: true} {
		t.Run(string(scope), func(t *testing.T) {
			j := newJumpy(t)
			j.site.Scope, j.site.TTL = scope, 2*time.Hour
			token := j.login("mia")
			who := func(at time.Duration) chat.Who {
				j.set(at)
				v := j.enter(token, "") // contact, and no evidence
				j.service.Wait()
				return v.Who
			}
			if got := who(90 * time.Minute); got != chat.WhoPerson {
				t.Fatalf("within the TTL: %s", got)
			}
			if got := who(3 * time.Hour); (got == chat.WhoPerson) != lives {
				t.Fatalf("3 h after the evidence, 1½ h after contact: %s", got)
			}
			if got := who(6 * time.Hour); got != chat.WhoNone {
				t.Fatalf("3 h after all: %s", got)
			}
		})
	}
}

func TestEvidenceKeepsAnIdentityAlive(t *testing.T) {
	j := newJumpy(t)
	j.site.TTL = 2 * time.Hour
	token := j.login("mia")
	for at := time.Hour; at < 8*time.Hour; at += time.Hour {
		j.set(at)
		cookie, err := j.service.Sessions.Observe(context.Background(), chat.Request{Site: j.site, Token: token, Client: "c", Arrived: j.now()},
			chat.Evidence{Profile: chat.Profile{ID: "mia"}, Page: true})
		j.must(err)
		j.service.Wait()
		if v := j.enter(token, ""); cookie != (chat.Cookie{}) || v.Who != chat.WhoPerson {
			t.Fatalf("%v after the beginning: %s, %+v", at, v.Who, cookie)
		}
	}
}
