package chat_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
)

// A record from before agents read for themselves says what the team had read:
// that counts for each of them. Whoever has the last word there waits.
func TestReadersOfAnOldRecord(t *testing.T) {
	var c chat.Conversation
	record := `{"status":"open","last":5,"last_side":"visitor","active":"2026-01-02T03:04:05Z","agent_read":4,"agent_unread":1}`
	if err := json.Unmarshal([]byte(record), &c); err != nil {
		t.Fatal(err)
	}
	if upTo, unread := c.ReadBy("anna@example.com"); upTo != 4 || unread != 1 {
		t.Errorf("read up to %d, %d unread", upTo, unread)
	}
	if want := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC); !c.WaitingSince().Equal(want) {
		t.Errorf("waits since %v", c.WaitingSince())
	}
	c.Apply(says(chat.Visitor, "x"), c.Active.Add(time.Hour))
	if c.WaitingSince().Minute() != 4 || c.WaitingSince().Hour() != 3 {
		t.Errorf("another message began the waiting anew: %v", c.WaitingSince())
	}
	c.Apply(says(chat.Agent, "y"), c.Active)
	if after, _ := json.Marshal(c); !c.WaitingSince().IsZero() || c.AgentUnread != 0 {
		t.Errorf("answered: %s", after)
	}
}

// However often the status changes without a message, the record stays small.
func TestActivitiesAreBounded(t *testing.T) {
	c := chat.Conversation{Status: chat.Open}
	by := chat.Author{Side: chat.Agent, ID: "anna@example.com"}
	for range 100 {
		c.Apply(chat.Change{Status: chat.Resolved, By: by}, time.Now())
		c.Apply(chat.Change{Status: chat.Open, By: by}, time.Now())
	}
	if n := len(c.Activities); n != 50 || c.Activities[n-1].Kind != chat.ActivityReopened {
		t.Errorf("%d activities, the last %+v", n, c.Activities[n-1])
	}
}
