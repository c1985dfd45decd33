package inject

import (
	"bytes"
	"errors"
	"strings"

	"golang.org/x/net/html"
)

// checkPlace compares a page with what became of it by a whole parser: the
// element is in the head, nothing of the body is before it, the tree without
// it is the page's, and the encoding that browsers find is the same. Where text
// comes before the document, all of it is in the body.
func checkPlace(in, out []byte) error {
	// Decoding takes the byte order mark, before a parser sees the page.
	marked := bytes.HasPrefix(in, []byte("\uFEFF"))
	in, out = bytes.TrimPrefix(in, []byte("\uFEFF")), bytes.TrimPrefix(out, []byte("\uFEFF"))
	before, err := html.Parse(bytes.NewReader(in))
	if err != nil {
		return nil // too deep for the parser
	}
	after, err := html.Parse(bytes.NewReader(out))
	if err != nil {
		return err
	}
	el := find(after, func(n *html.Node) bool {
		return n.Data == "script" && attrOf(n, "src") == testSrc
	})
	switch {
	case el == nil:
		return errors.New("no script element with the source")
	case el.Parent.Data != "head" && bytes.HasPrefix(bytes.TrimLeft(in, " \t\n\f\r"), []byte("<")):
		return errors.New("the element is in " + el.Parent.Data)
	case el.FirstChild != nil:
		return errors.New("the element has swallowed something")
	}
	el.Parent.RemoveChild(el)
	if a, b := render(before), render(after); a != b {
		return errors.New("the tree is another:\n" + b + "\nwithout the element:\n" + a)
	}
	if marked {
		return nil
	}
	return checkEncoding(in, out)
}

func find(n *html.Node, ok func(*html.Node) bool) *html.Node {
	if n.Type == html.ElementNode && ok(n) {
		return n
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if f := find(c, ok); f != nil {
			return f
		}
	}
	return nil
}

func attrOf(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// render writes the tree without comments: one that is not closed follows the
// element, and so may move into the head.
func render(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		switch n.Type {
		case html.CommentNode:
			return
		case html.TextNode:
			b.WriteString(n.Data)
			return
		case html.ElementNode, html.DoctypeNode:
			b.WriteString("<" + n.Namespace + ":" + n.Data)
			for _, a := range n.Attr {
				b.WriteString(" " + a.Namespace + ":" + a.Key + "=" + a.Val)
			}
			b.WriteString(">")
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
		b.WriteString("</>")
	}
	walk(n)
	return b.String()
}
