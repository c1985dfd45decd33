package webdriver

import (
	"encoding/json"
	"errors"
	"fmt"
)

// candidates has a selector for what may have a role.
var candidates = map[string]string{
	"button":  "button, input, [role=button]",
	"link":    "a[href]",
	"textbox": "textarea, input, [role=textbox]",
	"dialog":  "dialog, [role=dialog]",
	"log":     "[role=log]",
}

// Element is something in a page, by its role and its name. It is looked up anew
// for each use.
type Element struct {
	b          *Browser
	role, name string
}

// Find waits for an element with a role and a name, as the browser tells screen
// readers, in the page or in an open shadow tree of it.
func (b *Browser) Find(role, name string) Element {
	b.t.Helper()
	e := Element{b, role, name}
	b.until(e.what(), func() error {
		_, err := e.id()
		return err
	})
	return e
}

func (e Element) what() string { return fmt.Sprintf("%s %q", e.role, e.name) }

// id is the browser's reference to the element.
func (e Element) id() (string, error) {
	value, err := e.b.eval(throughout + `(` + quote(candidates[e.role]) + `).filter(e => e.getClientRects().length)`)
	if err != nil {
		return "", err
	}
	var found []map[string]string
	if err := json.Unmarshal(value, &found); err != nil {
		return "", err
	}
	for _, reference := range found {
		id := reference[elementKey]
		role, err := e.b.session.do(computedRole, map[string]any{"id": id})
		if err != nil {
			return "", err
		}
		name, err := e.b.session.do(computedLabel, map[string]any{"id": id})
		if err != nil {
			return "", err
		}
		if string(role) == quote(e.role) && string(name) == quote(e.name) {
			return id, nil
		}
	}
	return "", errors.New("there is none now")
}

// Click clicks the element with the mouse.
func (e Element) Click() {
	e.b.t.Helper()
	e.act(elementClick, nil)
}

// Type types a text into a field.
func (e Element) Type(text string) {
	e.b.t.Helper()
	e.act(elementKeys, map[string]any{"text": text, "value": []string{text}})
}

func (e Element) act(c command, params map[string]any) {
	e.b.t.Helper()
	e.b.until(e.what(), func() error {
		id, err := e.id()
		if err != nil {
			return err
		}
		with := map[string]any{"id": id}
		for name, value := range params {
			with[name] = value
		}
		_, err = e.b.session.do(c, with)
		return err
	})
}
