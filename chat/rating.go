package chat

import (
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// Rating is what the visitor thought of a conversation when it was resolved.
type Rating struct {
	// Score is from MinScore, the worst, to MaxScore. Zero is no rating.
	Score int `json:"score"`
	// Comment is a text in the visitor's own words, at most MaxComment characters
	// long; empty for none.
	Comment string    `json:"comment,omitempty"`
	Time    time.Time `json:"time"`
	// Resolves says which time it was resolved, as Conversation.Resolves did then.
	Resolves int `json:"resolves,omitempty"`
}

// The scale of a Rating.
const (
	MinScore = 1
	MaxScore = 5
)

// MaxComment is the longest comment of a rating, in characters (Unicode code
// points).
const MaxComment = 1000

// Clean checks a rating that somebody gives and returns it as it is stored, its
// comment like the text of a message (CleanText). It gives ErrBadFrame or
// ErrCommentTooLong.
func (r Rating) Clean() (Rating, error) {
	if r.Score < MinScore || r.Score > MaxScore {
		return Rating{}, fmt.Errorf("%w: a score is from %d to %d", ErrBadFrame, MinScore, MaxScore)
	}
	text, err := CleanText(r.Comment)
	switch {
	case errors.Is(err, ErrEmpty):
		text = ""
	case errors.Is(err, ErrTooLong) || utf8.RuneCountInString(text) > MaxComment:
		return Rating{}, ErrCommentTooLong
	case err != nil:
		return Rating{}, err
	}
	r.Comment = text
	return r, nil
}

// CurrentRating returns the visitor's rating of a resolved conversation. It is
// zero while the conversation is open, and where it was resolved again since.
func (c *Conversation) CurrentRating() Rating {
	if c.Status != Resolved || c.Rating.Resolves != c.Resolves {
		return Rating{}
	}
	return c.Rating
}

// rate takes the visitor's rating, in the place of the one that they gave before
// of the same resolve. The same once more changes nothing.
func (c *Conversation) rate(r Rating, by Author, at time.Time) {
	r.Time, r.Resolves = at, c.Resolves
	if was := c.CurrentRating(); was.Score == r.Score && was.Comment == r.Comment {
		return
	}
	c.Rating = r
	c.noteRating(Activity{Kind: ActivityRated, Time: at, By: by, Score: r.Score, Comment: r.Comment})
}

// noteRating adds a rating behind the last message, in the place of one of the
// same resolve.
func (c *Conversation) noteRating(a Activity) {
	list := slices.Clone(c.Activities)
	for i, b := range slices.Backward(list) {
		if b.Kind == ActivityReopened {
			break
		}
		if b.Kind == ActivityRated {
			list = slices.Delete(list, i, i+1)
			break
		}
	}
	c.Activities = list
	c.note(a)
}

// takeRating is the part of Merged that is about ratings: what came from the other
// conversation is behind all that was here.
func (c *Conversation) takeRating(from *Conversation) {
	if from.Rating.Score != 0 {
		c.Rating = from.Rating
		c.Rating.Resolves += c.Resolves
	}
	c.Resolves += from.Resolves
}

// Ratings returns what of some activities is the visitor's own, for the visitor:
// the ratings.
func Ratings(list []Activity) (ratings []Activity) {
	for _, a := range list {
		if a.Kind == ActivityRated {
			ratings = append(ratings, a)
		}
	}
	return ratings
}
