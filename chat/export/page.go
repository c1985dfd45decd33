package export

import (
	_ "embed"
	"html/template"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/chat"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"day":  func(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04:05 UTC") },
	"iso":  func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"join": func(list []string) string { return strings.Join(list, ", ") },
	"path": entry.file, "ratings": chat.Ratings,
}).Parse(pageText))

// row is one thing that is known of a person.
type row struct{ Name, Value string }

// facts are what a profile says, as far as it says anything.
func facts(p chat.Profile) (rows []row) {
	rows = []row{{"Name", p.FullName()}, {"Id", p.ID}, {"E-mail", p.Email}, {"Gender", p.Gender},
		{"Labels", strings.Join(p.Labels, ", ")}, {"Looked after by", p.Agent}}
	for _, name := range slices.Sorted(maps.Keys(p.Fields)) {
		rows = append(rows, row{name, p.Fields[name]})
	}
	return slices.DeleteFunc(rows, func(r row) bool { return r.Value == "" })
}

// writePage writes conversation.html, a page that needs nothing but the files
// beside it.
func (x *export) writePage() error {
	w, err := x.create("conversation.html")
	if err != nil {
		return err
	}
	head := struct {
		chat.PersonalData
		Exported time.Time
		Facts    []row
	}{x.data, x.now, nil}
	if p := x.data.Person; p != nil {
		head.Facts = facts(p.Profile)
	}
	if err := page.ExecuteTemplate(w, "head", head); err != nil {
		return err
	}
	for i, c := range x.conversations() {
		state := struct {
			chat.Conversation
			Said []row
		}{c, facts(c.Unverified)}
		if err := page.ExecuteTemplate(w, "conversation", state); err != nil {
			return err
		}
		if err := x.eachMessage(c, func(m chat.Message) error { return page.ExecuteTemplate(w, "message", entry{m, i}) }); err != nil {
			return err
		}
		if err := page.ExecuteTemplate(w, "end", c); err != nil {
			return err
		}
	}
	return page.ExecuteTemplate(w, "foot", head)
}
