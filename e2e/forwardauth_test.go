package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// Who signs in at a gateway in front has their history on every device; who
// signs out there is a new customer in every tab; what a client says of itself
// is worth nothing.
func TestSignedInAtAGateway(t *testing.T) {
	for name, start := range map[string]func(*testing.T) guarded{
		"oauth2-proxy, below the site": startOAuth2Proxy,
		"Authelia, on its own host":    startAuthelia,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := start(t)
			shared := browser.New(t)
			mia := site.enter(shared.Tab(), "mia")
			mia.Say("One.")
			mia.Sees("ONE.")
			other := people.Visit(shared, site.url+"/")
			other.OpenChat()
			goesOn(other, "Two.")
			mia.Sees("TWO.")
			if asked := site.socketsAsked() > 0; asked != site.chat {
				t.Errorf("the gateway was asked about sockets: %v, want %v", asked, site.chat)
			}
			if n := sockets(mia.Tab); n != 1 {
				t.Errorf("the chat has opened %d sockets, want one", n)
			}

			phone := browser.New(t).Tab()
			phone.UserAgent("Telephone/1.0") // else it might be the same browser, before its cookie arrived
			hers := site.enter(phone, "mia")
			hers.OpenChat()
			goesOn(hers, "Three.")

			// Someone with an account of their own says that they are Mia.
			forger := browser.New(t).Tab()
			forger.SendHeader(site.header, "mia")
			liar := site.enter(forger, "jonas")
			liar.Say("Four.")
			liar.Sees("FOUR.")
			expectAlone(t, "who says to be Mia", liar.Transcript(), "ONE", "TWO", "THREE")

			// She signs out at the shared computer, and the other tab knows.
			for _, tab := range []people.Visitor{mia, other} {
				tab.AllowProblem("401") // the gateway bars all that comes from here then
			}
			mia.Go(site.signOut)
			mia.Find("button", "Sign in")
			other.Wait(`!(document.querySelector('parley-chat')?.shadowRoot?.textContent ?? '').includes('ONE.')`)
			next := site.enter(mia.Tab, "nora")
			next.Say("Five.")
			next.Sees("FIVE.")
			for _, tab := range []people.Visitor{next, other} {
				tab.Reload()
				tab.OpenChat()
				tab.Sees("FIVE.")
				expectAlone(t, "who comes next", tab.Transcript(), "ONE", "TWO", "THREE", "FOUR")
			}
			goesOn(hers, "Six.") // where she has not signed out
		})
	}
}

// enter signs in at the gateway and comes to the site.
func (g guarded) enter(tab *browser.Tab, user string) people.Visitor {
	v := people.Visitor{Tab: tab}
	v.Go(g.url + "/")
	v.Find("textbox", "User").Fill(user)
	v.Follow(v.Find("button", "Sign in").Click)
	v.Find("heading", "Shop")
	return v
}

// Who is not signed in gets no further by saying who they are, on the pages of
// the gateway or on those behind it.
func TestForgedHeadersAtAGateway(t *testing.T) {
	for name, start := range map[string]func(*testing.T) guarded{
		"oauth2-proxy, below the site": startOAuth2Proxy,
		"Authelia, on its own host":    startAuthelia,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := start(t)
			for _, address := range []string{site.url + "/", site.signIn, site.signOut} {
				request := navigation(t, http.MethodGet, strings.Replace(address, guardedHost, "127.0.0.1", 1))
				request.Host = strings.SplitN(address, "/", 4)[2]
				request.URL.Host = "127.0.0.1:" + request.URL.Port()
				request.Header.Set(site.header, "mia")
				response, err := http.DefaultTransport.RoundTrip(request)
				if err != nil {
					t.Fatal(err)
				}
				_ = response.Body.Close()
				for _, cookie := range response.Cookies() {
					if strings.HasPrefix(cookie.Name, "parley-") && cookie.Value != "" {
						t.Errorf("%s: %s came with the cookie %s", address, response.Status, cookie)
					}
				}
			}
		})
	}
}
