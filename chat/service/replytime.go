package service

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chat/hours"
	"github.com/parley-chat/parley/chat/replytime"
)

// UsualReply returns what says how long an answer at a site usually takes, within
// its hours (nil: always), by those of the last days; zero where too few are known.
// It waits for nothing: what was answered before this process is read in the
// background, from the first time that somebody asks.
func (s *Service) UsualReply(site string, h *hours.Hours) func() time.Duration {
	usual := replytime.NewUsual(s.waits, site, h)
	return func() time.Duration {
		s.readWaits(site)
		return usual.At(s.now())
	}
}

// readWaits reads a site's last waits from the store, once. Where that fails the
// next one who asks has it tried again.
func (s *Service) readWaits(site string) {
	if !s.waits.Unread(site) {
		return
	}
	begun := s.writer.Try("reply times", func(ctx context.Context) error {
		st, err := s.open()
		if err == nil {
			err = s.waits.Load(ctx, st, site)
		}
		if err != nil {
			s.waits.Retry(site)
		}
		return err
	})
	if !begun {
		s.waits.Retry(site)
	}
}
