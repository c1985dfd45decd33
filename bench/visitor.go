package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// visitor is an anonymous browser.
type visitor struct {
	site         chatSite
	cookie, mark string
}

func newVisitor(ctx context.Context, site chatSite, client *http.Client) (*visitor, error) {
	answer, cookie, err := site.post(ctx, client, "/_chat/api/start", "", "{}")
	if err != nil {
		return nil, fmt.Errorf("starting a chat: %w", err)
	}
	var f struct{ Mark string }
	if err := json.Unmarshal(answer, &f); err != nil || f.Mark == "" {
		return nil, fmt.Errorf("starting a chat: the server said %s", answer)
	}
	return &visitor{site, cookie, f.Mark}, nil
}

// open opens a tab and greets.
func (v *visitor) open(ctx context.Context, bufferSize int) (*webSocket, error) {
	s, err := v.site.openSocket(ctx, "/_chat/socket", v.cookie, bufferSize)
	if err != nil {
		return nil, err
	}
	if err = s.say(`{"t":"hello","mark":"` + v.mark + `"}`); err == nil {
		_, err = s.until("hello")
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

const (
	// window is how many messages a talker has on their way at once.
	window = 8
	// behind is by how many messages the second tab may lag before the first
	// waits: the server closes who lags by 256 frames.
	behind = 128
	// talkerBuffer is what a tab's reader holds.
	talkerBuffer = 8 << 10
)

// messageText makes a stored message of about 300 bytes.
var messageText = strings.Repeat("a message of three hundred bytes ", 8)

// talker is a visitor with two tabs: one writes, both receive.
type talker struct {
	name        string
	tab, second *webSocket
	frame       []byte
	sent        int
	acked       int // messages; the tab hears of each twice:
	received    int // as an acknowledgement and as a message

	delivered atomic.Int64  // messages that the second tab has received
	moved     chan struct{} // signalled when delivered grows
	ended     chan struct{} // closed when the second tab hears no more
	why       error         // once ended is closed

	schedule         atomic.Pointer[schedule]
	acks, deliveries []time.Duration // since a message was due
}

// schedule says when messages are due, whatever became of those before.
type schedule struct {
	begin time.Time
	every time.Duration
	first int // the number of the first one
}

func (s *schedule) due(number int) time.Time {
	return s.begin.Add(time.Duration(number-s.first) * s.every)
}

// newTalker starts a conversation and opens both tabs.
func newTalker(ctx context.Context, site chatSite, client *http.Client, name string) (*talker, error) {
	v, err := newVisitor(ctx, site, client)
	if err != nil {
		return nil, err
	}
	t := &talker{name: name, moved: make(chan struct{}, 1), ended: make(chan struct{})}
	if t.tab, err = v.open(ctx, talkerBuffer); err != nil {
		return nil, err
	}
	if t.second, err = v.open(ctx, talkerBuffer); err != nil {
		t.tab.close()
		return nil, err
	}
	go t.listen()
	return t, nil
}

func (t *talker) close() {
	t.tab.close()
	t.second.close()
	<-t.ended
}

// flood sends as fast as the window allows until stop is set, and returns when
// all is acknowledged and delivered.
func (t *talker) flood(stop *atomic.Bool) error {
	for {
		for !stop.Load() && t.sent-t.acked < window {
			t.queue()
		}
		if err := t.tab.flush(); err != nil {
			return err
		}
		if err := t.wait(t.sent - behind); err != nil {
			return err
		}
		if stop.Load() {
			return t.settle()
		}
		for first := true; first || t.tab.buffered(); first = false {
			if err := t.read(); err != nil {
				return err
			}
		}
	}
}

// keepTo sends n messages when they are due, and returns when all is
// acknowledged and delivered.
func (t *talker) keepTo(begin time.Time, every time.Duration, n int) error {
	t.schedule.Store(&schedule{begin, every, t.sent + 1})
	read := make(chan error, 1)
	until := t.sent + n
	go func() { read <- t.readTo(until) }()
	for range n {
		due := t.schedule.Load().due(t.sent + 1)
		time.Sleep(time.Until(due))
		t.queue()
		if err := t.tab.flush(); err != nil {
			break // which the reader finds too
		}
	}
	return errors.Join(<-read, t.wait(until))
}

// settle waits until all that was sent is acknowledged and delivered.
func (t *talker) settle() error {
	if err := t.readTo(t.sent); err != nil {
		return err
	}
	return t.wait(t.sent)
}

// queue adds the next message to what is to be sent.
func (t *talker) queue() {
	t.sent++
	t.frame = append(t.frame[:0], `{"t":"send","cid":"`...)
	t.frame = append(t.frame, t.name...)
	t.frame = append(t.frame, '-')
	t.frame = strconv.AppendInt(t.frame, int64(t.sent), 10)
	t.frame = append(t.frame, `","text":"`...)
	t.frame = append(t.frame, messageText...)
	t.frame = append(t.frame, `"}`...)
	t.tab.add(t.frame)
}

// wait returns when the second tab has received so many messages.
func (t *talker) wait(number int) error {
	for t.delivered.Load() < int64(number) {
		select {
		case <-t.moved:
		case <-t.ended:
			return t.why
		}
	}
	return nil
}

// readTo reads until the first tab has received all of so many messages.
func (t *talker) readTo(number int) error {
	for t.acked < number || t.received < number {
		if err := t.read(); err != nil {
			return err
		}
	}
	return nil
}

// read takes one frame of the first tab.
func (t *talker) read() error {
	frame, err := t.tab.next()
	if err != nil {
		return fmt.Errorf("%s, who had %d of its messages acknowledged and received %d: %w", t.name, t.acked, t.received, err)
	}
	switch {
	case bytes.HasPrefix(frame, []byte(`{"t":"ack"`)):
		t.acked++
		if s := t.schedule.Load(); s != nil {
			t.acks = append(t.acks, time.Since(s.due(t.acked)))
		}
		return t.check(frame, t.acked)
	case bytes.HasPrefix(frame, []byte(`{"t":"message"`)):
		t.received++
		return t.check(frame, t.received)
	case bytes.HasPrefix(frame, []byte(`{"t":"error"`)):
		return fmt.Errorf("%s: the server said %s", t.name, frame)
	}
	return nil
}

// listen hears the second tab until it is closed.
func (t *talker) listen() {
	defer close(t.ended)
	for n := 1; ; {
		if !t.second.buffered() { // signal once for all that came together
			select {
			case t.moved <- struct{}{}:
			default:
			}
		}
		frame, err := t.second.next()
		if err == nil && !bytes.HasPrefix(frame, []byte(`{"t":"message"`)) {
			continue
		}
		if err == nil {
			err = t.check(frame, n)
		}
		if err != nil {
			t.why = fmt.Errorf("the second tab of %s, which waited for message %d: %w", t.name, n, err)
			t.tab.close() // whoever reads it waits in vain
			return
		}
		if s := t.schedule.Load(); s != nil {
			t.deliveries = append(t.deliveries, time.Since(s.due(n)))
		}
		t.delivered.Store(int64(n))
		n++
	}
}

// check finds a message that is lost, doubled or out of order: a frame must be
// about the message with that number, and that the one which was sent so.
func (t *talker) check(frame []byte, number int) error {
	if after(frame, `"seq":`) != number || after(frame, `"cid":"`+t.name+`-`) != number {
		return fmt.Errorf("message %d of %s was due, and the server said %s", number, t.name, frame)
	}
	return nil
}

// after returns the number that follows a text in a frame, or -1.
func after(frame []byte, text string) int {
	at := bytes.Index(frame, []byte(text))
	if at < 0 {
		return -1
	}
	n := 0
	for _, c := range frame[at+len(text):] {
		if c < '0' || c > '9' {
			break
		}
		n = n*10 + int(c-'0')
	}
	return n
}
