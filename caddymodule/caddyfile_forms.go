package caddymodule

import (
	"slices"
	"strings"

	"github.com/parley-chat/parley/caddymodule/internal/config"
)

// parseForms reads a word of widget that is about what visitors are asked:
//
//	pre_chat_form {
//		name|firstname|lastname|email|phone [required]
//		field <key> <label>                 [required]
//		text  <text>
//	}
//	offline_form  off | { … }
//	quick_replies <text...>
func (wd *Widget) parseForms(w *config.Block) error {
	switch w.Val() {
	case "pre_chat_form":
		wd.PreChatForm = new(Form)
		if w.NextArg() {
			return w.Errf("pre_chat_form takes a block and no %q", w.Val())
		}
		return wd.PreChatForm.parse(w)
	case "offline_form":
		wd.OfflineForm = new(OfflineForm)
		if !w.NextArg() {
			return wd.OfflineForm.parse(w)
		}
		if w.Val() != "off" {
			return w.Errf("unknown offline_form %q (want off, or a block)", w.Val())
		}
		wd.OfflineForm.Off = true
		return w.End("offline_form")
	default: // quick_replies
		return w.Some(&wd.QuickReplies)
	}
}

// parse reads the block of a form.
func (f *Form) parse(outer *config.Block) error {
	w := &config.Block{Dispenser: outer.Dispenser}
	for nesting := w.Nesting(); w.NextBlock(nesting); {
		word := w.Val()
		switch {
		case word == "text":
			if err := w.Once(); err != nil {
				return err
			}
			if err := w.One(&f.Text); err != nil {
				return err
			}
		case word == "field" || slices.Contains(formFields, word):
			field := FormField{Name: word}
			args := w.RemainingArgs()
			if word == "field" {
				if len(args) < 2 || args[1] == "required" {
					return w.Err(`field needs a key and a label, such as: field order "Order number"`)
				}
				if slices.Contains(formFields, args[0]) {
					return w.Errf("field %s: write %[1]s alone: it has a label in each language", args[0])
				}
				field.Name, field.Label, args = args[0], args[1], args[2:]
			}
			if len(args) > 0 && args[0] == "required" {
				field.Required, args = true, args[1:]
			}
			if len(args) > 0 {
				return w.Errf("%s: unknown %q (want required, or nothing); put quotes around a label with spaces", word, strings.Join(args, " "))
			}
			if f.has(field.Name) {
				return w.Errf("duplicate field %s; once is enough", field.Name)
			}
			f.Fields = append(f.Fields, field)
		default:
			return w.Unknown(append(slices.Clone(formFields), "field", "text")...)
		}
		if err := f.check(); err != nil {
			return w.At(err)
		}
	}
	return nil
}
