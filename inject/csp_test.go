package inject

import (
	"crypto/tls"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/inject/csp"
)

const testIntegrity = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

const (
	httpsSrc = "https://shop.example/_chat/"
	wssSrc   = "wss://shop.example/_chat/"
)

// withPolicy answers a navigation over TLS with a page under the policies.
func withPolicy(t *testing.T, in *Injector, h http.Header, body string) (http.Header, string, Reason) {
	t.Helper()
	r := navigate()
	r.TLS = &tls.ConnectionState{}
	rec, reason := through(t, in, r, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for k, v := range h {
			w.Header()[k] = append([]string(nil), v...)
		}
		page("text/html", body)(w, r)
	}))
	return rec.Header(), rec.Body.String(), reason
}

func TestCSPHeader(t *testing.T) {
	const (
		self  = ""
		nonce = ` nonce="r4nd0m+/-_=="`
		hash  = ` integrity="` + testIntegrity + `"`
	)
	tests := []struct {
		name, policy, want string // want is empty where nothing changes
		attr               string
		reason             Reason
	}{
		{"self", "default-src 'self'", "", self, 0},
		{"self in script-src only", "script-src 'self'", "", self, 0},
		{"nothing about scripts", "frame-ancestors 'none'; base-uri 'self'; upgrade-insecure-requests", "", self, 0},
		{"star", "default-src *", "", self, 0},
		{"empty", "", "", self, 0},
		{"only separators", " ; , ;; ", "", self, 0},
		{"own host", "script-src shop.example; connect-src shop.example wss://shop.example", "", self, 0},
		{"own domain", "script-src https://*.example; connect-src *.example wss://*.example:*", "", self, 0},
		{"schemes", "script-src https:; connect-src https: wss:", "", self, 0},
		{"scheme without sockets", "connect-src https:", "connect-src https: " + wssSrc, self, 0},
		{"another host", "script-src https://cdn.example", "script-src https://cdn.example " + httpsSrc, self, 0},
		{"another path", "script-src https://shop.example/js/", "script-src https://shop.example/js/ " + httpsSrc, self, 0},
		{"another port", "script-src https://shop.example:8443", "script-src https://shop.example:8443 " + httpsSrc, self, 0},
		{"path above ours", "script-src https://shop.example/", "", self, 0},
		{"subdomain only", "script-src *.shop.example", "script-src *.shop.example " + httpsSrc, self, 0},
		{"none is replaced", "script-src 'none'; object-src 'none'", "script-src " + httpsSrc + "; object-src 'none'", self, 0},
		{"none in capitals", "SCRIPT-SRC 'NONE'", "SCRIPT-SRC " + httpsSrc, self, 0},
		{"empty list", "script-src;", "script-src " + httpsSrc + ";", self, 0},
		{"default-src none", "default-src 'none'", "default-src 'none'; script-src-elem " + httpsSrc + "; connect-src " + httpsSrc + " " + wssSrc, self, 0},
		{"default-src none with a semicolon", "default-src 'none';", "default-src 'none'; script-src-elem " + httpsSrc + "; connect-src " + httpsSrc + " " + wssSrc, self, 0},
		{"default-src is copied, not widened", "default-src https://a.example 'unsafe-inline' data:", "default-src https://a.example 'unsafe-inline' data:; script-src-elem https://a.example 'unsafe-inline' data: " + httpsSrc + "; connect-src https://a.example data: " + httpsSrc + " " + wssSrc, self, 0},
		{"connect-src", "default-src 'self'; connect-src https://api.example", "default-src 'self'; connect-src https://api.example " + httpsSrc + " " + wssSrc, self, 0},
		{"connect-src none", "connect-src 'none'", "connect-src " + httpsSrc + " " + wssSrc, self, 0},
		{"script-src-elem goes first", "script-src 'none'; script-src-elem https://a.example", "script-src 'none'; script-src-elem https://a.example " + httpsSrc, self, 0},
		{"the first of two counts", "script-src 'self'; script-src 'none'", "", self, 0},
		{"both in one, in either order", "connect-src a.example ; script-src b.example;", "connect-src a.example " + httpsSrc + " " + wssSrc + " ; script-src b.example " + httpsSrc + ";", self, 0},
		{"what is not understood stays", " x-new  a  b;;\tSCRIPT-SRC\ta.example  'new-word';y", " x-new  a  b;;\tSCRIPT-SRC\ta.example  'new-word' " + httpsSrc + ";y", self, 0},

		{"nonce and self", "script-src 'self' 'nonce-r4nd0m+/-_=='", "", nonce, 0},
		{"nonce only: the script's own scripts need the path", "script-src 'nonce-r4nd0m+/-_=='", "script-src 'nonce-r4nd0m+/-_==' " + httpsSrc, nonce, 0},
		{"nonce and strict-dynamic", "script-src 'nonce-r4nd0m+/-_==' 'strict-dynamic' https: 'unsafe-inline'; object-src 'none'; base-uri 'none'", "", nonce, 0},
		{"nonce in default-src", "default-src 'self' 'nonce-r4nd0m+/-_=='", "", nonce, 0},
		{"nonce of script-src does not count beside script-src-elem", "script-src 'nonce-abc'; script-src-elem 'self'", "", self, 0},
		{"nonce with bytes that no nonce has", `script-src 'self' 'nonce-a"><b>'`, "", self, 0},
		{"strict-dynamic with a hash", "script-src 'sha256-AAAA' 'strict-dynamic'", "script-src 'sha256-AAAA' 'strict-dynamic' '" + testIntegrity + "'", hash, 0},
		{"strict-dynamic with our hash already", "script-src '" + testIntegrity + "' 'strict-dynamic'", "", hash, 0},
		{"hashes only", "script-src 'sha256-AAAA'", "script-src 'sha256-AAAA' " + httpsSrc, self, 0},

		{"two policies in one header", "default-src 'self', script-src a.example", "default-src 'self', script-src a.example " + httpsSrc, self, 0},
		{"two policies, both edited", "script-src 'none' , script-src a.example; connect-src 'none'", "script-src " + httpsSrc + " , script-src a.example " + httpsSrc + "; connect-src " + httpsSrc + " " + wssSrc, self, 0},
		{"nonce of one, path for the other", "script-src 'strict-dynamic' 'nonce-r4nd0m+/-_==', script-src b.example", "script-src 'strict-dynamic' 'nonce-r4nd0m+/-_==', script-src b.example " + httpsSrc, nonce, 0},

		{"sandbox", "sandbox allow-forms", "", "", Sandbox},
		{"sandbox without an origin", "sandbox allow-scripts", "", "", Sandbox},
		{"sandbox that lets scripts run", "sandbox allow-scripts allow-same-origin", "", self, 0},
		{"trusted types", "require-trusted-types-for 'script'; trusted-types dompurify", "require-trusted-types-for 'script'; trusted-types dompurify parley", self, 0},
		{"trusted types, none allowed", "trusted-types 'none'", "trusted-types parley", self, 0},
		{"trusted types, any allowed", "trusted-types *", "", self, 0},
	}
	in := newInjector(t, func(c *Config) { c.Integrity, c.TrustedTypes = testIntegrity, "parley" })
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, header := range []string{csp.Header, csp.ReportOnlyHeader} {
				h, body, reason := withPolicy(t, in, http.Header{header: {tt.policy}}, "<!doctype html><p>a")
				want, attr := tt.want, tt.attr
				if want == "" {
					want = tt.policy
				}
				if header == csp.ReportOnlyHeader {
					if tt.reason != 0 {
						continue // only an enforced sandbox acts
					}
				}
				if reason != tt.reason {
					t.Fatalf("reason %v, want %v", reason, tt.reason)
				}
				if got := h.Get(header); got != want {
					t.Errorf("%s\n got %s\nwant %s", header, got, want)
				}
				tag := strings.Replace(testTag, "></script>", attr+"></script>", 1)
				if reason == 0 && body != "<!doctype html>"+tag+"<p>a" {
					t.Errorf("body %s\nwant the element %s", body, tag)
				}
			}
		})
	}
}

