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
// bundle; or those of a language that the server puts in front of it, by sections,
// in the order of the English catalogue.

// write makes dist/texts.json, which the server reads, and the declarations for
// the type check.
func (c *catalogues) write(root string) error {
	var b bytes.Buffer
	all, err := marshal(c.names(sections))
	if err != nil {
		return fmt.Errorf("writing texts: %w", err)
	}
	scripts := map[string][]string{}
	for _, b := range bundles {
		if b.apart() {
			scripts[strings.TrimSuffix(b.out, ".js")] = c.names(b.sections)
		}
	}
	known, err := marshal(scripts)
	if err != nil {
		return fmt.Errorf("writing texts: %w", err)
	}
	fmt.Fprintf(&b, "{\"scripts\":%s,\n\"names\":%s,\n\"languages\":{", known, all)
	for i, language := range c.languages {
		values, err := marshal(c.inOrder(language, sections))
		if err != nil {
			return fmt.Errorf("writing texts: %w", err)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "\n%q:%s", language, values)
	}
	b.WriteString("}}\n")
	if err := write(filepath.Join(root, "dist", "texts.json"), b.Bytes()); err != nil {
		return err
	}
	return write(filepath.Join(root, "texts", "catalogue.d.ts"), []byte(c.declarations()))
}

// names returns what the texts of some sections are called, in the order of the
// English catalogue.
func (c *catalogues) names(sections []string) []string {
	names := []string{}
	for _, t := range c.of(sections) {
		names = append(names, t.name)
	}
	return names
}

// of returns the English texts of some sections.
func (c *catalogues) of(sections []string) []text {
	var texts []text
	for _, t := range c.texts[english] {
		if slices.Contains(sections, t.section) {
			texts = append(texts, t)
		}
	}
	return texts
}

// inOrder returns a language's texts of some sections in the order of the English
// ones.
func (c *catalogues) inOrder(language string, sections []string) []text {
	var texts []text
	for _, e := range c.of(sections) {
		t, _ := find(c.texts[language], e.name)
		texts = append(texts, t)
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

// plugin leads imports of #texts/… to the catalogues, and of what only agents
// read to its English sources. A bundle that has sections served gets the texts of
// no others.
func (c *catalogues) plugin(root string, served []string) api.Plugin {
	return api.Plugin{Name: "texts", Setup: func(b api.PluginBuild) {
		b.OnResolve(api.OnResolveOptions{Filter: "^#texts/"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
			name := strings.TrimPrefix(args.Path, "#texts/")
			if len(served) == 0 && slices.Contains(sections, name) || slices.Contains(served, name) {
				return api.OnResolveResult{Path: "texts", Namespace: "texts", SideEffects: api.SideEffectsFalse}, nil
			}
			return api.OnResolveResult{Path: filepath.Join(root, "texts", english, name+".ts")}, nil
		})
		b.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: "texts"}, func(api.OnLoadArgs) (api.OnLoadResult, error) {
			code, err := c.module(served)
			return api.OnLoadResult{Contents: &code, ResolveDir: root, Loader: api.LoaderJS}, err
		})
	}}
}

// module is the code that the texts are imported from.
func (c *catalogues) module(served []string) (string, error) {
	from := served
	if len(from) == 0 {
		from = sections
	}
	var b strings.Builder
	var values []string
	b.WriteString("import { fill } from \"./shared/fill\";\n")
	if len(served) > 0 {
		b.WriteString("import { setLanguage } from \"./shared/language\";\n")
	}
	for _, t := range c.of(from) {
		name := exported(t.name)
		value := name
		if parameters := t.parameters(); len(parameters) > 0 {
			value = "$" + name
			list := strings.Join(parameters, ", ")
			fmt.Fprintf(&b, "export const %s = (%s) => fill(%s, { %s });\n", name, list, value, list)
		}
		values = append(values, value)
		if len(served) > 0 {
			fmt.Fprintf(&b, "export let %s;\n", value)
			continue
		}
		content, err := marshal(t)
		if err != nil {
			return "", fmt.Errorf("writing texts: %w", err)
		}
		fmt.Fprintf(&b, "export const %s = %s;\n", value, content)
	}
	if len(served) > 0 {
		// Bindings are live: another language can be taken while the chat runs.
		fmt.Fprintf(&b, "export function setTexts(served) {\n  [%s] = served.texts;\n  setLanguage(served.lang);\n}\nsetTexts(__PARLEY__);\n",
			strings.Join(values, ", "))
	}
	return b.String(), nil
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
