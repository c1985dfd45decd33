package main

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// A bundle is one file of widget/dist, and where it comes from.
type bundle struct {
	in, out string
	// served says that the server puts its texts in front of it, those that it uses,
	// in the reader's language. Otherwise they come as English constants.
	served bool
	// draws says that it draws in the chat, with the chat's own Preact.
	draws bool
	// instead says what other sources stand for some: parts that are fetched later,
	// and smaller packages.
	instead map[string]string
	// budget is the greatest size in bytes after Brotli at level 11, in each
	// language and with what the server puts in front; 0 is no limit.
	budget int
	// notice names whose code the bundle holds, as their licences ask.
	notice string
}

const preact = "/*! Parley, Apache-2.0. With Preact, (c) 2015-present Jason Miller, MIT. */"

const emojiNames = "/*! Names of emoji: CLDR, (c) Unicode, Inc., Unicode-3.0. */"

var bundles = []bundle{
	// Every page of every site pays for the loader.
	{in: "loader/main.ts", out: "widget.js", budget: 2900},
	// Behind the loader, where a site has rules.
	{in: "rules/main.ts", out: rulesScript, budget: 4100},
	{in: "session/main.ts", out: "session.js", budget: 1700},
	{in: "chat/main.tsx", out: "chat.js", served: true, instead: map[string]string{"#transfer": "chat/transfer.ts", "preact/hooks": "chat/hooks.ts"}, budget: 20480, notice: preact},
	{in: "parts/log.ts", out: "log.js", served: true, draws: true, budget: 5200},
	{in: "parts/files.ts", out: "files.js", served: true, draws: true, instead: map[string]string{"#transfer": "shared/transfer.ts"}, budget: 2000},
	{in: "parts/forms.tsx", out: "forms.js", served: true, draws: true, budget: 4000},
	{in: "parts/sound.ts", out: "sound.js", budget: 1000},
	{in: "parts/menu.tsx", out: "menu.js", served: true, draws: true, budget: 1900},
	{in: "parts/rating.tsx", out: "rating.js", served: true, draws: true, budget: 2200},
	{in: "parts/emoji.tsx", out: "emoji.js", served: true, draws: true, budget: 6144, notice: emojiNames},
	{in: "parts/picture.tsx", out: "picture.js", draws: true, budget: 800},
	{in: "parts/copy.tsx", out: "copy.js", served: true, draws: true, budget: 2000},
	{in: "console/main.tsx", out: "console.js", notice: preact},
	{in: "console/console.css", out: "console.css"},
	{in: "console/index.html", out: "console.html"},
}

const rulesScript = "rules.js"

// apart says whether pages fetch it apart from the loader.
func (b bundle) apart() bool {
	return strings.HasSuffix(b.out, ".js") && b.out != "widget.js" && b.out != rulesScript && b.out != "console.js"
}

// Properties that begin with one underscore are the front end's own: neither the
// page nor the server sees them, and they get short names.
const internalProperties = "^_[a-z]"

// build makes a bundle, and says which texts it expects to be served. shortNames
// has what internal properties are called in those that were built before, and
// learns more: loader and chat share some.
func (b bundle) build(root string, texts *catalogues, shortNames map[string]any) (content []byte, names []string, err error) {
	in := filepath.Join(root, filepath.FromSlash(b.in))
	if filepath.Ext(in) == ".html" {
		content, err = page(root, in)
		return content, nil, err
	}
	if b.served {
		// Once with marks in the place of texts, to see which of them are left.
		marked, _, err := b.bundle(root, texts.marks(), maps.Clone(shortNames))
		if err != nil {
			return nil, nil, err
		}
		names = texts.marked(marked)
	}
	content, learned, err := b.bundle(root, texts.module(b.served, names), shortNames)
	maps.Copy(shortNames, learned)
	return content, names, err
}

// bundle makes a bundle whose texts are in the code of a module.
func (b bundle) bundle(root, texts string, shortNames map[string]any) (content []byte, learned map[string]any, err error) {
	in := filepath.Join(root, filepath.FromSlash(b.in))
	options := api.BuildOptions{
		EntryPoints:       []string{in},
		AbsWorkingDir:     root,
		Bundle:            true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		Format:            api.FormatIIFE,
		Target:            api.ES2021,
		MangleProps:       internalProperties,
		MangleCache:       shortNames,
		JSX:               api.JSXTransform,
		JSXFactory:        "jsxElement",
		JSXFragment:       "jsxFragment",
		LegalComments:     api.LegalCommentsNone,
		TsconfigRaw:       tsconfig,
		LogLevel:          api.LogLevelWarning,
		Plugins:           []api.Plugin{inlineCSS, stripTypes, textsFrom(root, texts), b.others(root)},
		Outfile:           filepath.Join(root, "dist", b.out),
	}
	if b.notice != "" || b.draws {
		options.Inject = []string{"shared/jsx.ts"}
	}
	if b.notice != "" {
		options.Banner = map[string]string{"js": b.notice}
	}
	result := api.Build(options)
	if len(result.Errors)+len(result.Warnings) > 0 { // a text that is missing is a warning
		return nil, nil, fmt.Errorf("bundling %s: see the messages above", b.in)
	}
	if len(result.OutputFiles) != 1 {
		return nil, nil, errors.New("bundling " + b.in + ": expected one output file")
	}
	return result.OutputFiles[0].Contents, result.MangleCache, nil
}
