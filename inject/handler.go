package inject

import "net/http"

// Handler returns a handler that inserts into the responses of next.
func (in *Injector) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out, d := in.Request(r)
		iw := in.Wrap(w, r, d, nil)
		defer iw.Release()
		next.ServeHTTP(iw, out)
		if err := iw.Finish(); err != nil {
			// The client must see that the response is not whole.
			panic(http.ErrAbortHandler)
		}
	})
}
