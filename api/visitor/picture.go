package visitor

import (
	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
)

// face serves what an agent looks like. Its name is a hash of what is in it, so
// that only those know it who were told: by a message of the agent's.
func (c *Call) face() {
	if pictures := c.handler.Face; pictures != nil {
		if picture := pictures(c.r.URL.Query().Get("v")); picture != nil {
			picture.ServeHTTP(c.w, c.r)
			return
		}
	}
	transport.Refuse(c.w, chat.ErrNotFound)
}

// message is a message as the visitor sees it, with what its author looks like by
// the configuration of now.
func (h *Handler) message(m chat.Message) frame.Message {
	f := frame.NewMessage(m, chat.Visitor)
	if m.Author.Side == chat.Agent && h.Site.Agents != nil {
		if a, _, ok := h.Site.Agents.Agent(m.Author.ID); ok {
			f.Picture = a.Picture
		}
	}
	return f
}

func (h *Handler) messages(list []chat.Message) []frame.Message {
	frames := make([]frame.Message, len(list))
	for i, m := range list {
		frames[i] = h.message(m)
	}
	return frames
}
