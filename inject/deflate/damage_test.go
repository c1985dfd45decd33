package deflate

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

// began returns a Splicer with the tag in a stream of which so much has come.
func began(t *testing.T, f Format, stream []byte, place int) (s *Splicer, out []byte) {
	t.Helper()
	s = new(Splicer)
	if s.Reset(f); f == bare {
		s.Reset(Zlib)
	}
	s.Feed(stream)
	for len(s.Decoded()) < place {
		if more, err := s.Next(1000); !more {
			t.Fatal(err)
		}
	}
	s.Insert(place, []byte(testTag))
	out, err := s.Pass(nil)
	if err != nil {
		t.Fatal(err)
	}
	return s, bytes.Clone(out)
}

// legible returns what can be read of a stream, to the last token. The standard
// library's reader stops before that.
func legible(f Format, stream []byte) ([]byte, error) {
	var s Splicer
	if s.Reset(f); f == bare {
		s.Reset(Zlib)
	}
	s.Feed(stream)
	more, err := s.Next(1000)
	for more {
		more, err = s.Next(1000)
	}
	return s.Decoded(), err
}

// Of a stream that is damaged behind the tag, a reader sees no less than it would see
// without the tag.
func TestDamageBehindTheTag(t *testing.T) {
	page := append([]byte("<title>a</title>\n"), benchText(60_000)...)
	place := bytes.IndexByte(page, '\n')
	for f := Gzip; f <= bare; f++ {
		for encoder := range uint8(len(levels)) {
			whole := compress(f, encoder, page, []byte{0xff, 0x80})
			for at := 1000; at < len(whole)-50; at += 1 + at/2 {
				stream := bytes.Clone(whole)
				copy(stream[at:], bytes.Repeat([]byte{0xff}, 30))
				s, out := began(t, f, stream[:900], place)
				for _, p := range [][]byte{stream[900 : at+10], stream[at+10:]} {
					b, err := s.Pass(p)
					if out = append(out, b...); err != nil {
						out = append(out, s.GiveUp()...)
					}
				}
				out = append(out, s.Finish(true)...)
				plain, _ := legible(f, stream)
				got, _ := legible(f, out)
				want := string(plain[:place]) + testTag + string(plain[place:])
				if !strings.HasPrefix(string(got), want) {
					t.Errorf("format %d, encoder %d, damaged at %d: %d bytes, want %d", f, encoder, at, len(got), len(want))
				}
			}
		}
	}
}

// Nothing is added to a stream that breaks off, wherever that is.
func TestCutStreamsEndAsTheyDid(t *testing.T) {
	for _, n := range []int{100, 5000} {
		page, place := titled(n)
		for f := Gzip; f <= bare; f++ {
			for _, encoder := range []uint8{0, 3, 8, 10} {
				whole := compress(f, encoder, page, nil)
				for end := len(whole) - 13; end > 10; end -= 1 + n/1000 {
					plain, _ := legible(f, whole[:end])
					if len(plain) < place {
						break
					}
					s, out := began(t, f, whole[:end], place)
					out = append(out, s.Finish(false)...)
					got, err := legible(f, out)
					if want := string(plain[:place]) + testTag + string(plain[place:]); err != nil || string(got) != want {
						t.Errorf("format %d, encoder %d, %d bytes: %v, %q, want %q", f, encoder, end, err, got, want)
					}
				}
			}
		}
	}
}

// Blocks with nothing in them, as of a server that flushes to show that it lives, are
// not gathered.
func TestEmptyBlocksTakeNoMemory(t *testing.T) {
	page := append([]byte("<title>a</title>\n"), benchText(100_000)...)
	stream := compress(Gzip, 8, page, []byte{100, 0xff, 0xff})
	at := bytes.Index(stream, syncMark) + len(syncMark)
	s, out := began(t, Gzip, stream[:at], 16)
	for range 3000 {
		b, err := s.Pass(bytes.Repeat([]byte("\x00\x00\x00\xff\xff"), 100))
		if err != nil {
			t.Fatal(err)
		}
		out = append(append(out, b...), s.Flush()...)
		if n := s.Size(); n > 8*maxRewritten {
			t.Fatalf("it takes %d bytes", n)
		}
	}
	rest, err := s.Pass(stream[at:])
	if err != nil {
		t.Fatal(err)
	}
	out = append(append(out, rest...), s.Finish(true)...)
	if got, err := decompress(Gzip, out); err != nil || string(got) != string(page[:16])+testTag+string(page[16:]) {
		t.Errorf("%v, %d bytes", err, len(got))
	}
}

// A bug in what is done for the checksum costs no more than that.
func TestBugsCostTheChecksum(t *testing.T) {
	page := append([]byte("<title>a</title>\n"), benchText(200_000)...)
	place := bytes.IndexByte(page, '\n')
	for f, bugs := range map[Format]map[string]func(*Splicer){
		Gzip: {
			"completing": func(s *Splicer) { s.hist = nil },
			"rereading":  func(s *Splicer) { s.reread, s.base = true, cursor{format: Gzip, state: inBlock, pos: -800} },
		},
		Zlib: {
			"completing": func(s *Splicer) { s.hist = nil },
			"counting":   func(s *Splicer) { s.cur.state, s.cur.left = inStored, -5 },
		},
	} {
		for name, bug := range bugs {
			t.Run(fmt.Sprint(f, name), func(t *testing.T) {
				stream := compress(f, 8, page, nil)
				if f == Gzip {
					stream = append(stream, compress(f, 8, []byte("more"), nil)...)
				}
				half := len(stream) / 2
				s, out := began(t, f, stream[:half], place)
				if s.phase != passing && s.phase != counting {
					t.Fatal("phase", s.phase)
				}
				bug(s)
				b, err := s.Pass(stream[half:])
				if out = append(out, b...); err != nil {
					t.Fatal(err)
				}
				out = append(out, s.Finish(true)...)
				got, _ := decompress(f, out)
				if want := string(page[:place]) + testTag + string(page[place:]); !strings.HasPrefix(string(got), want) {
					t.Errorf("%d bytes, want %d", len(got), len(want))
				}
			})
		}
	}
}

// Random bytes that have the first four of a member's header leave the checksum right,
// also far behind the tag.
func TestWhatIsHardlyAMember(t *testing.T) {
	page := append([]byte("<title>a</title>\n"), benchText(100_000)...)
	page = append(append(page, "\x01\x02\x03\x04\x00\x00\x01\x00\x1f\x8b\x08\x00\x12\x34\x56\x78\x9a\xbc"...), benchText(50_000)...)
	place := bytes.IndexByte(page, '\n')
	stream := compress(Gzip, 1, page, []byte{0xff, 0xff})
	for _, cuts := range [][]byte{nil, {1}, {0x7f, 0xff}} {
		var s Splicer
		out, err := splice(&s, nil, Gzip, stream, place, testTag, cuts)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := decompress(Gzip, out); err != nil || len(got) != len(page)+len(testTag) {
			t.Errorf("%v, %d bytes", err, len(got))
		}
		if n := binary.LittleEndian.Uint32(out[len(out)-4:]); int(n) != len(page)+len(testTag) {
			t.Errorf("the trailer says %d", n)
		}
	}
}
