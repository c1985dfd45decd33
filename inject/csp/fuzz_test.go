package csp

import (
	"net/http"
	"strings"
	"testing"
)

// FuzzPolicy: an edited policy keeps every directive that has nothing to do
// with the script, and needs no second edit.
func FuzzPolicy(f *testing.F) {
	for _, s := range []string{
		"default-src 'none'", "script-src 'nonce-abc' 'strict-dynamic'; connect-src a:1/b , default-src *.x", "a;;b ,, ;script-src", "trusted-types 'none'", "script-src 'sha256-a' 'strict-dynamic'", "DEFAULT-SRC http: ws:\t'self'",
	} {
		f.Add(s, "shop.example:8080")
	}
	script := Script{Prefix: "/_chat/", Integrity: "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", TrustedTypes: "parley"}
	f.Fuzz(func(t *testing.T, v, host string) {
		r := &http.Request{Host: host}
		values := []string{v}
		p := script.For(r, Nonce(values))
		edited := p.Edit(values)
		if p.Blocked || edited == nil {
			return
		}
		again := script.For(r, Nonce(edited))
		if more := again.Edit(edited); more != nil {
			t.Errorf("%q\nbecomes %q\nand then %q", v, edited[0], more[0])
		}
		if a, b := unrelated(v), unrelated(edited[0]); a != b {
			t.Errorf("%q\nbecomes %q", a, b)
		}
		for _, s := range []string{"'unsafe-inline'", "'unsafe-eval'", "'self'", "*"} {
			if tokens(edited[0], s) > tokens(v, s)*2 {
				t.Errorf("%s was added: %q", s, edited[0])
			}
		}
	})
}

// unrelated returns the policies without the directives that an edit may touch.
func unrelated(v string) string {
	var out []string
	for p := range strings.SplitSeq(v, ",") {
		for d := range strings.SplitSeq(p, ";") {
			d = strings.Trim(d, " \t\n\r\f")
			name := strings.ToLower(strings.FieldsFunc(d+" x", func(r rune) bool { return r < 0x80 && isSpace(byte(r)) })[0])
			switch name {
			case "script-src-elem", "script-src", "connect-src", "trusted-types":
				continue
			}
			if d != "" {
				out = append(out, d)
			}
		}
		out = append(out, ",")
	}
	return strings.Join(out, ";")
}

func tokens(v, want string) (n int) {
	for tok := range strings.FieldsFuncSeq(v, func(r rune) bool { return r == ' ' || r == ';' || r == ',' }) {
		if tok == want {
			n++
		}
	}
	return n
}
