package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
)

// input is one kind of request and the response to it.
type input struct {
	name        string
	path        string // for the upstream
	contentType string
	accept      string
	mode, dest  string // Sec-Fetch-*
	body        []byte
	chunked     bool // the upstream sends no Content-Length
	signedIn    bool // the upstream says who is signed in
	gzip        bool // the client asks for gzip, which the proxy has to make
	packed      bool // the upstream has made it
}

// html reports whether a tag belongs into the response.
func (in *input) html() bool { return in.dest == "document" }

// compressed reports whether the client gets it with gzip. Images pass.
func (in *input) compressed() bool { return in.gzip && in.dest != "image" }

// inputs are the same in the program that asks and in the one that answers.
func inputs() []*input {
	html := func(name string, size int) input {
		return input{name: "html " + name, contentType: "text/html", body: page(size), mode: "navigate", dest: "document",
			accept: "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8"}
	}
	bodies := []input{
		html("5 KB", 5<<10),
		html("100 KB", 100<<10),
		html("1 MB", 1<<20),
		{name: "json 1 KB", contentType: "application/json", body: data(1 << 10), mode: "cors", dest: "empty", accept: "*/*"},
		{name: "binary 1 MB", contentType: "image/jpeg", body: noise(1 << 20), mode: "no-cors", dest: "image",
			accept: "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"},
	}
	var all []*input
	for i, body := range bodies {
		sized, chunked := body, body
		sized.path = fmt.Sprintf("/sized/%d", i)
		chunked.path = fmt.Sprintf("/chunked/%d", i)
		chunked.name += ", no length"
		chunked.chunked = true
		all = append(all, &sized, &chunked)
	}
	signedIn := bodies[0]
	signedIn.name += ", signed in"
	signedIn.path = "/signed-in"
	signedIn.signedIn = true
	return append(all, &signedIn)
}

// encodedInputs are those that are asked for with gzip.
func encodedInputs() []*input {
	var all []*input
	for _, in := range inputs() {
		if !in.signedIn {
			in.gzip = true
			all = append(all, in)
		}
	}
	return all
}

// packedInputs are pages that the upstream sends with gzip.
func packedInputs() []*input {
	var all []*input
	for _, in := range encodedInputs() {
		if in.html() {
			in.packed = true
			in.path = "/packed" + in.path
			all = append(all, in)
		}
	}
	return all
}

