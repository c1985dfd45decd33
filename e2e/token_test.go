package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

const tokenKey = "an application and its proxy know this"

// sign makes a token as an application's server does.
func sign(t *testing.T, key, id string) string {
	t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(key)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(s).Claims(jwt.Claims{Subject: id, IssuedAt: jwt.NewNumericDate(time.Now()), Expiry: jwt.NewNumericDate(time.Now().Add(time.Hour))}).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// The page's own script hands over a token, as it did to the product before:
// the history is there in every tab, on every device, and nobody else's.
func TestTokenFromThePage(t *testing.T) {
	tagging := func(token string) string {
		return page(`<title>Account</title>`, `<h1>Account</h1><script>
			addEventListener('load', () => CV.user.tag({firstname: 'Mia', externalToken: '`+token+`'}))
		</script>`)
	}
	s := startSite(t, "identity {\ntoken {\nkey \""+tokenKey+"\"\n}\n}\nlogout /logout", pages{
		"/":       page(`<title>Home</title>`, `<h1>Home</h1>`),
		"/mia":    tagging(sign(t, tokenKey, "mia")),
		"/forged": tagging(sign(t, strings.ToUpper(tokenKey), "mia")),
		"/logout": page(`<title>Bye</title>`, `<h1>Bye</h1>`),
	})
	computer := browser.New(t)
	tab := computer.Tab()
	// Plain HTTP on a name: the browser tells less there than elsewhere.
	v := begin(tab, s.plain+"/")
	v.Go(s.plain + "/mia")
	v.Wait(`document.cookie.includes('parley-shop=p')`)
	v.OpenChat()
	goesOn(v, "Two.")

	phone := people.Visit(browser.New(t), s.local+"/mia")
	phone.Wait(`document.cookie.includes('parley-shop=p')`)
	phone.OpenChat()
	phone.Sees("ONE.")
	phone.Sees("TWO.")
	phone.Go(s.local + "/")
	phone.OpenChat()
	phone.Sees("TWO.")

	stranger := people.Visit(browser.New(t), s.local+"/forged")
	stranger.OpenChat()
	expectAlone(t, "who forges a token", stranger.Transcript(), "ONE", "TWO")

	v.Go(s.plain + "/logout")
	v.OpenChat()
	expectAlone(t, "who comes after the logout", v.Transcript(), "ONE", "TWO")
}

// Where a page has the tag already, of an operator who put it there by hand or
// of a second proxy, there is one chat all the same.
func TestTwoTagsMakeOneChat(t *testing.T) {
	s := startSite(t, "", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, page(`<title>Home</title><script async src="/_chat/widget.js"></script>`, `<h1>Home</h1>`))
	}))
	tab := browser.New(t).Tab()
	v := begin(tab, s.local+"/")
	expectOneWidget(t, tab, "a page with two tags")
	goesOn(v, "Two.")
}
