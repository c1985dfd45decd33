package deflate

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	kflate "github.com/klauspost/compress/flate"
)

const testTag = `<script async src="/_chat/widget.js?v=0123456789abcdef"></script>`

// flusher is what writes a compressed stream.
type flusher interface {
	io.WriteCloser
	Flush() error
}

var levels = []int{flate.HuffmanOnly, flate.NoCompression, 1, 2, 3, 4, 5, 6, 7, 8, 9}

// compress makes a stream that is flushed where flushes says, in steps of 16
// bytes.
func compress(f Format, encoder uint8, page, flushes []byte) []byte {
	var b bytes.Buffer
	level := levels[int(encoder)%len(levels)]
	var w flusher
	switch {
	case f == Gzip:
		w, _ = gzip.NewWriterLevel(&b, level)
	case f == Zlib:
		w, _ = zlib.NewWriterLevel(&b, level)
	case encoder >= 128:
		w, _ = kflate.NewWriter(&b, level)
	default:
		w, _ = flate.NewWriter(&b, level)
	}
	at := 0
	for i := range 20 * len(flushes) {
		if k := at + 16*int(flushes[i%len(flushes)]); k < len(page) {
			_, _ = w.Write(page[at:k])
			_ = w.Flush()
			at = k
		}
	}
	_, _ = w.Write(page[at:])
	_ = w.Close()
	return b.Bytes()
}

func decompress(f Format, b []byte) ([]byte, error) {
	src := bytes.NewReader(b)
	var r io.Reader
	var err error
	switch f {
	case Gzip:
		r, err = gzip.NewReader(src)
	case Zlib:
		r, err = zlib.NewReader(src)
	default:
		r = flate.NewReader(src)
	}
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(r)
	if err == nil && src.Len() > 0 && f != Gzip {
		err = fmt.Errorf("%d bytes are left", src.Len())
	}
	return out, err
}

// splice sends a stream through s in pieces as cuts say; one with the high bit
// is followed by a flush.
func splice(s *Splicer, m *Memo, f Format, stream []byte, place int, tag string, cuts []byte) ([]byte, error) {
	if f == bare {
		f = Zlib
	}
	s.Reset(f)
	s.Use(m)
	var out []byte
	inserted := false
	for i := 0; len(stream) > 0; i++ {
		n, flush := len(stream), false
		if len(cuts) > 0 {
			c := cuts[i%len(cuts)]
			n, flush = min(n, 1+int(c&0x7f)), c&0x80 != 0
		}
		p := bytes.Clone(stream[:n])
		stream = stream[n:]
		if inserted {
			b, err := s.Pass(p)
			out = append(out, b...)
			if err != nil {
				return append(out, s.GiveUp()...), err
			}
			if flush {
				out = append(out, s.Flush()...)
			}
			continue
		}
		s.Feed(p)
		clear(p)
		for len(s.Decoded()) < max(place, 1) {
			if more, err := s.Next(1000); err != nil {
				return out, err
			} else if !more {
				break
			}
		}
		if len(s.Decoded()) >= place && len(s.Decoded()) > 0 {
			s.Insert(place, []byte(tag))
			inserted = true
			b, err := s.Pass(nil)
			out = append(out, b...)
			if err != nil {
				return append(out, s.GiveUp()...), err
			}
		} else if flush {
			out = s.Take(out, len(s.Decoded()))
		}
	}
	if !inserted {
		return append(out, s.Held()...), nil
	}
	return append(out, s.Finish(true)...), nil
}

// text is a page of n bytes as they are: words that come again.
func text(r *rand.Rand, n int) []byte {
	words := strings.Fields(`<div class="item"> </div> <p> <a href="/products/ "> </a> <li> <span> boots shoes leather and the of waterproof price 100 &euro; <script> </script> data-id=" <!-- -->`)
	var b []byte
	for len(b) < n {
		switch r.IntN(12) {
		case 0:
			for range r.IntN(8) {
				b = append(b, byte(r.IntN(256)))
			}
		case 1:
			b = append(b, bytes.Repeat([]byte{' '}, r.IntN(300))...)
		case 2:
			if len(b) > 0 {
				from := r.IntN(len(b))
				b = append(b, b[from:min(len(b), from+r.IntN(400))]...)
			}
		default:
			b = append(append(b, words[r.IntN(len(words))]...), '\n')
		}
	}
	return b[:n]
}

