// Package inject adds one script element to HTML responses as they stream
// through a Go server or proxy, and leaves everything else as it was.
//
// It is plain net/http: an [Injector] decides by the request
// ([Injector.Request]), wraps the ResponseWriter ([Injector.Wrap]) and decides
// again by the response's header and the first bytes of its body. Where it
// inserts, the output without the element is the upstream's body, byte for
// byte; where it does not, the response passes through untouched.
//
// # The place
//
// The element goes near the start of head: before the first token of the head
// that is not white space, a comment, title, meta or base, or else where the
// head ends, explicitly or by implication; at the end of the file where
// neither comes. It never goes before the doctype, into raw text, or before a
// charset meta of the head that ends within the first 1024 bytes, be it in the
// text of a script, in noscript or in a template, unless the encoding is known
// from Content-Type or a byte order mark. A charset meta in the body, where
// none should be, is not waited for: it would hold up pages that are streamed.
//
// A base element whose address may be of another origin would lead a script's
// path there, so the element goes before it. Where that could push a charset
// meta behind it out of the first 1024 bytes, the page is left alone.
//
// Where a request has no Sec-Fetch-Dest, as over plain HTTP, content without
// doctype and without a tag of html, head or body before it is left alone: it
// is part of a page, fetched by a script.
//
// Where text comes before the document, such as a script's notices, the parser
// builds the whole page in the body, and ignores the doctype. The place is then
// the same as without the text, and the page's mode stays what it was. Data that
// has a page in a string looks much the same, so this holds only where
// Sec-Fetch-Dest says that a document is wanted, and no quote or bracket is open
// in the text.
//
// # What the upstream sees
//
// A request for a page goes up without Range, with the content codings that are
// known here of those that the client takes (identity if there is none), and
// with conditionals that compare with the page as the upstream knows it:
// an injected page's entity tag has a suffix that changes with the element, so
// that no cache keeps a page with an old one. [MarkHeader] tells further
// injectors on the way that this one takes care of the element.
//
// # Compressed pages
//
// A page in gzip or deflate that the client takes stays compressed: the element
// is spliced into the stream by [github.com/parley-chat/parley/inject/deflate],
// and what is more than 32 KB behind it passes bit for bit. A page in Brotli or
// Zstandard, or in what the client can't take, is decoded, and encoded again in
// Brotli, Zstandard or gzip, the first that the client takes. It has no
// Content-Length then. The entity tag of a page that comes compressed is weak, and
// Vary names Accept-Encoding. A page that gets no element passes compressed as it
// came.
//
// What became of pages that come again is remembered, in bounded memory: of a
// compressed stream its beginning, and of what has to be encoded again all of it,
// if it has a validator and a length of at most 128 KB, and no nonce. It is
// encoded in the background then, as well as it came, and has a Content-Length.
// That takes a fifth of one core at most. How many bodies are decoded at a time is
// bounded too: upstreams are asked for gzip and deflate where there are many. Those
// that become very long are decoded with rests, so that all of them share one core.
//
// # When the header is sent
//
// Some reasons against insertion are only in the body (an AMP page, a
// frameset, text that is not HTML at all). So that Content-Length is exact,
// the header of a candidate is held until the place is known, a reason against
// it is found, the handler returns, or 64 KB have passed. A flush sends the
// header at once (that of a page which is decoded, with the first of its text), and
// the body up to the last token that is complete; if the
// place is not known by then, Content-Length is dropped, because nothing more
// can be promised about it. In all other cases an injected response
// has exactly the upstream's length plus what the element adds to it; but of a
// compressed one that is known only if the 32 KB behind the element are there
// by then, and never for HEAD.
package inject
