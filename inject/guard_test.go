package inject

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// buggyJudge stands for a bug anywhere in the search for the place.
type buggyJudge struct{}

func (buggyJudge) MetaPolicy([]byte) bool { panic("a bug") }

func TestBugInTheSearchLeavesThePageAsItWas(t *testing.T) {
	const page = `<!doctype html><head><meta http-equiv="Content-Security-Policy" content="script-src 'none'"><title>x</title>`
	in, err := New(Config{Src: "/s.js"})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Accept", "text/html")
	d := in.Request(r)
	rec := httptest.NewRecorder()
	w := in.Wrap(rec, r, d, nil)
	defer w.Release()
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(http.StatusOK)
	w.scanner.Reset(false, 100, buggyJudge{})
	if _, err := w.Write([]byte(page)); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	if got := rec.Body.String(); got != page || rec.Code != http.StatusOK || w.Reason() != Failed {
		t.Fatalf("%d %s: %s", rec.Code, w.Reason(), got)
	}
}
