package e2e_test

import (
	"crypto/rand"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/parley-chat/parley/e2e/people"
	"github.com/parley-chat/parley/e2e/server"
)

// gateway is an authentication gateway: pages to sign in and out, and an
// address that tells a proxy in front of an application who is signed in. It
// stands for products that can't be had here, with their addresses and headers.
type gateway struct {
	headers         func(h http.Header, user string) // on the answer for who is signed in
	status          int                              // of that answer
	verify, in, out string                           // paths
	portal          string                           // where verify sends browsers; empty where the proxy does that
	domain          string                           // of the cookie
	mu              sync.Mutex
	signedIn        map[string]string // users by their cookie's value
	sockets         int               // how often verify was asked about a socket
}

const gatewayCookie = "gateway_session"

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	user, token := "", ""
	if cookie, err := r.Cookie(gatewayCookie); err == nil {
		token = cookie.Value
		user = g.signedIn[token]
	}
	switch r.URL.Path {
	case g.verify:
		g.answer(w, r, user)
	case g.in:
		g.signIn(w, r)
	case g.out:
		delete(g.signedIn, token)
		http.SetCookie(w, &http.Cookie{Name: gatewayCookie, Domain: g.domain, Path: "/", MaxAge: -1})
		http.Redirect(w, r, g.in+"?rd="+url.QueryEscape(r.FormValue("rd")), http.StatusFound)
	default:
		http.NotFound(w, r)
	}
}

// answer tells the proxy whether a request may pass, and whose it is.
func (g *gateway) answer(w http.ResponseWriter, r *http.Request, user string) {
	if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		g.sockets++
	}
	switch {
	case user != "":
		g.headers(w.Header(), user)
		w.WriteHeader(g.status)
	case g.portal != "" && strings.Contains(r.Header.Get("Accept"), "text/html"):
		back := r.Header.Get("X-Forwarded-Proto") + "://" + r.Header.Get("X-Forwarded-Host") + r.Header.Get("X-Forwarded-Uri")
		http.Redirect(w, r, g.portal+g.in+"?rd="+url.QueryEscape(back), http.StatusFound)
	default:
		w.WriteHeader(http.StatusUnauthorized)
	}
}

var signInPage = template.Must(template.New("").Parse(page(`<title>Sign in</title>`, `<h1>Sign in</h1>
<form method="post"><label for="user">User</label> <input id="user" name="user"> <input type="hidden" name="rd" value="{{.}}"><button>Sign in</button></form>`)))

func (g *gateway) signIn(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = signInPage.Execute(w, r.FormValue("rd")) // the browser may have gone
		return
	}
	token := rand.Text()
	g.signedIn[token] = r.FormValue("user")
	http.SetCookie(w, &http.Cookie{Name: gatewayCookie, Value: token, Domain: g.domain, Path: "/", HttpOnly: true})
	http.Redirect(w, r, r.FormValue("rd"), http.StatusSeeOther)
}

// socketsAsked is how often the gateway was asked about a socket.
func (g *gateway) socketsAsked() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.sockets
}

// guarded is a site that a gateway guards.
type guarded struct {
	*gateway
	url     string // of the site
	signIn  string // where to sign in
	signOut string // where to sign out
	header  string // names who is signed in, when the gateway says it
	chat    bool   // whether the gateway is asked about the chat's own requests too
}

// names under which the sites of these tests are found. A cookie's domain needs
// two labels.
const (
	guardedHost = "shop.intranet.test"
	portalHost  = "auth.intranet.test"
)

