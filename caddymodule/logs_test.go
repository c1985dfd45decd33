package caddymodule_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// secrets are what must not be found in a log.
type secrets struct {
	t     *testing.T
	words map[string]string // by what they are
}

func (s *secrets) add(what, word string) string {
	s.t.Helper()
	if len(word) < 8 {
		s.t.Fatalf("%s is %q, which says nothing where it is found", what, word)
	}
	s.words[word] = what
	return word
}

// token notes the cookie that a browser has now.
func (s *secrets) token(b *browser) { s.t.Helper(); s.add("a session's token", b.token()) }

func TestLogsAndMetricsHoldNoSecret(t *testing.T) {
	for level, emailsToo := range map[string]bool{"INFO": true, "DEBUG": false} {
		t.Run(level, func(t *testing.T) {
			w, at := loggedWorld(t, level)
			s := &secrets{t, map[string]string{"\"" + annaPassword: "a password", "wrong-password": "a password that was tried", tokenKey: "the key of tokens"}}
			if emailsToo {
				s.words["@example.com"] = "an e-mail address"
				s.words["@claimed.example"] = "an e-mail address"
			}
			w.visitors(s)
			w.agents(s)
			w.commands(s, at)
			w.badRequests(s)
			_, metrics := w.browser().visit("/metrics")
			if !strings.Contains(metrics, "parley_responses_total") {
				t.Fatal("the metrics are not there")
			}
			w.withoutAStore(s, level)
			w.load(w.caddyfile("", shopIdentity)) // so that all is written
			log, err := os.ReadFile(w.log)
			if err != nil {
				t.Fatal(err)
			}
			for _, seen := range []string{`"logger":"http.log.access`, `"logger":"admin.api"`, `"status":502`, "sign-in refused", "panic while"} {
				if !strings.Contains(string(log), seen) {
					t.Errorf("the log does not tell of %s: the test looks in the wrong place", seen)
				}
			}
			for word, what := range s.words {
				for where, text := range map[string]string{"log": string(log), "metrics": metrics} {
					if at := strings.Index(text, word); at >= 0 {
						t.Errorf("the %s holds %s: …%s…", where, what, text[max(0, at-200):min(len(text), at+100)])
					}
				}
			}
		})
	}
}

// loggedWorld is a world that logs all it can at a level, with an admin API.
func loggedWorld(t *testing.T, level string) (*world, []string) {
	w := prepare(t, func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/cut":
			panic(http.ErrAbortHandler) // Caddy answers 502
		case "/fails":
			rw.WriteHeader(http.StatusInternalServerError)
		}
		shop(rw, r)
	})
	admin := freeAddress(t)
	w.load(w.loggedCaddyfile(level, admin))
	w.ready()
	return w, []string{"--address", admin}
}

func (w *world) loggedCaddyfile(level, admin string) string {
	words := strings.Replace(shopIdentity, "identity {", "identity {\n		token {\n			key "+tokenKey+"\n			audience parley\n		}", 1)
	return strings.NewReplacer("admin off", "admin "+admin, "output file "+w.log, "output file "+w.log+"\n		level "+level,
		"chat_console {", "log\n	metrics /metrics\n	chat_console {").Replace(w.caddyfile("", words))
}

// visitors write, sign in, claim, switch and log out, in all ways.
func (w *world) visitors(s *secrets) {
	b := w.browser()
	mark := s.add("a mark", b.start(s.add("a text", "text-of-an-anonymous-visitor")))
	s.token(b)
	b.say("send", "ack", obj{"mark": mark, "cid": "client-1", "text": s.add("a text", "text-with-a-file"),
		"attachments": []string{b.upload(mark, s.add("a file's name", "name-of-the-file.txt"), s.add("a file", "content-of-the-file"))}})
	b.say("tag", "ok", obj{"mark": mark, "data": obj{"email": "eve@claimed.example", "firstname": s.add("a claim", "claimed-firstname")}})
	b.say("page", "ok", obj{"mark": mark, "url": w.url + "/?" + s.add("a page's query", "query-of-the-page"), "title": s.add("a page's title", "title-of-the-page")})
	tab := b.hello(mark)
	b.visit("/in?as=mia")
	tab.expect("again")
	s.token(b)
	b.say("hello", "hello", obj{"mark": mark})
	tab = b.hello("")
	tab.say(obj{"t": "send", "cid": "client-2", "text": s.add("a text", "text-over-the-socket")})
	tab.expect("ack")
	b.visit("/in?as=jonas")
	s.token(b)
	b.say("send", "ack", obj{"cid": "client-3", "text": s.add("a text", "text-of-the-next-person")})
	b.visit("/fails")
	b.visit("/cut")
	b.visit("/out")
	b.keep("shop", firstOf(s, "a session's token"))
	b.say("send", "error", obj{"cid": "client-4", "text": s.add("a text", "text-that-was-refused")})
	b.visit("/cut")
	b.say("reset", "reset", obj{})

	vouched := w.browser()
	for _, raw := range []string{issue(s.t, tokenKey, "lena", time.Hour), issue(s.t, strings.Repeat("x", 32), "lena", time.Hour), issue(s.t, tokenKey, "lena", -time.Hour)} {
		vouched.vouch(s.add("an externalToken", raw))
		vouched.vouch(s.add("an externalToken", raw+"cut"))
	}
	s.token(vouched)
}

