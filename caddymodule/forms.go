package caddymodule

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/parley-chat/parley/caddymodule/internal/config"
	"github.com/parley-chat/parley/widget"
)

// Form is what visitors are asked in the chat. What they answer is shown to
// agents as unverified, and opens nothing.
type Form struct {
	// What the form is for, in all languages, above its fields.
	Text string `json:"text,omitempty"`

	// What is asked, in this order.
	Fields []FormField `json:"fields,omitempty"`
}

// FormField is one question of a form.
type FormField struct {
	// One of name, firstname, lastname, email and phone, which are called so in the
	// visitor's language; or, with a label, what the answer is kept as.
	Name string `json:"name"`

	// What visitors and agents read, in all languages, of a field that has another
	// name than those.
	Label string `json:"label,omitempty"`

	// Whether the form is not sent without it.
	Required bool `json:"required,omitempty"`
}

// OfflineForm asks who writes while nobody is there where they can be answered.
type OfflineForm struct {
	// Whether nobody is asked, not even after the first message.
	Off bool `json:"off,omitempty"`

	// What is asked together with the first message. It has the field email.
	Form
}

// formFields are the fields that need no label.
var formFields = []string{"name", "firstname", "lastname", "email", "phone"}

// furtherField is what an answer may be kept as: it is a key of what a page's
// script may say, too.
var furtherField = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)

// Bounds of forms; lengths are in characters.
const (
	maxFormFields   = 10
	maxFieldLabel   = 60
	maxFormText     = 300
	maxQuickReplies = 6
	maxQuickReply   = 80
)

func (f *Form) check() error {
	if utf8.RuneCountInString(f.Text) > maxFormText {
		return fmt.Errorf("the form's text is longer than %d characters", maxFormText)
	}
	if len(f.Fields) > maxFormFields {
		return fmt.Errorf("the form has more than %d fields, which few would fill in", maxFormFields)
	}
	for i, field := range f.Fields {
		if err := field.check(); err != nil {
			return err
		}
		if slices.ContainsFunc(f.Fields[:i], func(other FormField) bool { return other.Name == field.Name }) {
			return fmt.Errorf("duplicate field %s; once is enough", field.Name)
		}
	}
	if f.has("name") && (f.has("firstname") || f.has("lastname")) {
		return errors.New("name is the whole name: leave it out, or firstname and lastname")
	}
	return nil
}

func (f *FormField) check() error {
	switch {
	case slices.Contains(formFields, f.Name):
		if f.Label != "" {
			return fmt.Errorf("field %s: it has a label of its own in each language; write %s alone, or text form_%[1]s \"…\" for another label", f.Name, f.Name)
		}
	case !furtherField.MatchString(f.Name):
		return fmt.Errorf("invalid field %q (want one of: %s; or 1 to 32 lower-case letters, digits, - and _, beginning with a letter, and a label)", f.Name, strings.Join(formFields, ", "))
	case f.Name == "constructor": // each object of JavaScript has a thing of that name
		return errors.New("field constructor: choose another key; this one means something in the browser")
	case strings.TrimSpace(f.Label) == "":
		return fmt.Errorf("field %s needs a label, such as: field order \"Order number\"", f.Name)
	case utf8.RuneCountInString(f.Label) > maxFieldLabel:
		return fmt.Errorf("field %s: the label is longer than %d characters", f.Name, maxFieldLabel)
	}
	return nil
}

// has reports whether a field is asked for.
func (f *Form) has(name string) bool {
	return slices.ContainsFunc(f.Fields, func(field FormField) bool { return field.Name == name })
}

func (wd *Widget) checkForms() error {
	if f := wd.PreChatForm; f != nil {
		if err := f.check(); err != nil {
			return fmt.Errorf("pre_chat_form: %w", err)
		}
		if len(f.Fields) == 0 {
			return fmt.Errorf("pre_chat_form asks nothing: give it a field (one of: %s, field), or leave it out", strings.Join(formFields, ", "))
		}
	}
	if f := wd.OfflineForm; f != nil {
		switch err := f.check(); {
		case err != nil:
			return fmt.Errorf("offline_form: %w", err)
		case f.Off && (f.Text != "" || len(f.Fields) > 0):
			return errors.New("offline_form is off and has a form; want one of them")
		case !f.Off && !f.has("email"):
			return errors.New("offline_form needs email: it asks where the visitor can be answered")
		}
	}
	if len(wd.QuickReplies) > maxQuickReplies {
		return fmt.Errorf("quick_replies: %d are too many to choose from (want at most %d)", len(wd.QuickReplies), maxQuickReplies)
	}
	for i, text := range wd.QuickReplies {
		switch {
		case strings.TrimSpace(text) == "":
			return errors.New("quick_replies: one of them is empty")
		case utf8.RuneCountInString(text) > maxQuickReply:
			return fmt.Errorf("quick_replies: %q is longer than %d characters", text, maxQuickReply)
		case slices.Contains(wd.QuickReplies[:i], text):
			return fmt.Errorf("quick_replies: duplicate %q", text)
		}
	}
	return nil
}

// forms returns what a script has to know of the forms: the chat when to fetch the
// part that draws them, and that part what to draw.
func (wd *Widget) forms(script string) map[string]any {
	known := map[string]any{}
	off := wd.OfflineForm
	switch script {
	case widget.ChatScript:
		if wd.PreChatForm != nil || off != nil && !off.Off && off.requires() {
			known["asks"] = "first"
		} else if len(wd.QuickReplies) > 0 || off != nil && !off.Off {
			known["asks"] = "beside"
		}
		if off != nil {
			known["noOffer"] = true
		}
	case "forms":
		if wd.PreChatForm != nil {
			known["before"] = wd.PreChatForm.resolved()
		}
		if off != nil && !off.Off {
			known["away"] = off.resolved()
		}
		if len(wd.QuickReplies) > 0 {
			known["replies"] = resolved(wd.QuickReplies)
		}
	}
	return known
}

func (f *Form) requires() bool {
	return slices.ContainsFunc(f.Fields, func(field FormField) bool { return field.Required })
}

// resolved is the form with Caddy's placeholders filled in.
func (f *Form) resolved() Form {
	form := Form{Text: config.Resolve(f.Text), Fields: slices.Clone(f.Fields)}
	for i := range form.Fields {
		if field := &form.Fields[i]; field.Label != "" {
			field.Label = cmp.Or(strings.TrimSpace(config.Resolve(field.Label)), field.Name)
		}
	}
	return form
}

func resolved(texts []string) []string {
	var all []string
	for _, text := range texts {
		if text = strings.TrimSpace(config.Resolve(text)); text != "" {
			all = append(all, text)
		}
	}
	return all
}

// fieldLabels returns what agents read of the answers' names.
func (wd *Widget) fieldLabels() map[string]string {
	labels := map[string]string{}
	add := func(f *Form) {
		for _, field := range f.Fields {
			if field.Label != "" {
				labels[field.Name] = cmp.Or(strings.TrimSpace(config.Resolve(field.Label)), field.Name)
			}
		}
	}
	if wd.PreChatForm != nil {
		add(wd.PreChatForm)
	}
	if wd.OfflineForm != nil {
		add(&wd.OfflineForm.Form)
	}
	return labels
}
