package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/caddytest"
)

// Why nobody is signed in can be read from the debug log: which kinds of
// evidence a response had, and never whose.
func TestDebugLineSaysWhatEvidenceWasSeen(t *testing.T) {
	sites := []guardedSite{
		{name: "gated", product: "authelia", order: "chat, handle { gateway }"},
		{name: "behind", product: "pomerium", directives: "CHAT\nAPP"},
		{name: "cached", product: "discourse", directives: "CHAT\nheader Cache-Control public\nAPP"},
		{name: "named", product: "discourse", directives: "CHAT\nAPP"},
		{name: "mailed", product: "discourse", directives: "chat {\nsite SITE\nidentity {\nemail {rp.header.Remote-Email}\ntrust forward_auth\n}\n}\nhandle {\n" +
			"forward_auth AT_GATE {\nuri /auth/authelia\n}\nAPP\n}"},
		{name: "redirected", product: "oauth2_proxy", directives: "CHAT\nhandle {\nforward_auth AT_GATE {\nuri /auth/oauth2_proxy\n@error status 401\n" +
			"handle_response @error {\nredir * /sign_in\n}\n}\nAPP\n}"},
		{name: "without", product: "authelia", directives: "chat {\nsite SITE\n}\nAPP"},
	}
	w := serveGuarded(t, sites, nil)
	w.Load(strings.Replace(w.Loaded, "output file "+w.Log, "output file "+w.Log+"\nlevel DEBUG", 1))
	for _, c := range []struct{ site, user, path, want string }{
		{"gated", "mia", "/1", "id, email"},
		{"gated", "nobody", "/2", "none"},
		{"gated", "", "/3", "refused by gateway"},
		{"behind", "mia", "/4", "ignored (not from a trusted proxy)"},
		{"behind", "", "/5", "none"},
		{"cached", "mia", "/6", "ignored (cache)"},
		{"cached", "", "/7", "none"},
		{"named", "mia", "/8", "id"},
		{"mailed", "mia", "/9", "email"},
		{"redirected", "mia", "/11", "id, email"},
		{"redirected", "", "/12", "refused by gateway"},
		{"without", "mia", "/10", "none"},
	} {
		for _, site := range sites {
			if site.name != c.site {
				continue
			}
			d := newDevice(w, site, c.user)
			r := d.request(http.MethodGet, c.path, "", nil)
			r.Header.Set("Accept", "text/html")
			d.Do(r)
			line := []string{`"msg":"response"`, `"uri":"` + c.path + `"`}
			caddytest.Eventually(t, "the response is logged", func() bool { return w.Logged(line...) == 1 })
			if w.Logged(append(line, `"evidence":"`+c.want+`"`)...) != 1 {
				t.Errorf("%s, %q: the debug line is without %q", c.site, c.user, c.want)
			}
		}
	}
	if w.Logged(`"msg":"response"`, "mia") != 0 {
		t.Error("a debug line says who is signed in")
	}
}
