package histories_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"github.com/parley-chat/parley/internal/caddytest"
)

// line is the live connection of a tab.
type line struct {
	conn    *websocket.Conn
	session *modelSession
	mark    string
	shown   []string
	// again means that the person has logged out at this computer with another
	// session: the socket has to come back with the cookie of now.
	again bool
}

func (t *tab) hangUp() {
	if t.line != nil {
		_ = t.line.conn.Close()
		t.line = nil
	}
}

// ask says a frame over HTTP and returns the answer, whatever it is.
func (m *model) ask(b *caddytest.Browser, kind string, body caddytest.Obj) caddytest.Frame {
	_, f := b.Post("/_chat/api/"+kind, body)
	return f
}

// check is made after each step: what every computer reads, in a tab of its own
// choice, and what has come to every tab that is connected.
func (m *model) check() {
	for i, c := range m.computers {
		m.checkLines(c)
		t := c.tabs[(m.clock+i)%len(c.tabs)]
		mark := t.mark
		if m.signedIn(c.Token()) {
			mark = "" // to show it would claim what is behind it: that is a step
		}
		m.same(c, "hello", m.ask(c.Browser, "hello", caddytest.Obj{"mark": mark}), mark)
		switch m.clock % 12 { // one other way a step, of one computer
		case 4 * i:
			m.earlier(c, mark)
		case 4*i + 1:
			m.files(c, mark)
		case 4*i + 2:
			m.transcript(c, mark)
		case 4*i + 3:
			if line := m.dial(c, mark); line != nil {
				_ = line.conn.Close()
			}
		}
	}
}

// checkAll asks by every way there is, for every tab, in the end.
func (m *model) checkAll() {
	m.releaseAll()
	for _, c := range m.computers {
		for _, t := range c.tabs {
			m.showMark(c, t)
			m.earlier(c, t.mark)
			m.files(c, t.mark)
			m.transcript(c, t.mark)
			t.hangUp()
			t.line = m.dial(c, t.mark)
		}
		m.checkLines(c)
		if f := m.deskMe(c); f.Code != "signed_out" {
			m.t.Fatalf("a visitor's cookie opens the console: %+v", f)
		}
	}
	for _, token := range m.tokenOrder {
		if m.tokens[token].over() {
			thief := m.fresh()
			thief.SetToken("shop", token)
			m.opensNothing(thief, "")
		}
	}
}

func (m *model) deskMe(c *computer) caddytest.Frame {
	_, f := c.Post("/desk/api/me", caddytest.Obj{})
	return f
}

// showMark says hello for a tab, which claims what its mark stands for where
// somebody is signed in, and compares what is shown with what may be.
func (m *model) showMark(c *computer, t *tab) {
	s := c.session(m)
	m.claim(s, t.mark)
	f := m.ask(c.Browser, "hello", caddytest.Obj{"mark": t.mark})
	m.same(c, "hello", f, t.mark)
	if f.Who != "anonymous" {
		t.mark = "" // as the widget does: it is worth nothing, or was claimed
	}
}

// same compares a hello with what the model allows.
func (m *model) same(c *computer, way string, f caddytest.Frame, mark string) {
	s := c.session(m)
	if f.T != "hello" || f.Who != m.who(s, mark) || f.Stale != m.stale(c.Token()) {
		m.t.Fatalf("%s of %s: got %+v; the model knows %q, stale %v", way, c.Agent, f, m.who(s, mark), m.stale(c.Token()))
	}
	m.sameTexts(c.Agent, way, f.Texts(), s, mark)
}

func (m *model) sameTexts(who, way, got string, s *modelSession, mark string) {
	if want := texts(m.allowed(s, mark)); got != want {
		m.t.Fatalf("%s of %s shows %q, and may show %q", way, who, got, want)
	}
}

func texts(list []said) string {
	all := make([]string, len(list))
	for i, n := range list {
		all[i] = n.text
	}
	return strings.Join(all, "|")
}

// refusal is the code by which who may read nothing is told so.
func (m *model) refusal(s *modelSession, mark string) string {
	if m.who(s, mark) == "none" {
		return "no_session"
	}
	return "not_found"
}

// earlier pages back from the end.
func (m *model) earlier(c *computer, mark string) {
	f, s := m.ask(c.Browser, "earlier", caddytest.Obj{"mark": mark}), c.session(m)
	if len(m.allowed(s, mark)) == 0 {
		if f.Code != m.refusal(s, mark) {
			m.t.Fatalf("earlier of %s, which may read nothing: %+v", c.Agent, f)
		}
		return
	}
	m.sameTexts(c.Agent, "earlier", f.Texts(), s, mark)
}

