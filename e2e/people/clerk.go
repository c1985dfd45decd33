package people

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

// Answers starts an agent who is no browser, for tests that are about the
// visitor's side: whatever a visitor says is answered at once, in the same words
// and in capitals. The desk is at url, which ends in a slash.
func Answers(t testing.TB, url, email, password string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.SplitAfterN(url, "/", 4) // "http:/", "/", "host/", and the rest
	origin := strings.TrimSuffix(strings.Join(parts[:3], ""), "/")
	clerk := &clerk{answered: make(map[string]int)}
	if err := clerk.signIn(jar, url, origin, email, password); err != nil {
		t.Fatalf("signing in at the desk: %v", err)
	}
	dialer := websocket.Dialer{Jar: jar}
	header := http.Header{"Origin": {origin}}
	conn, response, err := dialer.Dial("ws"+strings.TrimPrefix(url, "http")+"socket", header)
	if err != nil {
		t.Fatalf("opening the desk's socket: %v", err)
	}
	response.Body.Close()
	clerk.conn = conn
	done := make(chan struct{})
	go func() {
		defer close(done)
		clerk.answer()
	}()
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
}

// clerk is the agent of Answers.
type clerk struct {
	conn     *websocket.Conn
	answered map[string]int // the last message answered, by conversation
}

func (c *clerk) signIn(jar http.CookieJar, url, origin, email, password string) error {
	body, err := json.Marshal(map[string]string{"email": email, "password": password})
	if err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodPost, url+"api/login", strings.NewReader(string(body)))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Origin", origin)
	response, err := (&http.Client{Jar: jar}).Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the desk answered %s", response.Status)
	}
	return nil
}

// answer reads until the connection ends, and answers what visitors say.
func (c *clerk) answer() {
	for {
		var frame struct {
			T string
			C struct {
				ID, LastFrom, LastText string
				Last                   int
			}
		}
		if c.conn.ReadJSON(&frame) != nil {
			return
		}
		said := frame.C
		if frame.T != "conversation" || said.LastFrom != "visitor" || said.Last <= c.answered[said.ID] {
			continue
		}
		c.answered[said.ID] = said.Last
		err := c.conn.WriteJSON(map[string]string{
			"t": "reply", "conv": said.ID, "cid": fmt.Sprintf("answer-%08d", said.Last), "text": strings.ToUpper(said.LastText),
		})
		if err != nil {
			return
		}
	}
}
