package transport_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
)

// What can't be written to its end is no file at all to who asked: an error, or an
// answer that is cut off.
func TestDocument(t *testing.T) {
	fails := fmt.Errorf("reading: %w", chat.ErrUnavailable)
	long := strings.Repeat("x", 100<<10)
	for name, c := range map[string]struct {
		text   string
		err    error
		status int
		whole  bool
	}{
		"whole":            {"text", nil, http.StatusOK, true},
		"long":             {long, nil, http.StatusOK, true},
		"fails at once":    {"text", fails, http.StatusServiceUnavailable, true},
		"fails on the way": {long, fails, http.StatusOK, false},
		"session is over":  {"", chat.ErrNoSession, http.StatusOK, true},
	} {
		t.Run(name, func(t *testing.T) {
			connections := transport.NewConnections(slog.New(slog.DiscardHandler))
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				connections.ServeDocument(w, r, limits.Caller{}, transport.Document{Op: "document", Name: "a.html", Log: slog.New(slog.DiscardHandler),
					Write: func(_ context.Context, w io.Writer) error {
						if _, err := io.WriteString(w, c.text); err != nil {
							return err
						}
						return c.err
					}})
			}))
			defer server.Close()
			resp, err := http.Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			text, err := io.ReadAll(resp.Body)
			if resp.StatusCode != c.status || (err == nil) != c.whole {
				t.Errorf("status %d, %d bytes, %v", resp.StatusCode, len(text), err)
			}
			isFile := resp.Header.Get("Content-Type") == "application/octet-stream"
			if failed := c.err != nil; isFile == (failed && c.whole) {
				t.Errorf("it is a %s", resp.Header.Get("Content-Type"))
			}
			if isFile && c.whole && string(text) != c.text {
				t.Errorf("%d bytes of %d", len(text), len(c.text))
			}
		})
	}
}

// Who may have it no longer gets no more of it.
func TestDocumentEndsWithTheSession(t *testing.T) {
	connections := transport.NewConnections(slog.New(slog.DiscardHandler))
	connections.CheckDownloadsEvery(0)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connections.ServeDocument(w, r, limits.Caller{}, transport.Document{Op: "document", Log: slog.New(slog.DiscardHandler),
			Check: func(context.Context) error { return chat.ErrNoSession },
			Write: func(_ context.Context, w io.Writer) error {
				_, err := io.WriteString(w, "a secret")
				return err
			}})
	}))
	defer server.Close()
	resp, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); err != nil || !strings.Contains(string(text), `"no_session"`) {
		t.Errorf("%s, %v", text, err)
	}
}
