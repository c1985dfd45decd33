package identity

import (
	"net/http"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/parley-chat/parley/caddymodule/internal/request"
	"github.com/parley-chat/parley/chat"
)

// Evidence reads who is signed in from a response's header, the request's
// placeholders and what a gateway has answered, which may be nil.
func (id *Config) Evidence(h http.Header, r *http.Request, said GatewayAnswer) chat.Profile {
	read := reader{header: h, request: r, said: said}
	var p chat.Profile
	for _, f := range [...]chat.ProfileField{chat.FieldID, chat.FieldEmail} {
		if values := read.values(id.sources[f]); len(values) > 0 {
			f.Set(&p, identifying(values, id.decode[f]), id.Nobody)
		}
	}
	if p.ID == "" && p.Email == "" {
		return chat.Profile{}
	}
	for i, source := range id.sources {
		f := chat.ProfileField(i)
		if f.Identifies() || source == (Source{}) {
			continue
		}
		if f == chat.FieldLabels {
			p.Labels = chat.CleanLabels(id.labels.split(read.values(source), id.decode[f]))
			continue
		}
		f.Set(&p, describing(read.values(source), id.decode[f]), nil)
	}
	for _, f := range id.fields {
		p.SetField(f.name, describing(read.values(f.Source), f.decode))
	}
	return p
}

// GatewayAnswer is what a gateway has answered.
type GatewayAnswer interface {
	// Values reads a source.
	Values(s Source) []string
}

// NamedBy reports whether a gateway's answer has a name for somebody.
func (id *Config) NamedBy(said GatewayAnswer) bool {
	return slices.ContainsFunc(id.identifiers(), func(s Source) bool { return len(said.Values(s)) > 0 })
}

// reader reads sources of one response.
type reader struct {
	header  http.Header
	request *http.Request
	said    GatewayAnswer // or nil
	repl    *caddy.Replacer
}

func (rd *reader) values(s Source) []string {
	switch {
	case s.header != "":
		return rd.header[s.header]
	case s.Field != "":
		if rd.said == nil {
			return nil
		}
		return rd.said.Values(s)
	case s.Placeholder == "":
		return nil
	case strings.HasPrefix(s.Placeholder, requestHeader):
		if !request.FromTrustedProxy(rd.request) {
			return nil
		}
	case strings.HasPrefix(s.Placeholder, clientCertificate):
		if rd.request.TLS == nil || len(rd.request.TLS.VerifiedChains) == 0 {
			return nil // anyone can make a certificate
		}
	}
	if rd.repl == nil {
		rd.repl, _ = rd.request.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
		if rd.repl == nil {
			return nil
		}
	}
	v, known := rd.repl.GetString(strings.Trim(s.Placeholder, "{}"))
	if !known {
		return nil
	}
	return []string{v}
}
