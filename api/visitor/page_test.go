package visitor_test

import (
	"encoding/json"
	"testing"

	"github.com/parley-chat/parley/api/apitest"
)

// Agents see where a person is from the first moment, whichever way the widget
// says it, and whatever made the conversation; and who they are, by the id alone.
func TestAgentsSeeTheFirstPage(t *testing.T) {
	at := func(title string) apitest.Obj {
		return apitest.Obj{"url": "https://shop.example/" + title, "title": title + "\u202E"}
	}
	for name, visit := range map[string]func(b *apitest.Browser){
		"a hello by request": func(b *apitest.Browser) {
			b.Post("send", "ack", apitest.Obj{"cid": "client-1", "text": "hello"})
			b.Post("hello", "hello", apitest.Obj{"page": at("now")})
		},
		"a page by request": func(b *apitest.Browser) {
			b.Post("send", "ack", apitest.Obj{"cid": "client-1", "text": "hello", "page": at("before")})
			b.Post("page", "ok", at("now"))
		},
		"a hello of a socket": func(b *apitest.Browser) {
			b.Post("send", "ack", apitest.Obj{"cid": "client-1", "text": "hello", "page": at("before")})
			b.Socket().Say(apitest.Obj{"t": "hello", "page": at("now")})
		},
		"a first message elsewhere": func(b *apitest.Browser) {
			s := b.Socket()
			s.Say(apitest.Obj{"t": "hello", "page": at("now")})
			s.Expect("hello")
			b.Post("send", "ack", apitest.Obj{"cid": "client-1", "text": "hello"})
			s.Expect("message")
		},
		"a page before the first message": func(b *apitest.Browser) {
			s := b.Socket()
			s.Say(apitest.Obj{"t": "hello", "page": at("before")})
			s.Expect("hello")
			s.Say(apitest.Obj{"t": "page", "url": at("now")["url"], "title": at("now")["title"]})
			s.Say(apitest.Obj{"t": "send", "cid": "client-1", "text": "hello"})
			s.Expect("ack")
		},
		"a message": func(b *apitest.Browser) {
			s := b.Socket()
			s.Say(apitest.Obj{"t": "hello", "page": at("before")})
			s.Expect("hello")
			s.Say(apitest.Obj{"t": "send", "cid": "client-1", "text": "hello", "page": at("now")})
			s.Expect("ack")
		},
		"a page that was left": func(b *apitest.Browser) {
			b.Post("send", "ack", apitest.Obj{"cid": "client-1", "text": "hello", "page": at("before")})
			b.Post("hello", "hello", apitest.Obj{"page": at("between")})
			s := b.Socket()
			s.Say(apitest.Obj{"t": "hello"})
			s.Expect("hello")
			s.Say(apitest.Obj{"t": "page", "url": at("now")["url"], "title": at("now")["title"]})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := apitest.New(t)
			b := w.Browser("203.0.113.1")
			b.SignIn("mia")
			visit(b)
			desk := w.Desk()
			apitest.Eventually(t, "the page", func() bool {
				c := only(t, desk)
				return c == summary{"mia", page{"https://shop.example/now", "now"}}
			})
			// The application's id is not the browser's to know.
			if said := b.Post("hello", "hello", apitest.Obj{}).Messages; len(said) != 1 || said[0].Name != "" {
				t.Errorf("the browser is told %+v, want no name", said)
			}
		})
	}
}

type page struct{ URL, Title string }

type summary struct {
	Name string
	Page page
}

// only asks a console for the one conversation that there is.
func only(t *testing.T, desk *apitest.Wire) summary {
	t.Helper()
	desk.Say(apitest.Obj{"t": "inbox", "status": "open"})
	for {
		body, err := desk.ReadRaw()
		if err != nil {
			t.Fatal(err)
		}
		var f struct {
			T             string
			Conversations []summary
		}
		if err := json.Unmarshal(body, &f); err != nil {
			t.Fatal(err)
		}
		if f.T == "inbox" && len(f.Conversations) == 1 {
			return f.Conversations[0]
		}
		if f.T == "inbox" {
			return summary{}
		}
	}
}
