package transport_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/parley-chat/parley/api/apitest"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/service"
)

// heldStore reads messages only when it is let.
type heldStore struct {
	chat.Store
	asked, let chan struct{}
}

func (s *heldStore) Messages(ctx context.Context, id chat.ConversationID, r chat.Range) ([]chat.Message, error) {
	s.asked <- struct{}{}
	<-s.let
	return s.Store.Messages(ctx, id, r)
}

// While the store takes its time to answer, a browser's ping is answered all the
// same: else proxies, and the browser, would take the connection for dead.
func TestPongsWhileTheStoreIsSlow(t *testing.T) {
	w := apitest.New(t)
	held := &heldStore{w.Store, make(chan struct{}), make(chan struct{})}
	w.Service = service.New(func() (chat.Store, error) { return held, nil }, w.Service.Hub(), slog.New(slog.DiscardHandler))
	w.Visitor.Service = w.Service
	b := w.Browser("203.0.113.1")
	b.SignIn("7")
	s, hello := b.Hello("", 0)
	if hello.Who != string(chat.WhoPerson) {
		t.Fatalf("hello: %+v", hello)
	}
	pong := make(chan string, 1)
	s.SetPongHandler(func(text string) error { pong <- text; return nil })
	got := make(chan apitest.Said, 1)
	go func() {
		f, err := s.Read()
		for err == nil && f.T != "message" {
			f, err = s.Read()
		}
		got <- f
	}()

	visit, err := w.Service.Enter(context.Background(), w.Site, b.Token(), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := visit.Send(context.Background(), "client-1", "from another tab", chat.Page{}); err != nil {
		t.Fatal(err)
	}
	<-held.asked // the first conversation is read as it comes into being
	if err := s.WriteControl(websocket.PingMessage, []byte("there?"), time.Now().Add(apitest.Timeout)); err != nil {
		t.Fatal(err)
	}
	select {
	case <-pong:
	case <-time.After(apitest.Timeout):
		t.Error("no pong while the store is asked")
	}
	go func() {
		for range held.asked { // whatever else is read
		}
	}()
	close(held.let)
	if f := <-got; f.M.Text != "from another tab" {
		t.Errorf("then came %+v", f)
	}
	w.Connections.Close() // nothing is read any more
	close(held.asked)
}

// deadlines is a response whose connection notes until when it is read.
type deadlines struct {
	*httptest.ResponseRecorder
	until time.Time
}

func (d *deadlines) SetReadDeadline(at time.Time) error {
	d.until = at
	return nil
}

// slowBody is a body of which no more comes.
type slowBody struct {
	of  *deadlines
	saw time.Time
}

func (b *slowBody) Read([]byte) (int, error) {
	b.saw = b.of.until
	return 0, errors.New("no more came in time")
}

// A body has its time: who sends it drop by drop holds no connection, and
// behind one that has come the connection has all the time again.
func TestBodiesHaveTheirTime(t *testing.T) {
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	ask := func(body io.Reader) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "http://shop.test/_chat/api/hello", body)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Origin", "http://shop.test")
		return r
	}
	slow := &slowBody{of: w}
	if _, err := transport.ReadPost(w, ask(slow), false, func() error { return nil }); !errors.Is(err, chat.ErrBadFrame) {
		t.Errorf("a body that doesn't come: %v", err)
	}
	if slow.saw.IsZero() || w.until != slow.saw {
		t.Errorf("its deadline was %v, and is %v", slow.saw, w.until)
	}
	if body, err := transport.ReadPost(w, ask(strings.NewReader(`{}`)), false, func() error { return nil }); err != nil || string(body) != `{}` {
		t.Errorf("a body: %s, %v", body, err)
	}
	if !w.until.IsZero() {
		t.Errorf("after it the deadline is %v", w.until)
	}
}

// What no fuzzing finds by chance: a frame that is as deep as it may be long.
func TestDeepFrameIsRefused(t *testing.T) {
	w := apitest.New(t)
	deep := strings.Repeat(`{"page":`, transport.MaxFrame/8-1)
	r := httptest.NewRequest(http.MethodPost, "http://shop.example/", strings.NewReader(deep))
	r.Header.Set("Origin", "http://shop.example")
	r.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	w.Visitor.ServeHTTP(rec, r.WithContext(context.Background()), "/_chat/api/hello")
	if f := apitest.CheckAnswer(t, rec.Body.Bytes()); f.Code != "bad_frame" {
		t.Fatalf("%+v", f)
	}
}
