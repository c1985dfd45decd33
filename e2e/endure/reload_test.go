package endure

import (
	"context"
	"io/fs"
	"maps"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// TestReload reloads the configuration while everybody talks. No socket may
// close, nothing be lost, nothing be left over; and a configuration that can't
// be loaded must leave all as it is. PARLEY_ROUNDS=100 makes it the long one.
func TestReload(t *testing.T) {
	w := newWorld(t)
	w.start()
	one, other := w.caddyfile(w.site("shop")), w.caddyfile(w.site("shop", "exclude /print/*"))
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	// It starts, perhaps with a store of its own, and then can't listen.
	wrong := strings.Replace(w.caddyfile(w.site("shop"), "http://"+taken.Addr().String()+" {\n\trespond taken\n}"),
		w.store, w.store+"-other", 1)
	cycle := func() {
		w.mustLoad(other)
		if err := w.load(wrong); err == nil || !strings.Contains(err.Error(), "address already in use") {
			t.Fatalf("a configuration that can't listen: %v", err)
		}
		if err := w.load(strings.Replace(one, "output file", "output no-such-thing", 1)); err == nil {
			t.Fatal("a configuration that is wrong was loaded")
		}
		w.mustLoad(one)
	}
	for range 3 {
		cycle() // what is made once is there now
	}
	before := w.usage()
	c := gather(w)
	n := (rounds(t, 10) + 1) / 2
	for range n {
		<-w.busy(50)
		cycle()
	}
	<-w.busy(200)
	c.quiet()
	for _, v := range c.visitors {
		if v.resumed > 0 {
			t.Errorf("%s lost its socket %d times", v.name, v.resumed)
		}
	}
	if len(c.agent.lost) > 0 {
		t.Errorf("the agent lost the socket: %v", c.agent.lost)
	}
	c.audit()
	// Less than one of each that is left over with every cycle.
	slack := min(n-1, 8)
	after := w.returns(before, usage{goroutines: slack, files: slack, heap: 4 << 20})
	t.Logf("%d reloads and %d that failed: %s", 2*n, 2*n, c.tally())
	t.Logf("before: %v; after: %v", before, after)
}

// A site that is taken out closes its sockets, and no others.
func TestSiteTakenOut(t *testing.T) {
	w := newWorld(t)
	addr := freeAddress(t)
	both := w.caddyfile(w.site("shop"), siteAt("http://"+addr, "other", w.app.Listener.Addr().String()))
	w.write(both)
	w.start()
	ctx, cancel := context.WithTimeout(context.Background(), waitTimeout)
	defer cancel()
	stays := &visitor{w: w, name: "stays", b: newBrowser("http://"+w.addr, "10.0.0.1")}
	goes := &visitor{w: w, name: "goes", b: newBrowser("http://"+addr, "10.0.0.2")}
	for _, v := range []*visitor{stays, goes} {
		if err := v.arrive(ctx); err != nil {
			t.Fatal(err)
		}
	}
	staying, going := stays.open(ctx, 0), goes.open(ctx, 0)
	expect(t, staying, "hello")
	expect(t, going, "hello")
	w.mustLoad(w.caddyfile(w.site("shop")))
	if code := closeCode(t, going); code != websocket.CloseGoingAway {
		t.Errorf("the socket of a site that is gone was closed with %d", code)
	}
	if err := staying.WriteJSON(obj{"t": "send", "cid": "client-1", "text": "still here"}); err != nil {
		t.Fatal(err)
	}
	expect(t, staying, "ack")
}

// expect reads until a frame of that kind comes.
func expect(t *testing.T, conn *websocket.Conn, kind string) {
	t.Helper()
	if err := next(conn, kind); err != nil {
		t.Fatal(err)
	}
}

// closeCode reads until the socket is closed.
func closeCode(t *testing.T, conn *websocket.Conn) int {
	t.Helper()
	for {
		_, _, err := conn.ReadMessage()
		if end, ok := err.(*websocket.CloseError); ok {
			return end.Code
		}
		if err != nil {
			t.Fatalf("waiting for the end of a socket: %v", err)
		}
	}
}

// TestStop stops the server under load: it must end at once although some
// connections are dead, tell all others to come back, and lose nothing.
func TestStop(t *testing.T) {
	t.Setenv(leaveVariable, "1")
	w := newWorld(t)
	w.start()
	ctx, cancel := context.WithTimeout(context.Background(), waitTimeout)
	defer cancel()
	c := gather(w)
	dead, err := c.visitors[0].b.dial(ctx, "/_chat/socket") // it never reads
	if err != nil {
		t.Fatal(err)
	}
	defer dead.Close()
	<-w.busy(300)
	began := time.Now()
	if said, err := run(w.dir, "stop", "--address", w.admin); err != nil {
		t.Fatalf("caddy stop: %v\n%s", err, said)
	}
	bounded, done := context.WithTimeout(ctx, 30*time.Second) // half of what they have who can take their leave
	defer done()
	w.wait(bounded)
	took := time.Since(began)
	w.start()
	c.audit()
	<-w.busy(300)
	c.quiet()
	c.audit()
	for _, v := range c.visitors {
		if !v.polls && v.restart == 0 {
			t.Errorf("%s was not told that the server restarts", v.name)
		}
	}
	t.Logf("caddy stop took %v until the server had ended: %s", took.Round(time.Millisecond), c.tally())
}

// TestValidateBesideServer validates a configuration while a server runs with
// the same one. It must work, and touch nothing.
func TestValidateBesideServer(t *testing.T) {
	w := newWorld(t)
	w.start()
	ctx, cancel := context.WithTimeout(context.Background(), waitTimeout)
	defer cancel()
	v := &visitor{w: w, b: newBrowser("http://"+w.addr, "10.0.0.1")}
	if err := v.arrive(ctx); err != nil {
		t.Fatal(err)
	}
	before := listing(t, w.store)
	if said, err := run(w.dir, "validate", "--config", "Caddyfile"); err != nil || !strings.Contains(said, "Valid configuration") {
		t.Fatalf("caddy validate: %v\n%s", err, said)
	}
	if after := listing(t, w.store); !maps.Equal(before, after) {
		t.Errorf("the store's directory had %v and has %v", before, after)
	}
	elsewhere := strings.Replace(w.caddyfile(w.site("shop")), w.store, w.store+"-other", 1)
	w.write(elsewhere)
	if said, err := run(w.dir, "validate", "--config", "Caddyfile"); err != nil {
		t.Fatalf("caddy validate: %v\n%s", err, said)
	}
	if made, _ := filepath.Glob(w.store + "-other"); made != nil {
		t.Error("caddy validate made a store")
	}
	conn := v.open(ctx, 0)
	if err := conn.WriteJSON(obj{"t": "send", "cid": "client-1", "text": "still here"}); err != nil {
		t.Fatal(err)
	}
	expect(t, conn, "ack")
}

// listing is each file of a directory with what would tell of a write; of a
// directory, what is in it tells.
func listing(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if strings.HasPrefix(d.Name(), "KNOWN") {
			return nil // the server notes in it what it sees, by way of another name
		}
		info, err := d.Info()
		if err == nil && d.IsDir() {
			found[path] = info.Mode().String()
		} else if err == nil {
			found[path] = info.Mode().String() + " " + info.ModTime().Format(time.RFC3339Nano)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
