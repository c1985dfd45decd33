package inject

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// An injected page has the upstream's entity tag with a suffix: "~", a letter
// and a hash of what we insert. The letter says where the tag came from.
const (
	hashLen   = 8
	suffixLen = 1 + 1 + hashLen

	fromETag  = "e" // the upstream's entity tag
	fromDate  = "m" // the upstream's Last-Modified, in hex: it had no entity tag
	withNonce = "n" // the page carries a nonce of its policy: never revalidated

	// Of pages that come compressed. Their bytes depend on the client and on how
	// they came, so that their tags are weak.
	codedStrong = "s" // the upstream's entity tag, which was strong
	codedWeak   = "w" // the upstream's entity tag
	codedDate   = "d" // the upstream's Last-Modified
)

// preconditions takes our suffix off the tags that decide whether a POST is
// carried out at all; none may be dropped.
func (in *Injector) preconditions(s *savedHeader) {
	for _, field := range [...]int{ifMatch, ifNoneMatch} {
		if v := s.values[field]; len(v) > 0 {
			s.set(field, in.bareETags(v))
		}
	}
}

// conditionals rewrites a request's preconditions for the upstream. Only what
// compares with a page that carries today's element may go up: for all else
// the upstream must send the page again. It reports whether a 304 may follow.
//
// A page with a nonce is not revalidated either: the 304 would bring a policy
// with a fresh nonce to the body with the old one.
func (in *Injector) conditionals(s *savedHeader) bool {
	if v := s.values[ifMatch]; len(v) > 0 {
		s.set(ifMatch, in.bareETags(v))
	}
	keep, since := in.ours(s.values[ifNoneMatch])
	s.set(ifNoneMatch, keep)
	s.set(ifModifiedSince, since)
	return keep != nil || since != nil
}

// ours returns what to ask the upstream with for the tags that carry our
// suffix: the upstream's own tags or, where it has none, its date.
func (in *Injector) ours(values []string) (tags, date []string) {
	var keep, since string
	for _, v := range values {
		for v != "" {
			var tag string
			tag, v = nextETag(v)
			from, bare := in.bareETag(tag)
			switch from {
			case fromETag, codedStrong, codedWeak:
				if keep != "" {
					keep += ", "
				}
				keep += bare
			case fromDate, codedDate:
				since = bare
			}
		}
	}
	if keep != "" {
		return []string{keep}, nil
	}
	if since != "" {
		sec, err := strconv.ParseInt(strings.Trim(strings.TrimPrefix(since, "W/"), `"`), 16, 64)
		if err == nil && sec > 0 && sec < 1<<40 {
			return nil, []string{time.Unix(sec, 0).UTC().Format(http.TimeFormat)}
		}
	}
	return nil, nil
}

// bareETags takes our suffix off and leaves other tags as they are.
func (in *Injector) bareETags(values []string) []string {
	out := make([]string, 0, len(values))
	for _, v := range values {
		var list []string
		for v != "" {
			var tag string
			tag, v = nextETag(v)
			if from, bare := in.bareETag(tag); from != "" {
				tag = bare
			}
			list = append(list, tag)
		}
		out = append(out, strings.Join(list, ", "))
	}
	return out
}

// nextETag cuts the first entity tag off a comma-separated list. A comma may
// also stand inside the quotes.
func nextETag(v string) (tag, rest string) {
	v = strings.TrimLeft(v, " \t,")
	end := 0
	if q := strings.IndexByte(v, '"'); q >= 0 && q <= 2 {
		if n := strings.IndexByte(v[q+1:], '"'); n >= 0 {
			end = q + 1 + n + 1
		}
	}
	if i := strings.IndexByte(v[end:], ','); i >= 0 {
		return strings.TrimRight(v[:end+i], " \t"), v[end+i+1:]
	}
	return strings.TrimRight(v, " \t"), ""
}

// bareETag takes today's suffix off an entity tag, and what made it weak. from is
// empty where it has none.
func (in *Injector) bareETag(tag string) (from, bare string) {
	n := len(tag) - 1 - suffixLen
	if n < 1 || tag[len(tag)-1] != '"' || tag[n] != '~' || tag[n+2:len(tag)-1] != in.hash {
		return "", ""
	}
	from, bare = tag[n+1:n+2], tag[:n]+`"`
	if from == codedStrong {
		bare = strings.TrimPrefix(bare, "W/")
	}
	return from, bare
}

// isETag reports whether a value is one entity tag (RFC 9110, 8.8.3).
func isETag(v string) bool {
	v = strings.TrimPrefix(v, "W/")
	return len(v) >= 2 && v[0] == '"' && strings.IndexByte(v[1:], '"') == len(v)-2
}

// suffixETag puts the suffix on the response's validators, or makes an entity
// tag from Last-Modified: by date alone a page with an old element could not
// be told from one with today's. coded says that the page comes compressed.
func (w *Writer) suffixETag(h http.Header, nonce, coded bool) {
	pick := func(plain, ifCoded string) string {
		switch {
		case nonce:
			return withNonce
		case coded:
			return ifCoded
		}
		return plain
	}
	if v := h["Etag"]; len(v) > 0 {
		tag := v[0]
		if len(v) > 1 || !isETag(tag) {
			delete(h, "Etag")
			return
		}
		weak, from := "", pick(fromETag, codedWeak)
		if coded && tag[0] == '"' {
			weak, from = "W/", pick(fromETag, codedStrong)
		}
		h["Etag"] = w.values.line(weak, tag[:len(tag)-1], "~", from, w.in.hash, `"`)
		return
	}
	lm := h["Last-Modified"]
	if len(lm) == 0 {
		return
	}
	t, err := http.ParseTime(lm[0])
	if err != nil || t.Unix() <= 0 {
		return
	}
	h["Etag"] = w.values.line(`W/"`, strconv.FormatInt(t.Unix(), 16), "~", pick(fromDate, codedDate), w.in.hash, `"`)
}

// cameCoded reports whether the page that a 304 stands for came compressed, by the
// tag that the client has of it.
func (w *Writer) cameCoded(h http.Header) bool {
	for _, v := range w.decision.arrived.values[ifNoneMatch] {
		for v != "" {
			var tag string
			tag, v = nextETag(v)
			switch from, bare := w.in.bareETag(tag); from {
			case codedStrong, codedWeak:
				if own := h["Etag"]; len(own) > 0 && strings.TrimPrefix(own[0], "W/") == strings.TrimPrefix(bare, "W/") {
					return true
				}
			case codedDate:
				if len(h["Etag"]) == 0 {
					return true
				}
			}
		}
	}
	return false
}
