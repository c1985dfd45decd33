package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// evil is an application whose answers' headers its users choose, and they
// choose those of Authelia.
func evil(w http.ResponseWriter, r *http.Request) {
	for name, value := range products["authelia"].fields("victim") {
		w.Header().Set(name, value)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, "<!doctype html><title>Evil</title><p>page")
}

// TestOnlyTheGatewaysOwnAnswerCounts sends requests on ways on which others
// than the gateway answer too, before it or after it.
func TestOnlyTheGatewaysOwnAnswerCounts(t *testing.T) {
	var turns atomic.Int64
	servers := map[string]http.HandlerFunc{
		"EVIL": evil,
		// SELF is an application that is its own gateway.
		"SELF": func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/auth/") {
				gate(w, r)
				return
			}
			evil(w, r)
		},
		// FLAKY is a gateway that fails every other time.
		"FLAKY": func(w http.ResponseWriter, r *http.Request) {
			if turns.Add(1)%2 == 0 {
				gate(w, r)
				return
			}
			for name, value := range products["authelia"].fields("victim") {
				w.Header().Set(name, value)
			}
			w.WriteHeader(http.StatusServiceUnavailable)
		},
		// NAMING is a gateway that names whom it refuses.
		"NAMING": func(w http.ResponseWriter, r *http.Request) {
			for name, value := range products["authelia"].fields("victim") {
				w.Header().Set(name, value)
			}
			w.WriteHeader(http.StatusForbidden)
		},
		// BOUNCER lets all pass and knows nobody.
		"BOUNCER": func(http.ResponseWriter, *http.Request) {},
		// LENA is a gateway that has another name for mia.
		"LENA": func(w http.ResponseWriter, r *http.Request) {
			if c, err := r.Cookie("gate"); err == nil && c.Value == "mia" {
				for name, value := range products["authelia"].fields("lena") {
					w.Header().Set(name, value)
				}
			}
		},
	}
	const (
		evilFirst = "reverse_proxy / AT_EVIL {\n@ok status 2xx\nhandle_response @ok {\nvars a b\n}\n}\n"
		anyway    = "forward_auth AT_GATE {\nuri /auth/authelia\n@no status 401\nhandle_response @no {\nvars a b\n}\n}\n"
		own       = "forward_auth AT_SELF {\nuri /auth/authelia\n}\n"
		flaky     = "forward_auth AT_FLAKY {\nuri /auth/authelia\nlb_retries 3\nlb_retry_match {\nexpression `{rp.status_code} == 503`\n}\n}\n"
		dead      = "forward_auth AT_DEAD AT_GATE {\nuri /auth/authelia\nlb_policy round_robin\nlb_retries 3\n}\n"
		app2      = "reverse_proxy AT_DEAD AT_APP {\nlb_policy round_robin\nlb_retries 3\n}\n"
		bouncer   = "forward_auth AT_BOUNCER {\nuri /\n}\n"
		lena      = "forward_auth AT_LENA {\nuri /\n}\n"
		byHand    = "reverse_proxy AT_GATE {\nmethod GET\nrewrite /auth/authelia\n@good status 2xx\nhandle_response @good {\nrequest_header Remote-User {rp.header.Remote-User}\n}\n}\n"
		html      = "header Content-Type text/html\nrespond \"<!doctype html><title>Respond</title>\" 200\n"
	)
	cases := []struct {
		name, directives string
		mia              string // for whom she is taken, if not for herself
	}{
		{name: "a proxy before the gateway", directives: "route {\nCHAT\n" + evilFirst + "GATE\nAPP\n}"},
		{name: "a proxy before gateway and chat", directives: "route {\n" + evilFirst + "GATE\nCHAT\nAPP\n}"},
		{name: "a proxy before chat and gateway", directives: "route {\n" + evilFirst + "CHAT\nGATE\nAPP\n}"},
		{name: "a proxy after the gateway", directives: "route {\nCHAT\nGATE\n" + evilFirst + "APP\n}"},
		{name: "a proxy after gateway and chat", directives: "route {\nGATE\nCHAT\n" + evilFirst + "APP\n}"},
		{name: "a proxy between gateway and chat", directives: "route {\nGATE\n" + evilFirst + "CHAT\nAPP\n}", mia: "nobody"},
		{name: "a proxy alone", directives: "CHAT\nhandle /other {\nGATE\nAPP\n}\nhandle {\nreverse_proxy AT_EVIL\n}", mia: "nobody"},
		{name: "an evil application", directives: "CHAT\nhandle {\nGATE\nreverse_proxy AT_EVIL\n}"},
		{name: "an evil application, gateway first", directives: "GATE\nCHAT\nreverse_proxy AT_EVIL"},
		{name: "a gateway's refusal that goes on", directives: "route {\nCHAT\n" + anyway + "reverse_proxy AT_EVIL\n}"},
		{name: "a gateway's refusal that goes on, chat behind", directives: "route {\n" + anyway + "CHAT\nreverse_proxy AT_EVIL\n}"},
		{name: "a gateway that names whom it refuses", directives: "CHAT\nhandle {\nforward_auth AT_NAMING {\nuri /\n}\nAPP\n}", mia: "nobody"},
		{name: "the same, and it goes on", directives: "route {\nCHAT\nforward_auth AT_NAMING {\nuri /\nhandle_response {\nvars a b\n}\n}\nAPP\n}", mia: "nobody"},
		{name: "an application that is its own gateway", directives: "route {\nCHAT\n" + own + "reverse_proxy AT_SELF\n}"},
		{name: "the same with templates", directives: "route {\nCHAT\ntemplates\n" + own + "reverse_proxy AT_SELF\n}"},
		{name: "the same, chat behind", directives: "route {\n" + own + "CHAT\ntemplates\nreverse_proxy AT_SELF\n}"},
		{name: "the same, past the gateway", directives: "route {\nCHAT\ntemplates\nhandle /other {\n" + own + "}\nreverse_proxy AT_SELF\n}", mia: "nobody"},
		{name: "the same, past the gateway and without templates", directives: "CHAT\nhandle /other {\n" + own + "}\nhandle {\nreverse_proxy AT_SELF\n}", mia: "nobody"},
		{name: "a gateway that is asked again", directives: "route {\nCHAT\n" + own + "forward_auth AT_SELF {\nuri /any\n}\nAPP\n}"},
		{name: "intercept", directives: "route {\nCHAT\nintercept {\n@ok status 2xx\nhandle_response @ok {\nheader X-Seen {http.intercept.header.Remote-User}\n}\n}\nGATE\nreverse_proxy AT_EVIL\n}"},
		{name: "a gateway that fails first", directives: "route {\nCHAT\n" + flaky + "reverse_proxy AT_EVIL\n}"},
		{name: "a gateway that fails first, chat behind", directives: "route {\n" + flaky + "CHAT\nreverse_proxy AT_EVIL\n}"},
		{name: "a gateway with one that is dead", directives: "route {\nCHAT\n" + dead + "reverse_proxy AT_EVIL\n}"},
		{name: "a dead gateway after a proxy", directives: "route {\nCHAT\n" + evilFirst + dead + "APP\n}"},
		{name: "an application with one that is dead", directives: "route {\nCHAT\nGATE\n" + app2 + "}"},
		{name: "two gateways", directives: "route {\nCHAT\n" + bouncer + "GATE\nAPP\n}"},
		{name: "two gateways, the other way", directives: "route {\nCHAT\nGATE\n" + bouncer + "APP\n}"},
		{name: "two gateways before chat", directives: "route {\n" + bouncer + "GATE\nCHAT\nAPP\n}"},
		{name: "two gateways before chat, the other way", directives: "route {\nGATE\n" + bouncer + "CHAT\nAPP\n}", mia: "nobody"},
		{name: "two gateways that name somebody", directives: "route {\nCHAT\nGATE\n" + lena + "APP\n}"},
		{name: "two gateways that name somebody, before chat", directives: "route {\nGATE\n" + lena + "CHAT\nAPP\n}", mia: "mia as lena@example.com"},
		{name: "a gateway written by hand", directives: "route {\nCHAT\n" + byHand + "APP\n}"},
		{name: "a gateway written by hand, chat behind", directives: "route {\n" + byHand + "CHAT\nAPP\n}"},
		{name: "an error's page after a dead gateway after a proxy", directives: "route {\n" + evilFirst + "forward_auth AT_DEAD {\nuri /\n}\n}\n" +
			"handle_errors {\nCHAT\n" + html + "}", mia: "nobody"},
		{name: "a refusal, and the application's own word for some", directives: "chat {\nsite SITE\nidentity {\nid Remote-User\nemail {header.Remote-Email}\n" +
			"trust forward_auth\n}\n}\nhandle {\nforward_auth AT_NAMING {\nuri /\n}\nAPP\n}", mia: "nobody"},
		{name: "respond", directives: "route {\nCHAT\nGATE\n" + html + "}"},
		{name: "file_server", directives: "route {\nCHAT\nGATE\nroot IN_DIR/site\nfile_server\n}"},
		{name: "file_server, chat behind", directives: "root IN_DIR/site\nGATE\nCHAT\nfile_server"},
		{name: "php_fastcgi", directives: "CHAT\nhandle {\nGATE\nroot IN_DIR/site\nphp_fastcgi unix/IN_DIR/fcgi.sock {\nindex off\n}\n}"},
	}
	sites := make([]guardedSite, len(cases))
	for i, c := range cases {
		sites[i] = guardedSite{name: fmt.Sprintf("way%d", i), product: "authelia", directives: c.directives}
	}
	w := serveGuarded(t, sites, servers)
	servePHP(t, w)
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := *w
			w.T = t
			want := map[string]string{"mia": "mia", "nobody": "nobody", "": "nobody"}
			if c.mia != "" {
				want["mia"] = c.mia
			}
			for _, user := range []string{"mia", "nobody", ""} {
				d := newDevice(&w, sites[i], user)
				body := d.page(sites[i].forged())
				if d.token() != "" && user != "" {
					d.says(user)
				}
				if got := d.who(); got != want[user] {
					t.Errorf("whom the gateway knows as %q is taken for %s, want %s; the page is %q", user, got, want[user], body)
				}
			}
		})
	}
	if n := w.Logged("put chat before both"); n != 1 {
		t.Errorf("it is logged %d times that an answer was lost, want once", n)
	}
}
