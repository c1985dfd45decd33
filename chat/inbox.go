package chat

// InboxQuery is what an agent asks their inbox for.
type InboxQuery struct {
	Status   Status // empty: both
	Waiting  bool   // those that wait for an answer, the longest first
	Assignee *string
	Label    string // empty: any
	Site     string // empty: all that the agent sees
	Search   string // see Filter.Search
	Field    *FieldFilter
	Cursor   string
}

// Counts are how many open conversations of an inbox ask for something.
type Counts struct {
	Unread  int // to one agent
	Waiting int // for an answer, whoever's
}

// MaxSearch is the longest text that is searched for, in bytes.
const MaxSearch = 256