// startOAuth2Proxy guards a site as oauth2-proxy does, with its pages below the
// site's own /oauth2/ and its documentation's Caddyfile. The chat is around all
// of it: on the page to sign in, too, one can ask for help.
func startOAuth2Proxy(t *testing.T) guarded {
	t.Helper()
	g := &gateway{verify: "/oauth2/auth", in: "/oauth2/sign_in", out: "/oauth2/sign_out", status: http.StatusAccepted,
		signedIn: make(map[string]string),
		headers: func(h http.Header, user string) {
			h.Set("Gap-Auth", user+"@example.com")
			h.Set("X-Auth-Request-User", user)
			h.Set("X-Auth-Request-Email", user+"@example.com")
			h.Set("X-Auth-Request-Preferred-Username", user)
			h.Set("X-Auth-Request-Groups", "customers,newsletter")
		}}
	port := server.FreePort(t)
	site := guarded{gateway: g, url: fmt.Sprintf("http://%s:%d", guardedHost, port), header: "X-Auth-Request-User"}
	site.signIn, site.signOut = site.url+g.in, site.url+g.out
	site.start(t, func(app, gate string) string {
		return fmt.Sprintf(`%s {
	bind 127.0.0.1
	chat {
		site shop
		identity oauth2_proxy {
			trust forward_auth
		}
		logout /oauth2/sign_out
	}
	handle /oauth2/* {
		reverse_proxy %[2]s {
			header_up X-Real-IP {remote_host}
			header_up X-Forwarded-Uri {uri}
		}
	}
	handle {
		forward_auth %[2]s {
			uri /oauth2/auth
			header_up X-Real-IP {remote_host}
			copy_headers X-Auth-Request-User X-Auth-Request-Email X-Auth-Request-Preferred-Username X-Auth-Request-Groups
			@error status 401
			handle_response @error {
				redir * /oauth2/sign_in?rd={scheme}://{hostport}{uri}
			}
		}
		reverse_proxy %[3]s
	}
}`, site.url, gate, app)
	})
	return site
}

// startAuthelia guards a site as Authelia does: by a portal on a host of its
// own, in front of all that the site has, the chat's socket included. The
// site's link to sign out leads there.
func startAuthelia(t *testing.T) guarded {
	t.Helper()
	port := server.FreePort(t)
	site := guarded{url: fmt.Sprintf("http://%s:%d", guardedHost, port), header: "Remote-User", chat: true}
	portal := fmt.Sprintf("http://%s:%d", portalHost, port)
	g := &gateway{verify: "/api/authz/forward-auth", in: "/", out: "/logout", status: http.StatusOK,
		portal: portal, domain: "intranet.test", signedIn: make(map[string]string),
		headers: func(h http.Header, user string) {
			h.Set("Remote-User", user)
			h.Set("Remote-Groups", "customers,newsletter")
			h.Set("Remote-Name", strings.ToUpper(user[:1])+user[1:])
			h.Set("Remote-Email", user+"@example.com")
		}}
	site.gateway, site.signIn, site.signOut = g, portal+"/?rd="+url.QueryEscape(site.url+"/"), site.url+"/logout"
	site.start(t, func(app, gate string) string {
		return fmt.Sprintf(`%s {
	bind 127.0.0.1
	forward_auth %[2]s {
		uri /api/authz/forward-auth
		copy_headers Remote-User Remote-Groups Remote-Email Remote-Name
	}
	chat {
		site shop
		identity authelia {
			trust forward_auth
		}
		logout /logout
	}
	handle /logout {
		redir %[4]s/logout?rd=%[1]s/
	}
	handle {
		reverse_proxy %[3]s
	}
}
%[4]s {
	bind 127.0.0.1
	reverse_proxy %[2]s
}`, site.url, gate, app, portal)
	})
	return site
}

// start serves the site, with an agent who answers.
func (g guarded) start(t *testing.T, caddyfile func(app, gate string) string) {
	t.Helper()
	app := httptest.NewServer(pages{"/": page(`<title>Shop</title>`, `<h1>Shop</h1>`)})
	t.Cleanup(app.Close)
	gate := httptest.NewServer(g.gateway)
	t.Cleanup(gate.Close)
	desk := server.FreePort(t)
	server.StartProcess(t, t.TempDir(), fmt.Sprintf(`{
	chat {
		agent anna@example.com %s
	}
}
%s
http://127.0.0.1:%d {
	bind 127.0.0.1
	chat_console {
		path /desk
	}
}
`, hash(t, demoPassword), caddyfile(strings.TrimPrefix(app.URL, "http://"), strings.TrimPrefix(gate.URL, "http://")), desk))
	people.Answers(t, fmt.Sprintf("http://127.0.0.1:%d/desk/", desk), "anna@example.com", demoPassword)
}
