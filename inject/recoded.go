package inject

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/panics"
)

// Files that somebody compressed beforehand, with the greatest effort, can't be
// encoded again as well while a visitor waits. When the same page has come twice,
// that is done in the background, and the result is remembered: those who come
// later get about as few bytes as without an element, and nobody encodes for them.

// Bounds of what is remembered.
const (
	recodedSize = 4 << 20  // bytes in all
	recodedText = 1 << 20  // bytes of a page that is decoded
	recodedSeen = 1 << 8   // pages that were met, by their keys
	recodedRoom = 3        // per cent that a page may weigh more before it gets the greatest effort
	recodedMost = rawLimit // bytes of a page as it comes
	recodedRest = 4        // times as long as it took, nothing is encoded so: who asks for many pages gets a fifth of one core
)

// pageKey is a hash of all that decides what a page becomes: none is ever sent in
// place of another.
type pageKey [sha256.Size]byte

type recodedPages struct {
	mu    sync.Mutex
	pages map[pageKey][]byte
	order []pageKey // the oldest first
	size  int
	seen  [recodedSeen]pageKey
	busy  bool      // one is being encoded
	rest  time.Time // until then nothing is
}

// recoded serves all Injectors, which bounds its memory and its work.
var recoded recodedPages

// find returns what a page has become. It is nil where that is not known; then
// learn says whether the caller should find out, and add it.
func (p *recodedPages) find(k pageKey, now time.Time) (out []byte, learn bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if out, known := p.pages[k]; known {
		return out, false
	}
	seen := &p.seen[k[0]]
	if *seen != k || p.busy || now.Before(p.rest) {
		*seen = k
		return nil, false
	}
	p.busy = true
	return nil, true
}

// add ends what find began, which took so long. A nil out says not to try again.
func (p *recodedPages) add(k pageKey, out []byte, now time.Time, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy, p.rest = false, now.Add(recodedRest*took)
	if p.pages == nil {
		p.pages = map[pageKey][]byte{}
	}
	p.pages[k] = out
	p.order = append(p.order, k)
	for p.size += weight(out); p.size > recodedSize; {
		k, p.order = p.order[0], p.order[1:]
		p.size -= weight(p.pages[k])
		delete(p.pages, k)
	}
}

// weight is about how much memory a page takes.
func weight(out []byte) int { return len(out) + 4*sha256.Size }

// recodedPage is one that is encoded again.
type recodedPage struct {
	raw    []byte // as it came
	coding string // of raw
	place  int    // of the element, in what is decoded
	tag    []byte
	target int // the coding that is wanted, an index into codingNames
}

func (p *recodedPage) key() (k pageKey) {
	h := sha256.New()
	fmt.Fprintf(h, "%s %d %d %d %s", p.coding, p.target, p.place, len(p.tag), p.tag)
	h.Write(p.raw)
	h.Sum(k[:0])
	return k
}

// recall looks for what the page has become. It is called before the header goes,
// if all of a page is there that is the same for all.
func (w *Writer) recall(target int) {
	d := w.decoding
	if w.unsure || w.policies.nonce != "" || d.whole == 0 || len(d.raw) != d.whole {
		return
	}
	p := &recodedPage{d.raw, d.coding, w.scanner.Offset() + w.scanner.Place(), w.tag, target}
	k := p.key()
	out, learn := recoded.find(k, time.Now())
	if learn {
		p.raw, p.tag = bytes.Clone(p.raw), bytes.Clone(p.tag)
		go func() {
			began := time.Now()
			out := p.encode()
			now := time.Now()
			recoded.add(k, out, now, now.Sub(began))
		}()
	}
	d.recalled = out
}

// encode returns the page with its element, nil where that can't be made.
func (p *recodedPage) encode() (out []byte) {
	var err error
	defer func() {
		if err != nil {
			out = nil
		}
	}()
	defer panics.ToError(&err)
	text, err := p.decode()
	if err != nil || len(text) > recodedText || len(text) < p.place {
		return nil
	}
	var b bytes.Buffer
	for _, open := range [...]func(coding int) encoder{newEncoder, newBestEncoder} {
		b.Reset()
		e := open(p.target)
		e.Reset(&b)
		for _, part := range [][]byte{text[:p.place], p.tag, text[p.place:]} {
			if _, err = e.Write(part); err != nil {
				return nil
			}
		}
		if err = e.Close(); err != nil {
			return nil
		}
		if b.Len() <= len(p.raw)*(100+recodedRoom)/100 {
			break
		}
	}
	return bytes.Clone(b.Bytes())
}

// decode returns the page without its element.
func (p *recodedPage) decode() ([]byte, error) {
	d := &decoding{coding: p.coding, in: p.raw, eof: true}
	src, done, err := d.open()
	if err != nil {
		return nil, err
	}
	defer done()
	return io.ReadAll(io.LimitReader(src, recodedText+1))
}

// remembered is an encoder in place of one: what it makes is known.
type remembered struct {
	out []byte
	w   io.Writer
}

func (r *remembered) Write(p []byte) (int, error) { return len(p), nil }
func (r *remembered) Close() error                { return r.Flush() }
func (r *remembered) Reset(io.Writer)             {}

func (r *remembered) Flush() error {
	_, err := r.w.Write(r.out)
	r.out = nil
	return err
}

// awaited returns how long a body is that may be remembered: that of a page which
// says when it has changed. All of it is awaited before anything is sent.
func (w *Writer) awaited() int {
	h := w.pending()
	if w.head || len(h["Etag"]) == 0 && len(h["Last-Modified"]) == 0 {
		return 0
	}
	if n := contentLength(h); n <= recodedMost {
		return n
	}
	return 0
}

// contentLength returns how long a body is that says so, and zero for others.
func contentLength(h http.Header) int {
	if v := h["Content-Length"]; len(v) > 0 {
		if n, err := strconv.Atoi(v[0]); err == nil && n > 0 {
			return n
		}
	}
	return 0
}
