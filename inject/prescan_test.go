package inject

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"

	"github.com/parley-chat/parley/inject/scan"
)

// checkEncoding fails where the element pushes a charset meta of the head out
// of what browsers look at. To see those of the body, pages would have to be
// held that their sites have flushed.
func checkEncoding(in, out []byte) error {
	was, at := prescan(in)
	if was == "" || !inHead(in, at) || !closes(in) {
		return nil
	}
	if is, _ := prescan(out); is != was {
		return fmt.Errorf("the encoding was %q and is %q", was, is)
	}
	return nil
}

const probe = `<base id=probe>`

// inHead reports whether what begins at byte at is in the head, or in the text
// of one of its elements.
func inHead(in []byte, at int) bool {
	const closers = `</script></style></noscript></noframes></title></template></template></template>`
	n := parsed(slices.Concat(in[:at], []byte(closers+probe)))
	return n != nil && n.Parent.Data == "head"
}

// closes reports whether the page closes all that it opens in which a tag is
// none, and has nothing in a template that the scanner does not follow.
func closes(in []byte) bool {
	for n := parsed(slices.Concat(in, []byte(probe))); n != nil; n = n.Parent {
		if n.Data == "html" {
			return len(in) < scan.Limit && !leavesRules(in)
		}
		if n.Data == "template" || n.Namespace != "" {
			return false
		}
	}
	return false
}

// leavesRules reports whether a template has something in it behind which the
// scanner does not look.
func leavesRules(in []byte) bool {
	doc, err := html.Parse(bytes.NewReader(in))
	return err != nil || find(doc, func(n *html.Node) bool {
		if n.Data != "svg" && n.Data != "math" && n.Data != "plaintext" {
			return false
		}
		for n != nil && n.Data != "template" {
			n = n.Parent
		}
		return n != nil
	}) != nil
}

// parsed parses a page and returns the probe in it.
func parsed(page []byte) *html.Node {
	doc, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		return nil
	}
	return find(doc, func(n *html.Node) bool { return n.Data == "base" && attrOf(n, "id") == "probe" })
}

// prescan finds the encoding as browsers do (HTML standard, 13.2.3.2), and
// where the meta begins that says it.
func prescan(b []byte) (name string, at int) {
	b = b[:min(len(b), 1024)]
	for i := 0; i < len(b); i++ {
		rest := b[i:]
		switch {
		case bytes.HasPrefix(rest, []byte("<!--")):
			n := bytes.Index(rest[2:], []byte("-->"))
			if n < 0 {
				return "", 0
			}
			i += 2 + n + 2
		case len(rest) > 5 && strings.EqualFold(string(rest[:5]), "<meta") && strings.IndexByte(" \t\n\f\r/", rest[5]) >= 0:
			label, end := prescanMeta(b, i+5)
			if end < 0 {
				return "", 0
			}
			if _, name := charset.Lookup(label); name != "" {
				return name, i
			}
			i = end
		case len(rest) > 1 && rest[0] == '<' && isLetter(rest[1]), len(rest) > 2 && rest[0] == '<' && rest[1] == '/' && isLetter(rest[2]):
			n := bytes.IndexAny(rest, " \t\n\f\r>")
			if n < 0 {
				return "", 0
			}
			i += n
			for more := true; more; {
				if _, _, i, more = prescanAttr(b, i); i < 0 {
					return "", 0
				}
			}
		case len(rest) > 1 && rest[0] == '<' && strings.IndexByte("!/?", rest[1]) >= 0:
			n := bytes.IndexByte(rest, '>')
			if n < 0 {
				return "", 0
			}
			i += n
		}
	}
	return "", 0
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// prescanMeta returns the label that a meta's attributes give; end is -1 if
// the bytes run out.
func prescanMeta(b []byte, i int) (label string, end int) {
	seen := map[string]string{}
	for {
		name, value, next, ok := prescanAttr(b, i)
		if !ok || next < 0 {
			end = next
			break
		}
		i = next
		if _, dup := seen[name]; !dup {
			seen[name] = value
		}
	}
	if c, ok := seen["charset"]; ok {
		return c, end
	}
	if strings.EqualFold(seen["http-equiv"], "content-type") {
		return contentLabel(seen["content"]), end
	}
	return "", end
}

var charsetParameter = regexp.MustCompile(`(?i)charset[ \t\n\f\r]*=[ \t\n\f\r]*(?:"([^"]*)"|'([^']*)'|([^ \t\n\f\r;"'][^ \t\n\f\r;]*)|.?)`)

// contentLabel is the standard's "extract a character encoding from a meta
// element" (2.5.4).
func contentLabel(content string) string {
	m := charsetParameter.FindStringSubmatch(content)
	if m == nil {
		return ""
	}
	return m[1] + m[2] + m[3]
}

// prescanAttr is the standard's "get an attribute"; next is -1 if the bytes
// run out.
func prescanAttr(b []byte, i int) (name, value string, next int, ok bool) {
	skip := func(set string) bool {
		for i < len(b) && strings.IndexByte(set, b[i]) >= 0 {
			i++
		}
		return i < len(b)
	}
	until := func(set string) string {
		start := i
		for i < len(b) && strings.IndexByte(set, b[i]) < 0 {
			i++
		}
		return strings.ToLower(string(b[start:i]))
	}
	const space = " \t\n\f\r"
	if !skip(space + "/") {
		return "", "", -1, false
	}
	if b[i] == '>' {
		return "", "", i, false
	}
	if b[i] == '=' {
		i++
		name = "="
	}
	name += until(space + "/>=")
	if !skip(space) {
		return "", "", -1, false
	}
	if b[i] != '=' {
		return name, "", i, true
	}
	i++
	if !skip(space) {
		return "", "", -1, false
	}
	switch q := b[i]; q {
	case '"', '\'':
		i++
		if value = until(string(q)); i == len(b) {
			return "", "", -1, false
		}
		return name, value, i + 1, true
	case '>':
		return name, "", i, true
	}
	if value = until(space + ">"); i == len(b) {
		return "", "", -1, false
	}
	return name, value, i, true
}

// The oracle itself: what it says of pages must be true for its word to count.
func TestPrescan(t *testing.T) {
	pad := strings.Repeat("x", 1100)
	for body, want := range map[string]string{
		`<!doctype html><meta charset=latin1>`:                                              "windows-1252",
		`<META NAME=a><Meta HTTP-EQUIV="Content-Type" content='text/html; charset=koi8-r'>`: "koi8-r",
		`<!-- <meta charset=koi8-r> --><meta/charset="utf-16">`:                             "utf-16le",
		`<script>'<meta charset=koi8-r>'</script>`:                                          "koi8-r",
		`<p><meta charset=koi8-r>`:                                                          "koi8-r",
		`<a title="<meta charset=koi8-r>"><meta charset=x-none><meta charset=utf-8 x>`:      "utf-8",
		`<!-- ` + pad + ` --><meta charset=koi8-r>`:                                         "",
		exact(1024, `<meta charset=koi8-r>`):                                                "koi8-r",
		exact(1025, `<meta charset=koi8-r>`):                                                "",
		`<meta charset=koi8-r`:                                                              "",
	} {
		if got, _ := prescan([]byte(body)); got != want {
			t.Errorf("%.100s: %q, want %q", body, got, want)
		}
	}
}
