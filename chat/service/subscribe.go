package service

import (
	"sync"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/hub"
)

// subscribing returns open, with the hub subscribed to each store that it
// opens: what is committed is published by whoever commits it.
func subscribing(open func() (chat.Store, error), h *hub.Hub) func() (chat.Store, error) {
	var mu sync.RWMutex
	var subscribed chat.Store
	return func() (chat.Store, error) {
		st, err := open()
		if err != nil {
			return nil, err
		}
		mu.RLock()
		is := subscribed == st
		mu.RUnlock()
		if is {
			return st, nil
		}
		mu.Lock()
		defer mu.Unlock()
		if subscribed != st {
			st.Subscribe(h.Committed)
			subscribed = st
		}
		return st, nil
	}
}
