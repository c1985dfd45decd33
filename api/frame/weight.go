package frame

// BaseWeight is about how many bytes a frame, or a part of one, takes by itself
// in memory.
const BaseWeight = 256

// MessagesWeight is about how many bytes messages keep in memory.
func MessagesWeight(messages []Message) (n int) {
	for i := range messages {
		n += BaseWeight + len(messages[i].Text) + BaseWeight*len(messages[i].Attachments)
	}
	return n
}
