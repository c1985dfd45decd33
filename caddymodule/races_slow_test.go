package caddymodule_test

import (
	"net/http"
	"testing"
)

// slowWorld is a shop with a page that is slow: it has been asked for once that
// can be read from asked, and comes when release is sent something.
func slowWorld(t *testing.T) (w *world, asked, release chan struct{}) {
	t.Helper()
	asked, release = make(chan struct{}), make(chan struct{})
	w = newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			asked <- struct{}{}
			<-release
		}
		shop(rw, r)
	}, shopIdentity)
	return w, asked, release
}

// A slow page was asked for by mia while nobody was signed in; by a faster one
// she was, and then jonas. The slow answer must not bring her back.
func TestSlowLoginFromBeforeASwitch(t *testing.T) {
	w, asked, release := slowWorld(t)
	b := w.browser()
	b.start("anonymous")
	s0 := b.token()
	var token string
	done := make(chan struct{})
	go func() { token, _ = w.navigate("/slow", "parley-shop-session="+s0+"; shop=mia"); close(done) }()
	<-asked
	b.visit("/in?as=mia")
	b.say("send", "ack", obj{"cid": "client-1", "text": "mia's secret"})
	b.visit("/in?as=jonas")
	release <- struct{}{}
	<-done
	if token != "" {
		b.keep("shop", token)
		t.Errorf("after the switch to jonas the browser was given a session that shows %q", b.history(""))
	}
}

// A slow login was asked for without a cookie; then a chat was begun and logged
// out. The slow answer must not sign in after that.
func TestSlowLoginFromBeforeALogoutOfAStranger(t *testing.T) {
	w, asked, release := slowWorld(t)
	b := w.browser()
	var token string
	done := make(chan struct{})
	go func() { token, _ = w.navigate("/slow", "shop=mia"); close(done) }()
	<-asked
	b.start("anonymous")
	b.visit("/out")
	release <- struct{}{}
	<-done
	if token != "" && w.who(token) != "none" {
		t.Error("a slow answer from before the logout brought the identity back")
	}
}

// A slow page was asked for by mia while nobody was signed in; by a faster one
// jonas was. The slow answer is older than who is signed in.
func TestSlowLoginFromBeforeAnothersLogin(t *testing.T) {
	w, asked, release := slowWorld(t)
	b := w.browser()
	b.start("anonymous")
	before := b.token()
	var token string
	done := make(chan struct{})
	go func() { token, _ = w.navigate("/slow", "parley-shop-session="+before+"; shop=mia"); close(done) }()
	<-asked
	b.visit("/in?as=jonas")
	release <- struct{}{}
	<-done
	if token != "" {
		t.Errorf("after jonas has signed in, mia's slow page gave the browser a session of %q", w.who(token))
	}
}
