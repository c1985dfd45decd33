package caddymodule_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/caddytest"
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
func (s *secrets) token(b *caddytest.Browser) { s.t.Helper(); s.add("a session's token", b.Token()) }

func TestLogsAndMetricsHoldNoSecret(t *testing.T) {
	for level, emailsToo := range map[string]bool{"INFO": true, "DEBUG": false} {
		t.Run(level, func(t *testing.T) {
			w, at := loggedWorld(t, level)
			s := &secrets{t, map[string]string{"\"" + caddytest.AnnaPassword: "a password", "wrong-password": "a password that was tried", tokenKey: "the key of tokens"}}
			if emailsToo {
				s.words["@example.com"] = "an e-mail address"
				s.words["@claimed.example"] = "an e-mail address"
			}
			visitors(w, s)
			agents(w, s)
			commands(w, s, at)
			badRequests(w, s)
			_, metrics := w.Browser().Visit("/metrics")
			if !strings.Contains(metrics, "parley_responses_total") {
				t.Fatal("the metrics are not there")
			}
			withoutAStore(w, s, level)
			w.Load(w.Caddyfile("", caddytest.ShopIdentity)) // so that all is written
			log, err := os.ReadFile(w.Log)
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
func loggedWorld(t *testing.T, level string) (*caddytest.World, []string) {
	w := caddytest.Prepare(t, func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/cut":
			panic(http.ErrAbortHandler) // Caddy answers 502
		case "/fails":
			rw.WriteHeader(http.StatusInternalServerError)
		}
		caddytest.Shop(rw, r)
	})
	admin := caddytest.FreeAddress(t)
	w.Load(loggedCaddyfile(w, level, admin))
	w.Ready()
	return w, []string{"--address", admin}
}

func loggedCaddyfile(w *caddytest.World, level, admin string) string {
	words := strings.Replace(caddytest.ShopIdentity, "identity {", "identity {\n		token {\n			key "+tokenKey+"\n			audience parley\n		}", 1)
	return strings.NewReplacer("admin off", "admin "+admin, "output file "+w.Log, "output file "+w.Log+"\n		level "+level,
		"chat_console {", "log\n	metrics /metrics\n	chat_console {").Replace(w.Caddyfile("", words))
}

// visitors write, sign in, claim, switch and log out, in all ways.
func visitors(w *caddytest.World, s *secrets) {
	b := w.Browser()
	mark := s.add("a mark", b.StartChat(s.add("a text", "text-of-an-anonymous-visitor")))
	s.token(b)
	b.Call("send", "ack", caddytest.Obj{"mark": mark, "cid": "client-1", "text": s.add("a text", "text-with-a-file"),
		"attachments": []string{upload(b, mark, s.add("a file's name", "name-of-the-file.txt"), s.add("a file", "content-of-the-file"))}})
	b.Call("tag", "ok", caddytest.Obj{"mark": mark, "data": caddytest.Obj{"email": "eve@claimed.example", "firstname": s.add("a claim", "claimed-firstname")}})
	b.Call("page", "ok", caddytest.Obj{"mark": mark, "url": w.URL + "/?" + s.add("a page's query", "query-of-the-page"), "title": s.add("a page's title", "title-of-the-page")})
	tab := b.Hello(mark)
	b.Visit("/in?as=mia")
	tab.Expect("again")
	s.token(b)
	b.Call("hello", "hello", caddytest.Obj{"mark": mark})
	tab = b.Hello("")
	tab.Send(caddytest.Obj{"t": "send", "cid": "client-2", "text": s.add("a text", "text-over-the-socket")})
	tab.Expect("ack")
	b.Visit("/in?as=jonas")
	s.token(b)
	b.Call("send", "ack", caddytest.Obj{"cid": "client-3", "text": s.add("a text", "text-of-the-next-person")})
	b.Visit("/fails")
	b.Visit("/cut")
	b.Visit("/out")
	b.SetToken("shop", firstOf(s, "a session's token"))
	b.Call("send", "error", caddytest.Obj{"cid": "client-4", "text": s.add("a text", "text-that-was-refused")})
	b.Visit("/cut")
	b.Call("reset", "reset", caddytest.Obj{})

	withTokens := w.Browser()
	for _, raw := range []string{issueLater(s.t, tokenKey, "lena"), issue(s.t, strings.Repeat("x", 32), "lena", time.Hour), issue(s.t, tokenKey, "lena", -time.Hour)} {
		presentToken(withTokens, s.add("an externalToken", raw))
		presentToken(withTokens, s.add("an externalToken", raw+"cut"))
	}
	s.token(withTokens)
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
func upload(b *caddytest.Browser, mark, name, content string) string {
	b.World.T.Helper()
	r := b.Request(http.MethodPost, "/_chat/api/upload", fmt.Appendf(nil, "{\"mark\":%q,\"name\":%q}\n%s", mark, name, content))
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("Origin", b.World.URL)
	_, text := b.Do(r)
	_, rest, ok := strings.Cut(text, `"id":"`)
	if !ok {
		b.World.T.Fatalf("upload is answered by %s", text)
	}
	id, _, _ := strings.Cut(rest, `"`)
	return id
}

// agents sign in, search, answer and sign out.
func agents(w *caddytest.World, s *secrets) {
	stranger := w.Browser()
	stranger.Post("/desk/api/login", caddytest.Obj{"email": "anna@example.com", "password": "wrong-password"})
	stranger.Post("/desk/api/login", caddytest.Obj{"email": "nobody@example.com", "password": "wrong-password"})
	b, desk := w.Desk()
	for _, c := range b.Client.Jar.Cookies(b.Request(http.MethodGet, "/desk/", nil).URL) {
		if len(c.Value) > 8 {
			s.add("an agent's token", c.Value)
		}
	}
	desk.Send(caddytest.Obj{"t": "inbox", "status": "all", "search": s.add("a search", "text-over-the-socket")})
	conv := desk.Expect("inbox").Conversations[0].ID
	desk.Send(caddytest.Obj{"t": "open", "conv": conv})
	desk.Send(caddytest.Obj{"t": "reply", "conv": conv, "cid": "client-5", "text": s.add("a text", "text-of-the-agent")})
	desk.Expect("ack")
	desk.Send(caddytest.Obj{"t": "assign", "conv": conv, "agent": "lena@example.com"})
	desk.Send(caddytest.Obj{"t": "status", "conv": conv, "status": "resolved"})
	desk.Send(caddytest.Obj{"t": "status", "conv": "no-such-conversation", "status": s.add("a word of a bad frame", "no-such-status")})
	desk.Expect("error")
	b.Post("/desk/api/logout", caddytest.Obj{})
}

// commands export and erase, by e-mail.
func commands(w *caddytest.World, s *secrets, at []string) {
	with := func(args ...string) caddytest.Outcome { return caddytest.Run(s.t, "", append(args, at...)...) }
	caddytest.Done(s.t, with("export", "--email", "mia@example.com", filepath.Join(w.Dir, "mia.zip")), "exported")
	caddytest.Done(s.t, with("erase", "--email", "jonas@example.com", "--yes"), "erased")
	caddytest.Done(s.t, with("backup", filepath.Join(w.Dir, "backup")), "backed up")
	caddytest.Done(s.t, with("compact"))
}

// badRequests say what can't be read, in all ways.
func badRequests(w *caddytest.World, s *secrets) {
	b := w.Browser()
	mark := s.add("a mark", b.StartChat(s.add("a text", "text-before-bad-frames")))
	text := s.add("a text", "text-of-a-bad-frame")
	for _, body := range []any{caddytest.Obj{"mark": mark, "cid": "a b", "text": text}, caddytest.Obj{"mark": mark, "cid": "client-6", "text": []string{text}},
		caddytest.Obj{"mark": mark, "cid": "client-6", "text": strings.Repeat(text, 1000)}, caddytest.Obj{"mark": mark, text: text}} {
		for _, kind := range []string{"send", "tag", "shout", "attachment"} {
			b.Post("/_chat/api/"+kind, body)
		}
	}
	tab := b.Hello(mark)
	tab.Send(caddytest.Obj{"t": "send", "cid": "client-7", "text": []string{text}})
	tab.Expect("error")
}

// withoutAStore does what visitors do where nothing can be stored, and where
// each call of the store panics.
func withoutAStore(w *caddytest.World, s *secrets, level string) {
	caddyfile := loggedCaddyfile(w, level, "off")
	from := strings.Index(caddyfile, "storage badger {")
	to := from + strings.Index(caddyfile[from:], "}") + 1
	w.Load(caddyfile[:from] + "storage buggy" + caddyfile[to:])
	b := w.Browser()
	b.SetToken("shop", firstOf(s, "a session's token"))
	for _, path := range []string{"/in?as=mia", "/", "/cut", "/out"} {
		b.Visit(path)
	}
	b.SetToken("shop", firstOf(s, "a session's token"))
	for _, kind := range []string{"hello", "send", "tag", "reset"} {
		r := b.Request(http.MethodPost, "/_chat/api/"+kind, fmt.Appendf(nil, `{"mark":%q,"cid":"client-8","text":%q}`,
			firstOf(s, "a mark"), s.add("a text", "text-that-no-store-takes")))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Origin", w.URL)
		b.Do(r)
	}
}
