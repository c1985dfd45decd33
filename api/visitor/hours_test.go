package visitor_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/api/apitest"
	"github.com/parley-chat/parley/chat/hours"
)

// TestNobodyIsOnlineOutsideOfTheHours, though an agent has a console open, and
// visitors learn when that changes.
func TestNobodyIsOnlineOutsideOfTheHours(t *testing.T) {
	w := apitest.New(t)
	b := w.Browser("203.0.113.1")
	mark := b.Start("hello")
	w.Desk()
	for name, c := range map[string]struct {
		closed []string
		open   bool
	}{
		"open":         {open: true},
		"closed today": {closed: []string{time.Now().UTC().Format(time.DateOnly)}},
	} {
		h, err := hours.New(hours.Config{Zone: "UTC", Open: map[string][]string{"mon-sun": {"0:00-24:00"}}, Closed: c.closed})
		if err != nil {
			t.Fatal(err)
		}
		w.Site.Hours = h
		hello := b.Post("hello", "hello", apitest.Obj{"mark": mark})
		if hello.Online != c.open || hello.Hours == nil || hello.Hours.Open != c.open {
			t.Errorf("%s: online is %t, and the hours say %+v", name, hello.Online, hello.Hours)
			continue
		}
		if c.open {
			if hello.Hours.Opens != 0 || hello.Hours.Change != 0 {
				t.Errorf("%s: the hours change: %+v", name, hello.Hours)
			}
			continue
		}
		opens := time.UnixMilli(hello.Hours.Opens)
		change := time.Duration(hello.Hours.Change) * time.Second
		if opens.UTC().Format("15:04:05") != "00:00:00" || change <= 0 || change > 24*time.Hour {
			t.Errorf("%s: it opens at %v, in %v", name, opens, change)
		}
	}
}

// TestAgentWhoComesOutsideOfTheHours is not announced.
func TestAgentWhoComesOutsideOfTheHours(t *testing.T) {
	w := apitest.New(t)
	now := time.Now().UTC()
	h, err := hours.New(hours.Config{Zone: "UTC", Open: map[string][]string{"mon-sun": {"0:00-24:00"}},
		Closed: []string{now.Format(time.DateOnly), now.AddDate(0, 0, 1).Format(time.DateOnly)}})
	if err != nil {
		t.Fatal(err)
	}
	w.Site.Hours = h
	b := w.Browser("203.0.113.1")
	s, hello := b.Hello(b.Start("hello"), 0)
	if hello.Online {
		t.Error("online with nobody there")
	}
	w.Desk()
	if online := s.Expect("online"); online.On {
		t.Error("an agent who comes while the chat is closed is announced as there")
	}
}
