package caddymodule_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"

	"github.com/parley-chat/parley/internal/caddytest"
)

func TestWrongCaddyfileIsRefusedWithLineAndWhatToDo(t *testing.T) {
	global := func(words string) string {
		return "{\n\tadmin off\n\tchat {\n" + words + "\n\t}\n}\n:0 {\n\tchat\n}\n"
	}
	site := func(words string) string {
		return "{\n\tadmin off\n}\n:0 {\n\tchat {\n" + words + "\n\t}\n}\n"
	}
	identity := func(words string) string { return site("identity {\n" + words + "\n}") }
	agent := "agent anna@example.com " + caddytest.AnnaHash
	for name, c := range map[string]struct{ caddyfile, line, says string }{
		"unknown word":                 {site("colour blue"), ":6", `unknown word "colour" (want one of: site, path`},
		"unknown word of the app":      {global("webhook https://x.example"), ":4", `unknown word "webhook"`},
		"unknown word of identity":     {identity("id X-Id\nfoto X-Foto"), ":8", `unknown word "foto"`},
		"probe without path":           {identity("probe"), ":7", "probe needs the path"},
		"probe of another site":        {identity("probe https://app.example/me {\nid .id\n}"), ":7", "no path of this site"},
		"probe of another host":        {identity("probe //app.example/me {\nid .id\n}"), ":7", "no path of this site"},
		"probe with two paths":         {identity("probe /me /you {\nid .id\n}"), ":7", "one value too many"},
		"probe of nobody":              {identity("probe /me {\nfirstname .name\n}"), ":", "probe needs id or email"},
		"probe without block":          {identity("probe /me"), ":7", "probe needs id or email"},
		"probe twice":                  {identity("probe /me {\nid .id\n}\nprobe /you {\nid .id\n}"), ":10", "duplicate probe"},
		"unknown word of probe":        {identity("probe /me {\nphone .phone\n}"), ":8", `unknown word "phone" (want one of: agent, email`},
		"word of probe twice":          {identity("probe /me {\nid .id\nid .user\n}"), ":9", "duplicate id"},
		"path without a dot":           {identity("probe /me {\nid user.id\n}"), ":8", "no path into a JSON document"},
		"path with a gap":              {identity("probe /me {\nid .user..id\n}"), ":8", "no path into a JSON document"},
		"path with a query":            {identity("probe /me {\nid .users[?].id\n}"), ":8", "no path into a JSON document"},
		"field of probe twice":         {identity("probe /me {\nid .id\nfield a .a\nfield a .b\n}"), ":10", "duplicate field a"},
		"field of probe, no path":      {identity("probe /me {\nid .id\nfield a\n}"), ":9", "needs a name and a path"},
		"token without key":            {identity("token {\naudience a\n}"), ":", "needs a key or a jwks address"},
		"token with a short key":       {identity("token {\nkey secret\n}"), ":", "at least 32"},
		"token with plain jwks":        {identity("token {\njwks http://keys.example/\n}"), ":", "https address"},
		"unknown word of token":        {identity("token {\nissuer a\n}"), ":8", `unknown word "issuer" (want one of: key`},
		"token and every page":         {identity("scope every_page\ntoken {\nkey 0123456789abcdef0123456789abcdef\n}"), ":", "no page would ever name"},
		"unknown product":              {site("identity keycloak"), ":6", "want one of authelia, authentik, basic_auth"},
		"product without trust":        {site("identity authelia"), ":6", "put forward_auth in front"},
		"two products":                 {site("identity authelia authentik"), ":6", "one too many"},
		"unknown word of widget":       {site("widget {\nfont big\n}"), ":7", `unknown word "font" (want one of: title`},
		"unknown word of hours":        {site("hours {\nmonday 9:00-17:00\n}"), ":7", `unknown word "monday" (want one of: zone, closed, a day such as sat`},
		"hours without a block":        {site("hours"), ":6", "no day has hours"},
		"hours on the line":            {site("hours mon-fri"), ":6", `takes a block and no "mon-fri"`},
		"hours of one day twice":       {site("hours {\nmon-fri 9:00-17:00\ntue 9:00-12:00\n}"), ":8", "tue has hours twice"},
		"hours of a night":             {site("hours {\nfri 20:00-2:00\n}"), ":7", "write both days"},
		"hours without a day":          {site("hours {\nzone Europe/Berlin\n}"), ":", "no day has hours"},
		"unknown zone":                 {site("hours {\nzone Berlin\nmon 9:00-17:00\n}"), ":7", `unknown time zone "Berlin"`},
		"invalid holiday":              {site("hours {\nmon 9:00-17:00\nclosed 24.12.\n}"), ":8", `invalid date "24.12."`},
		"unknown word of console":      {":0 {\n\tchat_console {\n\t\ttheme dark\n\t}\n}", ":3", `unknown word "theme"`},
		"unknown word of agent":        {global(agent + " {\nphone 1\n}"), ":5", `unknown word "phone"`},
		"unknown word of badger":       {global("storage badger {\nsize 1\n}"), ":5", `unknown word "size"`},
		"unknown storage":              {global("storage oracle"), ":4", "want badger"},
		"name as another's cookie":     {site("site shop-session"), ":6", "choose another end"},
		"word twice":                   {site("site a\nsite b"), ":7", "duplicate site"},
		"missing value":                {site("site"), ":6", "site needs a value"},
		"value too many":               {site("site my shop"), ":6", "put quotes around"},
		"bad hash":                     {global("agent anna@example.com secret"), ":4", "`parley hash-password`"},
		"no hash":                      {global("agent anna@example.com"), ":4", "`parley hash-password`"},
		"two global blocks":            {"{\n\tchat\n\tchat {\n\t\tlimits off\n\t}\n}\n:0 {\n\tchat\n}\n", ":3", "duplicate global option chat"},
		"hash unset":                   {global("agent anna@example.com {$PARLEY_UNSET}"), ":4", "{$PARLEY_UNSET}: the environment variable PARLEY_UNSET is not set"},
		"hash unset, as it runs":       {global("agent anna@example.com {env.PARLEY_UNSET}"), ":4", "{env.PARLEY_UNSET}: the environment variable PARLEY_UNSET is not set"},
		"address unset, as it runs":    {global("agent {env.PARLEY_UNSET} " + caddytest.AnnaHash), ":4", "the environment variable PARLEY_UNSET is not set"},
		"key unset":                    {global("storage badger {\nencryption_key {$PARLEY_UNSET}\n}"), ":5", "the environment variable PARLEY_UNSET is not set"},
		"key unset, in quotes":         {global("storage badger {\nencryption_key \"{$PARLEY_UNSET}\"\n}"), ":5", "the environment variable PARLEY_UNSET is not set"},
		"key unset, as it runs":        {global("storage badger {\nencryption_key {env.PARLEY_UNSET}\n}"), ":4", "encryption_key: {env.PARLEY_UNSET}: the environment variable PARLEY_UNSET is not set"},
		"path unset, as it runs":       {global("storage badger {\npath /var/{env.PARLEY_UNSET}/chat\n}"), ":4", "path: {env.PARLEY_UNSET}: the environment variable PARLEY_UNSET is not set, or empty: give it a value, or leave path out"},
		"key with another's name":      {identity("token {\nkey \"s{http.vars.key}-0123456789abcdef0123456789abcdef\"\n}"), ":5", "unrecognized placeholder {http.vars.key}"},
		"path unset":                   {global("storage badger {\npath {$PARLEY_UNSET}\n}"), ":5", "the environment variable PARLEY_UNSET is not set"},
		"key of tokens unset":          {identity("token {\nkey {$PARLEY_UNSET}\n}"), ":8", "the environment variable PARLEY_UNSET is not set"},
		"key of tokens, as it runs":    {identity("token {\nkey {env.PARLEY_UNSET}\n}"), ":5", "token: key: {env.PARLEY_UNSET}: the environment variable"},
		"key of tokens in a file":      {identity("token {\nkey {file./none}\n}"), ":5", "token: key: evaluated placeholder {file./none} is empty"},
		"key of tokens misspelt":       {identity("token {\nkey {evn.PARLEY_KEY_OF_MORE_THAN_32_BYTES}\n}"), ":5", "unrecognized placeholder {evn.PARLEY_KEY"},
		"site unset":                   {site("site {$PARLEY_UNSET}"), ":6", "the environment variable PARLEY_UNSET is not set"},
		"product unset":                {site("identity {$PARLEY_UNSET} {\nid X-Id\n}"), ":6", "{$PARLEY_UNSET}: the environment variable PARLEY_UNSET is not set"},
		"duration unset":               {site("visitor_id persistent {$PARLEY_UNSET}"), ":6", "the environment variable PARLEY_UNSET is not set"},
		"source unset":                 {identity("email X-Email\nid \"{$PARLEY_UNSET}\""), ":8", "the environment variable PARLEY_UNSET is not set"},
		"source unset, as it runs":     {identity("id {env.PARLEY_UNSET}"), ":7", "id: {env.PARLEY_UNSET}: the environment variable PARLEY_UNSET is not set"},
		"field unset, as it runs":      {identity("id X-Id\nfield plan {env.PARLEY_UNSET}"), ":8", "the environment variable PARLEY_UNSET is not set"},
		"id of everybody":              {identity("id {env.PATH}"), ":7", "if it has the name of a response header, write {$PATH}"},
		"broken bcrypt":                {global("agent anna@example.com $2a$14$tooshort"), ":4", "invalid password hash"},
		"bad e-mail":                   {global("agent anna " + caddytest.AnnaHash), ":4", "invalid e-mail address"},
		"two agents, one e-mail":       {global(agent + "\nagent Anna@Example.com " + caddytest.AnnaHash), ":5", "duplicate agent"},
		"bad role":                     {global(agent + " {\nrole king\n}"), ":5", "agent or admin"},
		"bad key":                      {global("storage badger {\nencryption_key 1234\n}"), ":5", "16, 24 or 32 bytes"},
		"bad colour":                   {site("widget {\ncolor blue\n}"), ":7", "hexadecimal"},
		"bad position":                 {site("widget {\nposition top\n}"), ":7", "right or left"},
		"bad rating":                   {site("widget {\nrating on\n}"), ":7", `unknown rating "on" (want off`},
		"rating twice":                 {site("widget {\nrating off\nrating off\n}"), ":8", "duplicate rating"},
		"rating without a word":        {site("widget {\nrating\n}"), ":7", "rating needs a value"},
		"form on the line":             {site("widget {\npre_chat_form name\n}"), ":7", `takes a block and no "name"`},
		"form of nothing":              {site("widget {\npre_chat_form {\n}\n}"), ":8", "pre_chat_form asks nothing"},
		"unknown field of a form":      {site("widget {\npre_chat_form {\nnick\n}\n}"), ":8", `unknown word "nick" (want one of: name, firstname`},
		"field of a form twice":        {site("widget {\npre_chat_form {\nemail\nemail required\n}\n}"), ":9", "duplicate field email"},
		"field with a wrong word":      {site("widget {\npre_chat_form {\nemail optional\n}\n}"), ":8", `unknown "optional" (want required`},
		"two names":                    {site("widget {\npre_chat_form {\nname\nlastname\n}\n}"), ":9", "name is the whole name"},
		"field without a label":        {site("widget {\npre_chat_form {\nfield order\n}\n}"), ":8", "needs a key and a label"},
		"field with a bad key":         {site("widget {\npre_chat_form {\nfield Order \"Order number\"\n}\n}"), ":8", `invalid field "Order"`},
		"field with a name of theirs":  {site("widget {\npre_chat_form {\nfield constructor \"Builder\"\n}\n}"), ":8", "choose another key"},
		"field with a name of ours":    {site("widget {\npre_chat_form {\nfield email \"Work e-mail\"\n}\n}"), ":8", "write email alone"},
		"offline form without e-mail":  {site("widget {\noffline_form {\nname\n}\n}"), ":9", "offline_form needs email"},
		"unknown offline form":         {site("widget {\noffline_form on\n}"), ":7", `unknown offline_form "on" (want off`},
		"offline form twice":           {site("widget {\noffline_form off\noffline_form off\n}"), ":8", "duplicate offline_form"},
		"no quick reply":               {site("widget {\nquick_replies\n}"), ":7", "quick_replies needs at least one value"},
		"too many quick replies":       {site("widget {\nquick_replies a b c d e f g\n}"), ":7", "7 are too many"},
		"quick reply twice":            {site("widget {\nquick_replies a b a\n}"), ":7", `duplicate "a"`},
		"bad reply time":               {site("widget {\nreply_time 5m\n}"), ":7", "want off"},
		"text without a text":          {site("text send"), ":6", "text needs a name and a text"},
		"text with a word too many":    {site("text de send Los geht's"), ":6", "quotes around a text with spaces"},
		"text of no name":              {site("text sned Go"), ":6", `unknown name "sned" (want one of: attach_files, away`},
		"text in no language":          {site("text send Go\ntext xx send Go"), ":7", `unknown language "xx" (want one of: en, ar, cs, da, de`},
		"text with a placeholder":      {site(`text typing "{person} types"`), ":6", "unknown placeholder {person} (want one of: {name})"},
		"text without placeholders":    {site(`text send "Go, {name}"`), ":6", "unknown placeholder {name} (this text has none)"},
		"text twice":                   {site("text de send Los\ntext de send Ab"), ":7", "duplicate text send"},
		"text of nothing":              {site(`text send ""`), ":6", "text send is empty"},
		"bad duration":                 {site("visitor_id session soon"), ":6", "invalid duration"},
		"negative duration":            {identity("id X-Id\nttl -1h"), ":8", "invalid duration"},
		"duration without unit":        {identity("id X-Id\nttl 24"), ":8", "invalid duration"},
		"visitor_id unknown":           {site("visitor_id for_ever"), ":6", "want session or persistent"},
		"visitor_id without a kind":    {site("visitor_id"), ":6", "session or persistent"},
		"persistent, bad duration":     {site("visitor_id persistent long"), ":6", "invalid duration"},
		"bad site":                     {site("site My_Shop"), ":6", "lower-case"},
		"bad path":                     {site("path chat"), ":6", "begins with a slash"},
		"path of everything":           {site("path /"), ":6", "begins with a slash"},
		"csp":                          {site("csp on"), ":6", "want off"},
		"limits":                       {global("limits 10"), ":4", "want off"},
		"logout without path":          {site("logout"), ":6", "needs at least one value"},
		"logout with a bad path":       {site("logout signout"), ":6", "invalid path pattern"},
		"logout, unknown matcher":      {site("logout @nope"), ":6", "@nope"},
		"scope":                        {identity("id X-Id\nscope always"), ":8", "auto, every_page or login"},
		"scope, sources":               {identity("id {header.Remote-User}\nscope always"), ":8", "auto, every_page or login"},
		"identity of nobody":           {identity("firstname X-First"), ":", "needs id, email, token or probe"},
		"field without source":         {identity("id X-Id\nfield plan"), ":8", "needs a name and a source"},
		"forgeable without trust":      {identity("id {http.request.header.Remote-User}"), ":", "trust forward_auth"},
		"shorthand without trust":      {identity("id {header.Remote-User}"), ":", "trust forward_auth"},
		"forgeable in any case":        {identity("id {query.user}"), ":7", "no evidence"},
		"candidate is no evidence":     {identity("id {http.auth.candidate.id}"), ":7", "no evidence"},
		"unknown trust":                {identity("id X-Id\ntrust me"), ":8", `unknown trust "me" (want forward_auth or trusted_proxies)`},
		"trust misspelt, sources":      {identity("id {header.Remote-User}\ntrust forwardauth"), ":8", `unknown trust "forwardauth" (want forward_auth or trusted_proxies)`},
		"trust misspelt, product":      {site("identity authelia {\ntrust forwardauth\n}"), ":7", `unknown trust "forwardauth" (want`},
		"clash: console everywhere":    {":0 {\n\tchat\n\tchat_console\n}", ":3", "path of its own"},
		"clash: console first":         {":0 {\n\tchat_console\n\tchat\n}", ":3", "path of its own"},
		"clash: one in the other":      {":0 {\n\tchat\n\tchat_console {\n\t\tpath /_chat/desk\n\t}\n}", ":", "within each other"},
		"clash: in a handle":           {":0 {\n\tchat_console {\n\t\tpath /_chat\n\t}\n\thandle /a/* {\n\t\tchat\n\t}\n}", ":6", "within each other, as of chat_console ("},
		"clash: in handle_response":    {":0 {\n\tchat\n\treverse_proxy :9 {\n\t\thandle_response {\n\t\t\tchat_console\n\t\t}\n\t}\n}", ":5", "within each other"},
		"clash: on the second host":    {"http://a.example {\n\tchat\n}\nhttp://b.example {\n\tchat\n\tchat_console\n}", ":6", "within each other"},
		"clash: in handle_errors":      {":0 {\n\thandle_errors {\n\t\tchat\n\t\tchat_console\n\t}\n}", ":4", "within each other"},
		"clash: in a named route":      {"&(both) {\n\trespond /hi hi\n\tchat\n\tchat_console\n}\n:0 {\n\tinvoke both\n}", ":4", "within each other"},
		"two chats by matchers":        {":0 {\n\tchat /a/*\n\tchat /b/*\n}", ":3", "duplicate chat for the same paths, chat ("},
		"chat in handle_path":          {":0 {\n\thandle_path /app/* {\n\t\tchat\n\t}\n}", ":3", "behind the path /app/*: write `path /app/_chat` in it"},
		"chat in handle":               {":0 {\n\thandle /app/* {\n\t\troute /app/in/* {\n\t\t\tchat\n\t\t}\n\t}\n}", ":4", "behind the path /app/*: write `path /app/_chat`"},
		"chat behind a name":           {":0 {\n\t@app {\n\t\tpath /app/* /more\n\t\tmethod GET\n\t}\n\thandle @app {\n\t\tchat\n\t}\n}", ":7", "behind the path /app/* /more"},
		"console in handle_path":       {":0 {\n\thandle_path /app/* {\n\t\tchat_console {\n\t\t\tpath /desk\n\t\t}\n\t}\n}", ":3", "write `path /app/desk`"},
		"console by a matcher":         {":0 {\n\tchat_console /app/* {\n\t\tpath /desk\n\t}\n}", ":2", "behind the path /app/*: write `path /app/desk` in it"},
		"chat in handle_response":      {":0 {\n\treverse_proxy :9 {\n\t\thandle_response {\n\t\t\thandle /app/* {\n\t\t\t\tchat\n\t\t\t}\n\t\t}\n\t}\n}", ":5", "behind the path /app/*"},
		"chat beside a rewrite":        {":0 {\n\thandle_path /other/* {\n\t\trespond hi\n\t}\n\thandle /app/* {\n\t\tchat\n\t}\n}", ":6", "behind the path /app/*"},
		"chat after a host's rewrite":  {"http://a.example {\n\turi strip_prefix /x\n}\nhttp://b.example {\n\thandle /app/* {\n\t\tchat\n\t}\n}", ":6", "behind the path /app/*"},
		"chat in reach of other hosts": {"http://a.example {\n\tchat\n}\nhttp://b.example {\n\thandle /app/* {\n\t\tchat\n\t}\n}", ":6", "behind the path /app/*"},
		"chat out of reach, by a name": {"&(named) {\n\tchat\n}\n:0 {\n\thandle /app/* {\n\t\tinvoke named\n\t}\n}", ":2", "never come to chat ("},
		"chats, and neither in reach":  {":0 {\n\thandle /app/* {\n\t\tchat\n\t}\n\thandle /_chat/* {\n\t\tchat {\n\t\t\tpath /_talk\n\t\t}\n\t}\n}", ":", "never come to chat ("},
		"chat of another site in chat": {":0 {\n\tchat\n\troute {\n\t\tchat {\n\t\t\tsite other\n\t\t}\n\t}\n}", ":4", "answers for the site default and never for other"},
		"named site, chat in chat":     {":0 {\n\tchat {\n\t\tsite shop\n\t}\n\thandle /a/* {\n\t\troute {\n\t\t\tchat\n\t\t}\n\t}\n}", ":7", "answers for the site shop and never for default"},
		"two chats":                    {":0 {\n\tchat\n\tchat\n}", ":3", "duplicate chat for the same paths, chat ("},
		"two consoles":                 {":0 {\n\tchat_console\n\tchat_console\n}", ":3", "duplicate chat_console"},
		"two identities, no names": {":1 {\n\tchat {\n\t\tidentity {\n\t\t\tid X\n\t\t}\n\t}\n}\n:2 {\n\tchat {\n\t\tidentity {\n\t\t\tid X\n\t\t}\n\t}\n}",
			":", "give each its own site"},
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

// Both places are named where two directives clash.
func TestClashNamesBothPlaces(t *testing.T) {
	err := caddytest.Validate(t, ":0 {\n\tchat_console {\n\t\tpath /_chat\n\t}\n\thandle /a/* {\n\t\tchat\n\t}\n}")
	if err == nil || !strings.Contains(err.Error(), "/Caddyfile:2) and chat (") || !strings.Contains(err.Error(), "/Caddyfile:6): give") {
		t.Fatalf("the error does not say where both are: %v", err)
	}
}

func TestRightCaddyfileIsAccepted(t *testing.T) {
	t.Setenv("PARLEY_TEST_HASH", caddytest.AnnaHash)
	for name, caddyfile := range map[string]string{
		"no block":                  ":0 {\n\tchat\n}",
		"console alone":             ":0 {\n\tchat_console\n}",
		"hash from env":             "{\n\tchat {\n\t\tagent a@example.com {env.PARLEY_TEST_HASH}\n\t}\n}\n:0 {\n\tchat\n}",
		"key with braces":           ":0 {\n\tchat {\n\t\tidentity {\n\t\t\ttoken {\n\t\t\t\tkey \"s{cret}-0123456789abcdef0123456789abcdef\"\n\t\t\t}\n\t\t}\n\t}\n}",
		"two sites":                 ":1 {\n\tchat\n}\n:2 {\n\tchat_console\n}",
		"hosts apart":               ":0 {\n\t@desk host desk.example.com\n\tchat_console @desk\n\tchat\n}",
		"paths apart":               ":0 {\n\tchat\n\tchat {\n\t\tsite other\n\t\tpath /_talk\n\t}\n\tchat_console {\n\t\tpath /desk\n\t}\n}",
		"by matchers":               ":0 {\n\tchat /a/*\n\tchat /b/* {\n\t\tpath /_b\n\t}\n\tchat_console /desk/*\n}",
		"chat in handle_path":       ":0 {\n\thandle_path /app/* {\n\t\tchat {\n\t\t\tpath /app/_chat\n\t\t}\n\t}\n}",
		"chat by a name":            ":0 {\n\t@app path /app/* /more\n\tchat @app\n\thandle /app/* {\n\t\trespond hi\n\t}\n}",
		"chat in handle":            ":0 {\n\thandle {\n\t\tchat\n\t}\n}",
		"one host each":             "http://a.example {\n\tchat\n}\nhttp://b.example {\n\tchat_console\n}\nhttp://c.example {\n\tchat\n}",
		"chat in chat":              ":0 {\n\tchat\n\troute {\n\t\tchat\n\t}\n}",
		"errors apart":              ":0 {\n\tchat\n\thandle_errors 404 {\n\t\tchat\n\t}\n\thandle_errors {\n\t\tchat\n\t}\n}",
		"errors of hosts":           "http://a.example {\n\tchat\n\thandle_errors {\n\t\tchat\n\t}\n}\nhttp://b.example {\n\tchat_console\n}",
		"invoked":                   "&(named) {\n\tchat\n}\n:0 {\n\tchat\n\tinvoke named\n}",
		"handles apart":             ":0 {\n\thandle /a/* {\n\t\tchat {\n\t\t\tpath /a/_chat\n\t\t}\n\t}\n\thandle {\n\t\tchat_console\n\t}\n}",
		"one path, hosts apart":     ":0 {\n\t@a host a.example\n\tchat @a {\n\t\tsite a\n\t}\n\t@b host b.example\n\tchat @b {\n\t\tsite b\n\t}\n}",
		"one path, hosts and pages": ":0 {\n\t@a {\n\t\thost a.example\n\t\tpath /shop/*\n\t}\n\tchat @a\n\t@b {\n\t\thost b.example\n\t\tpath /shop/*\n\t}\n\tchat @b\n}",
		"pages and calls apart":     ":0 {\n\thandle /app/* {\n\t\tchat\n\t}\n\thandle /_chat/* {\n\t\tchat\n\t}\n}",
		"pages and calls, hosts":    "http://a.example, http://b.example {\n\t@b host b.example\n\thandle @b {\n\t\thandle /app/* {\n\t\t\tchat\n\t\t}\n\t}\n\thandle {\n\t\tchat\n\t}\n}\nhttp://b.example:80/_chat/* {\n\tchat\n}",
		"rewritten in a route":      ":0 {\n\troute {\n\t\troute {\n\t\t\turi strip_prefix /x\n\t\t}\n\t\thandle /app/* {\n\t\t\tchat\n\t\t}\n\t}\n}",
		"chat in chat, by name":     ":0 {\n\tchat\n\troute {\n\t\tchat {\n\t\t\tsite default\n\t\t}\n\t}\n}",
		"sites in each other":       ":0 {\n\tchat\n\troute {\n\t\tchat {\n\t\t\tsite other\n\t\t\tpath /_other\n\t\t}\n\t}\n}",
		"persistent":                ":0 {\n\tchat {\n\t\tvisitor_id persistent 30d\n\t}\n}",
		"probe":                     ":0 {\n\tchat {\n\t\tidentity {\n\t\t\tscope every_page\n\t\t\tprobe /api.php?action=me&format=json {\n\t\t\t\temail .query.userinfo[0].email\n\t\t\t}\n\t\t}\n\t}\n}",
		"trusted headers":           ":0 {\n\tchat {\n\t\tidentity {\n\t\t\temail {header.Remote-Email}\n\t\t\ttrust forward_auth\n\t\t}\n\t}\n\tforward_auth :9091 {\n\t\turi /\n\t}\n}",
	} {
		t.Run(name, func(t *testing.T) {
			if err := caddytest.Validate(t, caddyfile); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A configuration in JSON is held to the same, whether or not it says where its
// handlers come from, and whatever other handlers have under the same names.
func TestWrongJSONIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ handlers, says string }{
		"two chats":        {`{"handler": "chat"}, {"handler": "chat", "path": "/_chat"}`, "duplicate chat"},
		"chat and console": {`{"handler": "chat"}, {"handler": "chat_console", "source": "desk.conf:3"}`, "chat_console (desk.conf:3)"},
		"hours":            {`{"handler": "chat", "hours": {"open": {"mon": ["9-17"]}}}`, `invalid time "9"`},
		"in a subroute": {`{"handler": "vars", "path": 1, "routes": "all"}, {"handler": "chat_console"},
			{"handler": "subroute", "routes": [{"match": [{"path": ["/a/*"]}], "handle": [{"handler": "chat"}]}, {"handle": [{"handler": "chat"}]}]}`, "within each other"},
	} {
		t.Run(name, func(t *testing.T) {
			config := new(caddy.Config)
			err := caddy.StrictUnmarshalJSON([]byte(`{"admin": {"disabled": true}, "apps": {"http": {"servers": {"a": {"listen": [":0"], "routes": [
				{"match": [{"host": ["a.example"]}], "handle": [{"handler": "chat"}]}, {"handle": [`+c.handlers+`]}]}}}}}`), config)
			if err != nil {
				t.Fatal(err)
			}
			if err := caddy.Validate(config); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("it is not refused with %q: %v", c.says, err)
			}
		})
	}
}

// Routes that were provisioned before chat count as well.
func TestRewrittenBeforeChatInJSON(t *testing.T) {
	config := new(caddy.Config)
	err := caddy.StrictUnmarshalJSON([]byte(`{"admin": {"disabled": true}, "apps": {"http": {"servers": {"a": {"listen": [":0"], "routes": [
		{"handle": [{"handler": "rewrite", "strip_path_prefix": "/x"}]}, {"match": [{"path": ["/app/*"]}], "handle": [{"handler": "chat"}]}]}}}}}`), config)
	if err != nil {
		t.Fatal(err)
	}
	if err := caddy.Validate(config); err != nil {
		t.Fatal(err)
	}
}

// The JSON form has every word of the Caddyfile, under names that stay.
func TestCaddyfileBecomesJSON(t *testing.T) {
	adapted, warnings, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(`{
	chat {
		storage badger {
			path /var/lib/parley
			encryption_key {env.PARLEY_KEY}
		}
		agent anna@example.com `+caddytest.AnnaHash+` {
			name "Anna Berg"
			role admin
			sites shop
			picture /etc/caddy/anna.jpg
		}
		limits off
	}
}
:0 {
	@signout query do=logout
	chat {
		site shop
		path /_talk
		identity {
			id X-User-Id
			email {http.auth.user.email}
			labels X-User-Groups {
				separator |
				unquote
				ldap cn
			}
			field plan X-User-Plan {
				decode percent
			}
			scope login
			ttl 2h
			public /docs/*
			nobody guest-user
			probe /api/me?full=1 {
				id .user.id
				labels .user.roles
				field plan .plans[0]
			}
		}
		logout /logout /account/signout*
		logout @signout
		exclude /print/*
		force /app-shell.html
		csp off
		visitor_id session 6h
		hours {
			zone Europe/Berlin
			mon-fri 9:00-12:00 13:00-17:30
			closed 2026-12-24 12-25
			closed 12-26
		}
		widget {
			title "Ask us"
			greeting "Hi"
			color "#0b7285"
			position left
			rating off
			pre_chat_form {
				text "So that we know whom to answer"
				name
				email required
				field order "Order number" required
			}
			offline_form {
				email required
			}
			quick_replies "Where is my order?" "Talk to sales"
			reply_time off
		}
		text send "Go"
		text de send "Los"
		text de typing "{name} tippt"
	}
}
`), map[string]any{"filename": "Caddyfile"})
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	var config struct {
		Apps struct {
			Chat json.RawMessage
			HTTP struct {
				Servers map[string]struct {
					Routes []struct{ Handle []json.RawMessage }
				}
			}
		}
	}
	if err := json.Unmarshal(adapted, &config); err != nil {
		t.Fatal(err)
	}
	same := func(what string, got json.RawMessage, want string) {
		t.Helper()
		var a, b any
		if json.Unmarshal(got, &a) != nil || json.Unmarshal([]byte(want), &b) != nil {
			t.Fatalf("%s: no JSON", what)
		}
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		if string(x) != string(y) {
			t.Errorf("%s:\n got %s\nwant %s", what, x, y)
		}
	}
	same("app", config.Apps.Chat, `{
		"storage": {"module": "badger", "path": "/var/lib/parley", "encryption_key": "{env.PARLEY_KEY}", "source": "Caddyfile:3"},
		"agents": [{"email": "anna@example.com", "hash": "`+caddytest.AnnaHash+`", "name": "Anna Berg", "role": "admin", "sites": ["shop"], "picture": "/etc/caddy/anna.jpg", "source": "Caddyfile:7"}],
		"limits": "off"
	}`)
	same("handler", config.Apps.HTTP.Servers["srv0"].Routes[0].Handle[0], `{
		"handler": "chat", "site": "shop", "path": "/_talk",
		"identity": {"id": "X-User-Id", "email": "{http.auth.user.email}", "fields": {"plan": "X-User-Plan"},
			"labels": "X-User-Groups", "label_format": {"separator": "|", "unquote": true, "ldap": "cn"}, "decode": {"fields.plan": "percent"},
			"scope": "login", "ttl": 7200000000000, "public": ["/docs/*"], "nobody": ["guest-user"],
			"probe": {"path": "/api/me?full=1", "id": ".user.id", "labels": ".user.roles", "fields": {"plan": ".plans[0]"}}},
		"logout_paths": ["/logout", "/account/signout*"], "logout": [{"query": {"do": ["logout"]}}],
		"exclude": ["/print/*"], "force": ["/app-shell.html"], "csp": "off",
		"visitor_id": {"duration": 21600000000000}, "hours": {"zone": "Europe/Berlin", "open": {"mon-fri": ["9:00-12:00", "13:00-17:30"]}, "closed": ["2026-12-24", "12-25", "12-26"]}, "source": "Caddyfile:18",
		"widget": {"title": "Ask us", "greeting": "Hi", "color": "#0b7285", "position": "left", "rating": "off", "reply_time": "off",
			"pre_chat_form": {"text": "So that we know whom to answer", "fields": [{"name": "name"}, {"name": "email", "required": true}, {"name": "order", "label": "Order number", "required": true}]},
			"offline_form": {"fields": [{"name": "email", "required": true}]}, "quick_replies": ["Where is my order?", "Talk to sales"]},
		"texts": {"*": {"send": "Go"}, "de": {"send": "Los", "typing": "{name} tippt"}}
	}`)
}

// A server that runs holds the lock of its store; validating beside it must
// neither need that lock nor leave anything behind.
func TestValidateTouchesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "never", "made")
	err := caddytest.Validate(t, "{\n\tadmin off\n\tchat {\n\t\tstorage badger {\n\t\t\tpath "+dir+"\n\t\t}\n\t}\n}\n:0 {\n\tchat\n}\n")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Dir(dir)); !os.IsNotExist(err) {
		t.Fatalf("validating made the directory: %v", err)
	}
}