// check puts tag into the stream of page, and looks at what becomes of it.
func check(t *testing.T, s *Splicer, f Format, page, stream []byte, place int, tag string, cuts []byte) {
	t.Helper()
	out, err := splice(s, nil, f, stream, place, tag, cuts)
	if err != nil {
		t.Fatalf("splicing: %v", err)
	}
	got, err := decompress(f, out)
	want := string(page[:place]) + tag + string(page[place:])
	if len(page) == 0 {
		want = ""
	}
	if err != nil || string(got) != want {
		i := 0
		for i < min(len(got), len(want)) && got[i] == want[i] {
			i++
		}
		t.Fatalf("decompressing: %v; %d bytes, want %d; they differ at %d, the place is %d", err, len(got), len(want), i, place)
	}
	if rest := behind(f, stream, place+window); !bytes.HasSuffix(out[:len(out)-f.trailerLen()], rest) {
		t.Fatalf("the last %d bytes are not those that came", len(rest))
	}
	if len(cuts) > 0 || len(page) > 100_000 {
		return // mostly the beginning comes in parts, and is not remembered; long pages take long
	}
	for range 3 { // met, remembered, recalled
		if again, err := splice(s, &testMemo, f, stream, place, tag, cuts); err != nil || !bytes.Equal(again, out) {
			t.Fatalf("with a memo: %v, %d bytes, without one %d", err, len(again), len(out))
		}
	}
}

// testMemo is shared by all tests, so that beginnings push each other out.
var testMemo Memo

// behind returns the bytes of a stream that are behind the first block or token
// at which so many bytes are decoded, without the trailer.
func behind(f Format, stream []byte, n int) []byte {
	c := cursor{format: f}
	if f == bare {
		c.begin(0)
	}
	for c.out < n || c.state == inStored {
		var err error
		switch c.state {
		case inBlock:
			_, err = c.tokens(stream, make([]token, 0, stepTokens), n)
		case inStored:
			c.stored(stream, c.left)
		case atTrailer:
			return nil
		default:
			err = c.move(stream)
		}
		if err != nil {
			return nil
		}
	}
	end := len(stream) - f.trailerLen()
	return stream[min((c.pos+7)>>3, end):end]
}

func TestSplice(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var s Splicer
	for _, n := range []int{1, 2, 100, 5000, 40_000, 150_000} {
		for f := Gzip; f <= bare; f++ {
			for e := range 2 * len(levels) {
				page := text(r, n)
				encoder := uint8(e)
				if e >= len(levels) {
					encoder += 128 // the other package's, where the format is bare
				}
				place := r.IntN(min(n, 3000) + 1)
				if r.IntN(4) == 0 {
					place = r.IntN(min(n, 65536) + 1)
				}
				tag := testTag
				if r.IntN(3) == 0 {
					tag = string(text(r, 1+r.IntN(700)))
				}
				var flushes []byte
				if r.IntN(2) == 0 {
					flushes = []byte{byte(r.IntN(256)), byte(r.IntN(256))}
				}
				cuts := []byte{byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256))}
				if r.IntN(2) == 0 {
					cuts = nil
				}
				stream := compress(f, encoder, page, flushes)
				t.Run(fmt.Sprintf("%d/%d/%d/%d", n, f, encoder, place), func(t *testing.T) {
					check(t, &s, f, page, stream, place, tag, cuts)
				})
			}
		}
	}
}

// Streams of other libraries: all strategies and ways to flush that zlib has, a
// small window, small blocks, and headers with all there may be in them.
func TestStreamsOfOthers(t *testing.T) {
	files, err := filepath.Glob("testdata/streams/*")
	if err != nil || len(files) == 0 {
		t.Fatal("no streams", err)
	}
	var s Splicer
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			stream, page, f := readStream(t, name)
			for place := 0; place <= len(page); place += 1 + place/3 {
				for _, cuts := range [][]byte{nil, {0x7f, 0xff, 0x20}, {0x80}} {
					check(t, &s, f, page, stream, place, testTag, cuts)
				}
			}
		})
	}
}

func readStream(t testing.TB, name string) (stream, page []byte, f Format) {
	t.Helper()
	stream, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	f = map[string]Format{".gz": Gzip, ".zz": Zlib, ".raw": bare}[filepath.Ext(name)]
	if page, err = decompress(f, stream); err != nil {
		t.Fatal(name, err)
	}
	return stream, page, f
}

// The tag weighs about what it would if the page had been compressed with it, or
// next to nothing beside a long page.
func TestTagIsCompressedToo(t *testing.T) {
	var s Splicer
	for _, n := range []int{2_000, 20_000, 200_000} {
		page, place := titled(n)
		stream := compress(Gzip, 8, page, nil)
		out, err := splice(&s, nil, Gzip, stream, place, testTag, nil)
		if err != nil {
			t.Fatal(err)
		}
		anew := compress(Gzip, 8, []byte(string(page[:place])+testTag+string(page[place:])), nil)
		if len(out) > len(anew)+30 && len(out) > len(stream)*101/100 {
			t.Errorf("%d bytes, with the tag %d, compressed anew %d", len(stream), len(out), len(anew))
		}
	}
}

