package identity

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// TestPresets reads the fields that each product sends, as its documentation
// shows them.
func TestPresets(t *testing.T) {
	for name, tt := range map[string]struct {
		trust, request, response, user string
		want                           string
	}{
		"oauth2_proxy": {trust: TrustForwardAuth, request: "X-Auth-Request-User: 115\nX-Auth-Request-Email: Anna@Example.com\n" +
			"X-Auth-Request-Preferred-Username: anna\nX-Auth-Request-Groups: staff,sales\nX-Auth-Request-Access-Token: secret",
			want: "{115 anna@example.com anna   [staff sales]  map[]}"},
		"authelia": {trust: TrustForwardAuth, request: "Remote-User: anna\nRemote-Groups: admins,dev\nRemote-Email: anna@example.com\nRemote-Name: Anna Berg",
			want: "{anna anna@example.com Anna Berg   [admins dev]  map[]}"},
		"authentik": {trust: TrustForwardAuth, request: "X-Authentik-Username: anna\nX-Authentik-Groups: foo|bar, baz|CN=Staff,DC=example\nX-Authentik-Entitlements: a|b\n" +
			"X-Authentik-Email: anna@example.com\nX-Authentik-Name: J%C3%BCrgen Berg\nX-Authentik-Uid: 900347b8a29876b4",
			want: "{900347b8a29876b4 anna@example.com Jürgen Berg   [foo bar, baz CN=Staff,DC=example]  map[]}"},
		"pomerium": {trust: TrustProxies, request: "X-Pomerium-Claim-Sub: 7\nX-Pomerium-Claim-Email: anna@example.com\nX-Pomerium-Claim-Name: Anna Berg\n" +
			"X-Pomerium-Claim-Groups: dev,ops\nX-Pomerium-Jwt-Assertion: eyJ",
			want: "{7 anna@example.com Anna Berg   [dev ops]  map[]}"},
		"cloudflare_access": {trust: TrustProxies, request: "Cf-Access-Authenticated-User-Email: anna@example.com\nCf-Access-Jwt-Assertion: eyJ",
			want: "{ anna@example.com    []  map[]}"},
		"tailscale": {trust: TrustProxies, request: "Tailscale-User-Login: anna@example.com\nTailscale-User-Name: =?utf-8?q?J=C3=BCrgen_Berg?=\n" +
			"Tailscale-User-Profile-Pic: https://pic.example/1",
			want: "{ anna@example.com Jürgen Berg   []  map[]}"},
		"discourse":  {response: "X-Discourse-Username: anna\nX-Discourse-Route: categories/index", want: "{anna     []  map[]}"},
		"basic_auth": {user: "anna", want: "{anna     []  map[]}"},
	} {
		t.Run(name, func(t *testing.T) {
			id := &Config{Preset: name, Trust: tt.trust}
			if err := id.Provision(); err != nil {
				t.Fatal(err)
			}
			repl := caddy.NewReplacer()
			if tt.user != "" {
				repl.Set("http.auth.user.id", tt.user)
			}
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			said := answered{}
			if tt.trust == TrustForwardAuth {
				for name, values := range lines(tt.request) {
					said[name] = values[0]
				}
				// What a client says under these names is nothing.
				tt.request = regexp.MustCompile(`: .*`).ReplaceAllString(tt.request, ": victim@example.com")
			}
			r.Header = lines(tt.request)
			r = caddyhttp.PrepareRequest(r, repl, nil, nil)
			caddyhttp.SetVar(r.Context(), caddyhttp.TrustedProxyVarKey, true)
			if got := fmt.Sprint(id.Evidence(lines(tt.response), r, said)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if tt.trust == "" {
				return
			}
			// Without a word on who sets them, anyone could send these fields.
			err := (&Config{Preset: name}).Provision()
			if err == nil || !strings.Contains(err.Error(), "trust "+tt.trust) {
				t.Errorf("without trust: %v", err)
			}
			if tt.trust == TrustForwardAuth {
				if p := id.Evidence(http.Header{}, r, nil); p.ID != "" || p.Email != "" {
					t.Errorf("a client that passed no gateway is taken for %+v", p)
				}
			}
			if tt.trust == TrustProxies {
				caddyhttp.SetVar(r.Context(), caddyhttp.TrustedProxyVarKey, false)
				if p := id.Evidence(http.Header{}, r, nil); p.ID != "" || p.Email != "" {
					t.Errorf("a client that is no trusted proxy is taken for %+v", p)
				}
			}
		})
	}
	if len(presets) != 8 {
		t.Errorf("%d presets; test each", len(presets))
	}
}

func TestPresetGivesWay(t *testing.T) {
	id := &Config{Preset: "authelia", Trust: TrustForwardAuth, Email: "X-Mail", Labels: "X-Teams"}
	if err := id.Provision(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	said := answered{"Remote-User": "anna", "Remote-Name": "Anna"}
	r = caddyhttp.PrepareRequest(r, caddy.NewReplacer(), nil, nil)
	got := fmt.Sprint(id.Evidence(lines("X-Mail: a@example.com\nX-Teams: one,two"), r, said))
	if want := "{ a@example.com Anna   [one two]  map[]}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if id.ID != "" || id.Firstname != "" {
		t.Error("the configuration itself was changed")
	}
}

// A certificate names somebody only if Caddy has verified it: with the mode
// request, or require, any will do.
func TestClientCertificateCountsOnlyIfVerified(t *testing.T) {
	id := &Config{ID: "{http.request.tls.client.subject}", Fields: map[string]string{"serial": "{http.request.tls.client.serial}"}}
	if err := id.Provision(); err != nil {
		t.Fatal(err)
	}
	anna := &x509.Certificate{Subject: pkix.Name{CommonName: "anna"}, SerialNumber: big.NewInt(7)}
	for want, verified := range map[string][][]*x509.Certificate{
		"{     []  map[]}":                nil,
		"{CN=anna     []  map[serial:7]}": {{anna}},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.TLS = &tls.ConnectionState{HandshakeComplete: true, PeerCertificates: []*x509.Certificate{anna}, VerifiedChains: verified}
		repl := caddy.NewReplacer()
		r = caddyhttp.PrepareRequest(r, repl, nil, nil)
		if got := fmt.Sprint(id.Evidence(http.Header{}, r, nil)); got != want {
			t.Errorf("verified: %v: got %s, want %s", verified != nil, got, want)
		}
	}
}

// answered is what a gateway has answered, by the field.
type answered map[string]string

func (a answered) Values(s Source) []string {
	if v := a[s.Field]; v != "" {
		return []string{v}
	}
	return nil
}

// lines reads header fields, one a line.
func lines(text string) http.Header {
	h := http.Header{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		h.Add(name, value)
	}
	return h
}
