package caddymodule_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"

	"github.com/parley-chat/parley/internal/caddytest"
)

func chatWithRules(identity, rules string) string {
	return ":0 {\n\tchat {\n" + identity + "\nwidget {\n" + rules + "\n}\n}\n}\n"
}

// A wrong rule is refused with its line and what to do.
func TestWrongRuleIsRefused(t *testing.T) {
	rule := func(words string) string { return chatWithRules("", "rule help {\n"+words+"\n}") }
	personal := func(words string) string {
		return chatWithRules("identity {\nid X-User\nfield plan X-Plan\n}", "rule help {\n"+words+"\nshow Hi\n}")
	}
	for name, c := range map[string]struct{ caddyfile, line, says string }{
		"no name":             {chatWithRules("", "rule {\nshow Hi\n}"), ":5", "rule needs a value"},
		"two names":           {chatWithRules("", "rule a b {\nshow Hi\n}"), ":5", "one value too many"},
		"bad name":            {chatWithRules("", "rule Help! {\nshow Hi\n}"), ":5", "lower-case letters"},
		"duplicate rule":      {chatWithRules("", "rule a {\nshow Hi\n}\nrule a {\nopen\n}"), ":", "duplicate rule a"},
		"no block":            {chatWithRules("", "rule a"), ":5", "rule a: it does nothing"},
		"nothing to do":       {rule("time 3s"), ":", "rule help: it does nothing; write what it shows"},
		"unknown word":        {rule("pages 3"), ":6", `unknown word "pages" (want one of: path, time`},
		"duplicate word":      {rule("time 3s\ntime 4s"), ":7", "duplicate time"},
		"bad path":            {rule("path pricing"), ":6", `invalid path pattern "pricing"`},
		"other wildcard":      {rule("path /a?"), ":6", "* is its only wildcard"},
		"bad time":            {rule("time soon"), ":6", `invalid duration "soon"`},
		"bad visits":          {rule("visits often"), ":6", `visits: invalid "often"; write a number of pages`},
		"too many visits":     {rule("visits 5000"), ":6", "from 1 to 1000"},
		"bad scroll":          {rule("scroll far"), ":6", `scroll: invalid "far"; write a part of the page`},
		"scroll too far":      {rule("scroll 110%"), ":6", "from 1% to 100%"},
		"exit with a value":   {rule("exit now"), ":6", "exit"},
		"unknown language":    {rule("language xx"), ":6", `unknown language "xx" (want one of: en, ar`},
		"show and open":       {rule("show Hi\nopen"), ":7", "exclude each other"},
		"once and every":      {rule("show Hi\nonce\nevery 7d"), ":8", "exclude each other"},
		"empty text":          {rule(`show " "`), ":6", "a text that can be seen"},
		"unknown placeholder": {rule(`show "Hi {name}"`), ":6", "unknown placeholder {name} (want one of: {email}"},
		"field without value": {personal("field plan"), ":9", "field needs a name and a value"},
		"field twice":         {personal("field plan a\nfield plan b"), ":10", "duplicate field plan"},
		"unknown field":       {personal("field plane pro"), ":2", `rule help: identity has no field "plane"`},
		"labels from nowhere": {personal("label vip"), ":2", `rule help: identity has no labels; write there where they come from, such as: labels X-User-Labels`},
		"empty value":         {personal(`field plan ""`), ":9", "rule help: field plan: one of its values is empty"},
		"empty label":         {personal(`label vip " "`), ":9", "rule help: one of its labels is empty"},
		"label of nobody":     {rule("label vip\nshow Hi"), ":2", "this chat has no identity"},
	} {
		t.Run(name, func(t *testing.T) {
			err := caddytest.Validate(t, c.caddyfile)
			if err == nil {
				t.Fatal("it was accepted")
			}
			for _, want := range []string{"Caddyfile" + c.line, c.says} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error is without %q: %v", want, err)
				}
			}
		})
	}
}

