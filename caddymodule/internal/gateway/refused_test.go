package gateway_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/parley-chat/parley/internal/caddytest"
)

// Where it can't be told who a value is from, the configuration is refused, by
// `caddy validate` too, and the error says what to write.
func TestEvidenceOfUnknownOriginIsRefused(t *testing.T) {
	t.Setenv("PARLEY_TEST_GATE", "127.0.0.1:9091")
	site := func(identity, around string) string {
		chat := "chat {\nidentity " + identity + "\n}"
		return "{\nadmin off\n}\n" + strings.Replace(around, "CHAT", chat, 1) + "\n"
	}
	const (
		authelia = "authelia {\ntrust forward_auth\n}"
		byHand   = "{\nid {http.request.header.X-User}\ntrust forward_auth\n}"
		gate     = "forward_auth 127.0.0.1:9091 {\nuri /auth\ncopy_headers Remote-User\n}\n"
	)
	one := func(id string) string { return site("{\nid "+id+"\n}", ":0 {\nCHAT\n}") }
	field := func(word string) string { return site("{\nid X-Id\n"+word+"\n}", ":0 {\nCHAT\n}") }
	for name, c := range map[string]struct{ caddyfile, says string }{
		"no gateway":                      {site(authelia, ":0 {\nCHAT\nreverse_proxy :3000\n}"), "there is no forward_auth on this site"},
		"a gateway of another site":       {site(authelia, "http://a.test:80 {\nCHAT\n}\nhttp://b.test:80 {\n"+gate+"}"), "there is no forward_auth on this site"},
		"... of another server":           {site(authelia, ":1 {\nCHAT\n}\n:2 {\n"+gate+"}"), "there is no forward_auth on this site"},
		"no gateway, in a named route":    {site(authelia, "&(guard) {\nCHAT\n}\n:0 {\ninvoke guard\n}"), "there is no forward_auth on this site"},
		"an answer that goes to somebody": {site(authelia, ":0 {\nCHAT\nreverse_proxy :9091 {\nmethod GET\nrewrite /a\nhandle_response {\ncopy_response\n}\n}\n}"), "there is no forward_auth on this site"},
		"dynamic upstreams":               {site(authelia, ":0 {\nCHAT\nforward_auth {\nuri /auth\ndynamic a gate.test 80\n}\n}"), "name the address in forward_auth"},
		"an address of the client's":      {site(authelia, ":0 {\nCHAT\nforward_auth {header.X-Gate}:80 {\nuri /auth\n}\n}"), "name the address in forward_auth"},
		"two fields in one": {site(byHand, ":0 {\nCHAT\nforward_auth :9091 {\nuri /a\ncopy_headers A>X-User\n}\nforward_auth :9091 {\nuri /b\ncopy_headers B>X-User\n}\n}"),
			"name the gateway's own field, such as {http.reverse_proxy.header.X-User}"},
		"a field that is set elsewhere": {site(byHand, ":0 {\nCHAT\nroute {\n"+gate+"request_header X-User {rp.header.Remote-User}\n}\n}"), "name the gateway's own field"},
		"an answer that may go to somebody": {site(authelia, ":0 {\nCHAT\nreverse_proxy :9091 {\nmethod GET\nrewrite /a\n@no status 204\nhandle_response @no {\nvars a b\n}\nhandle_response {\ncopy_response\n}\n}\n}"),
			"there is no forward_auth on this site"},
		"a field and more": {site(byHand, ":0 {\nCHAT\nreverse_proxy :9091 {\nmethod GET\nrewrite /a\n@ok status 2xx\nhandle_response @ok {\nrequest_header X-User \"{rp.header.A}@example.com\"\n}\n}\n}"),
			"name the gateway's own field"},
		"the gateway's address for more": {site(authelia, ":0 {\nCHAT\n"+gate+"reverse_proxy 127.0.0.1:9091 {\nhandle_response {\nvars a b\n}\n}\n}"), "such as localhost for 127.0.0.1"},
		"map in the gateway's place":     {site(authelia, ":0 {\nCHAT\n"+gate+"map {header.A} {http.reverse_proxy.header.Remote-User} {\ndefault a\n}\n}"), "names of their own"},
		"map in the user's place":        {site("basic_auth", ":0 {\nCHAT\nmap {header.A} {http.auth.user.id} {\ndefault a\n}\n}"), "is set by vars or map here"},
		"vars in the user's place":       {site("basic_auth", ":0 {\nCHAT\nvars http.auth.user.id {header.A}\n}"), "is set by vars or map here"},
		"vars in a handle, later":        {site("basic_auth", ":0 {\nCHAT\nhandle {\nvars http.auth.user.id {header.A}\n}\n}"), "is set by vars or map here"},

		"a variable":                      {one("{http.vars.user}"), "write the placeholder that its value is taken from (if that is a request header, see `trust`)"},
		"a variable, shorthand":           {one("{vars.user}"), "write the placeholder that its value is taken from"},
		"an expression's match":           {one("{re.user.1}"), "write the placeholder that its value is taken from"},
		"an output of map":                {one("{user}"), "write the placeholder that its value is taken from"},
		"a cookie":                        {one("{cookie.user}"), "what the client claims"},
		"the client's address":            {one("{client_ip}"), "write the placeholder"},
		"a header without trust":          {one("{header.Remote-User}"), "trust forward_auth"},
		"a proxy's answer":                {one("{rp.header.X-User-Id}"), "for the application's write the bare name, X-User-Id"},
		"an intercepted answer":           {one("{http.intercept.header.X-User-Id}"), "write its bare name, X-User-Id"},
		"the response":                    {one("{http.response.header.X-User-Id}"), "write its bare name, X-User-Id"},
		"a status":                        {one("{rp.status_code}"), "does not tell who is signed in"},
		"who failed to sign in":           {one("{http.auth.candidate.id}"), "what the client claims"},
		"a query as a field":              {field("field plan {query.plan}"), "what the client claims"},
		"a header as a field":             {field("field plan {header.X-Plan}"), "trust forward_auth"},
		"a variable as labels":            {field("labels {vars.labels}"), "write the placeholder"},
		"a header as the agent":           {field("agent {header.X-Agent}"), "trust forward_auth"},
		"an expression as a name":         {field("firstname {re.1}"), "write the placeholder"},
		"a proxy's answer behind a proxy": {site("{\nid {rp.header.X-Id}\ntrust trusted_proxies\n}", ":0 {\nCHAT\n}"), "for the gateway's say `trust forward_auth`"},
	} {
		t.Run(name, func(t *testing.T) {
			err := caddytest.Validate(t, c.caddyfile)
			if err == nil {
				t.Fatal("it was accepted")
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("the error is without %q: %v", c.says, err)
			}
			if !regexp.MustCompile(`Caddyfile:\d`).MatchString(err.Error()) {
				t.Errorf("the error is without file and line: %v", err)
			}
		})
	}
	for name, caddyfile := range map[string]string{
		"from the environment":          site(authelia, ":0 {\nCHAT\nforward_auth {env.PARLEY_TEST_GATE} {\nuri /auth\n}\n}"),
		"a socket":                      site(authelia, ":0 {\nCHAT\nforward_auth unix//run/gate.sock {\nuri /auth\n}\n}"),
		"over TLS":                      site(authelia, ":0 {\nCHAT\nforward_auth https://gate.test {\nuri /auth\n}\n}"),
		"for some paths":                site(authelia, ":0 {\nCHAT\nforward_auth /in/* gate:9091 {\nuri /auth\n}\n}"),
		"invoked":                       site(authelia, "&(guard) {\n"+gate+"}\nhttp://a.test:80 {\nCHAT\nhandle {\ninvoke guard\n}\n}"),
		"in a named route, invoked":     site(authelia, "&(guard) {\nCHAT\n"+gate+"}\n:0 {\ninvoke guard\n}"),
		"chat on an error's page":       site(authelia, ":0 {\n"+gate+"handle_errors {\nCHAT\nrespond sorry\n}\n}"),
		"one on each site":              site(authelia, "http://a.test:80 {\nCHAT\n"+gate+"}\nhttp://b.test:80 {\nforward_auth {header.X-Gate}:80 {\nuri /auth\n}\n}"),
		"its own pages, at one address": site(authelia, ":0 {\nCHAT\nhandle /login* {\nreverse_proxy 127.0.0.1:9091\n}\nhandle {\n"+gate+"}\n}"),
		"fields of the gateway":         site("{\nemail {rp.header.X-Mail}\ntrust forward_auth\n}", ":0 {\nCHAT\n"+gate+"}"),
		"map for the application":       site(authelia, ":0 {\nCHAT\n"+gate+"map {host} {tenant} {\ndefault a\n}\n}"),
		"a certificate":                 site("{\nid {tls_client_fingerprint}\n}", ":0 {\nCHAT\n}"),
		"of another module":             site("{\nid X-Id\nfield country {geoip2.country_code}\n}", ":0 {\nCHAT\n}"),
	} {
		t.Run(name, func(t *testing.T) {
			if err := caddytest.Validate(t, caddyfile); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// What is found only while the configuration is loaded names the chat it is
// about, and where its directive stands, also in JSON that nobody wrote as a
// Caddyfile.
func TestGatewayErrorNamesTheChat(t *testing.T) {
	const (
		caddyfile = ":0 {\n\tchat {\n\t\tsite shop\n\t\tidentity authelia {\n\t\t\ttrust forward_auth\n\t\t}\n\t}\n}\n"
		why       = "trust forward_auth: there is no forward_auth on this site"
	)
	config, err := caddytest.Adapt(caddyfile)
	if err != nil {
		t.Fatal(err)
	}
	for source, want := range map[string]string{
		`,"source":"Caddyfile:2"`: "chat of site shop (Caddyfile:2): " + why,
		"":                        "chat of site shop: " + why,
	} {
		text := strings.Replace(string(config), `,"source":"Caddyfile:2"`, source, 1)
		if (source == "") == (text == string(config)) {
			t.Fatalf("%q: the configuration is %s", source, text)
		}
		parsed := new(caddy.Config)
		if err := caddy.StrictUnmarshalJSON([]byte(text), parsed); err != nil {
			t.Fatal(err)
		}
		if err := caddy.Validate(parsed); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is without %q: %v", want, err)
		}
	}
}
