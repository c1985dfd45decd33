package endure

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestPowerLoss takes the power from the disk under the store at random
// moments, while 64 clients talk through the server: what was acknowledged must
// be on it. PARLEY_ROUNDS=10 makes it the long one.
//
// The machine, unlike in a real power cut, runs on for a while. The site must
// then be served, and what is sent now must not be acknowledged. Two things are
// no promise: what the server shows of its memory, and acknowledgements of what
// was under way as the power went, since ext4 lets an fsync succeed, at times,
// that its shutdown has overtaken.
func TestPowerLoss(t *testing.T) {
	d, w := startOnDisk(t)
	c := gather(w)
	n := rounds(t, 3)
	for range n {
		<-w.busy(1 + rand.IntN(1500))
		w.cuts.Add(1)
		d.powerOff()
		w.off.Store(true)
		<-w.busy(1 + rand.IntN(300)) // what is still answered now must be true as well
		ctx, cancel := context.WithTimeout(context.Background(), waitTimeout)
		page, err := newBrowser("http://"+w.addr, "10.0.0.1").visit(ctx, "/")
		cancel()
		if err != nil || !strings.Contains(page, "/_chat/widget.js") {
			t.Errorf("the site without its disk: %v %q", err, page)
		}
		w.kill()
		d.powerOn()
		w.off.Store(false)
		w.cuts.Add(1)
		w.start()
		c.audit()
	}
	c.quiet()
	c.audit()
	t.Logf("%d power cuts: %s", n, c.tally())
}