// A beginning that comes again and again is recalled, and only that very one.
func TestMemo(t *testing.T) {
	var s Splicer
	var m Memo
	remembered := func() (n int) {
		for i := range m.slots {
			if m.slots[i].Load() != nil {
				n++
			}
		}
		return n
	}
	for _, n := range []int{2_000, 200_000} {
		for f := Gzip; f <= bare; f++ {
			m = Memo{}
			page, place := titled(n)
			stream := compress(f, 8, page, nil)
			for i := range 4 {
				// One byte behind what tells most apart is another each time.
				other := bytes.Clone(page)
				other[1900]++
				other[1901] = byte('a' + i)
				for _, text := range [][]byte{page, other} {
					b := stream
					if &text[0] != &page[0] {
						b = compress(f, 8, text, nil)
					}
					tag := testTag[:len(testTag)-i/3] // another at last
					out, err := splice(&s, &m, f, b, place, tag, nil)
					if err != nil {
						t.Fatal(err)
					}
					if got, err := decompress(f, out); err != nil || string(got) != string(text[:place])+tag+string(text[place:]) {
						t.Errorf("%v, %d bytes of %d", err, len(got), n)
					}
				}
			}
			want := 1
			if f == Zlib && n > window {
				want = 0 // it is read to its end anyway
			}
			if got := remembered(); got != want {
				t.Errorf("format %d, %d bytes: %d beginnings are remembered, want %d", f, n, got, want)
			}
		}
	}
}

// All that was flushed goes out at once, before the place as behind it.
func TestFlushedBytesGoOut(t *testing.T) {
	for f := Gzip; f <= bare; f++ {
		t.Run(fmt.Sprint(f), func(t *testing.T) {
			var b bytes.Buffer
			w := map[Format]flusher{Gzip: gzip.NewWriter(&b), Zlib: zlib.NewWriter(&b)}[f]
			if f == bare {
				w, _ = flate.NewWriter(&b, 6)
			}
			var s Splicer
			s.Reset(f)
			if f == bare {
				s.Reset(Zlib)
			}
			var out []byte
			pieces := []string{"<!doctype html>", "<title>a</title>", "<link>", "<p>b", "<p>c", string(benchText(100_000)), "<p>d", "<p>d", "e"}
			want := ""
			for i, piece := range pieces {
				_, _ = io.WriteString(w, piece)
				_ = w.Flush()
				if i < 2 {
					s.Feed(b.Bytes())
					for more := true; more; {
						more, _ = s.Next(1000)
					}
					out = s.Take(out, len(s.Decoded()))
				} else {
					if i == 2 {
						s.Insert(len(want), []byte(testTag))
						want += testTag
					}
					p, err := s.Pass(b.Bytes())
					if err != nil {
						t.Fatal(err)
					}
					out = append(out, p...)
					out = append(out, s.Flush()...)
				}
				b.Reset()
				want += piece
				if got, _ := decompress(f, out); string(got) != want {
					t.Errorf("%d bytes have arrived of %d", len(got), len(want))
				}
			}
			_ = w.Close()
			p, err := s.Pass(b.Bytes())
			if out = append(append(out, p...), s.Finish(true)...); err != nil {
				t.Fatal(err)
			}
			if got, err := decompress(f, out); err != nil || string(got) != want {
				t.Errorf("%v, %d bytes, want %d", err, len(got), len(want))
			}
		})
	}
}