var transcriptText = regexp.MustCompile(`<p dir="auto">(.*)</p>`)

// transcript downloads the conversation.
func (m *model) transcript(c *computer, mark string) {
	body, err := json.Marshal(caddytest.Obj{"mark": mark})
	if err != nil {
		m.t.Fatal(err)
	}
	page, s := m.send(c, "transcript", "application/json", body), c.session(m)
	if len(m.allowed(s, mark)) == 0 {
		if !strings.Contains(page, `"code":"`+m.refusal(s, mark)+`"`) {
			m.t.Fatalf("the transcript of %s, which may read nothing: %s", c.Agent, page)
		}
		return
	}
	var got []string
	for _, text := range transcriptText.FindAllStringSubmatch(page, -1) {
		got = append(got, text[1])
	}
	m.sameTexts(c.Agent, "the transcript", strings.Join(got, "|"), s, mark)
}

// files asks for every file of this history.
func (m *model) files(c *computer, mark string) {
	mine := map[string]bool{}
	for i, n := range m.allowed(c.session(m), mark) {
		if n.id == "" {
			continue
		}
		mine[n.id] = true
		if got := m.file(c, mark, i+1, n.id); got != n.file {
			m.t.Fatalf("%s reads %q where its file %q is", c.Agent, got, n.file)
		}
	}
	every := func(list []said) {
		for i, n := range list {
			if n.id == "" || mine[n.id] {
				continue
			}
			if got := m.file(c, mark, i+1, n.id); !strings.Contains(got, `"error"`) {
				m.t.Fatalf("%s reads %q, which is not its own", c.Agent, got)
			}
		}
	}
	for _, list := range m.people {
		every(list)
	}
	for _, k := range m.marks {
		every(k.said)
	}
}

func (m *model) file(c *computer, mark string, seq int, id string) string {
	body, err := json.Marshal(caddytest.Obj{"mark": mark, "seq": seq, "id": id})
	if err != nil {
		m.t.Fatal(err)
	}
	return m.send(c, "attachment", "application/json", body)
}

// upload brings a file and returns its id.
func (m *model) upload(c *computer, mark, content string) string {
	head, err := json.Marshal(caddytest.Obj{"mark": mark, "name": "a.txt"})
	if err != nil {
		m.t.Fatal(err)
	}
	text := m.send(c, "upload", "application/octet-stream", append(append(head, '\n'), content...))
	var f struct{ ID string }
	if err := json.Unmarshal([]byte(text), &f); err != nil || f.ID == "" {
		m.t.Fatalf("upload is answered by %q", text)
	}
	return f.ID
}

func (m *model) send(c *computer, what, kind string, body []byte) string {
	r := c.Request(http.MethodPost, "/_chat/api/"+what, body)
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Origin", m.w.URL)
	_, text := c.Do(r)
	return text
}

// opensNothing uses a cookie that has ended in every way there is.
func (m *model) opensNothing(thief *caddytest.Browser, mark string) {
	for _, kind := range []string{"hello", "earlier", "read", "send", "typing", "tag", "rate", "transcript"} {
		f := m.ask(thief, kind, caddytest.Obj{"mark": mark, "seq": 1, "cid": "stolen-cid", "text": "stolen", "data": caddytest.Obj{}})
		if f.T == "hello" && f.Who == "none" && len(f.Messages) == 0 {
			continue
		}
		if f.T != "error" || f.Code != "no_session" {
			m.t.Fatalf("%s with a token that has ended: %+v", kind, f)
		}
	}
	m.files(&computer{Browser: thief}, mark)
	m.refused(m.open(thief), mark)
}

// refused says hello on a socket that may show nothing.
func (m *model) refused(w *line, mark string) {
	defer w.conn.Close()
	w.say(m, caddytest.Obj{"t": "hello", "mark": mark})
	f, code := w.read(m)
	if f.Who != "none" || len(f.Messages) > 0 {
		m.t.Fatalf("a socket that may show nothing shows %+v, closed with %d", f, code)
	}
	if code := w.end(m); code != 4002 {
		m.t.Fatalf("a socket that may show nothing closes with %d", code)
	}
}

