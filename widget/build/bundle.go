package main

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

// A bundle is one file of widget/dist, or of the folder of a language in it, and
// where it comes from.
type bundle struct {
	in, out string
	// plain is true of what has no words, and is the same in all languages.
	plain bool
	// budget is the greatest size in bytes after Brotli at level 11; 0 is no limit.
	budget int
	// instead has the files that are bundled in the place of packages.
	instead map[string]string
	// notice names whose code the bundle holds, as their licences ask.
	notice string
}

const preact = "/*! Parley, Apache-2.0. With Preact, (c) 2015-present Jason Miller, MIT. */"

var bundles = []bundle{
	// Every page of every site pays for the loader. What the server writes in
	// front of it, its configuration, comes on top.
	{in: "loader/main.ts", out: "widget.js", budget: 3000},
	{in: "chat/main.tsx", out: "chat.js", budget: 20800, notice: preact, instead: map[string]string{"preact/hooks": "./chat/hooks.ts"}},
	{in: "console/main.tsx", out: "console.js", notice: preact},
	{in: "console/console.css", out: "console.css", plain: true},
	{in: "console/index.html", out: "console.html"},
}

// Properties that begin with one underscore are the front end's own: neither the
// page nor the server sees them, and they get short names.
const internalProperties = "^_[a-z]"

// build makes a bundle in a language. shortNames has what internal properties are
// called in those that were built before, and learns more: loader and chat share
// some.
func (b bundle) build(root, language string, shortNames map[string]any) ([]byte, error) {
	in := filepath.Join(root, filepath.FromSlash(b.in))
	if filepath.Ext(in) == ".html" {
		return page(root, language, in)
	}
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
		Alias:             b.instead,
		Plugins:           []api.Plugin{inlineCSS, stripTypes, textsIn(root, language)},
		Outfile:           filepath.Join(root, "dist", b.out),
	}
	if b.notice != "" {
		options.Inject = []string{"shared/jsx.ts"}
		options.Banner = map[string]string{"js": b.notice}
	}
	result := api.Build(options)
	if len(result.Errors)+len(result.Warnings) > 0 { // a text that is missing is a warning
		return nil, fmt.Errorf("bundling %s: see the messages above", b.in)
	}
	if len(result.OutputFiles) != 1 {
		return nil, errors.New("bundling " + b.in + ": expected one output file")
	}
	maps.Copy(shortNames, result.MangleCache)
	return result.OutputFiles[0].Contents, nil
}
