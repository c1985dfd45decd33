package caddymodule_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/parley-chat/parley/internal/caddytest"
	"github.com/parley-chat/parley/widget"
)

// What the two scripts may weigh as they are sent to a browser that takes Brotli.
const (
	loaderBudget = 2900
	chatBudget   = 20480
)

// known is what the server puts in front of a script.
type known struct {
	Version, Lang string
	Texts         []widget.Text
	Names         string
}

func knownBy(t *testing.T, script string) (k known) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(strings.TrimPrefix(script, "(()=>{const __PARLEY__=")))
	if err := d.Decode(&k); err != nil {
		t.Fatalf("%v in %.200s", err, script)
	}
	return k
}

// chatTexts names the texts that the chat expects.
func chatTexts() []string {
	for _, script := range widget.Scripts() {
		if script.Name == widget.ChatScript {
			return script.Texts
		}
	}
	return nil
}

func (k known) text(name string) widget.Text { return k.Texts[slices.Index(chatTexts(), name)] }

// Each language's chat is served under an address of its own, is as small as
// promised, and can be kept for ever as long as the configuration stays.
func TestChatInEachLanguage(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, "")
	client := wire(t)
	tagged := ask(t, client, http.MethodGet, w.URL+"/", navigation...)
	src := regexp.MustCompile(`/_chat/widget\.js\?v=[\w-]+`).FindString(tagged.body)
	loader := ask(t, client, http.MethodGet, w.URL+src, "Accept-Encoding", "br")
	if coding := loader.header.Get("Content-Encoding"); coding != "br" || len(loader.body) > loaderBudget {
		t.Errorf("the loader comes as %s and weighs %d bytes, over its budget of %d", coding, len(loader.body), loaderBudget)
	}
	version := knownBy(t, plainText(t, loader)).Version
	etags := map[string]string{}
	for _, language := range append(widget.Languages(), "xx", "") {
		url := w.URL + "/_chat/chat.js?v=" + version + "&l=" + language
		chat := ask(t, client, http.MethodGet, url, "Accept-Encoding", "gzip, br")
		if coding := chat.header.Get("Content-Encoding"); coding != "br" || len(chat.body) > chatBudget {
			t.Errorf("%s: comes as %s and weighs %d bytes, over its budget of %d", language, coding, len(chat.body), chatBudget)
		}
		want := widget.Code(language)
		if len(language) != 2 || language == "xx" {
			want = widget.English
		}
		got := knownBy(t, plainText(t, chat))
		if got.Lang != want || len(got.Texts) != len(chatTexts()) {
			t.Errorf("%s: is in %q, with %d texts", language, got.Lang, len(got.Texts))
		}
		if c := chat.header.Get("Cache-Control"); !strings.Contains(c, "immutable") {
			t.Errorf("%s: Cache-Control is %q", language, c)
		}
		etag := chat.header.Get("ETag")
		if before, known := etags[etag]; known && want == language && want != widget.English && before != "nb" {
			t.Errorf("%s has the ETag of %s", language, before)
		}
		etags[etag] = language
		if again := ask(t, client, http.MethodGet, url, "If-None-Match", etag); again.status != http.StatusNotModified || again.body != "" {
			t.Errorf("%s: asked again it is %d with %d bytes", language, again.status, len(again.body))
		}
		strong := ask(t, client, http.MethodGet, url, "If-None-Match", strings.TrimPrefix(etag, "W/"))
		if strong.status != http.StatusNotModified {
			t.Errorf("%s: asked again with a strong tag it is %d", language, strong.status)
		}
		head := ask(t, client, http.MethodHead, url, "Accept-Encoding", "br")
		if head.status != http.StatusOK || head.body != "" || head.header.Get("Content-Length") != strconv.Itoa(len(chat.body)) {
			t.Errorf("%s: HEAD is %d with %d bytes, Content-Length %s", language, head.status, len(head.body), head.header.Get("Content-Length"))
		}
		// A page that was open as the texts changed, and one that was as the program did.
		texts := ask(t, client, http.MethodGet, strings.Replace(url, version, version[:6]+"last", 1))
		if c := texts.header.Get("Cache-Control"); texts.status != http.StatusOK || c != "no-cache" {
			t.Errorf("%s: with other texts it is %d, and Cache-Control %q", language, texts.status, c)
		}
		program := ask(t, client, http.MethodGet, strings.Replace(url, version, "last"+version[4:], 1))
		if c := program.header.Get("Cache-Control"); program.status != http.StatusNotFound || c != "no-store" {
			t.Errorf("%s: of another program it is %d, and Cache-Control %q", language, program.status, c)
		}
	}
}

// A site's own words are served in the place of the widget's, and under another
// address than before.
func TestTextsOfTheSite(t *testing.T) {
	t.Setenv("PARLEY_TEST_NAME", "Anna")
	w := caddytest.NewWorld(t, caddytest.Shop, `
		text open_chat "Questions?"
		text de open_chat "Fragen?"
		text send "Go"
		text unread "{n} new"
		text fr typing "{name} compose…"
		text support "{env.PARLEY_TEST_NAME}"
		widget {
			title "Ask us"
		}
		text de title "Fragen Sie uns"
	`)
	client := wire(t)
	loader := knownBy(t, ask(t, client, http.MethodGet, w.URL+"/_chat/widget.js").body)
	for _, line := range []string{"en Questions?", "de Fragen?", "fr Questions?"} {
		if !slices.Contains(strings.Split(loader.Names, "\n"), line) {
			t.Errorf("the button is called %q, not %q", loader.Names, line)
		}
	}
	for language, want := range map[string]map[string]string{
		"en": {"open_chat": "Questions?", "close_chat": "Close chat", "send": "Go", "title": "Ask us", "support": "Anna"},
		"de": {"open_chat": "Fragen?", "close_chat": "Chat schließen", "send": "Go", "title": "Fragen Sie uns"},
		"fr": {"send": "Go", "typing": "{name} compose…"},
	} {
		got := knownBy(t, ask(t, client, http.MethodGet, w.URL+"/_chat/chat.js?l="+language).body)
		for name, text := range want {
			if got.text(name).Plain != text {
				t.Errorf("%s: %s is %q, want %q", language, name, got.text(name).Plain, text)
			}
		}
		if forms := got.text("unread").Forms; len(forms) != 1 || forms["other"] != "{n} new" {
			t.Errorf("%s: unread is %v", language, forms)
		}
	}
	w.Load(w.Caddyfile("", `text send "Off"`))
	if again := knownBy(t, ask(t, client, http.MethodGet, w.URL+"/_chat/widget.js").body); again.Version == loader.Version {
		t.Error("with other texts the version is the same: browsers would keep the old ones")
	}
}

// The same is refused in JSON, where nothing has read the words one by one.
func TestWrongTextsInJSON(t *testing.T) {
	for texts, want := range map[string]string{
		`{"xx": {"send": "Go"}}`:          `unknown language "xx"`,
		`{"*": {"sned": "Go"}}`:           `unknown name "sned"`,
		`{"de": {"typing": "{n} tippt"}}`: "unknown placeholder {n} (want one of: {name})",
	} {
		config := new(caddy.Config)
		if err := caddy.StrictUnmarshalJSON([]byte(`{"apps": {"http": {"servers": {"main": {"listen": [":0"], "routes": [{"handle": [{"handler": "chat", "texts": `+texts+`}]}]}}}}}`), config); err != nil {
			t.Fatal(err)
		}
		err := caddy.Validate(config)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", texts, err)
		}
	}
}
