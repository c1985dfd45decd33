package caddymodule

import (
	"io"
	"net/http"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// stripper serves a page without us, on an error's page and where a bug of ours
// stands in the way, and still takes the evidence out of its header.
type stripper struct {
	*caddyhttp.ResponseWriterWrapper
	strip func(http.Header)
	wrote bool
}

// WriteHeader strips the header and sends it.
func (s *stripper) WriteHeader(status int) {
	s.strip(s.Header())
	s.wrote = s.wrote || status >= http.StatusOK
	s.ResponseWriterWrapper.WriteHeader(status)
}

// Write sends the header first, if that was not done.
func (s *stripper) Write(p []byte) (int, error) {
	if !s.wrote {
		s.WriteHeader(http.StatusOK)
	}
	return s.ResponseWriterWrapper.Write(p)
}

// ReadFrom writes what it reads; the wrapper's own would go past Write.
func (s *stripper) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{s}, r)
}

// FlushError sends the header first, if that was not done.
func (s *stripper) FlushError() error {
	if !s.wrote {
		s.WriteHeader(http.StatusOK)
	}
	return http.NewResponseController(s.ResponseWriter).Flush()
}