// connect opens the socket of a tab, as the widget does when it is opened.
func (m *model) connect(c *computer) {
	t := m.tab(c)
	t.hangUp()
	m.claim(c.session(m), t.mark)
	if t.line = m.dial(c, t.mark); t.line == nil || t.line.session.person != "" {
		t.mark = ""
	}
}

// dial says hello on a new socket and returns it, or nil where it was closed
// because nothing may be read.
func (m *model) dial(c *computer, mark string) *line {
	w, s := m.open(c.Browser), c.session(m)
	if m.who(s, mark) == "none" {
		m.refused(w, mark)
		return nil
	}
	w.session, w.mark = s, mark
	w.say(m, caddytest.Obj{"t": "hello", "mark": mark})
	f, _ := w.read(m)
	m.same(c, "socket", f, mark)
	w.take(f)
	return w
}

// open opens a socket of which nothing outlives the history.
func (m *model) open(b *caddytest.Browser) *line {
	d := websocket.Dialer{Jar: b.Client.Jar, HandshakeTimeout: caddytest.Deadline, ReadBufferSize: 1024, WriteBufferSize: 1024}
	for {
		conn, resp, err := d.Dial("ws://"+m.w.Addr+"/_chat/socket", http.Header{"Origin": {m.w.URL}, "User-Agent": {b.Agent}})
		if err == nil {
			_ = resp.Body.Close()
			return &line{conn: conn}
		}
		if !caddytest.ResetByReload(err) {
			m.t.Fatalf("opening a socket: %v", err)
		}
	}
}

func (w *line) say(m *model, f caddytest.Obj) {
	if err := w.conn.WriteJSON(f); err != nil {
		m.t.Fatalf("saying %v: %v", f, err)
	}
}

// read returns the next frame, or the code by which the connection was closed.
func (w *line) read(m *model) (f caddytest.Frame, code int) {
	_ = w.conn.SetReadDeadline(time.Now().Add(caddytest.Deadline))
	err := w.conn.ReadJSON(&f)
	if e, ok := err.(*websocket.CloseError); ok {
		return f, e.Code
	}
	if err != nil {
		m.t.Fatalf("reading from a socket: %v", err)
	}
	return f, 0
}

// take notes the messages that a frame brings.
func (w *line) take(f caddytest.Frame) {
	for _, n := range f.Messages {
		w.shown = append(w.shown, n.Text)
	}
	if f.T == "message" {
		w.shown = append(w.shown, f.M.Text)
	}
}

// end reads until the connection is closed and returns the code.
func (w *line) end(m *model) int {
	for {
		if f, code := w.read(m); code != 0 {
			_ = w.conn.Close()
			return code
		} else {
			w.take(f)
		}
	}
}

// checkLines looks at what has come to the tabs of a computer that are
// connected. A session that has ended has ended there too.
func (m *model) checkLines(c *computer) {
	for _, t := range c.tabs {
		w := t.line
		if w == nil {
			continue
		}
		if w.session.over() || w.again {
			m.checkEnd(t)
			continue
		}
		w.say(m, caddytest.Obj{"t": "here"}) // what came before the answer has come
		for {
			f, code := w.read(m)
			if code != 0 || f.T == "reset" || f.T == "again" {
				m.t.Fatalf("the socket of a session that goes on says %q and closes with %d", f.T, code)
			}
			if f.T == "ok" {
				break
			}
			w.take(f)
		}
		m.sameTexts(c.Agent, "the socket", strings.Join(w.shown, "|"), w.session, w.mark)
	}
}

// checkEnd finds the socket of a session that has ended reset, or told that
// somebody has signed in.
func (m *model) checkEnd(t *tab) {
	want, wantCode := "reset", 4003
	if t.line.session.ended == byLogin || !t.line.session.over() {
		want, wantCode = "again", 4005
	} else {
		t.mark = ""
	}
	for {
		f, code := t.line.read(m)
		if f.T == want {
			break
		}
		if code != 0 {
			m.t.Fatalf("a socket whose session has ended by %s closes with %d, and no frame %q", t.line.session.ended, code, want)
		}
		t.line.take(f)
	}
	before := len(t.line.shown)
	if code := t.line.end(m); code != wantCode || len(t.line.shown) != before {
		m.t.Fatalf("a socket whose session has ended by %s closes with %d, and shows %q after that", t.line.session.ended, code, t.line.shown[before:])
	}
	t.hangUp()
}