func TestCSPSeveralHeaders(t *testing.T) {
	h, _, _ := withPolicy(t, newInjector(t), http.Header{
		csp.Header:           {"default-src 'self'", "script-src a.example"},
		csp.ReportOnlyHeader: {"script-src b.example"},
	}, "<p>")
	if got := strings.Join(h[csp.Header], " | "); got != "default-src 'self' | script-src a.example "+httpsSrc {
		t.Errorf("enforced: %s", got)
	}
	if got := h.Get(csp.ReportOnlyHeader); got != "script-src b.example "+httpsSrc {
		t.Errorf("report-only: %s", got)
	}
}

func TestIntegrityPolicy(t *testing.T) {
	for policy, want := range map[string]Reason{
		"blocked-destinations=(script), endpoints=(main)":        CSP,
		"sources=(inline), blocked-destinations=( style script)": CSP,
		"blocked-destinations=(style)":                           Injected,
		"endpoints=(script)":                                     Injected,
	} {
		_, _, reason := withPolicy(t, newInjector(t), http.Header{"Integrity-Policy": {policy}}, "<p>")
		if reason != want {
			t.Errorf("%s: %v, want %v", policy, reason, want)
		}
	}
}

func TestCSPStrictDynamicWithoutNonceOrIntegrity(t *testing.T) {
	h, body, reason := withPolicy(t, newInjector(t), http.Header{csp.Header: {"script-src 'sha256-AAAA' 'strict-dynamic'"}, "Content-Length": {"3"}}, "<p>")
	if reason != CSP || body != "<p>" || strings.Contains(h.Get(csp.Header), "shop") {
		t.Errorf("%v %q %v", reason, body, h)
	}
}

