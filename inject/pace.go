package inject

import (
	"context"
	"sync/atomic"
	"time"
)

// A few kilobytes of Brotli may decode to terabytes, and whoever asks for such a
// page again and again would have the processor for themselves. Nor may it end in an
// error: there are pages of a hundred megabytes. So the longer ones are decoded in
// turns with rests.

const (
	// decodedFree and decodedRatio are what a body may decode to before it is
	// slowed down.
	decodedFree  = 32 << 20
	decodedRatio = 256

	// paceStep is how long is decoded between two rests. What takes much longer
	// has waited for the client.
	paceStep = 10 * time.Millisecond
)

// paced is how many bodies are slowed down. Of n, each rests n times as long as it
// works, so that all of them take less than one core.
var paced atomic.Int32

// pace slows down the decoding of one body.
type pace struct {
	on     bool
	worked time.Time // since when
}

// rest is called where a body has become so long, again and again. An error means
// that nobody waits for it any more.
func (p *pace) rest(ctx context.Context) error {
	now := time.Now()
	if !p.on {
		p.on, p.worked = true, now
		paced.Add(1)
	}
	took := now.Sub(p.worked)
	if took < paceStep {
		return context.Cause(ctx)
	}
	timer := time.NewTimer(min(took, 2*paceStep) * time.Duration(paced.Load()))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
	}
	p.worked = time.Now()
	return nil
}

// end is called when the body is at its end, or given up.
func (p *pace) end() {
	if p.on {
		paced.Add(-1)
	}
	p.on = false
}
