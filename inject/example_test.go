package inject_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/parley-chat/parley/inject"
)

// middleware inserts into the responses of next.
func middleware(in *inject.Injector, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.Clone(r.Context()) // a handler must not modify its request
		iw := in.Wrap(w, r, in.Request(r), nil)
		defer iw.Release()
		next.ServeHTTP(iw, r)
		if err := iw.Finish(); err != nil {
			panic(http.ErrAbortHandler) // the client must see that the response is not whole
		}
	})
}

func Example() {
	in, err := inject.New(inject.Config{Src: "/_chat/widget.js?v=1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<!doctype html><title>Shop</title><p>Hello")
	})
	rec := httptest.NewRecorder()
	middleware(in, app).ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	fmt.Println(rec.Body)
	// Output:
	// <!doctype html><title>Shop</title><script async src="/_chat/widget.js?v=1"></script><p>Hello
}
