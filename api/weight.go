package api

import (
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
	// itemWeight is what an item takes by itself.
	itemWeight = 256
)

// weight is about how many bytes an item keeps in memory while it waits.
func weight(item any) int {
	n := itemWeight
	switch item := item.(type) {
	case helloItem:
		n += weightOf(item.frame.Messages)
	case earlierFrame:
		n += weightOf(item.Messages)
	case messagesFrame:
		n += weightOf(item.Messages)
	case followItem:
		n += weightOf(item.frame.Messages)
	case inboxFrame:
		for i := range item.Conversations {
			n += summaryWeight(&item.Conversations[i])
		}
	case conversationFrame:
		n += summaryWeight(&item.C)
	case errorFrame:
		n += len(item.Text) + len(item.CID) + len(item.Conv)
	case chat.Event:
		// It may be shared with others who wait, or be kept for this one alone.
		if item.Message != nil {
			n += len(item.Message.Text)
		}
	}
	return min(n, maxItem)
}

func weightOf(messages []messageFrame) (n int) {
	for i := range messages {
		n += itemWeight + len(messages[i].Text) + itemWeight*len(messages[i].Attachments)
	}
	return n
}

func summaryWeight(s *summaryFrame) int {
	return 4*itemWeight + len(s.LastText) + len(s.Page.URL) + profileWeight(&s.Profile) + profileWeight(&s.Claims)
}

func profileWeight(p *chat.Profile) int {
	n := len(p.ID) + len(p.Email) + len(p.Firstname) + len(p.Lastname) + len(p.Gender) + len(p.Agent)
	for _, label := range p.Labels {
		n += len(label)
	}
	for name, value := range p.Fields {
		n += len(name) + len(value)
	}
	return n
}
