package inject_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/parley-chat/parley/inject"
)

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
	in.Handler(app).ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	fmt.Println(rec.Body)
	// Output:
	// <!doctype html><title>Shop</title><script async src="/_chat/widget.js?v=1"></script><p>Hello
}
