package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// A bundle is one file of widget/dist and where it comes from.
type bundle struct {
	in, out string
	// budget is the greatest size in bytes after Brotli at level 11; 0 is no limit.
	budget int
	// widget is set for the two scripts that share a page.
	widget bool
	// notice names whose code the bundle holds, as their licences ask.
	notice string
}

const preact = "/*! Parley, Apache-2.0. With Preact, (c) 2015-present Jason Miller, MIT. */"

var bundles = []bundle{
	// Every page of every site pays for the loader. What the server writes in
	// front of it, its configuration, comes on top.
	{in: "loader/main.ts", out: "widget.js", budget: 3000, widget: true},
	{in: "chat/main.tsx", out: "chat.js", budget: 17000, widget: true, notice: preact},
	{in: "console/main.tsx", out: "console.js", notice: preact},
	{in: "console/console.css", out: "console.css"},
	{in: "console/index.html", out: "console.html"},
}

// The properties by which loader and chat use each other (shared/host.ts): both
// come from one build, so that long names need not cost anything. Wire names
// and those of the browser must not be among them.
var internalNames = []string{
	"conversationExists", "currentPage", "firstHello", "focusLauncher", "hasSession", "keepTabSecret",
	"reattached", "sessionCookie", "sessionEnded", "showLauncher", "tabSecret",
}

// shortNames gives each of them the same short name in every bundle.
func shortNames() map[string]any {
	short := map[string]any{}
	for i, name := range internalNames {
		short[name] = "_" + string(rune('a'+i))
	}
	return short
}

func (b bundle) build(root string) ([]byte, error) {
	in := filepath.Join(root, filepath.FromSlash(b.in))
	if filepath.Ext(in) == ".html" {
		html, err := os.ReadFile(in)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", b.in, err)
		}
		return html, nil
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
		JSX:               api.JSXAutomatic,
		JSXImportSource:   "preact",
		LegalComments:     api.LegalCommentsNone,
		// In the place of tsconfig.json, whose "strict" would put "use strict"
		// into each bundle: modules are checked as strict code anyway.
		TsconfigRaw: `{"compilerOptions": {"useDefineForClassFields": false}}`,
		LogLevel:    api.LogLevelWarning,
		Plugins:     []api.Plugin{inlineCSS},
		Outfile:     filepath.Join(root, "dist", b.out),
	}
	if b.widget {
		options.MangleProps = "^(?:" + strings.Join(internalNames, "|") + ")$"
		options.MangleCache = shortNames()
	}
	if b.notice != "" {
		options.Banner = map[string]string{"js": b.notice}
	}
	result := api.Build(options)
	if len(result.Errors) > 0 {
		return nil, fmt.Errorf("bundling %s: see the messages above", b.in)
	}
	if len(result.OutputFiles) != 1 {
		return nil, errors.New("bundling " + b.in + ": expected one output file")
	}
	return result.OutputFiles[0].Contents, nil
}
