package service

import (
	"sync/atomic"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/hub"
)

// subscribing returns open, with the hub subscribed to each store that it
// opens: what is committed is published by whoever commits it.
func subscribing(open func() (chat.Store, error), h *hub.Hub) func() (chat.Store, error) {
	var subscribed atomic.Pointer[chat.Store]
	return func() (chat.Store, error) {
		st, err := open()
		if err != nil {
			return nil, err
		}
		for {
			last := subscribed.Load()
			if last != nil && *last == st {
				return st, nil
			}
			if subscribed.CompareAndSwap(last, &st) {
				st.Subscribe(h.Committed)
				return st, nil
			}
		}
	}
}
