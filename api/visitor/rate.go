package visitor

import (
	"context"
	"fmt"

	"github.com/parley-chat/parley/chat"
)

// RateRequest says what the visitor thinks of their conversation.
type RateRequest struct {
	Score    int    `json:"score"` // 1, the worst, to 5
	Comment  string `json:"comment,omitempty"`
	Resolves int    `json:"resolves,omitempty"` // as in the state that is rated
}

// Rating is the visitor's own of the conversation as it is resolved now.
type Rating struct {
	Score   int    `json:"score"`
	Comment string `json:"comment,omitempty"`
}

func newRating(r chat.Rating) Rating { return Rating{r.Score, r.Comment} }

// rate keeps a rating.
func rate(ctx context.Context, c *Call, r RateRequest) (State, error) {
	v, err := c.visit(ctx)
	if err != nil {
		return State{}, err
	}
	if c.handler.RatingOff {
		return State{}, fmt.Errorf("%w: this site asks for no ratings", chat.ErrForbidden)
	}
	conversation, err := v.Rate(ctx, chat.Rating{Score: r.Score, Comment: r.Comment, Resolves: r.Resolves})
	return c.handler.state(&conversation), err
}

// Weight implements transport.Weigher.
func (s State) Weight() int { return len(s.Rating.Comment) }
