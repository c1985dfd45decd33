package gateway_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/parley-chat/parley/internal/caddytest"
)

// sourcesByHand reads all that identity may read from a gateway, by renamed
// fields, shorthands, names in any case and with underscores.
const sourcesByHand = `chat {
	site SITE
	identity {
		id {header.x-USER}
		email {rp.header.remote-email}
		firstname {http.request.header.remote-name}
		labels {header.Remote-Groups}
		agent {header.X-Agent}
		field plan {rp.header.User_Plan}
		field city {header.X-City}
		trust forward_auth
	}
}
forward_auth AT_RICH {
	uri /auth
	copy_headers Remote-User>X-User X-Account-Manager>X-Agent
}
APP`

// rich is a gateway that has more to say than a name.
func rich(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie("gate"); err != nil || c.Value != "mia" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	for name, value := range products["authelia"].fields("mia") {
		w.Header().Set(name, value)
	}
	w.Header().Set("X-Account-Manager", "anna@example.com")
	w.Header()["USER_PLAN"] = []string{"gold"}
}

func TestSourcesByHandAreTheGatewaysOwn(t *testing.T) {
	site := guardedSite{name: "byhand", product: "authelia", directives: "route {\n" + sourcesByHand + "\n}"}
	last := guardedSite{name: "last", product: "authelia", directives: strings.Replace(sourcesByHand, "\nAPP", "\nroute {\nAPP\n}", 1)}
	w := serveGuarded(t, []guardedSite{site, last}, map[string]http.HandlerFunc{"RICH": rich})
	forged := site.forged()
	for _, name := range []string{"X-Agent", "X-Account-Manager", "X-City", "User-Plan", "User_Plan", "X_User"} {
		forged[name] = "forged@example.com"
	}
	for _, s := range []guardedSite{site, last} {
		stranger := newDevice(w, s, "")
		stranger.page(forged)
		if got := stranger.who(); got != "nobody" {
			t.Errorf("%s: whom the gateway refused is taken for %s", s.name, got)
		}
		d := newDevice(w, s, "mia")
		d.page(forged)
		d.says("mia")
	}
	_, desk := w.Desk()
	desk.Send(caddytest.Obj{"t": "inbox", "status": "open"})
	conversations := desk.Expect("inbox").Conversations
	if len(conversations) != 2 {
		t.Fatalf("%d conversations", len(conversations))
	}
	for _, c := range conversations {
		got := fmt.Sprintln(c.Profile.ID, c.Profile.Email, c.Profile.Firstname, c.Profile.Labels, c.Profile.Fields, c.Assignee)
		if want := "id-mia mia@example.com MIA [staff] map[plan:gold] anna@example.com\n"; got != want {
			t.Errorf("agents see %s, want %s", got, want)
		}
	}
}

// A configuration in JSON may write the names of fields as it likes.
func TestJSONBehindAGateway(t *testing.T) {
	site := guardedSite{name: "byhand", product: "authelia", directives: "route {\n" + sourcesByHand + "\n}"}
	w := serveGuarded(t, []guardedSite{site}, map[string]http.HandlerFunc{"RICH": rich})
	config, err := caddytest.Adapt(w.Loaded)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(`"X-User":`, `"x-user":`, `{http.reverse_proxy.header.Remote-User}`, `{http.reverse_proxy.header.remote-user}`).Replace(string(config))
	if text == string(config) {
		t.Fatal("nothing to replace")
	}
	if err := caddy.Load([]byte(text), true); err != nil {
		t.Fatal(err)
	}
	for user, want := range map[string]string{"": "nobody", "mia": "mia"} {
		d := newDevice(w, site, user)
		d.page(site.forged())
		if user != "" {
			d.says(user)
		}
		if got := d.who(); got != want {
			t.Errorf("%q is taken for %s, want %s", user, got, want)
		}
	}
}

