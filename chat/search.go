package chat

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Search is the text of Filter.Search made ready to compare with. It is for
// one goroutine at a time.
type Search struct {
	words  [][]byte
	folded []byte // the text compared with; reused
}

// NewSearch returns a search for all words of a text.
func NewSearch(text string) *Search {
	s := &Search{}
	for _, word := range strings.Fields(text) {
		s.words = append(s.words, fold(nil, word))
	}
	return s
}

// Empty reports whether there is nothing to look for, so that all passes.
func (s *Search) Empty() bool { return len(s.words) == 0 }

// Remaining returns the search for the words that are not in a conversation's
// names and e-mail addresses. Where that is Empty, the conversation passes;
// else one of its messages has to match.
func (s *Search) Remaining(c *Conversation) *Search {
	rest := &Search{}
	s.fold(c.Profile.Firstname, c.Profile.Lastname, c.Profile.Email,
		c.Unverified.Firstname, c.Unverified.Lastname, c.Unverified.Email)
	for _, word := range s.words {
		if !bytes.Contains(s.folded, word) {
			rest.words = append(rest.words, word)
		}
	}
	return rest
}

// Matches reports whether a message has all the words in its text and the
// names of its files.
func (s *Search) Matches(m *Message) bool {
	parts := [1 + MaxAttachments]string{m.Text}
	for i, a := range m.Attachments[:min(len(m.Attachments), MaxAttachments)] {
		parts[1+i] = a.Name
	}
	s.fold(parts[:1+min(len(m.Attachments), MaxAttachments)]...)
	for _, word := range s.words {
		if !bytes.Contains(s.folded, word) {
			return false
		}
	}
	return true
}

// fold makes the parts what the words are compared with. No word reaches from
// one part into another.
func (s *Search) fold(parts ...string) {
	s.folded = s.folded[:0]
	for _, part := range parts {
		s.folded = append(fold(s.folded, part), '\n')
	}
}

// fold appends a text in lower case.
func fold(to []byte, text string) []byte {
	for i := 0; i < len(text); {
		b := text[i]
		if b < utf8.RuneSelf {
			if 'A' <= b && b <= 'Z' {
				b += 'a' - 'A'
			}
			to, i = append(to, b), i+1
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		to, i = utf8.AppendRune(to, unicode.ToLower(r)), i+n
	}
	return to
}
