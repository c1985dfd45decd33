package identity

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/parley-chat/parley/caddymodule/internal/config"
)

// Source is where one value comes from. At most one field is set.
type Source struct {
	header      string // canonical name of a response header
	Placeholder string // a placeholder with its braces
	// Field is the canonical name of a header field of the gateway's answer, or,
	// with copied, of the request field that the gateway's field is copied to.
	Field  string
	Copied bool
}

type namedSource struct {
	name string
	Source
	decode string
}

const (
	// requestHeader begins the placeholders that clients can forge.
	requestHeader = "{http.request.header."
	// ProxyHeader begins those of what the proxy asked last has answered.
	ProxyHeader = "{http.reverse_proxy.header."
	// clientCertificate begins those of a certificate that Caddy may or may not
	// have verified.
	clientCertificate = "{http.request.tls.client."
	// authUser begins those that Caddy sets for whom it has let through.
	authUser = "{http.auth.user."
)

// parseSource reads the name of a header or a placeholder. Placeholders of
// what a client says of itself are refused, and those of which it can't be told
// whether a client said it.
func parseSource(text string) (Source, error) {
	if text == "" {
		return Source{}, nil
	}
	if !strings.HasPrefix(text, "{") {
		if !IsToken(text) {
			return Source{}, fmt.Errorf("%q is neither the name of a response header nor a placeholder such as {http.auth.user.id}", text)
		}
		return Source{header: http.CanonicalHeaderKey(text)}, nil
	}
	if !strings.HasSuffix(text, "}") || strings.Count(text, "{") != 1 || strings.Count(text, "}") != 1 {
		return Source{}, fmt.Errorf("%q is not one placeholder", text)
	}
	for _, known := range []string{requestHeader, ProxyHeader, clientCertificate, authUser} {
		if name, ok := strings.CutPrefix(text, known); ok && IsToken(strings.TrimSuffix(name, "}")) {
			return Source{Placeholder: text}, nil
		}
	}
	return Source{Placeholder: text}, refused(text)
}

// refused says why a placeholder is no evidence and what to write instead, or
// returns nil where nothing speaks against it.
func refused(placeholder string) error {
	name := strings.Trim(placeholder, "{}")
	begins := func(prefixes ...string) bool {
		for _, p := range prefixes {
			if strings.HasPrefix(name, p) {
				return true
			}
		}
		return false
	}
	switch {
	case begins("http.request.", "http.auth.candidate."):
		return fmt.Errorf("%s is what the client claims, and no evidence of who is signed in", placeholder)
	case begins("http.vars.", "http.regexp.", "http.matchers."):
		return fmt.Errorf("%s may hold what the client sent: write the placeholder that its value is taken from (if that is a request header, see `trust`)", placeholder)
	case begins("http.response.header.", "http.intercept.header."):
		return fmt.Errorf("%s is a header of the application's answer: write its bare name, %s, and it is taken out of the answer too",
			placeholder, name[strings.LastIndex(name, ".")+1:])
	case begins("http."):
		return fmt.Errorf("%s does not tell who is signed in: write the name of a response header, "+
			"or a placeholder such as {http.auth.user.id}", placeholder)
	case !strings.Contains(name, "."):
		return fmt.Errorf("%s is a name of the configuration's own, as map makes them, and may hold what the client sent: "+
			"write the placeholder that its value is taken from (if that is a request header, see `trust`)", placeholder)
	}
	return nil
}

// checkConstant refuses a value from the environment that is not set, and one that
// should tell people apart.
func (s Source) checkConstant(identifier bool) error {
	if !strings.HasPrefix(s.Placeholder, "{env.") {
		return nil
	}
	if _, err := config.Required(s.Placeholder); err != nil {
		return err
	}
	if identifier {
		return fmt.Errorf("%s is the same for everybody, and so tells nobody from anybody: if it has the name of a response header, write {$%s}",
			s.Placeholder, strings.TrimSuffix(strings.TrimPrefix(s.Placeholder, "{env."), "}"))
	}
	return nil
}

// IsToken reports whether a text may be a header's name (RFC 9110, section
// 5.6.2).
func IsToken(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return r >= 0x7F || r <= ' ' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// trusting returns the source as trust has it, or says why it can't be trusted.
func (s Source) trusting(trust, advice string) (Source, error) {
	if name, ok := strings.CutPrefix(s.Placeholder, requestHeader); ok {
		switch trust {
		case TrustForwardAuth:
			return Source{Field: http.CanonicalHeaderKey(strings.TrimSuffix(name, "}")), Copied: true}, nil
		case TrustProxies:
			return s, nil
		}
		return s, fmt.Errorf("%s is what the client sent, and anyone can forge it. "+
			"If it is an authentication gateway's answer that is copied there, say `trust forward_auth`, and the answer itself is read; "+
			"if a proxy in front of Caddy sets it on every request, say `trust trusted_proxies`%s", s.Placeholder, advice)
	}
	if name, ok := strings.CutPrefix(s.Placeholder, ProxyHeader); ok {
		name = http.CanonicalHeaderKey(strings.TrimSuffix(name, "}"))
		if trust == TrustForwardAuth {
			return Source{Field: name}, nil
		}
		return s, fmt.Errorf("%s is of whatever was asked last, a gateway or the application: for the gateway's say `trust forward_auth`; "+
			"for the application's write the bare name, %s", s.Placeholder, name)
	}
	return s, nil
}
