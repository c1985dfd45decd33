package caddymodule_test

import (
	"net/http"
	"testing"

	"github.com/parley-chat/parley/internal/caddytest"
)

// slowWorld is a shop with a page that is slow: it has been asked for once that
// can be read from asked, and comes when release is sent something.
func slowWorld(t *testing.T) (w *caddytest.World, asked, release chan struct{}) {
	t.Helper()
	asked, release = make(chan struct{}), make(chan struct{})
	w = caddytest.NewWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			asked <- struct{}{}
			<-release
		}
		caddytest.Shop(rw, r)
	}, caddytest.ShopIdentity)
	return w, asked, release
}

// A slow page was asked for by mia while nobody was signed in; by a faster one
// she was, and then jonas. The slow answer must not bring her back.
func TestSlowLoginFromBeforeASwitch(t *testing.T) {
	w, asked, release := slowWorld(t)
	b := w.Browser()
	b.StartChat("anonymous")
	s0 := b.Token()
	var token string
	done := make(chan struct{})
	go func() { token, _ = navigate(w, "/slow", "parley-shop-session="+s0+"; shop=mia"); close(done) }()
	<-asked
	b.Visit("/in?as=mia")
	b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "mia's secret"})
	b.Visit("/in?as=jonas")
	release <- struct{}{}
	<-done
	if token != "" {
		b.SetToken("shop", token)
		t.Errorf("after the switch to jonas the browser was given a session that shows %q", b.History(""))
	}
}

// A slow login was asked for without a cookie; then a chat was begun and logged
// out. The slow answer must not sign in after that.
func TestSlowLoginFromBeforeALogoutOfAStranger(t *testing.T) {
	w, asked, release := slowWorld(t)
	b := w.Browser()
	var token string
	done := make(chan struct{})
	go func() { token, _ = navigate(w, "/slow", "shop=mia"); close(done) }()
	<-asked
	b.StartChat("anonymous")
	b.Visit("/out")
	release <- struct{}{}
	<-done
	if token != "" && who(w, token) != "none" {
		t.Error("a slow answer from before the logout brought the identity back")
	}
}

// A slow page was asked for by mia while nobody was signed in; by a faster one
// jonas was. The slow answer is older than who is signed in.
func TestSlowLoginFromBeforeAnothersLogin(t *testing.T) {
	w, asked, release := slowWorld(t)
	b := w.Browser()
	b.StartChat("anonymous")
	before := b.Token()
	var token string
	done := make(chan struct{})
	go func() { token, _ = navigate(w, "/slow", "parley-shop-session="+before+"; shop=mia"); close(done) }()
	<-asked
	b.Visit("/in?as=jonas")
	release <- struct{}{}
	<-done
	if token != "" {
		t.Errorf("after jonas has signed in, mia's slow page gave the browser a session of %q", who(w, token))
	}
}