// Every word of a rule has its JSON form, under names that stay; and JSON is held to
// the same.
func TestRuleBecomesJSON(t *testing.T) {
	caddyfile := chatWithRules("identity {\nid X-User\nlabels X-Labels\nfield plan X-Plan\n}", `rule all {
		path /pricing /shop/*
		time 30s
		visits 3
		field plan pro team
		label vip trade
		scroll 60%
		exit
		language de en
		unanswered
		show "Can we help, {firstname}?"
		every 7d
	}
	rule opens {
		open
		once
	}`)
	if err := caddytest.Validate(t, caddyfile); err != nil {
		t.Fatal(err)
	}
	adapted, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(caddyfile), map[string]any{"filename": "Caddyfile"})
	if err != nil {
		t.Fatal(err)
	}
	const want = `"rules":[{"every":604800000000000,"exit":true,"fields":{"plan":["pro","team"]},"labels":["vip","trade"],"languages":["de","en"],` +
		`"name":"all","path":["/pricing","/shop/*"],"scroll":60,"show":"Can we help, {firstname}?","time":30000000000,"unanswered":true,"visits":3},` +
		`{"name":"opens","once":true,"open":true}]`
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(json.RawMessage(adapted)); err != nil || !strings.Contains(b.String(), want) {
		t.Errorf("%v: %s", err, b.String())
	}
	for rules, says := range map[string]string{
		`{"name": "a", "show": "Hi", "scroll": -1}`: "scroll",
		`{"name": "a"}`: "it does nothing",
		`{"name": "a", "show": "Hi"}, {"name": "a", "open": true}`:                    "duplicate rule a",
		`{"name": "a", "show": "Hi", "languages": ["xx"]}`:                            "unknown language",
		`{"name": "a", "show": "Hi", "labels": []}`:                                   "labels is an empty list",
		`{"name": "a", "show": "Hi", "labels": [""]}`:                                 "one of its labels is empty",
		`{"name": "a", "show": "Hi", "fields": {}}`:                                   "fields is empty",
		`{"name": "a", "show": "Hi", "fields": {"plan": []}}`:                         "field plan: its list of values is empty",
		`{"name": "a", "show": "Hi", "path": []}`:                                     "path is an empty list",
		`{"name": "a", "show": "Hi", "languages": []}`:                                "languages is an empty list",
		`{"name": "a", "show": "Hi", "labels": ["vip"]}`:                              "no identity",
		`{"name": "a", "show": "Hi", "path": ["pricing"]}`:                            "invalid path pattern",
		strings.TrimSuffix(strings.Repeat(`{"name": "a", "show": "Hi"}, `, 51), ", "): "51 rules are too many",
	} {
		config := new(caddy.Config)
		err := caddy.StrictUnmarshalJSON([]byte(`{"admin": {"disabled": true}, "apps": {"http": {"servers": {"a": {"listen": [":0"], "routes": [
			{"handle": [{"handler": "chat", "widget": {"rules": [`+rules+`]}}]}]}}}}}`), config)
		if err != nil {
			t.Fatal(err)
		}
		if err := caddy.Validate(config); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s is not refused with %q: %v", rules, says, err)
		}
	}
}

// Labels may come from a header, by a preset, from a token or from a probe.
func TestRuleOfLabelsThatComeFromSomewhere(t *testing.T) {
	for name, identity := range map[string]string{
		"header": "identity {\nid X-User\nlabels X-Labels\n}",
		"preset": "identity authelia {\ntrust trusted_proxies\n}",
		"token":  "identity {\ntoken {\nkey 0123456789abcdef0123456789abcdef\naudience shop\n}\n}",
		"probe":  "identity {\nprobe /me {\nid .id\nlabels .labels\n}\n}",
	} {
		t.Run(name, func(t *testing.T) {
			if err := caddytest.Validate(t, chatWithRules(identity, "rule a {\nlabel vip\nshow Hi\n}")); err != nil {
				t.Fatal(err)
			}
		})
	}
}
