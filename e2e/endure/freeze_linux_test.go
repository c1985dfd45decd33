package endure

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// freeze stops all writing to the disk, as is done to take a snapshot of a
// virtual machine: a write waits until the thaw. Call the function that it
// returns for that; it may be called again, and the end of the test does.
func (d *disk) freeze() (thaw func()) {
	d.t.Helper()
	if said, err := exec.Command("fsfreeze", "--freeze", d.dir).CombinedOutput(); err != nil {
		d.cannot("freezing the disk", err, said)
	}
	frozen := true
	thaw = func() {
		d.t.Helper()
		if !frozen {
			return
		}
		frozen = false
		if said, err := exec.Command("fsfreeze", "--unfreeze", d.dir).CombinedOutput(); err != nil {
			d.t.Errorf("thawing the disk: %v: %s", err, said)
		}
	}
	d.t.Cleanup(thaw) // what waits for the disk can't even be killed
	return thaw
}

// TestFrozenDisk freezes the disk under the store and has the server collect
// its garbage, for which everything that runs must come to a stop. The site
// must be served and the history read; what is said must be answered as
// unavailable. After the thaw all goes on by itself.
//
// The crowd has gone quiet as the disk freezes: a commit that is writing in
// that very moment is not held back by anything, see docs/storage.md.
func TestFrozenDisk(t *testing.T) {
	d, w := startOnDisk(t)
	c := gather(w)
	<-w.busy(1000)
	c.quiet()
	c.audit()

	thaw := d.freeze()
	person, stranger := c.visitors[0], c.visitors[2*people]
	lost := []said{person.compose(), stranger.compose()}
	for i, v := range []*visitor{person, stranger} {
		v.refusedWhileFrozen(lost[i])
	}
	for range 10 {
		w.servedWhileFrozen(stranger)
	}
	thaw()

	ctx, cancel := context.WithTimeout(context.Background(), waitTimeout)
	defer cancel()
	for i, v := range []*visitor{person, stranger} {
		v.account.disorder(v.name)
		for _, s := range []said{lost[i], v.compose(), v.compose()} {
			if err := again(ctx, func() error { return v.post(ctx, s) }); err != nil {
				t.Fatalf("after the thaw: %v", err)
			}
		}
	}
	c.audit()
	w.kill()
	w.start()
	c.audit()
	t.Log(c.tally())
}

// frozenTimeout bounds what must not wait for a frozen disk.
const frozenTimeout = time.Minute

// post says something without a socket.
func (v *visitor) post(ctx context.Context, s said) error {
	f, err := v.b.post(ctx, "/_chat/api/send", obj{"mark": v.mark, "cid": s.cid, "text": s.text})
	if err == nil {
		v.account.acked(v.name, f.CID, f.Seq)
	}
	return err
}

// refusedWhileFrozen says something until it is refused, and not just left
// waiting, while the site is served.
func (v *visitor) refusedWhileFrozen(s said) {
	t := v.w.t
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), frozenTimeout)
	defer cancel()
	for {
		short, cancel := context.WithTimeout(ctx, 200*time.Millisecond) // any: a tab that is closed
		err := v.post(short, s)
		cancel()
		var refused unavailable
		switch {
		case err == nil:
			t.Fatalf("%s was acknowledged while the disk was frozen", s.cid)
		case errors.As(err, &refused) && refused.Code == "unavailable":
			return
		case ctx.Err() != nil:
			t.Fatalf("what was said while the disk was frozen was not refused: %v", err)
		}
		v.w.servedWhileFrozen(v)
	}
}

// servedWhileFrozen collects the server's garbage, gets pages of its site and
// reads a history.
func (w *world) servedWhileFrozen(v *visitor) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), frozenTimeout)
	defer cancel()
	if _, err := w.askProfile(ctx, "heap?gc=1"); err != nil {
		w.t.Fatalf("the server without its disk: %v", err)
	}
	b := newBrowser("http://"+w.addr, "10.0.0.1")
	defer b.client.CloseIdleConnections()
	for _, path := range []string{"/", "/in?as=late", "/out"} {
		if page, err := b.visit(ctx, path); err != nil || !strings.Contains(page, "/_chat/widget.js") {
			w.t.Fatalf("the site without its disk: %s: %v %q", path, err, page)
		}
	}
	if f, err := v.read(ctx, 0); err != nil || len(f.Messages) == 0 {
		w.t.Fatalf("the history without the disk: %v, %d messages", err, len(f.Messages))
	}
}
