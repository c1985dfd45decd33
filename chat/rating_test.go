package chat_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
)

var anna = chat.Author{Side: chat.Agent, ID: "anna@example.com", Name: "Anna"}

func rates(score int, comment string, resolves int) chat.Change {
	return chat.Change{Rating: &chat.Rating{Score: score, Comment: comment, Resolves: resolves}, By: chat.Author{Side: chat.Visitor}}
}

// resolved is a conversation that was resolved once.
func resolved(now time.Time) *chat.Conversation {
	c := &chat.Conversation{Status: chat.Open, Created: now, Active: now}
	c.Apply(says(chat.Visitor, "a"), now)
	c.Apply(chat.Change{Status: chat.Resolved, By: anna}, now)
	return c
}

func TestRatingIsOfOneResolve(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	c := resolved(now)
	if err := c.Refuse(rates(4, "", 0)); !errors.Is(err, chat.ErrNotResolved) {
		t.Errorf("a rating of another resolve: %v", err)
	}
	if err := c.Refuse(rates(4, "", 1)); err != nil {
		t.Fatal(err)
	}
	c.Apply(rates(4, "thanks", 1), now)
	want := chat.Rating{Score: 4, Comment: "thanks", Time: now, Resolves: 1}
	if c.CurrentRating() != want {
		t.Fatalf("%+v", c.CurrentRating())
	}
	rev := c.Rev
	if c.Apply(rates(4, "thanks", 1), now.Add(time.Hour)); c.Rev != rev || c.Rating != want {
		t.Errorf("the same once more changed %+v", c)
	}
	if c.Apply(rates(5, "", 1), now); c.Rev == rev || c.CurrentRating().Score != 5 {
		t.Errorf("it can't be changed: %+v", c)
	}
	if n := len(c.Activities); n != 2 || c.Activities[1].Score != 5 {
		t.Errorf("agents read %+v", c.Activities)
	}
	c.Apply(chat.Change{Status: chat.Open, By: anna}, now)
	if c.CurrentRating() != (chat.Rating{}) || c.Refuse(rates(1, "", 1)) == nil {
		t.Errorf("it counts while the conversation is open: %+v", c)
	}
	c.Apply(chat.Change{Status: chat.Resolved, By: anna}, now)
	if c.CurrentRating() != (chat.Rating{}) || c.Refuse(rates(1, "", 1)) == nil {
		t.Errorf("it counts for the next time: %+v", c)
	}
	c.Apply(rates(2, "", 2), now)
	if n := len(c.Activities); n != 5 || c.Activities[1].Score != 5 || c.Activities[4].Score != 2 {
		t.Errorf("agents read %+v", c.Activities)
	}
	m := c.Apply(says(chat.Visitor, "b"), now)
	if ratings := chat.Ratings(m.Before); len(ratings) != 2 || m.Seq != 2 {
		t.Errorf("before message %d: %+v", m.Seq, m.Before)
	}
}

// A conversation that was resolved before that was counted may have been so for
// years: nobody is asked how it was.
func TestRatingOfBeforeResolvesWereCounted(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	c := &chat.Conversation{Status: chat.Resolved, Last: 1}
	if err := c.Refuse(rates(3, "", 0)); !errors.Is(err, chat.ErrNotResolved) {
		t.Errorf("a rating is taken: %v", err)
	}
	c.Apply(chat.Change{Status: chat.Open, By: anna}, now)
	c.Apply(chat.Change{Status: chat.Resolved, By: anna}, now)
	if err := c.Refuse(rates(3, "", 1)); err != nil {
		t.Errorf("resolved since: %v", err)
	}
}

func TestRatingIsMerged(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	merge := func(own, anon int) *chat.Conversation {
		to, from := resolved(now), resolved(now)
		for c, score := range map[*chat.Conversation]int{to: own, from: anon} {
			if score > 0 {
				c.Apply(rates(score, "", 1), now)
			}
		}
		to.Take(chat.Message{Seq: 1, Author: chat.Author{Side: chat.Visitor}, Text: "a"}, from)
		to.Merged(from)
		return to
	}
	if c := merge(2, 5); c.CurrentRating().Score != 5 || c.Resolves != 2 {
		t.Errorf("both were rated: %+v", c)
	}
	if c := merge(0, 5); c.CurrentRating().Score != 5 {
		t.Errorf("the anonymous one was rated: %+v", c)
	}
	if c := merge(2, 0); c.CurrentRating().Score != 0 || c.Rating.Score != 2 {
		t.Errorf("the end of it was not rated: %+v", c)
	}
}

func TestCleanRating(t *testing.T) {
	for _, bad := range []chat.Rating{{}, {Score: 6}, {Score: -1}, {Score: 3, Comment: "\xff"}} {
		if _, err := bad.Clean(); !errors.Is(err, chat.ErrBadFrame) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if _, err := (chat.Rating{Score: 3, Comment: strings.Repeat("ä", chat.MaxComment+1)}).Clean(); !errors.Is(err, chat.ErrCommentTooLong) {
		t.Error(err)
	}
	if _, err := (chat.Rating{Score: 3, Comment: strings.Repeat("ä", chat.MaxText+1)}).Clean(); !errors.Is(err, chat.ErrCommentTooLong) {
		t.Error(err)
	}
	for comment, want := range map[string]string{"": "", " \n ": "", " good\x00 ": "good", strings.Repeat("ä", chat.MaxComment): strings.Repeat("ä", chat.MaxComment)} {
		if r, err := (chat.Rating{Score: 1, Comment: comment}).Clean(); err != nil || r.Comment != want {
			t.Errorf("%q: %+v, %v", comment, r, err)
		}
	}
}
