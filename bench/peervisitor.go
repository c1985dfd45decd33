package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

// peerVisitor has two connections, as a talker has two tabs: one writes, both
// receive. They subscribe to what is published and not to what is stored, which
// is less than a chat does and so favours the peer.
type peerVisitor struct {
	subject     string
	tabs        [2]*nats.Conn
	received    [2]atomic.Int64
	moved       chan struct{} // signalled when one of received grows
	failed      chan error    // the first message that is not the next one
	answers     *nats.Subscription
	sent, acked int
}

func newPeerVisitor(addr string, number int) (v *peerVisitor, err error) {
	v = &peerVisitor{subject: fmt.Sprintf("chat.%d", number), moved: make(chan struct{}, 1), failed: make(chan error, 1)}
	defer func() {
		if err != nil {
			v.close()
		}
	}()
	for i := range v.tabs {
		if v.tabs[i], err = nats.Connect(addr); err != nil {
			return v, err
		}
		if _, err = v.tabs[i].Subscribe(v.subject, func(m *nats.Msg) { v.receive(i, m) }); err != nil {
			return v, err
		}
		if err = v.tabs[i].Flush(); err != nil {
			return v, err
		}
	}
	v.answers, err = v.tabs[0].SubscribeSync(v.inbox() + ".*")
	return v, err
}

func (v *peerVisitor) close() {
	for _, conn := range v.tabs {
		if conn != nil {
			conn.Close()
		}
	}
}

func (v *peerVisitor) inbox() string { return "acks." + v.subject }

// receive checks that a message is the next one.
func (v *peerVisitor) receive(tab int, m *nats.Msg) {
	next := v.received[tab].Load() + 1
	if got := after(m.Data, "number "); int64(got) != next {
		select {
		case v.failed <- fmt.Errorf("message %d of %s was due, and tab %d got %d", next, v.subject, tab, got):
		default:
		}
	}
	v.received[tab].Store(next)
	select {
	case v.moved <- struct{}{}:
	default:
	}
}

// flood sends as fast as the window allows until it is over, and returns how many
// it sent when all is acknowledged and received.
func (v *peerVisitor) flood(over time.Time) (int, error) {
	before := v.sent
	for {
		for time.Now().Before(over) && v.sent-v.acked < window {
			v.sent++
			reply := v.inbox() + "." + strconv.Itoa(v.sent)
			if err := v.tabs[0].PublishRequest(v.subject, reply, fmt.Appendf(nil, "number %d: %s", v.sent, messageText)); err != nil {
				return 0, err
			}
		}
		if v.acked == v.sent {
			return v.sent - before, v.settle()
		}
		if err := v.nextAnswer(); err != nil {
			return 0, err
		}
	}
}

// nextAnswer takes the acknowledgement of the message that is due for one.
func (v *peerVisitor) nextAnswer() error {
	m, err := v.answers.NextMsg(peerTimeout)
	if err != nil {
		return fmt.Errorf("%s, who had %d of %d messages acknowledged: %w", v.subject, v.acked, v.sent, err)
	}
	v.acked++
	var answer struct {
		Seq   int
		Error json.RawMessage
	}
	if err := json.Unmarshal(m.Data, &answer); err != nil || answer.Seq == 0 || m.Subject != v.inbox()+"."+strconv.Itoa(v.acked) {
		return fmt.Errorf("message %d of %s was due to be acknowledged, and under %s came %s", v.acked, v.subject, m.Subject, m.Data)
	}
	return nil
}

// settle waits until both tabs have received all that was sent.
func (v *peerVisitor) settle() error {
	timeout := time.NewTimer(peerTimeout)
	defer timeout.Stop()
	for i := range v.tabs {
		for v.received[i].Load() < int64(v.sent) {
			select {
			case <-v.moved:
			case err := <-v.failed:
				return err
			case <-timeout.C:
				return fmt.Errorf("tab %d of %s has %d of %d messages after %v", i, v.subject, v.received[i].Load(), v.sent, peerTimeout)
			}
		}
	}
	select {
	case err := <-v.failed:
		return err
	default:
		return nil
	}
}

// peerTimeout bounds the wait for one message of the peer's.
const peerTimeout = 10 * time.Second
