package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// The minifier leaves the values of custom properties as they are.
var customProperty = regexp.MustCompile(`(--[\w-]+): +`)

// inlineCSS gives a script that imports a style sheet its minified text, for
// a constructable style sheet: the widget may not add style elements under the
// content security policies that it meets.
var inlineCSS = api.Plugin{
	Name: "inline-css",
	Setup: func(b api.PluginBuild) {
		b.OnResolve(api.OnResolveOptions{Filter: `\.css$`}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
			if args.Kind != api.ResolveJSImportStatement {
				return api.OnResolveResult{}, nil
			}
			return api.OnResolveResult{Path: filepath.Join(args.ResolveDir, args.Path), Namespace: "inline-css"}, nil
		})
		b.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: "inline-css"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			sheet := api.Build(api.BuildOptions{
				EntryPoints:      []string{args.Path},
				Bundle:           true,
				MinifyWhitespace: true,
				MinifySyntax:     true,
				LegalComments:    api.LegalCommentsNone,
			})
			if len(sheet.Errors) > 0 {
				return api.OnLoadResult{}, fmt.Errorf("minifying %s: %s", filepath.Base(args.Path), sheet.Errors[0].Text)
			}
			text := strings.TrimSpace(customProperty.ReplaceAllString(string(sheet.OutputFiles[0].Contents), "$1:"))
			return api.OnLoadResult{Contents: &text, Loader: api.LoaderText}, nil
		})
	},
}