// firstOf is one of the secrets of a kind.
func firstOf(s *secrets, what string) string {
	for word, is := range s.words {
		if is == what {
			return word
		}
	}
	s.t.Fatalf("there is no %s", what)
	return ""
}

// upload brings a file for a message and returns its id.
func (b *browser) upload(mark, name, content string) string {
	b.w.t.Helper()
	r := b.request(http.MethodPost, "/_chat/api/upload", fmt.Appendf(nil, "{\"mark\":%q,\"name\":%q}\n%s", mark, name, content))
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("Origin", b.w.url)
	_, text := b.do(r)
	_, rest, ok := strings.Cut(text, `"id":"`)
	if !ok {
		b.w.t.Fatalf("upload is answered by %s", text)
	}
	id, _, _ := strings.Cut(rest, `"`)
	return id
}

// agents sign in, search, answer and sign out.
func (w *world) agents(s *secrets) {
	stranger := w.browser()
	stranger.post("/desk/api/login", obj{"email": "anna@example.com", "password": "wrong-password"})
	stranger.post("/desk/api/login", obj{"email": "nobody@example.com", "password": "wrong-password"})
	b, desk := w.desk()
	for _, c := range b.client.Jar.Cookies(b.request(http.MethodGet, "/desk/", nil).URL) {
		if len(c.Value) > 8 {
			s.add("an agent's token", c.Value)
		}
	}
	desk.say(obj{"t": "inbox", "status": "all", "search": s.add("a search", "text-over-the-socket")})
	conv := desk.expect("inbox").Conversations[0].ID
	desk.say(obj{"t": "open", "conv": conv})
	desk.say(obj{"t": "reply", "conv": conv, "cid": "client-5", "text": s.add("a text", "text-of-the-agent")})
	desk.expect("ack")
	desk.say(obj{"t": "assign", "conv": conv, "agent": "lena@example.com"})
	desk.say(obj{"t": "status", "conv": conv, "status": "resolved"})
	desk.say(obj{"t": "status", "conv": "no-such-conversation", "status": s.add("a word of a bad frame", "no-such-status")})
	desk.expect("error")
	b.post("/desk/api/logout", obj{})
}

// commands export and erase, by e-mail.
func (w *world) commands(s *secrets, at []string) {
	with := func(args ...string) outcome { return run(s.t, "", append(args, at...)...) }
	done(s.t, with("export", "--email", "mia@example.com", filepath.Join(w.dir, "mia.zip")), "exported")
	done(s.t, with("erase", "--email", "jonas@example.com", "--yes"), "erased")
	done(s.t, with("backup", filepath.Join(w.dir, "backup")), "backed up")
	done(s.t, with("compact"))
}

// badRequests say what can't be read, in all ways.
func (w *world) badRequests(s *secrets) {
	b := w.browser()
	mark := s.add("a mark", b.start(s.add("a text", "text-before-bad-frames")))
	text := s.add("a text", "text-of-a-bad-frame")
	for _, body := range []any{obj{"mark": mark, "cid": "a b", "text": text}, obj{"mark": mark, "cid": "client-6", "text": []string{text}},
		obj{"mark": mark, "cid": "client-6", "text": strings.Repeat(text, 1000)}, obj{"mark": mark, text: text}} {
		for _, kind := range []string{"send", "tag", "shout", "attachment"} {
			b.post("/_chat/api/"+kind, body)
		}
	}
	tab := b.hello(mark)
	tab.say(obj{"t": "send", "cid": "client-7", "text": []string{text}})
	tab.expect("error")
}

// withoutAStore does what visitors do where nothing can be stored, and where
// each call of the store panics.
func (w *world) withoutAStore(s *secrets, level string) {
	caddyfile := w.loggedCaddyfile(level, "off")
	from := strings.Index(caddyfile, "storage badger {")
	to := from + strings.Index(caddyfile[from:], "}") + 1
	w.load(caddyfile[:from] + "storage buggy" + caddyfile[to:])
	b := w.browser()
	b.keep("shop", firstOf(s, "a session's token"))
	for _, path := range []string{"/in?as=mia", "/", "/cut", "/out"} {
		b.visit(path)
	}
	b.keep("shop", firstOf(s, "a session's token"))
	for _, kind := range []string{"hello", "send", "tag", "reset"} {
		r := b.request(http.MethodPost, "/_chat/api/"+kind, fmt.Appendf(nil, `{"mark":%q,"cid":"client-8","text":%q}`,
			firstOf(s, "a mark"), s.add("a text", "text-that-no-store-takes")))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Origin", w.url)
		b.do(r)
	}
}
