package caddymodule

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat/export"
	"github.com/parley-chat/parley/widget"
)

// buildLength and textsLength are how much of two hashes makes a version: that of
// the bundles, which fit together or don't, and that of what they say, which may
// change while a page is open.
const buildLength, textsLength = 6, 4

const javascript = "text/javascript; charset=utf-8"

// scripts are what the widget consists of. Each has what it must know of the site
// in front: the same bytes for every visitor.
type scripts struct {
	loader *transport.Asset
	// words are what transcripts say.
	words func(language string) export.Words
	// parts are what pages fetch later, the chat among them, by their names.
	parts map[string]http.Handler
	// pictures are what the loader and the chat show, by the names of their addresses.
	pictures map[string]http.Handler
}

// newScripts prepares a site's scripts.
func newScripts(path, site string, look Widget, own Texts) (*scripts, error) {
	texts := own.with(map[string]string{"title": look.Title, "greeting": look.Greeting, "open_chat": look.Label})
	looks, err := newLooks(path, look)
	if err != nil {
		return nil, err
	}

	fronts := map[string]map[string][]byte{}
	// The texts of all scripts and languages are one version: the loader need not
	// know of each by itself.
	var all []byte
	for _, script := range widget.Scripts() {
		if len(script.Texts) == 0 {
			continue
		}
		known := map[string]any{}
		if script.Name == widget.ChatScript {
			known["position"], known["css"] = look.position(), looks.chat
		}
		if script.Name == widget.LogScript {
			known["rating"] = look.Rating != ratingOff
		}
		maps.Copy(known, look.forms(script.Name))
		front, err := frontOf(script, known, texts)
		if err != nil {
			return nil, err
		}
		fronts[script.Name] = front
		for _, language := range widget.Languages() {
			all = append(all, front[language]...)
		}
	}
	build := build()
	version := build + transport.Hash(all)[:textsLength]

	front, err := constant(map[string]any{
		"path": path, "site": site, "version": version,
		"css":   looks.loader,
		"names": texts.lines("open_chat"),
	})
	if err != nil {
		return nil, err
	}
	first := behind(front, widget.Loader())
	if len(look.Rules) > 0 {
		if err := checkShown(look.Rules); err != nil {
			return nil, err
		}
		front, err := constant(map[string]any{"rules": sent(look.Rules), "dismiss": texts.lines("dismiss")})
		if err != nil {
			return nil, err
		}
		first = slices.Concat(bytes.TrimSpace(first), []byte(";"), behind(front, widget.Rules()))
	}
	loader := transport.NewAsset(javascript, first)
	go loader.Prepare()
	return &scripts{loader, texts.words, parts(version, build, fronts), looks.pictures}, nil
}

// frontOf returns what stands in front of a script in each language: its texts, and
// what is known of the site besides.
func frontOf(script widget.Script, known map[string]any, texts Texts) (map[string][]byte, error) {
	front := map[string][]byte{}
	for _, language := range widget.Languages() {
		all := maps.Clone(known)
		all["lang"], all["texts"] = widget.Code(language), texts.of(script.Texts, language)
		var err error
		if front[language], err = constant(all); err != nil {
			return nil, err
		}
	}
	return front, nil
}

// parts prepares the scripts that are fetched when there is need of them.
func parts(version, build string, fronts map[string]map[string][]byte) map[string]http.Handler {
	all := map[string]http.Handler{}
	for _, script := range widget.Scripts() {
		front, ok := fronts[script.Name]
		if !ok {
			all[script.Name] = transport.NewPart(javascript, version, build, script.Body)
			continue
		}
		all[script.Name] = transport.NewTranslations(javascript, version, build, widget.Languages(), widget.English, func(language string) []byte {
			return behind(front[language], script.Body)
		})
	}
	return all
}

// build names the bundles, whose private names differ from those of any others.
func build() string {
	all := slices.Concat(widget.Loader(), widget.Rules())
	for _, script := range widget.Scripts() {
		all = slices.Concat(all, script.Body)
	}
	return transport.Hash(all)[:buildLength]
}

// constant writes what a script knows of the site.
func constant(known map[string]any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // it stands in a file of its own
	if err := e.Encode(known); err != nil {
		return nil, fmt.Errorf("writing the widget's configuration: %w", err)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// behind puts a constant in front of a bundle.
func behind(constant, bundle []byte) []byte {
	return slices.Concat([]byte("(()=>{const __PARLEY__="), constant, []byte(";"), bytes.TrimSpace(bundle), []byte("})()\n"))
}
