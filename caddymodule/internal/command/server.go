package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/parley-chat/parley/caddymodule/internal/admin"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/program"
)

// atServer asks the server that runs, by its admin API.
type atServer struct{ address string }

func (s *atServer) close() {}

// ask sends a request. An answer that tells of a failure is an error.
func (s *atServer) ask(ctx context.Context, method, path string, body any) (*http.Response, error) {
	address, err := caddy.ParseNetworkAddress(s.address)
	if err != nil || address.PortRangeSize() > 1 {
		return nil, fmt.Errorf("invalid admin address %q (want one such as localhost:2019)", s.address)
	}
	origin := "http://" + address.JoinHostPort(0)
	network, dial := address.Network, address.JoinHostPort(0)
	if address.IsUnixNetwork() {
		origin = "http://127.0.0.1"
		dial, _, _ = strings.Cut(address.Host, "|") // the permissions of the socket
	}
	var text []byte
	if body != nil {
		if text, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, origin+path, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	if !address.IsUnixNetwork() {
		req.Header.Set("Origin", origin) // as Caddy's own commands do
	}
	req.Header.Set("Content-Type", "application/json")
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, dial)
		},
	}}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer resp.Body.Close()
	return nil, readFailure(resp)
}

// answerError is what a server says that it could not do.
type answerError struct {
	text     string
	notFound bool
	status   int
}

// Error returns what the server said.
func (e *answerError) Error() string { return e.text }

// Unwrap tells who was not found, and a store that is not open, from what
// failed.
func (e *answerError) Unwrap() error {
	switch {
	case e.notFound:
		return chat.ErrNotFound
	case e.status == http.StatusServiceUnavailable:
		return chat.ErrUnavailable
	}
	return nil
}

func readFailure(resp *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(resp.Body, admin.MaxSubject))
	if err != nil {
		return err
	}
	var said struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(text, &said) != nil {
		if resp.StatusCode == http.StatusNotFound {
			return &answerError{text: "the server that runs has no Parley in it"}
		}
		return &answerError{text: fmt.Sprintf("the server answers %s: %s", resp.Status, text)}
	}
	return &answerError{said.Error, resp.StatusCode == http.StatusNotFound && said.Error != admin.ErrNoChat.Error(), resp.StatusCode}
}

// ping finds out whether a server answers. What it answers is looked at later.
func (s *atServer) ping(ctx context.Context) error {
	resp, err := s.ask(ctx, http.MethodGet, "/chat/", nil)
	var answered *answerError
	if errors.As(err, &answered) {
		return nil
	}
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// get asks for JSON.
func get[T any](ctx context.Context, s *atServer, method, path string, body any) (v T, err error) {
	resp, err := s.ask(ctx, method, path, body)
	if err != nil {
		return v, err
	}
	defer resp.Body.Close()
	return v, json.NewDecoder(resp.Body).Decode(&v)
}

func (s *atServer) stats(ctx context.Context) (chat.Stats, error) {
	return get[chat.Stats](ctx, s, http.MethodGet, "/chat/stats", nil)
}

func (s *atServer) personalData(ctx context.Context, who chat.Subject) ([]chat.PersonalData, error) {
	return get[[]chat.PersonalData](ctx, s, http.MethodPost, "/chat/personal-data", who)
}

func (s *atServer) erase(ctx context.Context, who chat.Subject) ([]chat.PersonalData, error) {
	return get[[]chat.PersonalData](ctx, s, http.MethodPost, "/chat/erase", who)
}

func (s *atServer) backup(ctx context.Context, w io.Writer) error {
	return s.copy(ctx, w, http.MethodGet, "/chat/backup", nil)
}

func (s *atServer) export(ctx context.Context, who chat.Subject, w io.Writer) error {
	return s.copy(ctx, w, http.MethodPost, "/chat/export", who)
}

// copy copies an answer, of which the connection tells whether it is whole.
func (s *atServer) copy(ctx context.Context, w io.Writer, method, path string, body any) error {
	resp, err := s.ask(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("the server did not send all of it; its log says why, and `%s chat check` whether its store is damaged: %w", program.Name(), err)
	}
	return nil
}

func (s *atServer) compact(ctx context.Context, report func(chat.Progress)) (chat.Compaction, error) {
	return progressLines[chat.Compaction](ctx, s, "/chat/compact", report)
}

func (s *atServer) check(ctx context.Context, report func(chat.Progress)) (chat.Check, error) {
	return progressLines[chat.Check](ctx, s, "/chat/check", report)
}

// progressLines asks for what takes its time and reads its lines.
func progressLines[T any](ctx context.Context, s *atServer, path string, report func(chat.Progress)) (done T, err error) {
	resp, err := s.ask(ctx, http.MethodPost, path, nil)
	if err != nil {
		return done, err
	}
	defer resp.Body.Close()
	for lines := json.NewDecoder(resp.Body); ; {
		var line admin.ProgressLine[T]
		if err := lines.Decode(&line); err != nil {
			return done, fmt.Errorf("the server did not say how it ended (its log does): %w", err)
		}
		switch {
		case line.Progress != nil:
			report(*line.Progress)
		case line.Done != nil:
			return *line.Done, nil
		default:
			return done, &answerError{text: line.Error}
		}
	}
}
