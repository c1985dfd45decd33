package chat

// InboxQuery is what an agent asks their inbox for.
type InboxQuery struct {
	Status   Status // empty: both
	Assignee *string
	Label    string // empty: any
	Site     string // empty: all that the agent sees
	Search   string // see Filter.Search
	Field    *FieldFilter
	Cursor   string
}

// MaxSearch is the longest text that is searched for, in bytes.
const MaxSearch = 256
