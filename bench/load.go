package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"
)

// connections is how many are open to a proxy, each with one request at a time.
const connections = 16

// round is one proxy's share of a cycle.
type round struct {
	cpu  time.Duration // per request
	rate float64       // requests per second
}

// leastCycles are run even where the time is over.
const leastCycles = 3

// measure runs cycles for about the time given: a round of each proxy, in an
// order drawn by lot, so that none always comes after the same one. It returns
// each proxy's rounds.
func measure(ctx context.Context, proxies []*proxy, in *input, slice time.Duration, cycles int) ([][]round, error) {
	deadline := time.Now().Add(slice)
	cookie, err := sessionCookie(ctx, proxies, in)
	if err != nil {
		return nil, err
	}
	loads := make([]*load, 0, len(proxies))
	defer func() {
		for _, l := range loads {
			l.close()
		}
	}()
	for _, p := range proxies {
		l, err := newLoad(ctx, p, in, cookie)
		if err != nil {
			return nil, err
		}
		loads = append(loads, l)
	}
	n, err := calibrate(loads, time.Until(deadline)/time.Duration((cycles+1)*len(loads)))
	if err != nil {
		return nil, err
	}
	rounds := make([][]round, len(loads))
	for cycle := 0; cycle < leastCycles || time.Now().Before(deadline); cycle++ {
		for _, i := range rand.Perm(len(loads)) {
			r, err := loads[i].round(n)
			if err != nil {
				return nil, err
			}
			rounds[i] = append(rounds[i], r)
		}
	}
	return rounds, nil
}

// calibrate warms all proxies up and returns how many requests take the first
// about that long.
func calibrate(loads []*load, want time.Duration) (int, error) {
	n := 2 * connections
	for {
		took := time.Duration(math.MaxInt64)
		for range 2 { // the shorter one counts: a hiccup must not make short rounds
			start := time.Now()
			if _, err := loads[0].round(n); err != nil {
				return 0, err
			}
			took = min(took, time.Since(start))
		}
		if took > want/3 {
			n = max(2*connections, int(float64(n)*float64(want)/float64(took)))
			break
		}
		n *= 2
	}
	for _, l := range loads[1:] {
		if _, err := l.round(n / 4); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// load asks one proxy for one input, over and over.
type load struct {
	proxy   *proxy
	request []byte
	want    *answer
	clients []*client
}

func newLoad(ctx context.Context, p *proxy, in *input, cookie string) (*load, error) {
	l := &load{proxy: p, request: requestBytes(in, cookie)}
	for range connections {
		c, err := dial(ctx, p.addr)
		if err != nil {
			l.close()
			return nil, fmt.Errorf("connecting to %s: %w", p.name, err)
		}
		l.clients = append(l.clients, c)
	}
	resp, err := l.clients[0].ask(l.request)
	if err == nil {
		l.want, err = readAnswer(resp, in.compressed())
	}
	if err == nil {
		err = check(p, in, resp, l.want.body)
	}
	if err != nil {
		l.close()
		return nil, fmt.Errorf("checking %s: %w", p.name, err)
	}
	return l, nil
}

func (l *load) close() {
	for _, c := range l.clients {
		c.conn.Close()
	}
}

// round makes n requests on all connections at once.
func (l *load) round(n int) (round, error) {
	before, err := l.proxy.cpu()
	if err != nil {
		return round{}, err
	}
	start := time.Now()
	each := max(1, n/len(l.clients))
	errs := make([]error, len(l.clients))
	var all sync.WaitGroup
	for i, c := range l.clients {
		all.Go(func() { errs[i] = c.repeat(l.request, l.want, each) })
	}
	all.Wait()
	took := time.Since(start)
	if err := errors.Join(errs...); err != nil {
		return round{}, fmt.Errorf("loading %s: %w", l.proxy.name, err)
	}
	after, err := l.proxy.cpu()
	if err != nil {
		return round{}, err
	}
	total := each * len(l.clients)
	return round{cpu: (after - before) / time.Duration(total), rate: float64(total) / took.Seconds()}, nil
}

// client is a connection that stays open.
type client struct {
	conn   net.Conn
	reader *bufio.Reader
	buffer []byte
}

func dial(ctx context.Context, addr string) (*client, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return nil, err
		}
	}
	return &client{conn, bufio.NewReaderSize(conn, 64<<10), make([]byte, 64<<10)}, nil
}

func (c *client) ask(request []byte) (*http.Response, error) {
	if _, err := c.conn.Write(request); err != nil {
		return nil, err
	}
	return http.ReadResponse(c.reader, nil)
}

// repeat asks n times and compares each body, byte for byte.
func (c *client) repeat(request []byte, want *answer, n int) error {
	for range n {
		resp, err := c.ask(request)
		if err != nil {
			return err
		}
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("an answer under load is %s", resp.Status)
		}
		rest := want.raw
		for {
			n, err := resp.Body.Read(c.buffer)
			if !bytes.HasPrefix(rest, c.buffer[:n]) {
				sent := want.raw[:len(want.raw)-len(rest)]
				err = want.compare(io.MultiReader(bytes.NewReader(sent), bytes.NewReader(c.buffer[:n]), resp.Body))
				if err != nil {
					return err
				}
				rest = nil
				break
			}
			rest = rest[n:]
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
		}
		if len(rest) > 0 {
			return fmt.Errorf("an answer under load has %d bytes missing", len(rest))
		}
	}
	return nil
}

// sessionCookie asks Parley for the cookies of someone who is signed in. All
// proxies are then asked with them, so that the requests are the same.
func sessionCookie(ctx context.Context, proxies []*proxy, in *input) (string, error) {
	if !in.signedIn {
		return "", nil
	}
	var cookie string
	for _, p := range proxies {
		if !p.isolate {
			continue
		}
		c, err := dial(ctx, p.addr)
		if err != nil {
			return "", fmt.Errorf("connecting to %s: %w", p.name, err)
		}
		defer c.conn.Close()
		resp, err := c.ask(requestBytes(in, ""))
		if err != nil {
			return "", fmt.Errorf("signing in at %s: %w", p.name, err)
		}
		for _, set := range resp.Cookies() {
			cookie += "; " + set.Name + "=" + set.Value
		}
		if cookie == "" {
			return "", fmt.Errorf("signing in at %s: it set no cookie", p.name)
		}
	}
	return cookie, nil
}
