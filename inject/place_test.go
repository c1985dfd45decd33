package inject

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-chat/parley/inject/scan"
)

// The bar marks where the element goes; without one the page is left alone.
func TestPlace(t *testing.T) {
	pad := strings.Repeat("x", 1100)
	tests := []struct {
		name, body string
		reason     Reason
	}{
		// Where.
		{"before the first script", `<!doctype html><html><head><title>a</title>|<script src=x></script></head><body>`, 0},
		{"before the first stylesheet", "<!doctype html><html><head>\n<meta charset=utf-8>\n|<link rel=stylesheet href=x><title>a</title></head>", 0},
		{"after base and all leading metas", `<!doctype html><head><base href=/x/><meta name=a><!-- c --><title>t</title><meta name=b>|<style>a{}</style>`, 0},
		{"at the end of head", `<!doctype html><html><head><title>a</title>|</head><body>`, 0},
		{"head is implied, body is not", `<!doctype html><title>a</title>|<body>b`, 0},
		{"no head, no body, no html", `<!doctype html>|<p>a`, 0},
		{"text forms the body", `<!doctype html><title>a</title> |b<script></script>`, 0},
		{"nothing but a head", `<!doctype html><title>a</title>|`, 0},
		{"nothing but a doctype", `<!doctype html>|`, 0},
		{"stray end tags are ignored in the head", `<!doctype html></p></div><title>a</title></title>|<link>`, 0},
		{"end of body forms it", `<!doctype html>|</body><p>`, 0},
		{"end of html forms the body", `<!doctype html>|</html>`, 0},
		{"br as an end tag forms the body", `<!doctype html>|</br>`, 0},
		{"second head and html are ignored", `<!doctype html><html><head><html lang=de><head><meta name=a>|<link>`, 0},
		{"unknown element forms the body", `<!doctype html><title>a</title>|<my-app></my-app>`, 0},
		{"a name that only begins alike", `<!doctype html>|<titles><title>a</title>`, 0},
		{"upper case", `<!DOCTYPE HTML><HTML><HEAD><TITLE>a</TITLE><META NAME=a>|<LINK>`, 0},

		// Raw text, comments, attributes.
		{"title hides tags", `<!doctype html><title><script></head></title>|<script>`, 0},
		{"title with an end tag in capitals and attributes", `<!doctype html><title>a</TITLE x=">">|<link>`, 0},
		{"title ends at the whole word only", `<!doctype html><title>a</titles></title>|<link>`, 0},
		{"comment hides tags", `<!doctype html><!-- <head><script></head> -->|<link>`, 0},
		{"comment closed at once", `<!doctype html><!--><!---><!---->|<link>-->`, 0},
		{"comment closed with a bang", `<!doctype html><!-- a --!>|<link>-->`, 0},
		{"comment with nested openings", `<!doctype html><!-- <!-- a --><!-- <!-->|<link>-->`, 0},
		{"comment with a dash before the bang", `<!doctype html><!---!>a-->|<link>`, 0},
		{"bogus comments", `<!doctype html><!x ><?php a?></ a></>|<link>`, 0},
		{"CDATA is a comment in HTML", `<!doctype html><![CDATA[ a>|<link>]]>`, 0},
		{"almost a doctype", `<!doc html><!doctype html>|<link>`, 0},
		{"greater-than in quotes", `<!doctype html><html data-a="<head>" data-b='>'><head data-c = ">"><meta content=">">|<link>`, 0},
		{"greater-than in an unquoted value", `<!doctype html><meta content=a">|<link>">`, 0},
		{"attribute that begins with an equals sign", `<!doctype html><meta =">|" a><link>`, 0},
		{"slash in tags", `<!doctype html><html/><head/><meta/charset="a>"/>|<link/>`, 0},
		{"less-than that opens nothing", `<!doctype html>|< b><link>`, 0},
		{"svg forms the body", `<!doctype html><title>a</title>|<svg><title><script></script></title></svg>`, 0},
		{"math forms the body", `<!doctype html><head>|<math><mtext><link></mtext></math></head>`, 0},
		{"svg and plaintext in a template", `<!doctype html><head>|<template><svg><style><link></style></svg></template><template><plaintext></template><link>`, 0},
		{"plaintext forms the body", `<!doctype html>|<plaintext><link></plaintext>`, 0},
		{"textarea forms the body", `<!doctype html>|<textarea></head><link></textarea>`, 0},
		{"xmp forms the body", `<!doctype html>|<xmp></head><link></xmp>`, 0},
		{"iframe forms the body", `<!doctype html>|<iframe></head><link></iframe>`, 0},
		{"unfinished comment", `<!doctype html><title>a</title>|<!-- <script>`, 0},
		{"unfinished tag", `<!doctype html>|<html a="`, 0},
		{"unfinished title", `<!doctype html>|<title>a<script>`, 0},
		{"unfinished doctype", `<!doctype htm`, Unfinished},
		{"unfinished, not yet a doctype", `|<!doctyp`, 0},

		// The encoding.
		{"charset meta after a script", `<!doctype html><head><script>a</script><meta charset=utf-8>|<link>`, 0},
		{"charset meta after a style and in http-equiv", `<!doctype html><head><style></style><meta http-equiv=Content-Type content="text/html; charset=x-sjis"><title>a</title>|</head>`, 0},
		{"charset meta in a script's text", `<!doctype html><head><script>'<meta charset=utf-8>'</script>|<p>`, 0},
		{"charset meta in a script's text and a real one", `<!doctype html><head><script>'<meta charset=latin1>'</script><script></script><meta charset=utf-8>|<p>`, 0},
		{"no charset meta in a script's text", `<!doctype html><head>|<script>'<meta name=a><metas charset=a></meta charset=a>' < "<meta charset=utf-8</script><p>`, 0},
		{"charset meta in a comment", `<!doctype html><head>|<script></script><!-- <meta charset=utf-8> --><style></style><p>`, 0},
		{"charset meta in noscript", `<!doctype html><head><script></script><noscript><link><meta charset=utf-8><link></noscript>|<link><p>`, 0},
		{"charset meta in a template", `<!doctype html><head><template><meta charset=utf-8><p>a<script></template></script></template>|<script></script><p>`, 0},
		{"charset meta in a template in a template", `<!doctype html><head><link><template><template><style><meta charset=utf-8></style></template></template>|</head><p>`, 0},
		{"charset meta in a template that ends late", `<!doctype html><head><template><meta charset=utf-8>` + pad + `</template>|<p>`, 0},
		{"charset meta in noscript that ends late", `<!doctype html><head><noscript><meta charset=utf-8>` + pad + `</noscript>|<link>`, 0},
		{"charset meta in a template, but too late", `<!doctype html><head>|<template>` + pad + `<meta charset=utf-8></template><p>`, 0},
		{"charset meta in noscript that is not closed", `<!doctype html><head>|<noscript><meta charset=utf-8><p>`, 0},
		{"charset meta with a label that browsers don't know", `<!doctype html><meta charset=x-none><script></script><meta charset=utf-8>|<p>`, 0},
		{"ISO-2022-JP in noscript", `<!doctype html><head><noscript><meta charset=iso-2022-jp></noscript><link>`, NotASCIICompatible},
		{"ISO-2022-JP in a template", `<!doctype html><head><template><meta charset=iso-2022-jp></template><link>`, NotASCIICompatible},
		{"charset meta that ends with the 1024th byte", exact(1024, `<meta charset=utf-8>|<link>`), 0},
		{"charset meta that ends past the 1024th byte", strings.Replace(strings.Replace(exact(1025, `<meta charset=utf-8>|<link>`), "|", "", 1), "<script>", "|<script>", 1), 0},
		{"charset meta behind an escaped script", `<!doctype html><head><script><!--<script></script></head>--></script><meta charset=utf-8>|<p>`, 0},
		{"charset meta after a template", `<!doctype html><head><template><p>a<b></template><meta charset=utf-8>|<p>`, 0},
		{"charset meta after the end of head", `<!doctype html><head></head><meta charset=utf-8>|<p>`, 0},
		{"charset meta in the body", `<!doctype html>|<p><meta charset=utf-8>`, 0},
		{"charset meta too late for browsers", `<!doctype html><head>|<script>` + pad + `</script><meta charset=utf-8><p>`, 0},
		{"byte order mark", "\uFEFF<!doctype html>|<script></script><meta charset=utf-8>", 0},
		{"byte order mark and space", "\uFEFF \n<!doctype html>|<p>", 0},
		{"ISO-2022-JP in a meta", `<!doctype html><meta charset=iso-2022-jp><link>`, NotASCIICompatible},
		{"UTF-16 in a meta is read as UTF-8", `<!doctype html><meta charset=utf-16>|<link>`, 0},
		{"UTF-16 LE with a mark", "\xff\xfe<\x00!\x00", NotASCIICompatible},
		{"UTF-16 BE with a mark", "\xfe\xff\x00<\x00!", NotASCIICompatible},
		{"UTF-16 without a mark", "<\x00!\x00", NotASCIICompatible},

		// A base element of another origin.
		{"base of another origin", `<!doctype html><head><title>a</title>|<base href="https://cdn.example/"><meta name=a><link>`, 0},
		{"base of another origin, then the charset meta", `<!doctype html><head>|<base href=//cdn.example/><meta charset=utf-8><title>a</title><link>`, 0},
		{"base of another origin after a script, then the charset meta", `<!doctype html><head>|<script></script><base href=//cdn.example/><meta charset=utf-8><link>`, 0},
		{"base of another origin, then a charset meta in noscript", `<!doctype html><head>|<base href=//cdn.example/><script></script><noscript><meta charset=utf-8></noscript><link>`, 0},
		{"base of another origin, then a late charset meta", `<!doctype html><head><base href=//cdn.example/><meta name=a content="` + pad[:800] + `"><meta charset=utf-8><link>`, ForeignBase},
		{"base of another origin, then a charset meta too late for browsers", `<!doctype html><head>|<base href=//cdn.example/><meta name=a content="` + pad + `"><meta charset=utf-8><link>`, 0},
		{"base of another origin after the charset meta", `<!doctype html><head><meta charset=utf-8>|<base href=https://cdn.example/><link>`, 0},
		{"base of another origin and nothing else", `<!doctype html>|<base href=https://cdn.example/>`, 0},
		{"base of another origin in capitals and entities", `<!doctype html>|<BASE target=a HREF=" &#x2f;/cdn.example/"><p>`, 0},
		{"base of another origin with backslashes", `<!doctype html>|<base href="/\cdn.example"><p>`, 0},
		{"base of another origin behind one without address", `<!doctype html><base target=_top>|<base href=https:cdn.example><p>`, 0},
		{"base of another origin behind one of ours", `<!doctype html><base href=/a/><base href=https://cdn.example>|<p>`, 0},
		{"base elements of ours", `<!doctype html><base href="">|<p>`, 0},
		{"base with a colon and slashes behind a query", `<!doctype html><base href="a?b=https://cdn.example">|<p>`, 0},
		{"base with a folder", `<!doctype html><base href="a//b">|<p>`, 0},
		{"base of another origin, then a policy", `<!doctype html><base href=//cdn.example/><meta http-equiv=content-security-policy content="script-src 'none'"><link>`, CSP},
		{"base of another origin in a template", `<!doctype html><head>|<template><base href=//cdn.example/></template><meta name=a>`, 0},

		// Text before the document.
		{"notice before the doctype", "Notice: Undefined variable in /srv/a.php on line 3\n<!doctype html><html><head><title>a</title>|<link></head><body>", 0},
		{"a number before the doctype", `1<!doctype html><html lang=en><head>|</head><body>b`, 0},
		{"second byte order mark", "\uFEFF\uFEFF<!doctype html><head>|<link>", 0},
		{"byte order mark after a comment's end of line", "\n\uFEFF<!doctype html><head>|<link>", 0},
		{"dump of a string", "string(3) \"abc\"\n<!doctype html>|<p>", 0},
		{"notice in tags", "Warning: <b>a</b> in <b>b</b><br />\n<!doctype html><meta charset=utf-8>|<link>", 0},
		{"notice and no doctype", "Notice: a\n<html><head>|<link>", 0},
		{"notice and a body", "Notice: a\n|<body>", 0},
		{"notice, then a charset meta after a script", "Notice: a\n<!doctype html><head><script></script><meta charset=utf-8>|<link>", 0},
		{"script in the text", "a<script>'<!doctype html>'</script><!doctype html><head>|<link>", 0},
		{"comment in the text", "a<!-- <html> --><!doctype html><head>|<link>", 0},
		{"table in the text", "a<table><!doctype html><head><link>", TextFirst},
		{"page in a string", "callback('<!doctype html><head><link>')", TextFirst},
		{"page in a string behind an escaped newline", `callback("\n<!doctype html><head><link>")`, TextFirst},
		{"page in a string behind a comment", `callback("<!-- c --><html><head><link>")`, TextFirst},
		{"page in a string behind a tag", "html = `<br><html><head><link>`", TextFirst},
		{"page in a string behind a quote in it", `a = "say \"hi <html><head><link>"`, TextFirst},
		{"page in single quotes", `html='\n<html><head><link>'`, TextFirst},
		{"page in single quotes behind a space", `var html = '\n<html><head><link>'`, TextFirst},
		{"page in JSON behind a guard", ")]}'\n{\"h\":\"\r\n<html><head><link>\"}", TextFirst},
		{"page in brackets", `a) [1, <html><head><link>]`, TextFirst},
		{"page in other brackets", `a({]) <html><head><link>`, TextFirst},
		{"notice with an apostrophe", "Warning: can't open a.php\n<!doctype html><head>|<link>", 0},
		{"notice with single quotes", "Warning: Undefined array key 'it' (can't be): 'a'\n<!doctype html><head>|<link>", 0},
		{"notice with quotes and brackets", "Warning: <b>include(a.php)</b>: Failed opening \"a.php\" (include_path='.:/usr/share/php') in C:\\www\\a.php\n<!doctype html><head>|<link>", 0},
		{"notice with quotes in tags", "Warning: <font title='\"('>a</font>\n<!doctype html><head>|<link>", 0},
		{"notice of a bracket that is missing", "Warning: missing ) at offset 3\n<!doctype html><head>|<link>", 0},
		{"dump of an array", "Array\n(\n    [a] => {1}\n)\n<!doctype html><head>|<link>", 0},
		{"page in JSON", `{"a":"\n<!doctype html><head>"}`, NoLT},
		{"page in a text area", "a<textarea><!doctype html><head><link>", NoLT},
		{"text that goes on", strings.Repeat("text ", scan.Limit/5+1) + "<!doctype html><p>", NoLT},
		{"text with an unfinished doctype", `text <!doctype htm`, NoLT},

		// Not for us.
		{"empty", ``, NoLT},
		{"white space", " \n", NoLT},
		{"JSON", `{"a":"<html>"}`, NoLT},
		{"plain text", `hello <b>`, NoLT},
		{"AMP", `<!doctype html><html amp lang=en><head><script>`, AMP},
		{"AMP with the sign", `<!doctype html><html lang=en ⚡><head><script>`, AMP},
		{"AMP for e-mail", `<!doctype html><html ⚡4email><head>`, AMP},
		{"AMP in a value is none", `<!doctype html><html class=amp data-amp><head>|<link>`, 0},
		{"frameset", `<html><head><title>a</title></head><frameset rows=*>`, Frameset},
		{"frameset without head", `<frameset rows=*>`, Frameset},
		{"frameset with the new doctype", "<!doctype html><head><meta charset=a><title>a</title></head>\n<!-- a --><frameset>", Frameset},
		{"frameset by doctype", `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Frameset//EN" "x"><head><script></script></head><frameset>`, Frameset},
		{"frameset after a script", `<html><head><script>a</script></head><frameset>`, Frameset},
		{"no frameset after a script", `<html><head>|<script>a</script></head><body><frameset>`, 0},
		{"XML feed", `<?xml version="1.0"?><rss><channel>`, NotHTML},
		{"XHTML as HTML", `<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" ""><html xmlns="x"><head><title>a</title>|</head><body>`, 0},
		{"place too far away", `<!doctype html><!--` + strings.Repeat("a", scan.Limit) + `--><p>`, TooFar},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := strings.Replace(tt.body, "|", testTag, 1)
			body := strings.Replace(tt.body, "|", "", 1)
			if tt.reason == 0 && want == body {
				t.Fatal("the test has no bar")
			}
			if got, reason := inject(t, "text/html", body); got != want || reason != tt.reason {
				t.Errorf("got %s (%v)\nwant %s (%v)", got, reason, want, tt.reason)
			}
		})
	}
}

