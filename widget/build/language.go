package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// languages are the folders of widget/texts. Each gets bundles of its own, so that
// a page carries one language, and the loader nothing to choose with.
func languages(root string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(root, "texts"))
	if err != nil {
		return nil, fmt.Errorf("looking for languages: %w", err)
	}
	var all []string
	for _, entry := range entries {
		if entry.IsDir() {
			all = append(all, entry.Name())
		}
	}
	return all, nil
}

// textsIn leads imports of #texts/… to a language.
func textsIn(root, language string) api.Plugin {
	return api.Plugin{Name: "texts", Setup: func(b api.PluginBuild) {
		b.OnResolve(api.OnResolveOptions{Filter: "^#texts/"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
			name := strings.TrimPrefix(args.Path, "#texts/") + ".ts"
			return api.OnResolveResult{Path: filepath.Join(root, "texts", language, name)}, nil
		})
	}}
}

// page makes a page in a language.
func page(root, language, in string) ([]byte, error) {
	text, err := os.ReadFile(in)
	if err != nil {
		return nil, fmt.Errorf("reading a page: %w", err)
	}
	words, err := os.ReadFile(filepath.Join(root, "texts", language, "page.json"))
	if err != nil {
		return nil, fmt.Errorf("reading the words of a page: %w", err)
	}
	var texts struct{ NoScript string }
	if err := json.Unmarshal(words, &texts); err != nil {
		return nil, fmt.Errorf("reading the words of a page in %s: %w", language, err)
	}
	text = bytes.ReplaceAll(text, []byte(`lang="en"`), []byte(`lang="`+language+`"`))
	return bytes.ReplaceAll(text, []byte("__NO_SCRIPT__"), []byte(html.EscapeString(texts.NoScript))), nil
}
