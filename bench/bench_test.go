package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestCheckFindsWhatIsWrong(t *testing.T) {
	const element = `<script async src="/_chat/widget.js?v=0123"></script>`
	html := inputs()[0]
	page := string(html.body)
	tagged := strings.Replace(page, charsetMeta, charsetMeta+element, 1)
	injector, plain := &proxy{injects: true, isolate: true}, new(proxy)
	for _, test := range []struct {
		name   string
		proxy  *proxy
		body   string
		header http.Header
		wrong  string
	}{
		{name: "one tag", proxy: injector, body: tagged},
		{name: "untouched", proxy: plain, body: page},
		{name: "no tag", proxy: injector, body: page, wrong: "0 tags and not 1"},
		{name: "two tags", proxy: injector, body: tagged + element, wrong: "2 tags and not 1"},
		{name: "a tag of a plain proxy", proxy: plain, body: tagged, wrong: "1 tags and not 0"},
		{name: "another byte", proxy: injector, body: strings.Replace(tagged, "Trollstigen", "trollstigen", 1), wrong: "not the upstream's"},
		{name: "a byte less", proxy: injector, body: tagged[:len(tagged)-1], wrong: "not the upstream's"},
		{name: "evidence", proxy: injector, body: tagged, header: http.Header{"X-User-Id": {"1042"}}, wrong: "the browser sees"},
	} {
		resp := &http.Response{StatusCode: http.StatusOK, Header: test.header}
		err := check(test.proxy, html, resp, []byte(test.body))
		if test.wrong == "" && err != nil || test.wrong != "" && (err == nil || !strings.Contains(err.Error(), test.wrong)) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.wrong)
		}
	}
	if !bytes.Equal(html.body, []byte(page)) {
		t.Error("checking changed the input")
	}
}

func TestLoadComparesEveryBody(t *testing.T) {
	answers := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answers++
		if answers < 3 {
			fmt.Fprint(w, "the same")
		} else {
			fmt.Fprint(w, "the sane")
		}
	}))
	defer server.Close()
	c, err := dial(t.Context(), server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.conn.Close()
	request := requestBytes(inputs()[0], "")
	same := &answer{raw: []byte("the same")}
	if err := c.repeat(request, same, 2); err != nil {
		t.Errorf("equal bodies: %v", err)
	}
	if err := c.repeat(request, same, 1); err == nil {
		t.Error("another body went unnoticed")
	}
	if err := c.repeat(request, &answer{raw: []byte("the sane and more")}, 1); err == nil {
		t.Error("a body that ends early went unnoticed")
	}
}

// The same page may come in other bytes when it is compressed, another may not.
func TestLoadComparesWhatIsCompressed(t *testing.T) {
	squeeze := func(body string, cut int) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		for _, part := range []string{body[:cut], body[cut:]} {
			if _, err := io.WriteString(z, part); err != nil {
				t.Fatal(err)
			}
			if err := z.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	const body = "the same page, the same page, the same page"
	want, err := readAnswer(&http.Response{
		Header: http.Header{"Content-Encoding": {"gzip"}},
		Body:   io.NopCloser(bytes.NewReader(squeeze(body, 5))),
	}, true)
	if err != nil || string(want.body) != body {
		t.Fatalf("read %q, error %v", want.body, err)
	}
	sent := squeeze(body, 20)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(sent)
	}))
	defer server.Close()
	c, err := dial(t.Context(), server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.conn.Close()
	request := requestBytes(encodedInputs()[0], "")
	if err := c.repeat(request, want, 2); err != nil {
		t.Errorf("the same in other blocks: %v", err)
	}
	sent = squeeze(strings.Replace(body, "page", "rage", 1), 20)
	if err := c.repeat(request, want, 1); err == nil {
		t.Error("another page went unnoticed")
	}
	for _, compressed := range []bool{true, false} {
		resp := &http.Response{Header: http.Header{}, Body: http.NoBody}
		if !compressed {
			resp.Header.Set("Content-Encoding", "gzip")
		}
		if _, err := readAnswer(resp, compressed); err == nil {
			t.Errorf("expected to be compressed: %v, and the opposite went unnoticed", compressed)
		}
	}
}

// TestUpstreamLengths: half of the inputs must come without a length, also
// the short ones.
func TestUpstreamLengths(t *testing.T) {
	server := httptest.NewServer(upstream())
	defer server.Close()
	for _, in := range inputs() {
		resp, err := http.Get(server.URL + in.path)
		if err != nil {
			t.Fatal(err)
		}
		var body bytes.Buffer
		_, err = body.ReadFrom(resp.Body)
		resp.Body.Close()
		if err != nil || !bytes.Equal(body.Bytes(), in.body) {
			t.Errorf("%s: another body, error %v", in.name, err)
		}
		if (resp.ContentLength < 0) != in.chunked {
			t.Errorf("%s: Content-Length %d", in.name, resp.ContentLength)
		}
	}
}

func TestInputs(t *testing.T) {
	for _, size := range []int{5 << 10, 100 << 10, 1 << 20} {
		if got := page(size); len(got) != size || bytes.Count(got, []byte(charsetMeta)) != 1 {
			t.Errorf("a page of %d bytes has %d", size, len(got))
		}
	}
	if got := data(1 << 10); len(got) != 1<<10 || !json.Valid(got) {
		t.Errorf("%d bytes that are no JSON of 1 KB: %s", len(got), got)
	}
}

func TestQuantile(t *testing.T) {
	for q, want := range map[float64]float64{0: 1, 0.25: 2, 0.5: 3, 0.75: 4, 1: 5} {
		if got := quantile([]float64{5, 1, 4, 2, 3}, q); got != want {
			t.Errorf("quantile %v: got %v, want %v", q, got, want)
		}
	}
	if got := quantile([]float64{1, 2}, 0.5); got != 1.5 {
		t.Errorf("median of two: got %v", got)
	}
}
