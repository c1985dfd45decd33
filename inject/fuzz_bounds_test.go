package inject

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/parley-chat/parley/inject/scan"
)

// FuzzMemory: whatever comes, at most 64 KB of it are held, nothing once the
// place is known, and no large buffer is kept for the next response. Of a body
// that is encoded, what could still pass as it came is held beside it.
func FuzzMemory(f *testing.F) {
	for i, unit := range []string{
		" ", "<!-- a -->", "<!-- ", "<!x", "<meta name=a>", "<html a='>' ", "<title>a</titl", "</p>", "<template>", "<script><!--<script>",
		"<style></styl", "<base>\n", "<head></head>", "x", "<p>", "<", "\x00",
	} {
		f.Add([]byte("<!doctype html>"), []byte(unit), uint32(100_000), []byte{0x7f, 0x8f}, uint8(0))
		f.Add([]byte("<!doctype html>"), []byte(unit), uint32(100_000), []byte{0x7f, 0x8f}, uint8(1+i%len(encoders)))
		f.Add([]byte("<!doctype html>"), []byte(unit), uint32(100_000), []byte{0x7f, 0x8f}, uint8(0x80+1+i%len(encoders)))
	}
	in := newInjector(f)
	f.Fuzz(func(t *testing.T, start, unit []byte, size uint32, cuts []byte, coding uint8) {
		body := repeated(start, unit, int(size%(4*scan.Limit)))
		accept := allCodings
		if coding >= 0x80 {
			accept = ""
		}
		r := accepting(accept)
		d := in.Request(r)
		rec := httptest.NewRecorder()
		w := in.Wrap(rec, r, d, nil)
		w.Header().Set("Content-Type", "text/html")
		sent := body
		if n := int(coding&0x7f) % (len(encoders) + 1); n > 0 {
			e := encoders[n-1]
			w.Header().Set("Content-Encoding", e.coding)
			sent = encode(t, e.open, string(body))
		}
		inPieces(sent, cuts, func(p []byte, flush bool) {
			if _, err := w.Write(p); err != nil {
				t.Fatal(err)
			}
			if flush {
				w.Flush()
			}
			checkHeld(t, w)
		})
		err := w.Finish() // of a bomb
		checkHeld(t, w)
		got, wrong := pageOf(rec)
		switch {
		case err != nil && w.decoding != nil:
		case err != nil || wrong != nil:
			t.Errorf("%v: %v, %v", w.Reason(), err, wrong)
		case w.Reason() != Injected && w.encoder == nil && len(rec.Header()["Content-Encoding"]) > 0 && !bytes.Equal(rec.Body.Bytes(), sent):
			t.Errorf("%v: %d bytes of %d arrived", w.Reason(), rec.Body.Len(), len(sent))
		case len(got)-strings.Count(got, testTag)*len(testTag) != len(body) && !strings.Contains(got, " nonce="):
			t.Errorf("%v: %d bytes of %d arrived", w.Reason(), len(got), len(body))
		}
		w.Release()
		if cap(w.held) > maxKept {
			t.Errorf("a buffer of %d bytes is kept", cap(w.held))
		}
	})
}

// repeated returns start, followed by as many units as fit in size bytes.
func repeated(start, unit []byte, size int) []byte {
	if len(unit) == 0 || len(start) >= size {
		return start
	}
	return append(start[:len(start):len(start)], bytes.Repeat(unit, (size-len(start))/len(unit))...)
}

// inPieces cuts p as [cut] does, with the cuts taken again and again and 32
// times as long, so that a large body has few pieces.
func inPieces(p, cuts []byte, write func(piece []byte, flush bool)) {
	for i := 0; len(p) > 0; i++ {
		n, flush := len(p), false
		if len(cuts) > 0 {
			c := cuts[i%len(cuts)]
			n, flush = min(32*int(c&0x7f)+1, len(p)), c&0x80 != 0
		}
		write(p[:n], flush)
		p = p[n:]
	}
}

func checkHeld(t *testing.T, w *Writer) {
	t.Helper()
	switch {
	case len(w.held) > scan.Limit, cap(w.held) > 2*scan.Limit:
		t.Fatalf("%d bytes are held, in a buffer of %d", len(w.held), cap(w.held))
	case w.state == statePass && len(w.held) > 0:
		t.Fatalf("%d bytes are held past the place", len(w.held))
	case w.decoding != nil && len(w.decoding.raw) > rawLimit:
		t.Fatalf("%d encoded bytes are held", len(w.decoding.raw))
	case w.splicing != nil && (len(w.splicing.Held()) > rawLimit || w.splicing.Size() > 1<<20):
		t.Fatalf("%d encoded bytes are held, and %d kept in all", len(w.splicing.Held()), w.splicing.Size())
	}
}

