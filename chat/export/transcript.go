package export

import (
	"context"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/parley-chat/parley/chat"
)

// Words are what a transcript says in its reader's language.
type Words struct {
	// Language is its code, such as "de".
	Language string
	// RightToLeft says how it is written.
	RightToLeft bool
	// Title is what the chat is called. Visitor and Agent stand for who has no name.
	Title, Visitor, Agent string
}

// Transcript is a conversation as its visitor may keep it: who wrote what, when,
// and what the files were called.
type Transcript struct {
	Words
	// Zone is whose times they are.
	Zone *time.Location
	// Last is the number of the last message.
	Last chat.Seq
	// After returns some messages behind a number, in order; it is called again for
	// those behind them.
	After func(ctx context.Context, after chat.Seq) ([]chat.Message, error)
}

//go:embed transcript.html
var transcriptText string

var transcriptPage = template.Must(template.New("transcript").Parse(transcriptText))

// Write writes a page of HTML that needs nothing else. Of the messages it holds no
// more in memory than After gives at a time. What is written is cut short where an
// error is returned.
func (t Transcript) Write(ctx context.Context, w io.Writer) error {
	if err := transcriptPage.ExecuteTemplate(w, "head", t); err != nil {
		return err
	}
	for after := chat.Seq(0); after < t.Last; {
		page, err := t.After(ctx, after)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return fmt.Errorf("the conversation was deleted meanwhile: %w", chat.ErrNotFound)
		}
		for _, m := range page {
			if m.Seq > t.Last {
				break
			}
			if err := transcriptPage.ExecuteTemplate(w, "message", line{m, t}); err != nil {
				return err
			}
		}
		after = page[len(page)-1].Seq
	}
	return transcriptPage.ExecuteTemplate(w, "foot", nil)
}

// line is a message of a transcript.
type line struct {
	chat.Message
	of Transcript
}

// Name is whose message it is.
func (l line) Name() string {
	switch {
	case l.Author.Name != "":
		return l.Author.Name
	case l.Author.Side == chat.Visitor:
		return l.of.Visitor
	}
	return l.of.Agent
}

// At is its time for machines, and Shown for people: the same in all languages.
func (l line) At() string    { return l.Time.In(l.of.Zone).Format(time.RFC3339) }
func (l line) Shown() string { return l.Time.In(l.of.Zone).Format("2006-01-02 15:04:05 -07:00") }

// Files are the attachments, with their sizes.
func (l line) Files() (files []row) {
	for _, a := range l.Attachments {
		files = append(files, row{a.Name, size(a.Size)})
	}
	return files
}

// size says how large a file is.
func size(bytes int64) string {
	const kilo, mega = 1000, 1000 * 1000
	switch {
	case bytes < kilo:
		return fmt.Sprintf("%d B", bytes)
	case bytes < mega:
		return fmt.Sprintf("%d kB", bytes/kilo)
	}
	return strings.Replace(fmt.Sprintf("%.1f MB", float64(bytes)/mega), ".0", "", 1)
}
