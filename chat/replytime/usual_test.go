package replytime

import (
	"fmt"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/hours"
)

// answer is a commit: of a visitor of a site who waited for so long up to a time.
func answer(site string, n int, waited time.Duration, at time.Time) chat.Committed {
	id := chat.ConversationID(fmt.Sprint(n))
	before := &chat.Conversation{ID: id, Site: site, Status: chat.Open, Last: 1, LastSide: chat.Visitor, Waiting: at.Add(-waited)}
	return chat.Committed{Before: before, After: &chat.Conversation{ID: id, Site: site},
		Message: &chat.Message{Seq: 2, Time: at, Author: chat.Author{Side: chat.Agent}}}
}

// TestUsual: the median of enough waits of the last days, of this site, in time that
// the chat was open.
func TestUsual(t *testing.T) {
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	at := func(day, hour, minute int) time.Time {
		return monday.AddDate(0, 0, day).Add(time.Duration(hour*60+minute) * time.Minute)
	}
	office, err := hours.New(hours.Config{Zone: "UTC", Open: map[string][]string{"mon-fri": {"9:00-12:00", "13:00-17:00"}}})
	if err != nil {
		t.Fatal(err)
	}
	type asked struct{ from, to time.Time }
	times := func(n int, a asked) (all []asked) {
		for i := range n {
			all = append(all, asked{a.from, a.to.Add(time.Duration(i) * time.Nanosecond)})
		}
		return all
	}
	quick := asked{at(1, 10, 0), at(1, 10, 4)}
	for name, test := range map[string]struct {
		waits []asked
		hours *hours.Hours
		now   time.Time
		want  time.Duration
	}{
		"nothing known":       {now: at(2, 10, 0)},
		"too few":             {waits: times(4, quick), now: at(2, 10, 0)},
		"enough":              {waits: times(5, quick), now: at(2, 10, 0), want: 5 * time.Minute},
		"long ago":            {waits: times(5, quick), now: at(10, 10, 0)},
		"mostly quick":        {waits: append(times(3, quick), times(2, asked{at(0, 9, 0), at(2, 9, 0)})...), now: at(2, 10, 0), want: 5 * time.Minute},
		"mostly slow":         {waits: append(times(2, quick), times(3, asked{at(0, 9, 0), at(2, 9, 0)})...), now: at(2, 10, 0), want: 48 * time.Hour},
		"over night":          {waits: times(5, asked{at(0, 18, 0), at(1, 9, 50)}), hours: office, now: at(2, 10, 0), want: time.Hour},
		"over lunch":          {waits: times(5, asked{at(0, 11, 55), at(0, 13, 8)}), hours: office, now: at(2, 10, 0), want: 15 * time.Minute},
		"over a weekend":      {waits: times(5, asked{at(4, 16, 50), at(7, 9, 18)}), hours: office, now: at(7, 10, 0), want: 30 * time.Minute},
		"all in the evening":  {waits: times(5, asked{at(0, 18, 0), at(0, 23, 0)}), hours: office, now: at(2, 10, 0)},
		"without known hours": {waits: times(5, asked{at(0, 18, 0), at(0, 23, 0)}), now: at(2, 10, 0), want: 6 * time.Hour},
	} {
		m := New()
		for i, w := range test.waits {
			m.Committed([]chat.Committed{answer("shop", i, w.to.Sub(w.from), w.to), answer("wiki", i, time.Second, w.to)})
		}
		if got := NewUsual(m, "shop", test.hours).At(test.now); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// TestUsualFollows: what comes counts at once, what is deleted no longer, and only the
// last fifty.
func TestUsualFollows(t *testing.T) {
	m, now := New(), time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	usual := NewUsual(m, "shop", nil)
	expect := func(when string, want time.Duration) {
		t.Helper()
		if got := usual.At(now); got != want {
			t.Errorf("%s: %s, want %s", when, got, want)
		}
	}
	for n := range 5 {
		m.Committed([]chat.Committed{answer("shop", n, time.Hour, now.Add(time.Duration(n)*time.Second))})
	}
	expect("after five", time.Hour)
	m.Committed([]chat.Committed{{Before: &chat.Conversation{ID: "3", Site: "shop"}}})
	expect("one of them deleted", 0)
	for n := range remembered {
		m.Committed([]chat.Committed{answer("shop", n, 3*time.Hour, now.Add(time.Minute+time.Duration(n)))})
	}
	expect("after fifty more", 3*time.Hour)
}

// TestOfMessages: a wait is from the first question to the answer; what an agent
// resolved without one was none, nor what began before what was read.
func TestOfMessages(t *testing.T) {
	start := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	said := func(first chat.Seq, words string) (list []chat.Message) {
		var before []chat.Activity
		for i, word := range words {
			m := chat.Message{Seq: first + chat.Seq(len(list)), Time: start.Add(time.Duration(i) * time.Minute), Before: before}
			before = nil
			switch word {
			case 'v':
				m.Author.Side = chat.Visitor
			case 'a':
				m.Author.Side = chat.Agent
			case 'r':
				before = []chat.Activity{{Kind: chat.ActivityResolved}}
				continue
			}
			list = append(list, m)
		}
		return list
	}
	for words, want := range map[string]string{
		"va": "[1m0s]", "vva": "[2m0s]", "vaa": "[1m0s]", "avva": "[2m0s]", "vava": "[1m0s 1m0s]",
		"vrva": "[1m0s]", "vr": "[]", "": "[]", "a": "[]", "v": "[]",
	} {
		var got []time.Duration
		for _, w := range ofMessages("c", said(1, words)) {
			got = append(got, w.answered.Sub(w.asked))
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %s", words, got, want)
		}
	}
	if got := ofMessages("c", said(7, "vava")); len(got) != 1 {
		t.Errorf("of the middle of a conversation: %v, want only what began there", got)
	}
}