// What comes slowly, and was not flushed in the stream, goes out all the same as
// far as it can be read, but for the last token.
func TestSlowBytesGoOut(t *testing.T) {
	var s Splicer
	for f := Gzip; f <= bare; f++ {
		for encoder := range uint8(len(levels)) {
			page := append([]byte("<title>a</title>\n"), benchText(100_000)...)
			place := bytes.IndexByte(page, '\n')
			want := string(page[:place]) + testTag + string(page[place:])
			stream := compress(f, encoder, page, nil)
			if s.Reset(f); f == bare {
				s.Reset(Zlib)
			}
			inserted := false
			var came, out []byte
			for p := stream; len(p) > 0; {
				n := min(len(p), 600)
				came = append(came, p[:n]...)
				if inserted {
					b, err := s.Pass(p[:n])
					if err != nil {
						t.Fatal(err)
					}
					out = append(out, b...)
				} else {
					s.Feed(p[:n])
					if _, _ = s.Next(1000); len(s.Decoded()) > place {
						inserted = true
						s.Insert(place, []byte(testTag))
						b, _ := s.Pass(nil)
						out = append(out, b...)
					}
				}
				p = p[n:]
				out = append(out, s.Flush()...)
				plain, _ := decompress(f, came)
				got, _ := decompress(f, out)
				if !strings.HasPrefix(want, string(got)) || inserted && len(got) < len(plain)+len(testTag)-8*maxMatch {
					t.Fatalf("format %d, encoder %d: of %d bytes come %d", f, encoder, len(plain), len(got))
				}
			}
			out = append(out, s.Finish(true)...)
			if got, err := decompress(f, out); err != nil || string(got) != want {
				t.Fatalf("format %d, encoder %d: %v, %d bytes, want %d", f, encoder, err, len(got), len(want))
			}
			if len(out) > len(stream)*105/100 {
				t.Errorf("format %d, encoder %d: %d bytes, came as %d", f, encoder, len(out), len(stream))
			}
		}
	}
}

// Members behind the first stay what they are, however long that is, and wherever
// the stream is cut.
func TestMembers(t *testing.T) {
	var s Splicer
	for _, n := range []int{3000, 300_000} {
		page, place := titled(n)
		first := compress(Gzip, 8, page, nil)
		stream := append(bytes.Clone(first), compress(Gzip, 8, page, nil)...)
		stream = append(stream, compress(Gzip, 5, []byte("more"), nil)...)
		want := string(page[:place]) + testTag + string(page[place:]) + string(page) + "more"
		for cut := byte(0); cut < 0x7f; cut += 9 {
			out, err := splice(&s, nil, Gzip, stream, place, testTag, []byte{cut, 0x7f})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := decompress(Gzip, out); err != nil || string(got) != want {
				t.Fatalf("%d bytes in pieces of %d: %v, %d bytes, want %d", n, cut, err, len(got), len(want))
			}
		}
		for cut := -20; cut < 20; cut++ {
			s.Reset(Gzip)
			s.Feed(stream[:20_000%len(first)])
			_, _ = s.Next(1000)
			s.Insert(place, []byte(testTag))
			var out []byte
			for _, p := range [][]byte{nil, stream[20_000%len(first) : len(first)+cut], stream[len(first)+cut:]} {
				b, err := s.Pass(p)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, b...)
			}
			out = append(out, s.Finish(true)...)
			if got, err := decompress(Gzip, out); err != nil || string(got) != want {
				t.Fatalf("%d bytes, cut %d behind the first member: %v, %d bytes, want %d", n, cut, err, len(got), len(want))
			}
		}
	}
}

// What only looks like the end of a member, and the beginning of another, is left
// as it is, also where somebody aimed for it: the text is right in any case, and
// the checksum as far as can be known.
func TestWhatIsNoMember(t *testing.T) {
	var s Splicer
	fake := "\x01\x02\x03\x04\x00\x00\x01\x00\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
	for _, n := range []int{15_000, 300_000} {
		for level := range 2 { // none at first, so that it is what it is in the stream
			page := append([]byte("<title>a</title>\n"), benchText(40_000)...)
			for range 3 {
				page = append(append(page, fake...), benchText(n/3)...)
			}
			place := bytes.IndexByte(page, '\n')
			stream := compress(Gzip, uint8(1+7*level), page, []byte{0xff, 0xff})
			for _, cuts := range [][]byte{nil, {1}, {0x7f, 3}} {
				out, err := splice(&s, nil, Gzip, stream, place, testTag, cuts)
				if err != nil {
					t.Fatal(err)
				}
				got, err := decompress(Gzip, out)
				if err != nil && len(stream) <= maxKept || string(got) != string(page[:place])+testTag+string(page[place:]) {
					t.Errorf("%d bytes: %v, %d, want %d", len(page), err, len(got), len(page)+len(testTag))
				}
			}
		}
	}
}

// Where a stream breaks off, its last bytes are no trailer, whatever they look
// like.
func TestWhatIsNoTrailer(t *testing.T) {
	var s Splicer
	page := append([]byte("<title>a</title>\n"), benchText(40_000)...)
	end := len(page)
	page = append(append(page, "\x01\x02\x03\x04\x00\x00\x01\x00"...), benchText(1000)...)
	stream := compress(Gzip, 1, page, []byte{0xff, 0xff})
	stream = stream[:bytes.Index(stream, page[end:end+8])+8]
	s.Reset(Gzip)
	s.Feed(stream[:2000])
	_, _ = s.Next(1000)
	s.Insert(16, []byte(testTag))
	first, _ := s.Pass(nil)
	out := bytes.Clone(first)
	rest, err := s.Pass(stream[2000:])
	if out = append(out, rest...); err != nil {
		t.Fatal(err)
	}
	if out = append(out, s.Finish(false)...); !bytes.HasSuffix(out, stream[len(stream)-100:]) {
		t.Errorf("%q became %q", stream[len(stream)-100:], out[len(out)-100:])
	}
}

