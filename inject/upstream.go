package inject

import "net/http"

// savedHeader is what a request's header had in the fields that are edited for
// the upstream.
type savedHeader struct {
	header http.Header // the request's, which is edited in place
	values [len(editedFields)][]string
	edited [len(editedFields)]bool
}

// Indices into editedFields.
const (
	acceptEncoding = iota
	mark
	byteRange
	ifRange
	ifMatch
	ifNoneMatch
	ifModifiedSince
)

var editedFields = [...]string{"Accept-Encoding", MarkHeader, "Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since"}

func (s *savedHeader) save(h http.Header) {
	s.header = h
	for i, name := range editedFields {
		s.values[i] = h[name]
	}
}

func (s *savedHeader) restore() {
	for i, name := range editedFields {
		switch v := s.values[i]; {
		case !s.edited[i]:
		case v != nil:
			s.header[name] = v
		default:
			delete(s.header, name)
		}
	}
}

// set puts a value in the place of one that was saved; nil deletes it.
func (s *savedHeader) set(field int, v []string) {
	switch {
	case v != nil:
		s.header[editedFields[field]] = v
	case s.values[field] != nil:
		delete(s.header, editedFields[field])
	default:
		return
	}
	s.edited[field] = true
}

// identity is what is asked for where the client takes no coding. Go's transport
// would ask for gzip itself, and drop Content-Length, if Accept-Encoding were
// missing.
const identity = "identity"

// editRequest edits the header for the upstream.
func (in *Injector) editRequest(method string, d *Decision) {
	s := &d.arrived
	// Of this request alone: a handler may write into the values in place, as
	// Caddy's request_header does where it replaces.
	own := []string{identity, in.path}
	var ask []string
	if d.codings, ask = accepted(s.values[acceptEncoding]); manyDecodings() {
		if few := d.codings.spliced(); few != nil || d.codings&refusesIdentity == 0 {
			ask = few
		}
	}
	if len(ask) > 0 {
		own[0] = ask[0]
	}
	s.set(acceptEncoding, append(own[:1:1], ask[min(1, len(ask)):]...))
	s.set(byteRange, nil)
	s.set(ifRange, nil)
	if before := s.values[mark]; len(before) > 0 {
		s.set(mark, append(before[:len(before):len(before)], in.path))
	} else {
		s.set(mark, own[1:])
	}
	if method == http.MethodPost {
		in.preconditions(s)
	} else {
		d.revalidates = in.conditionals(s)
	}
}
