package transport

import (
	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/chat"
)

// Bounds of what waits for slow readers, in bytes.
const (
	// maxWaiting is how much may wait for one connection. Beyond it the
	// connection is closed, comes back and reads on where it was. An item counts
	// for maxItem at most: the answer to the one hello of a connection may be
	// larger, and must have room for what happens while it is sent.
	maxWaiting = 1 << 20
	maxItem    = maxWaiting / 4
	// maxWaitingAll is how much may wait in the whole process before each
	// connection has to do with maxWaitingFew.
	maxWaitingAll = 64 << 20
	maxWaitingFew = 32 << 10
)

// Weigher is a frame that keeps more in memory than frame.BaseWeight.
type Weigher interface {
	// Weight is about how many bytes it keeps beyond that.
	Weight() int
}

// weight is about how many bytes an item keeps in memory while it waits.
func weight(item any) int {
	n := frame.BaseWeight
	switch item := item.(type) {
	case Weigher:
		n += item.Weight()
	case chat.Event:
		// It may be shared with others who wait, or be kept for this one alone.
		if item.Message != nil {
			n += len(item.Message.Text)
		}
	}
	return min(n, maxItem)
}