func TestCSPPlainHTTPAndPort(t *testing.T) {
	r := navigate()
	r.Host = "intra_net:8080"
	rec, _ := through(t, newInjector(t), r, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(csp.Header, "script-src 'none'; connect-src 'none'")
		page("text/html", "<p>")(w, r)
	}))
	want := "script-src http://intra_net:8080/_chat/; connect-src http://intra_net:8080/_chat/ ws://intra_net:8080/_chat/"
	if got := rec.Header().Get(csp.Header); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// A Host that could break out of the policy, or that no source can name, must
// not get into it.
func TestCSPHostThatFitsNoSource(t *testing.T) {
	for _, host := range []string{"a;script-src *", "a, script-src *", "a b", "[::1]:80", "a'", ""} {
		r := navigate()
		r.Host = host
		rec, reason := through(t, newInjector(t), r, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set(csp.Header, "script-src b.example")
			page("text/html", "<p>")(w, r)
		}))
		if got := rec.Header().Get(csp.Header); got != "script-src b.example" || reason != CSP {
			t.Errorf("host %q: %s (%v)", host, got, reason)
		}
	}
}

func TestCSPOff(t *testing.T) {
	in := newInjector(t, func(c *Config) { c.CSP = CSPOff })
	h, body, reason := withPolicy(t, in, http.Header{csp.Header: {"script-src 'nonce-abc'; connect-src 'none'"}}, "<p>")
	if reason != 0 || h.Get(csp.Header) != "script-src 'nonce-abc'; connect-src 'none'" || !strings.Contains(body, ` nonce="abc">`) {
		t.Errorf("%v %v %s", reason, h, body)
	}
	r := navigate()
	r.TLS = &tls.ConnectionState{}
	if got := in.CSPChange(r, http.Header{csp.Header: {"script-src a"}}); len(got) != 1 || got[0] != "script-src a "+httpsSrc {
		t.Errorf("the change that is needed: %q", got)
	}
}

func TestCSPInMeta(t *testing.T) {
	meta := func(policy string) string {
		return `<!doctype html><head><meta http-equiv="Content-Security-Policy" content="` + policy + `">`
	}
	tests := []struct {
		name, policy string
		attr         string
		reason       Reason
	}{
		{"nonce", "script-src 'nonce-abc'", ` nonce="abc"`, 0},
		{"nonce with character references", "script-src &#39;nonce-a&#43;b&#39;", ` nonce="a+b"`, 0},
		{"nonce and strict-dynamic", "script-src 'nonce-abc' 'strict-dynamic'", ` nonce="abc"`, 0},
		{"self", "default-src 'self'", "", 0},
		{"scripts are not allowed", "script-src https://cdn.example", "", CSP},
		{"nothing may be fetched", "default-src 'none'; script-src 'self'", "", CSP},
		{"styles only", "style-src 'none'", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			head := meta(tt.policy)
			_, body, reason := withPolicy(t, newInjector(t), nil, head+"<script></script><p>")
			want := head + strings.Replace(testTag, "></script>", tt.attr+"></script>", 1) + "<script></script><p>"
			if tt.reason != 0 {
				want = head + "<script></script><p>"
			}
			if body != want || reason != tt.reason {
				t.Errorf("got %s (%v)\nwant %s (%v)", body, reason, want, tt.reason)
			}
		})
	}
}