// What a client sends goes on to the application, as it does without the chat.
func TestRequestsPassAsTheyCame(t *testing.T) {
	var sites []guardedSite
	for _, copied := range []string{"", "copy_headers Remote-User Remote-Groups", "copy_headers Remote-User>X-User"} {
		for _, way := range []string{"CHAT\nhandle {\nGATE\nAPP\n}", "handle {\nGATE\nAPP\n}"} {
			sites = append(sites, guardedSite{name: fmt.Sprintf("pass%d", len(sites)), product: "authelia", copied: copied, directives: way})
		}
	}
	w := serveGuarded(t, sites, nil)
	sent := func(site guardedSite) (fields string) {
		body := newDevice(w, site, "mia").page(site.forged())
		for _, field := range strings.Split(body, "] ") {
			for name := range site.forged() {
				if strings.HasSuffix(field[:strings.IndexByte(field+"=", '=')], name) {
					fields += field + "\n"
				}
			}
		}
		return fields
	}
	for i := 0; i < len(sites); i += 2 {
		with, without := sent(sites[i]), sent(sites[i+1])
		with = with[strings.LastIndex(with, "<p>")+1:]
		without = without[strings.LastIndex(without, "<p>")+1:]
		if with != without || !strings.Contains(with, "victim") {
			t.Errorf("%q: with the chat the application gets\n%s, without\n%s", sites[i].copied, with, without)
		}
	}
}

// The line that the README has for pages that no gateway guards keeps forged
// headers from the application, and changes nothing where a gateway is asked.
func TestReadmeLineKeepsForgedHeadersFromTheApplication(t *testing.T) {
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	const line = "request_header -Remote-*"
	if !strings.Contains(string(readme), "`"+line+"`") {
		t.Fatalf("the README is without %s", line)
	}
	site := guardedSite{name: "unforged", product: "authelia", copied: "copy_headers Remote-User",
		directives: "CHAT\nhandle /open {\n" + line + "\nAPP\n}\nhandle {\nGATE\nAPP\n}"}
	w := serveGuarded(t, []guardedSite{site}, nil)
	for path, want := range map[string]string{"/": `Remote-User=["id-mia"]`, "/open": ""} {
		d := newDevice(w, site, "mia")
		r := d.request(http.MethodGet, path, "", map[string]string{"Remote-User": "id-victim", "Remote-Email": "victim@example.com"})
		r.Header.Set("Accept", "text/html")
		_, body := d.Do(r)
		if !strings.Contains(body, want) || want == "" && strings.Contains(body, "Remote-") {
			t.Errorf("%s: the application gets %s", path, body)
		}
	}
}

// A page whose request no gateway has named anybody for is a page without
// evidence, and ends the identity; a refusal is no page.
func TestPageThatTheGatewayNamesNobodyForEndsTheIdentity(t *testing.T) {
	for name, c := range map[string]struct {
		user, path string
		want       string
	}{
		"passed without a name": {"nobody", "/", "none"},
		"passed no gateway":     {"mia", "/open", "none"},
		"refused":               {"", "/", "person"},
		"an error's page":       {"mia", "/broken", "person"}, // it is made after whatever was asked
		"passed with the name":  {"mia", "/", "person"},
	} {
		t.Run(name, func(t *testing.T) {
			site := guardedSite{name: "ends", product: "authelia", directives: "CHAT\nhandle /open {\nAPP\n}\n" +
				"handle /broken {\nGATE\nreverse_proxy AT_DEAD\n}\nhandle {\nGATE\nAPP\n}\n" +
				"handle_errors {\nCHAT\nheader Content-Type text/html\nrespond \"<!doctype html><title>Sorry</title>\" 200\n}"}
			w := serveGuarded(t, []guardedSite{site}, nil)
			d := newDevice(w, site, "mia")
			d.page(nil)
			if who := d.api("hello", caddytest.Obj{}).Who; who != "person" {
				t.Fatalf("signed in, the visitor is %s", who)
			}
			d.user = c.user
			r := d.request(http.MethodGet, c.path, "", site.forged())
			r.Header.Set("Accept", "text/html")
			d.Do(r)
			if who := d.api("hello", caddytest.Obj{}).Who; who != c.want {
				t.Errorf("then the visitor is %s, want %s", who, c.want)
			}
		})
	}
}