// sent is the body as the upstream sends it.
func (in *input) sent() []byte {
	if !in.packed {
		return in.body
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(in.body)
	_ = z.Close()
	return b.Bytes()
}

// requestBytes are a browser's request for the input.
func requestBytes(in *input, cookie string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "GET %s HTTP/1.1\r\nHost: localhost\r\n", in.path)
	b.WriteString("Connection: keep-alive\r\n" +
		"sec-ch-ua: \"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\"\r\n" +
		"sec-ch-ua-mobile: ?0\r\n" +
		"sec-ch-ua-platform: \"Linux\"\r\n" +
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n")
	if in.html() {
		b.WriteString("Upgrade-Insecure-Requests: 1\r\nSec-Fetch-User: ?1\r\n")
	}
	fmt.Fprintf(&b, "Accept: %s\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: %s\r\nSec-Fetch-Dest: %s\r\n", in.accept, in.mode, in.dest)
	codings := "gzip, deflate, br, zstd"
	if in.gzip {
		codings = "gzip" // or Caddy and nginx would choose differently
	}
	b.WriteString("Referer: http://localhost/\r\nAccept-Encoding: " + codings + "\r\nAccept-Language: en-US,en;q=0.9\r\n" +
		"Cookie: shop_session=8f0c2b7d5e914a63; shop_cart=12.1" + cookie + "\r\n\r\n")
	return b.Bytes()
}

// upstream answers the inputs as an application does.
func upstream() http.Handler {
	mux := http.NewServeMux()
	for _, in := range append(inputs(), packedInputs()...) {
		body := in.sent()
		mux.HandleFunc(in.path, func(w http.ResponseWriter, _ *http.Request) {
			h := w.Header()
			if in.packed {
				h.Set("Content-Encoding", "gzip")
				h.Set("Vary", "Accept-Encoding")
			}
			// No charset: so an injector has to look for the page's own.
			h.Set("Content-Type", in.contentType)
			h.Set("Cache-Control", "private, no-cache")
			if in.signedIn {
				h.Set("X-User-Id", "1042")
				h.Set("X-User-Email", "mia@example.com")
				h.Set("X-User-Firstname", "Mia")
				h.Set("X-User-Lastname", "Lindqvist")
				h.Set("X-User-Labels", "newsletter, regular")
				h.Set("X-User-Plan", "Plus")
				h.Set("X-Account-Manager", "anna@example.com")
			}
			if !in.chunked {
				h.Set("Content-Length", strconv.Itoa(len(body)))
				_, _ = w.Write(body) // a client that has gone needs no answer
				return
			}
			for p := body; len(p) > 0; {
				n, err := w.Write(p[:min(16<<10, len(p))])
				if err != nil {
					return
				}
				p = p[n:]
			}
			_ = http.NewResponseController(w).Flush() // or the server counts short bodies itself
		})
	}
	return mux
}

// charsetMeta stands once in each page.
const charsetMeta = `<meta charset="utf-8">`

const pageHead = `<!doctype html>
<html lang="en">
<head>
` + charsetMeta + `
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Walking boots – Fjord &amp; Fell</title>
<meta name="description" content="Boots for every path, from the first spring walk to winter tours.">
<meta property="og:title" content="Walking boots">
<meta property="og:image" content="/assets/boots.jpg">
<link rel="canonical" href="/boots">
<link rel="stylesheet" href="/assets/shop.css?v=41">
<script>window.shop = {currency: "EUR", debug: 1 < 0, banner: "<b>Free delivery</b>"}</script>
<script src="/assets/shop.js?v=41" defer></script>
</head>
<body class="list">
<header><a href="/"><img src="/assets/logo.svg" alt="Fjord &amp; Fell" width="120" height="40"></a>
<nav><ul><li><a href="/boots" aria-current="page">Boots</a></li><li><a href="/bags">Bags</a></li></ul></nav></header>
<main>
`

// pageItem has the verbs: number, number, weight in g, price in EUR.
const pageItem = `<article class="item" id="p%d"><h2><a href="/products/%d">Boot “Trollstigen”, grey</a></h2>
<p>Full-grain leather, a sole that grips on wet rock, and room for thick socks. %d g each.</p>
<form method="post" action="/cart"><b class="price">€ %d</b> <button>Add to cart</button></form></article>
`

const pageEnd = "</main>\n<footer><p>© Fjord &amp; Fell</p></footer>\n</body>\n</html>\n"

// page is an HTML document of a size in bytes.
func page(size int) []byte {
	var b strings.Builder
	b.WriteString(pageHead)
	for i := 1; ; i++ {
		item := fmt.Sprintf(pageItem, i, i, 400+i%300, 90+i%150)
		if b.Len()+len(item)+len(pageEnd) > size {
			break
		}
		b.WriteString(item)
	}
	b.WriteString(strings.Repeat(" ", size-b.Len()-len(pageEnd)))
	return []byte(b.String() + pageEnd)
}

// data is a JSON document of a size in bytes.
func data(size int) []byte {
	const open, end = `{"cart":[`, `{}]}`
	body := open
	for i := 1; len(body)+80 < size; i++ {
		body += fmt.Sprintf(`{"id":%d,"name":"Boot <b>Trollstigen</b>","count":1,"price":%d},`, i, 90+i)
	}
	return []byte(body + strings.Repeat(" ", size-len(body)-len(end)) + end)
}

// noise is what looks like a compressed image.
func noise(size int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}
