package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// asSent returns a bundle as the server sends it, by language: behind its
// constant, with what a site has that says nothing of it. A test of caddymodule
// holds what is really sent to the same budgets.
func (b bundle) asSent(texts *catalogues, names []string, content []byte) (map[string][]byte, error) {
	constants := map[string]any{english: nil}
	switch {
	case b.out == "widget.js":
		constants[english] = map[string]any{
			"path": "/_chat", "site": "default", "version": "0aZ9_-bcde",
			"css":   ".launcher,.note{inset:auto var(--x) var(--y) auto}:host{--on-accent:var(--parley-on-accent,#fff);--accent:var(--parley-accent,#0b7285);--x:calc(20px + env(safe-area-inset-right));--y:calc(20px + env(safe-area-inset-bottom))}",
			"names": texts.lines("open_chat"),
		}
	case b.out == rulesScript:
		constants[english] = map[string]any{
			"rules":   []any{map[string]any{"name": "help", "time": 30, "show": "Can we help?"}},
			"dismiss": texts.lines("dismiss"),
		}
	case b.served:
		for _, language := range texts.languages {
			constants[language] = map[string]any{"lang": language, "texts": texts.named(language, names)}
			if b.out == "chat.js" {
				constants[language].(map[string]any)["position"] = "right"
				constants[language].(map[string]any)["css"] = ":host{--accent-on-light:#0b7285;--accent-on-dark:#3f90a0}"
			}
			if b.out == "log.js" {
				constants[language].(map[string]any)["rating"] = true
			}
		}
	}
	all := map[string][]byte{}
	for language, constant := range constants {
		all[language] = content
		if constant == nil {
			continue
		}
		front, err := marshal(constant)
		if err != nil {
			return nil, fmt.Errorf("writing the constant of %s: %w", b.out, err)
		}
		all[language] = slices.Concat([]byte("(()=>{const __PARLEY__="), front, []byte(";"), bytes.TrimSpace(content), []byte("})()\n"))
	}
	return all, nil
}

// lines returns a text in all languages, as the loader reads it.
func (c *catalogues) lines(name string) string {
	var lines []string
	for _, language := range c.languages {
		t, _ := find(c.texts[language], name)
		lines = append(lines, language+" "+t.plain)
	}
	norwegian, _ := find(c.texts["nb"], name) // which pages call "no" as well
	return strings.Join(append(lines, "no "+norwegian.plain), "\n")
}