// What does not end as it should ends as it did.
func TestOddEnds(t *testing.T) {
	var s Splicer
	for _, n := range []int{3000, 300_000} {
		page, place := titled(n)
		whole := compress(Gzip, 8, page, nil)
		want := string(page[:place]) + testTag + string(page[place:])
		for name, end := range map[string]func(b []byte) []byte{
			"cut short":      func(b []byte) []byte { return b[:len(b)*9/10] },
			"no trailer":     func(b []byte) []byte { return b[:len(b)-8] },
			"half a trailer": func(b []byte) []byte { return b[:len(b)-3] },
			"a wrong sum":    func(b []byte) []byte { b[len(b)-6] ^= 1; return b },
			"zeros behind":   func(b []byte) []byte { return append(b, make([]byte, 100)...) },
			"junk behind":    func(b []byte) []byte { return append(b, strings.Repeat("junk", 9)...) },
			"another member": func(b []byte) []byte { return append(b, compress(Gzip, 8, []byte("more"), nil)...) },
		} {
			t.Run(fmt.Sprint(name, n), func(t *testing.T) {
				stream := end(bytes.Clone(whole))
				out, err := splice(&s, nil, Gzip, stream, place, testTag, []byte{100})
				if err != nil {
					t.Fatal(err)
				}
				r, err := gzip.NewReader(bytes.NewReader(out))
				if err != nil {
					t.Fatal(err)
				}
				r.Multistream(false)
				got, err := io.ReadAll(r)
				same := string(got) == want
				if name == "cut short" {
					same = len(got) > len(want)/2 && strings.HasPrefix(want, string(got))
				}
				if wrong := strings.Contains("cut short, half a trailer, no trailer, a wrong sum", name); !same || wrong != (err != nil) && n < window {
					t.Errorf("%v, %d bytes, want %d", err, len(got), len(want))
				}
			})
		}
	}
}

func FuzzSplice(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 40 {
		f.Add(text(r, r.IntN(3000)), uint8(r.IntN(60)), uint8(i), uint8(i*37), uint16(r.IntN(4000)), []byte(testTag), []byte{byte(r.IntN(256)), 0xff}, []byte{byte(r.IntN(256)), 3})
	}
	f.Fuzz(func(t *testing.T, unit []byte, repeat, format, encoder uint8, place uint16, tag, cuts, flushes []byte) {
		var page []byte
		for i := range int(repeat) + 1 {
			page = append(page, unit...)
			if len(page) > 0 { // so that not all is one match
				page[len(page)-1] ^= byte(i)
			}
		}
		if len(tag) == 0 || len(tag) > 2000 || len(page) > 200_000 {
			return
		}
		fm := Format(format) % (bare + 1)
		var s Splicer
		check(t, &s, fm, page, compress(fm, encoder, page, flushes), int(place)%(len(page)+1), string(tag), cuts)
	})
}

// FuzzAnyBytes: whatever comes does no harm, and what others can read can be
// spliced.
func FuzzAnyBytes(f *testing.F) {
	files, _ := filepath.Glob("testdata/streams/*")
	for _, name := range files {
		stream, _, format := readStream(f, name)
		f.Add(stream, uint8(format), uint16(50), []byte{0x7f, 0xff})
	}
	f.Add([]byte("<html>"), uint8(2), uint16(0), []byte{})
	f.Fuzz(func(t *testing.T, stream []byte, format uint8, place uint16, cuts []byte) {
		fm := Format(format) % (bare + 1)
		if fm == bare && len(stream) >= 2 && stream[0]&15 == 8 && (uint(stream[0])<<8|uint(stream[1]))%31 == 0 {
			return // it looks like zlib
		}
		var s Splicer
		page, err := decompress(fm, stream)
		switch {
		case len(page) > 1<<20:
		case err != nil || fm == Gzip && bytes.Count(stream, []byte("\x1f\x8b\b")) != 1 || len(page) < int(place):
			_, _ = splice(&s, nil, fm, stream, int(place), testTag, cuts)
		default:
			check(t, &s, fm, page, stream, int(place), testTag, cuts)
		}
	})
}
