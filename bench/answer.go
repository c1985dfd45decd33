package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
)

// answer is the body of a response, as sent and as meant.
type answer struct {
	raw, body []byte
	gzip      bool
}

// readAnswer reads a response, which must be compressed or must not be.
func readAnswer(resp *http.Response, compressed bool) (*answer, error) {
	if coding := resp.Header.Get("Content-Encoding"); (coding == "gzip") != compressed || !compressed && coding != "" {
		return nil, fmt.Errorf("the answer's Content-Encoding is %q", coding)
	}
	raw, err := io.ReadAll(resp.Body)
	if err != nil || !compressed {
		return &answer{raw: raw, body: raw}, err
	}
	body, err := gunzip(bytes.NewReader(raw))
	return &answer{raw: raw, body: body, gzip: true}, err
}

// compare reads a response that is sent in other bytes. That is right only if
// it is compressed and means the same: how it is cut into blocks depends on
// how it arrived at the proxy.
func (a *answer) compare(raw io.Reader) error {
	if a.gzip {
		body, err := gunzip(raw)
		if err != nil {
			return fmt.Errorf("a body under load is no gzip: %w", err)
		}
		if bytes.Equal(body, a.body) {
			return nil
		}
	}
	return errors.New("a body under load is not the one that was checked")
}

func gunzip(r io.Reader) ([]byte, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// tag is the element that injectors insert.
var tag = regexp.MustCompile(`<script async src="/_chat/widget\.js\?v=[^"]*"></script>`)

// check compares a response with the upstream's: exactly one tag where one
// belongs, and no other difference.
func check(p *proxy, in *input, resp *http.Response, body []byte) error {
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the answer is %s", resp.Status)
	}
	tags := tag.FindAllIndex(body, -1)
	want := 0
	if p.injects && in.html() {
		want = 1
	}
	if len(tags) != want {
		return fmt.Errorf("the body has %d tags and not %d", len(tags), want)
	}
	for _, at := range tags {
		body = append(body[:at[0]:at[0]], body[at[1]:]...)
	}
	if !bytes.Equal(body, in.body) {
		return fmt.Errorf("the body, without the tag, is not the upstream's: %d bytes and not %d", len(body), len(in.body))
	}
	if p.isolate && resp.Header.Get("X-User-Id") != "" {
		return errors.New("the browser sees who the application says is signed in")
	}
	return nil
}
