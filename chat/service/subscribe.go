package service

import (
	"sync"

	"github.com/parley-chat/parley/chat"
)

// subscribing returns open, with all subscribed to each store that it opens: what
// is committed is published by whoever commits it.
func subscribing(open func() (chat.Store, error), all ...func([]chat.Committed)) func() (chat.Store, error) {
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
			for _, subscriber := range all {
				st.Subscribe(subscriber)
			}
			subscribed = st
		}
		return st, nil
	}
}
