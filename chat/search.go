package chat

import (
	"bytes"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/fold"
)

// SearchPage is a part of what a search finds.
type SearchPage struct {
	// Conversations are those found, the latest activity first.
	Conversations []Conversation
	// Hits are the messages for which they were found, in no order: the last one
	// of a conversation that has several, and none of one that was found by its
	// visitor alone.
	Hits []Hit
	// Next is the cursor to go on with; empty once everything was looked through.
	Next string
	// Reached is the time of activity down to which conversations were looked
	// through, where there is a Next.
	Reached time.Time
}

// Hit is a message that a search has found.
type Hit struct {
	Conversation ConversationID
	Seq          Seq
	Side         Side
	// Excerpt is the part of its text, or the name of its file, around what was
	// found, on one line.
	Excerpt string
}

// FieldFilter picks conversations whose verified profile has a further field
// with exactly this value.
type FieldFilter struct {
	Name, Value string
}

// Matches reports whether a profile has the field; nil passes all.
func (f *FieldFilter) Matches(p *Profile) bool {
	if f == nil {
		return true
	}
	value, ok := p.Fields[f.Name]
	return ok && value == f.Value
}

// Search is the text of Filter.Search made ready to compare with. It is for
// one goroutine at a time.
type Search struct {
	words  []string // as package fold makes them; a quoted phrase is one with blanks in it
	folded []byte   // the text compared with; reused
}

// NewSearch returns a search for all words and "quoted phrases" of a text. A
// phrase that is not closed goes to the end. A quote that begins no word only ends
// one: texts are searched for what people remember of them.
func NewSearch(text string) *Search {
	s := &Search{}
	rest := string(fold.Append(nil, text))
	for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
		if phrase, quoted := strings.CutPrefix(rest, `"`); quoted {
			phrase, rest, _ = strings.Cut(phrase, `"`)
			if phrase = strings.TrimSpace(phrase); phrase != "" {
				s.words = append(s.words, phrase)
			}
			continue
		}
		var word string
		word, rest, _ = strings.Cut(rest, " ")
		s.words = append(s.words, strings.FieldsFunc(word, func(r rune) bool { return r == '"' })...)
	}
	return s
}

// Empty reports whether there is nothing to look for, so that all passes.
func (s *Search) Empty() bool { return len(s.words) == 0 }

// Remaining returns the search for the words that are not in a conversation's
// names, e-mail addresses and ids of the person, and are not its own ID as a
// whole. Where that is Empty, the conversation passes; else one of its messages
// has to match.
func (s *Search) Remaining(c *Conversation) *Search {
	rest := &Search{}
	p, q := &c.Profile, &c.Unverified
	s.fold(p.Firstname+" "+p.Lastname, p.Email, p.ID, q.Firstname+" "+q.Lastname, q.Email, q.ID)
	id := string(fold.Append(nil, string(c.ID)))
	for _, word := range s.words {
		if word != id && !s.has(word) {
			rest.words = append(rest.words, word)
		}
	}
	return rest
}

// RulesOut reports whether none of the words can be in a conversation's names,
// addresses and ids, by the JSON that holds them: reading that is faster than
// decoding it.
func (s *Search) RulesOut(record string) bool {
	if strings.Contains(record, `\`) { // something is escaped
		return false
	}
	s.fold(record)
	for _, word := range s.words {
		in := true
		for part := range strings.FieldsSeq(word) { // a phrase may reach over two names
			in = in && s.has(part)
		}
		if in {
			return false
		}
	}
	return true
}

// Matches reports whether a message has all the words in its text and the
// names of its files.
func (s *Search) Matches(m *Message) bool {
	parts := parts(m)
	s.fold(parts...)
	for _, word := range s.words {
		if !s.has(word) {
			return false
		}
	}
	return true
}

func parts(m *Message) []string {
	if len(m.Attachments) == 0 {
		return []string{m.Text}
	}
	all := []string{m.Text}
	for _, a := range m.Attachments {
		all = append(all, a.Name)
	}
	return all
}

// fold makes the parts what the words are compared with. No word reaches from
// one part into another.
func (s *Search) fold(parts ...string) {
	s.folded = s.folded[:0]
	for _, part := range parts {
		s.folded = append(fold.Append(s.folded, part), '\n')
	}
}

func (s *Search) has(word string) bool { return bytes.Contains(s.folded, []byte(word)) }

// An excerpt has as many bytes of text before what was found, and at most so
// many in all.
const (
	excerptBefore = 24
	excerptLen    = 200
)

// Excerpt returns the part of a message that matches around the first word
// found, on one line.
func (s *Search) Excerpt(m *Message) string {
	for _, word := range s.words {
		for _, part := range parts(m) {
			if at := fold.Index(part, word); at >= 0 {
				return excerpt(part, at)
			}
		}
	}
	return preview(m.Text, m.Attachments)
}

// excerpt cuts a text to what is around a place.
func excerpt(text string, at int) string {
	before := ""
	if at > excerptBefore {
		cut := at - excerptBefore
		if blank := strings.IndexAny(text[cut:at], " \n\t"); blank >= 0 { // between words, if there are any
			cut += blank + 1
		}
		for cut < at && !utf8.RuneStart(text[cut]) {
			cut++
		}
		before, text = "…", text[cut:]
	}
	return before + cutText(text, excerptLen)
}
