package deflate

import (
	"bytes"
	"fmt"
	"testing"
)

// BenchmarkSplice is what it takes to put a tag into a compressed page, in
// pieces of 32 KB as a proxy reads them: into one that was never there before,
// and into one that comes again.
func BenchmarkSplice(b *testing.B) {
	for _, size := range []int{5 << 10, 100 << 10, 1 << 20} {
		page := append([]byte("<!doctype html><html><head><title>Shop</title>\n"), benchText(size)...)
		for _, f := range []Format{Gzip, Zlib} {
			stream := compress(f, 8, page, nil)
			for _, memo := range []*Memo{nil, new(Memo)} {
				b.Run(fmt.Sprintf("%s/%dKB/%s", [...]string{"gzip", "zlib"}[f], size>>10, map[bool]string{true: "new", false: "again"}[memo == nil]), func(b *testing.B) {
					var s Splicer
					tag := []byte(testTag)
					place := bytes.Index(page, []byte("\n"))
					b.ReportAllocs()
					b.ReportMetric(float64(len(stream)), "bytes")
					for b.Loop() {
						s.Reset(f)
						s.Use(memo)
						for k := 0; k < len(stream); k += 32 << 10 {
							p := stream[k:min(k+32<<10, len(stream))]
							if k > 0 {
								_, _ = s.Pass(p)
								continue
							}
							s.Feed(p)
							_, _ = s.Next(1 << 10)
							s.Insert(place, tag)
							_, _ = s.Pass(nil)
						}
						s.Finish(true)
					}
				})
			}
		}
	}
}

// titled is a page with so much text, and where a tag goes in it.
func titled(n int) (page []byte, place int) {
	const head = "<!doctype html><title>Shop</title>"
	return append([]byte(head+"\n"), benchText(n)...), len(head)
}

// benchText is like a catalogue: markup that comes again, with other words in it.
func benchText(n int) []byte {
	var b bytes.Buffer
	seed := uint32(1)
	for b.Len() < n {
		fmt.Fprintf(&b, "<li class=\"product\"><a href=\"/products/%d\"><img src=\"/images/%d.jpg\" alt=\"\"><h3>Boots of %x leather</h3></a><span class=price>%d.%02d</span>\n", seed%1000, seed>>10%5000, seed>>5, seed>>20%300, seed>>3%100)
		seed = seed*1664525 + 1013904223
	}
	return b.Bytes()[:n]
}