// FuzzHeaders: header and body agree, HEAD says what GET says, and of what is
// not injected the header is the handler's.
func FuzzHeaders(f *testing.F) {
	for _, h := range []string{
		"", "Etag: \"a\"", "Etag: W/\"a\"\nLast-Modified: Mon, 02 Jan 2006 15:04:05 GMT\nAccept-Ranges: bytes", "Content-Digest: a\nVary: Cookie, *",
		"Content-Security-Policy: script-src 'nonce-abc'", "Content-Security-Policy: default-src 'none'\nContent-Security-Policy-Report-Only: script-src 'self'",
		"Cache-Control: no-transform", "Content-Disposition: attachment", "Content-Encoding: gzip", "Content-Encoding: identity", "Signature: a=(\"etag\")",
		"Trailer: Content-Digest, X-A", "Set-Cookie: a=b\nSet-Cookie: c=d",
	} {
		f.Add([]byte(testPage), uint16(0), "text/html", h, true)
	}
	for _, ct := range []string{"text/html; charset=utf-8", "Text/HTML ;charset=\"UTF-16\"", "application/xhtml+xml", "text/htmlx", "image/png"} {
		f.Add([]byte(testPage), uint16(204), ct, "Etag: \"a\"", true)
	}
	addSeeds(f, func(page []byte) { f.Add(page, uint16(204), "text/html", "Etag: \"a\"", false) })
	in := newInjector(f)
	f.Fuzz(func(t *testing.T, body []byte, status uint16, contentType, header string, length bool) {
		if contentType == "" {
			return // what net/http guesses is not known on HEAD
		}
		own := request("GET", header).Header
		own["Content-Type"] = []string{contentType}
		delete(own, "Content-Length")
		code := 200 + int(status%400)
		if !bodyAllowed(code) {
			body = nil
		}
		if length {
			own["Content-Length"] = []string{strconv.Itoa(len(body))}
		}
		serve := func(method string) (h http.Header, out []byte, reason Reason, certain bool) {
			r := navigate()
			r.Method = method
			d := in.Request(r)
			rec := httptest.NewRecorder()
			w := in.Wrap(rec, r, d, nil)
			defer w.Release()
			for k, v := range own {
				w.Header()[k] = v
			}
			w.WriteHeader(code)
			certain = w.reason != Injected || w.Committed()
			if method != http.MethodHead && len(body) > 0 {
				if _, err := w.Write(body); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Finish(); err != nil {
				return nil, nil, 0, false // a body that is damaged past the place
			}
			// A nonce from the page itself, which HEAD does not have, makes the
			// element longer.
			certain = certain || w.Reason() == Injected && (w.policies.nonce == "" || w.policies.fromHeader)
			return rec.Header(), rec.Body.Bytes(), w.Reason(), certain
		}
		got, out, reason, certain := serve(http.MethodGet)
		if got == nil {
			return
		}
		if cl := got["Content-Length"]; len(cl) > 0 && cl[0] != strconv.Itoa(len(out)) {
			t.Errorf("%v: Content-Length %s for %d bytes", reason, cl, len(out))
		} else if len(cl) == 0 && length && len(own["Content-Encoding"]) == 0 {
			t.Errorf("%v: Content-Length was dropped", reason)
		}
		if reason == Injected {
			for _, name := range [...]string{"Content-Digest", "Repr-Digest", "Digest", "Content-Md5", "Accept-Ranges"} {
				if len(got[name]) > 0 {
					t.Errorf("%s is left: %v", name, got)
				}
			}
		} else if a, b := dump(got), dump(own); a != b || !bytes.Equal(out, body) {
			t.Errorf("%v:\n%s%q\nwant\n%s%q", reason, a, out, b, body)
		}
		if !certain {
			return // only the body tells, which HEAD does not have
		}
		head, none, r, _ := serve(http.MethodHead)
		if len(own["Content-Encoding"]) > 0 && len(head["Content-Length"]) == 0 {
			delete(got, "Content-Length") // which may be left out where only the body tells
		}
		if dump(head) != dump(got) || len(none) > 0 || r != reason {
			t.Errorf("HEAD (%v)\n%s\nGET (%v)\n%s%s", r, dump(head), reason, dump(got), strings.ToValidUTF8(string(none), "?"))
		}
	})
}