// exact returns a page in which a script comes first, and the tag that tail
// begins with ends at byte n.
func exact(n int, tail string) string {
	const start, end = `<!doctype html><head><script>`, `</script>`
	tag := strings.Index(tail, ">") + 1
	return start + strings.Repeat("x", n-len(start)-len(end)-tag) + end + tail
}

func TestPlaceWithCharsetInContentType(t *testing.T) {
	got, _ := inject(t, "text/html; charset=utf-8", `<!doctype html><head><script>a</script><meta charset=utf-8>`)
	if want := `<!doctype html><head>` + testTag + `<script>a</script><meta charset=utf-8>`; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// Over plain HTTP to another host browsers don't say what they ask for.
func TestPartsOfPages(t *testing.T) {
	for body, want := range map[string]Reason{
		"<p>a": Fragment, "<!-- a --><div><html>": Fragment, "<title>a</title><link>": Fragment, "<link><html>": Fragment,
		"<script></script>": Fragment, "<tr><td>a": Fragment, "</p></head>": Fragment, "<!-- a -->": Fragment, "a": NoLT,
		"<!doctype html><p>": Injected, "<!-- a --><html><p>": Injected, "<head><p>": Injected, "<title>a</title><body>": Injected, "1<!doctype html><p>": NoLT,
	} {
		told := want
		if want == Fragment || strings.HasPrefix(body, "1") {
			told = Injected
		}
		for header, want := range map[string]Reason{"Accept: text/html": want, "Accept: text/html\nSec-Fetch-Dest: document": told} {
			rec, reason := through(t, newInjector(t), request("GET", header), page("text/html", body))
			if reason != want || count(rec.Body.Bytes()) != b2i(want == Injected) || without(rec.Body.String()) != body {
				t.Errorf("%s, %q: %v, want %v: %q", header, body, reason, want, rec.Body)
			}
			if vary := rec.Header().Get("Vary"); want != NoLT && vary == "" {
				t.Errorf("%s, %q: no Vary", header, body)
			}
		}
	}
}

// Without word that a page is wanted, what begins with text is data, and none of
// it waits.
func TestTextBeforeAPageThatNobodyAsksFor(t *testing.T) {
	for _, header := range []string{"", "Accept: text/html", "Accept: text/html\nSec-Fetch-Dest: empty"} {
		for _, body := range []string{"42;Title;<html>", "1<!doctype html><p>", "Notice: a\n<!doctype html><p>", "text"} {
			rec := run(t, request("GET", header), nil, func(w *Writer, rec *httptest.ResponseRecorder) {
				asHTML(w)
				_, _ = w.Write([]byte(body))
				if rec.Body.String() != body {
					t.Errorf("%s, %q: only %q was sent at once", header, body, rec.Body)
				}
				if err := w.Finish(); err != nil {
					t.Error(err)
				}
				if want := NoLT; w.Reason() != want && w.Reason() != NotNavigation {
					t.Errorf("%s, %q: %v, want %v", header, body, w.Reason(), want)
				}
			})
			if rec.Body.String() != body {
				t.Errorf("%s, %q became %q", header, body, rec.Body)
			}
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
