package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Texts come into a bundle in one of two ways: English, as constants of the
// bundle; or those that it uses in the language that the server puts in front of it,
// in the order of the English catalogue.

// write makes dist/texts.json, which the server reads: the texts, and those that each
// of the scripts expects.
func (c *catalogues) write(root string, scripts map[string][]string) error {
	var b bytes.Buffer
	known, err := marshal(scripts)
	if err != nil {
		return fmt.Errorf("writing texts: %w", err)
	}
	all, err := marshal(c.names())
	if err != nil {
		return fmt.Errorf("writing texts: %w", err)
	}
	fmt.Fprintf(&b, "{\"scripts\":%s,\n\"names\":%s,\n\"languages\":{", known, all)
	for i, language := range c.languages {
		values, err := marshal(c.named(language, c.names()))
		if err != nil {
			return fmt.Errorf("writing texts: %w", err)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "\n%q:%s", language, values)
	}
	b.WriteString("}}\n")
	return write(filepath.Join(root, "dist", "texts.json"), b.Bytes())
}

// names returns what all texts are called, in the order of the English catalogue.
func (c *catalogues) names() []string {
	names := []string{}
	for _, t := range c.texts[english] {
		names = append(names, t.name)
	}
	return names
}

// named returns a language's texts of the names.
func (c *catalogues) named(language string, names []string) []text {
	texts := make([]text, len(names))
	for i, name := range names {
		texts[i], _ = find(c.texts[language], name)
	}
	return texts
}

// declarations says to the type check what can be imported.
func (c *catalogues) declarations() string {
	var b strings.Builder
	b.WriteString("// Made of en.json by go generate ./widget.\n")
	for _, section := range sections {
		fmt.Fprintf(&b, "\ndeclare module \"#texts/%s\" {\n", section)
		for _, t := range c.texts[english] {
			if t.section != section {
				continue
			}
			typ := "string"
			if parameters := t.parameters(); len(parameters) > 0 {
				for i, name := range parameters {
					parameters[i] = name + ": " + typeOf(name)
				}
				typ = "(" + strings.Join(parameters, ", ") + ") => string"
			}
			fmt.Fprintf(&b, "  export const %s: %s;\n", exported(t.name), typ)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// typeOf is the type of a parameter: only {n} is a number.
func typeOf(parameter string) string {
	if parameter == "n" {
		return "number"
	}
	return "string"
}

// exported is what a text is called in the code: openChat for open_chat.
func exported(name string) string {
	words := strings.Split(name, "_")
	for i, word := range words[1:] {
		words[i+1] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}

// textsFrom leads imports of #texts/… to the code of a module that has what the
// catalogues do, and of what only agents read to its English sources.
func textsFrom(root, code string) api.Plugin {
	return api.Plugin{Name: "texts", Setup: func(b api.PluginBuild) {
		b.OnResolve(api.OnResolveOptions{Filter: "^#texts/"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
			name := strings.TrimPrefix(args.Path, "#texts/")
			if slices.Contains(sections, name) {
				return api.OnResolveResult{Path: "texts", Namespace: "texts", SideEffects: api.SideEffectsFalse}, nil
			}
			return api.OnResolveResult{Path: filepath.Join(root, "texts", english, name+".ts")}, nil
		})
		b.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: "texts"}, func(api.OnLoadArgs) (api.OnLoadResult, error) {
			return api.OnLoadResult{Contents: &code, ResolveDir: root, Loader: api.LoaderJS}, nil
		})
	}}
}

// module is the code that a bundle's texts are imported from: the named ones as they
// are served, or all in English.
func (c *catalogues) module(served bool, names []string) string {
	if !served {
		return c.code(func(t text) string {
			content, err := marshal(t)
			if err != nil {
				panic(err) // it has strings only
			}
			return string(content)
		})
	}
	var b strings.Builder
	b.WriteString("import { fill } from \"./shared/fill\";\nimport { setLanguage } from \"./shared/language\";\n")
	var values []string
	for _, t := range c.named(english, names) {
		value := t.value()
		values = append(values, value)
		fmt.Fprintf(&b, "export let %s;\n", value)
		if value != exported(t.name) {
			b.WriteString(t.function())
		}
	}
	for _, name := range c.names() {
		if !slices.Contains(names, name) {
			fmt.Fprintf(&b, "export let %s;\n", exported(name)) // of code that is left out
		}
	}
	// Bindings are live: another language can be taken while the chat runs.
	fmt.Fprintf(&b, "export function setTexts(served) {\n  [%s] = served.texts;\n  setLanguage(served.lang);\n}\nsetTexts(__PARLEY__);\n",
		strings.Join(values, ", "))
	return b.String()
}

// code is a module with all texts, each as content says.
func (c *catalogues) code(content func(text) string) string {
	var b strings.Builder
	b.WriteString("import { fill } from \"./shared/fill\";\n")
	for _, t := range c.texts[english] {
		fmt.Fprintf(&b, "export const %s = %s;\n", t.value(), content(t))
		if t.value() != exported(t.name) {
			b.WriteString(t.function())
		}
	}
	b.WriteString("export const setTexts = () => {};\n")
	return b.String()
}

// value is what holds a text: one with parameters is a function of it.
func (t text) value() string {
	if len(t.parameters()) > 0 {
		return "$" + exported(t.name)
	}
	return exported(t.name)
}

func (t text) function() string {
	list := strings.Join(t.parameters(), ", ")
	return fmt.Sprintf("export const %s = (%s) => fill(%s, { %s });\n", exported(t.name), list, t.value(), list)
}

// marks is a module with a mark in the place of each text.
func (c *catalogues) marks() string {
	return c.code(func(t text) string { return fmt.Sprintf("%q", "text:"+t.name+":") })
}

// marked returns the texts whose marks are in a bundle, in the order of the English
// catalogue.
func (c *catalogues) marked(bundle []byte) []string {
	names := []string{}
	for _, name := range c.names() {
		if bytes.Contains(bundle, []byte("text:"+name+":")) {
			names = append(names, name)
		}
	}
	return names
}

// page makes a page in English.
func page(root, in string) ([]byte, error) {
	text, err := os.ReadFile(in)
	if err != nil {
		return nil, fmt.Errorf("reading a page: %w", err)
	}
	words, err := os.ReadFile(filepath.Join(root, "texts", english, "page.json"))
	if err != nil {
		return nil, fmt.Errorf("reading the words of a page: %w", err)
	}
	var texts struct{ NoScript string }
	if err := json.Unmarshal(words, &texts); err != nil {
		return nil, fmt.Errorf("reading the words of a page: %w", err)
	}
	return bytes.ReplaceAll(text, []byte("__NO_SCRIPT__"), []byte(html.EscapeString(texts.NoScript))), nil
}
