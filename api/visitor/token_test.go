package visitor_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/api/apitest"
	"github.com/parley-chat/parley/chat"
)

// freshTokens takes any token for one of anna's that was made just now.
type freshTokens struct{}

func (freshTokens) Verify(context.Context, string) (chat.Profile, time.Time, error) {
	return chat.Profile{ID: "anna"}, time.Now(), nil
}

// A page asks with a token, and while its body is on the way somebody logs out:
// the request is from before, and must not sign them in again.
func TestTokenThatWasOnItsWayDuringALogoutIsNotTaken(t *testing.T) {
	w := apitest.New(t)
	w.Site.Tokens = freshTokens{}
	b := w.Browser("127.0.0.1")
	b.SignIn("anna")
	home := b.Home()
	arrived := make(chan struct{}, 8)
	secure := w.Visitor.Secure
	w.Visitor.Secure = func(r *http.Request) bool {
		arrived <- struct{}{}
		return secure(r)
	}

	conn, err := net.DialTimeout("tcp", home.Host, apitest.Timeout)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(apitest.Timeout)); err != nil {
		t.Fatal(err)
	}
	body := `{"data":{"externalToken":"abc"}}`
	_, err = fmt.Fprintf(conn, "POST /_chat/api/tag HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nCookie: %s=%s\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		home.Host, w.URL, "parley-shop-session", b.Token(), len(body), body[:5])
	if err != nil {
		t.Fatal(err)
	}
	<-arrived
	logout, err := w.Service.Sessions.BeginLogout(t.Context(), chat.Request{Site: w.Site, Token: b.Token(), Client: "127.0.0.1", Arrived: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	logout.Done()
	if _, err := conn.Write([]byte(body[5:])); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if set := strings.Join(resp.Header.Values("Set-Cookie"), "; "); resp.StatusCode != http.StatusOK || set != "" {
		t.Errorf("%s, and the cookie %q", resp.Status, set)
	}
}
