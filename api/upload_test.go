package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
)

// octets is the type of every upload.
const octets = "application/octet-stream"

// A file as it begins, of each kind that matters.
var (
	pngFile  = "\x89PNG\x0D\x0A\x1A\x0A and what more there is of it"
	htmlFile = "<!DOCTYPE html><script>alert(document.cookie)</script>"
	svgFile  = `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`
)

// reply is an answer that may be a file.
type reply struct {
	said
	Frame obj
	Body  []byte
}

// request posts a body of some type.
func (b *browser) request(path, contentType string, body io.Reader, change func(*http.Request)) (reply, error) {
	r, err := http.NewRequest(http.MethodPost, b.w.url+path, body)
	if err != nil {
		return reply{}, err
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Origin", b.w.url)
	r.Header.Set(addressHeader, b.address)
	if change != nil {
		change(r)
	}
	resp, err := (&http.Client{Jar: b.jar, Timeout: deadline}).Do(r)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	out := reply{said: said{HTTP: resp.StatusCode, Header: resp.Header}}
	if out.Body, err = io.ReadAll(resp.Body); err != nil {
		return out, err
	}
	if resp.Header.Get("Content-Type") == "application/json" {
		err = json.Unmarshal(out.Body, &out.said)
		if err == nil {
			err = json.Unmarshal(out.Body, &out.Frame)
		}
	}
	return out, err
}

// head is the first line of an upload.
func head(h obj) string {
	b, err := json.Marshal(h)
	if err != nil {
		panic(err)
	}
	return string(b) + "\n"
}

// upload uploads a file and returns its id.
func (b *browser) upload(h obj, file string) string {
	b.w.t.Helper()
	path := "/_chat/api/upload"
	if h["conv"] != nil {
		path = "/desk/api/upload"
	}
	a, err := b.request(path, octets, strings.NewReader(head(h)+file), nil)
	if err != nil || a.T != "uploaded" || a.HTTP != http.StatusOK {
		b.w.t.Fatalf("upload: %+v, %v", a.said, err)
	}
	if size := a.Frame["size"]; size != float64(len(file)) {
		b.w.t.Fatalf("uploaded %v bytes of %d", size, len(file))
	}
	return a.Frame["id"].(string)
}

// download asks for a file.
func (b *browser) download(path string, q obj) reply {
	b.w.t.Helper()
	text, err := json.Marshal(q)
	if err != nil {
		b.w.t.Fatal(err)
	}
	a, err := b.request(path+"/api/attachment", "application/json", bytes.NewReader(text), nil)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return a
}

// worthless asks for a file that is not to be had.
func (b *browser) worthless(what, path string, q obj, code string) {
	b.w.t.Helper()
	if a := b.download(path, q); a.T != "error" || a.Code != code {
		b.w.t.Errorf("%s: %d %q %.40q, want %s", what, a.HTTP, a.Code, a.Body, code)
	}
}

// login signs Anna in at the desk.
func (w *world) login() *browser {
	w.t.Helper()
	b := w.browser("203.0.113.77")
	f, err := b.ask("/desk/api/login", obj{"email": anna.Email, "password": "secret"})
	if err != nil || f.T != "me" {
		w.t.Fatalf("%+v, %v", f, err)
	}
	return b
}

// attachments are those of the messages of a frame.
func attachments(t *testing.T, frame obj) []obj {
	t.Helper()
	b, err := json.Marshal(frame["messages"])
	if err != nil {
		t.Fatal(err)
	}
	var list []struct{ Attachments []obj }
	if err := json.Unmarshal(b, &list); err != nil {
		t.Fatal(err)
	}
	var all []obj
	for _, m := range list {
		all = append(all, m.Attachments...)
	}
	return all
}

func TestAttachments(t *testing.T) {
	w := newWorld(t)
	b := w.browser("203.0.113.1")
	mark := b.start("see")
	png := b.upload(obj{"mark": mark, "name": `C:\Büro "1"\Plan.png`}, pngFile)
	html := b.upload(obj{"mark": mark, "name": "photo.png"}, htmlFile)
	svg := b.upload(obj{"mark": mark, "name": "logo.svg"}, svgFile)
	send := obj{"mark": mark, "cid": "client-1", "text": " ", "attachments": []string{png, html, svg}}
	b.post("send", "ack", send)
	b.post("send", "ack", send) // again is the same
	hello, err := b.request("/_chat/api/hello", "application/json", strings.NewReader(head(obj{"mark": mark})), nil)
	if err != nil {
		t.Fatal(err)
	}
	list := attachments(t, hello.Frame)
	if len(list) != 3 {
		t.Fatalf("attachments: %v", list)
	}
	for i, want := range []struct {
		obj
		file, served, disposition, name string
	}{
		{obj{"id": png, "name": `Büro "1"`, "type": "image/png"}, pngFile, "image/png", "inline", "Plan.png"},
		{obj{"id": html, "type": "text/html"}, htmlFile, octets, "attachment", "photo.png"},
		{obj{"id": svg}, svgFile, octets, "attachment", "logo.svg"},
	} {
		if list[i]["id"] != want.obj["id"] || list[i]["name"] != want.name || want.obj["type"] != nil && list[i]["type"] != want.obj["type"] {
			t.Errorf("attachment %d: %v", i, list[i])
		}
		a := b.download("/_chat", obj{"mark": mark, "seq": 2, "id": want.obj["id"]})
		if a.HTTP != http.StatusOK || string(a.Body) != want.file {
			t.Fatalf("attachment %d: %d %q", i, a.HTTP, a.Body)
		}
		disposition, params, err := mime.ParseMediaType(a.Header.Get("Content-Disposition"))
		if err != nil || disposition != want.disposition || params["filename"] != want.name {
			t.Errorf("attachment %d: %q, %v", i, a.Header.Get("Content-Disposition"), err)
		}
		for name, value := range map[string]string{"Content-Type": want.served, "X-Content-Type-Options": "nosniff",
			"Content-Security-Policy": attachmentPolicy, "Cache-Control": "private, no-store", "Content-Length": fmt.Sprint(len(want.file))} {
			if got := a.Header.Values(name); len(got) != 1 || got[0] != value {
				t.Errorf("attachment %d: %s: %q, want %q", i, name, got, value)
			}
		}
	}
	// The agent has them too, and answers with one.
	desk, conv := w.login(), w.inbox()[0].ID
	if text := w.inbox()[0].LastText; !strings.Contains(text, "logo.svg") {
		t.Errorf("preview %q", text)
	}
	if a := desk.download("/desk", obj{"conv": conv, "seq": 2, "id": png}); string(a.Body) != pngFile ||
		a.Header.Get("Content-Security-Policy") != attachmentPolicy {
		t.Errorf("the agent got %d %q %q", a.HTTP, a.Body, a.Header)
	}
	answer := desk.upload(obj{"conv": conv, "name": "a.txt"}, "the answer")
	s, _ := b.hello(mark, 2)
	if _, _, err := w.agent().Reply(context.Background(), conv, "client-7", "", chat.AttachmentID(answer)); err != nil {
		t.Fatal(err)
	}
	if m := s.expect("message"); m.M.Seq != 3 {
		t.Errorf("live: %+v", m)
	}
	if a := b.download("/_chat", obj{"mark": mark, "seq": 3, "id": answer}); string(a.Body) != "the answer" {
		t.Errorf("the visitor got %d %q", a.HTTP, a.Body)
	}
	// Neither sends what the other has uploaded, nor anything twice.
	mine := b.upload(obj{"mark": mark, "name": "x"}, "x")
	if _, _, err := w.agent().Reply(context.Background(), conv, "client-8", "", chat.AttachmentID(mine)); chat.Reason(err) != chat.ErrNoUpload {
		t.Errorf("the agent sent the visitor's: %v", err)
	}
	f := b.post("send", "error", obj{"mark": mark, "cid": "client-9", "text": "x", "attachments": []string{png}})
	if f.Code != "no_upload" || f.HTTP != http.StatusUnprocessableEntity {
		t.Errorf("sent twice: %+v", f)
	}
	f = b.post("send", "error", obj{"mark": mark, "cid": "client-9", "text": "x", "attachments": strings.Split("123456", "")})
	if f.Code != "too_many" {
		t.Errorf("six at once: %+v", f)
	}
}

func TestUploadRefused(t *testing.T) {
	w := newWorld(t)
	b := w.browser("203.0.113.1")
	mark := b.start("see")
	first := head(obj{"mark": mark, "name": "x"})
	big := strings.Repeat("x", chat.MaxAttachment+1)
	for name, test := range map[string]struct {
		contentType, body string
		change            func(*http.Request)
		status            int
		code              string
	}{
		"another type":     {"multipart/form-data; boundary=x", first + "x", nil, 415, "bad_content_type"},
		"foreign origin":   {octets, first + "x", func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, 403, "foreign_origin"},
		"no origin":        {octets, first + "x", func(r *http.Request) { r.Header.Del("Origin") }, 403, "foreign_origin"},
		"GET":              {octets, "", func(r *http.Request) { r.Method = http.MethodGet }, 405, "bad_method"},
		"no head":          {octets, "", nil, 400, "bad_frame"},
		"no line":          {octets, strings.TrimSpace(first), nil, 400, "bad_frame"},
		"no object":        {octets, "[]\nx", nil, 400, "bad_frame"},
		"not JSON":         {octets, "{]\nx", nil, 400, "bad_frame"},
		"long head":        {octets, head(obj{"mark": mark, "name": strings.Repeat("x", maxHead)}) + "x", nil, 400, "bad_frame"},
		"empty file":       {octets, first, nil, 422, "empty"},
		"too large":        {octets, first + big, nil, 413, "too_large"},
		"too large, later": {octets, first + big, func(r *http.Request) { r.ContentLength = -1 }, 413, "too_large"},
		"far too large":    {octets, first + big + first, nil, 413, "too_large"},
		"no mark":          {octets, head(obj{"name": "x"}) + "x", nil, 200, "no_session"},
		"a wrong mark":     {octets, head(obj{"name": "x", "mark": strings.Repeat("x", 30)}) + "x", nil, 200, "no_session"},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := b.request("/_chat/api/upload", test.contentType, strings.NewReader(test.body), test.change)
			if err != nil || a.HTTP != test.status || a.Code != test.code {
				t.Errorf("%d %q, %v; want %d %s", a.HTTP, a.Body, err, test.status, test.code)
			}
		})
	}
	nobody := w.browser("203.0.113.2")
	for path, code := range map[string]string{"/_chat/api/upload": "no_session", "/desk/api/upload": "signed_out"} {
		a, err := nobody.request(path, octets, strings.NewReader(first+"x"), nil)
		if err != nil || a.Code != code || a.HTTP != http.StatusOK {
			t.Errorf("%s by nobody: %d %q, %v", path, a.HTTP, a.Code, err)
		}
	}
	a, err := w.login().request("/desk/api/upload", octets, strings.NewReader(head(obj{"conv": "nowhere"})+"x"), nil)
	if err != nil || a.Code != "not_found" {
		t.Errorf("for no conversation: %d %q, %v", a.HTTP, a.Code, err)
	}
}

// Who can't read a message can't read what is attached to it.
func TestAttachmentsArePrivate(t *testing.T) {
	w := newWorld(t)
	b := w.browser("203.0.113.1")
	mark := b.start("see")
	id := b.upload(obj{"mark": mark, "name": "x"}, "secret")
	b.post("send", "ack", obj{"mark": mark, "cid": "client-1", "attachments": []string{id}})
	q := obj{"mark": mark, "seq": 2, "id": id}
	if a := b.download("/_chat", q); string(a.Body) != "secret" {
		t.Fatalf("%d %q", a.HTTP, a.Body)
	}
	b.worthless("the wrong message", "/_chat", obj{"mark": mark, "seq": 1, "id": id}, "not_found")
	b.worthless("the cookie without the mark", "/_chat", obj{"seq": 2, "id": id}, "no_session")
	other := w.browser("203.0.113.2")
	other.worthless("nobody", "/_chat", q, "no_session")
	theirs := other.start("me too")
	other.worthless("another's mark", "/_chat", q, "no_session")
	other.worthless("another visitor", "/_chat", obj{"mark": theirs, "seq": 2, "id": id}, "not_found")
	mine := other.upload(obj{"mark": theirs, "name": "x"}, "x")
	f := b.post("send", "error", obj{"mark": mark, "cid": "client-2", "attachments": []string{mine}})
	if f.Code != "no_upload" {
		t.Errorf("sent another's upload: %+v", f)
	}
	conv := w.inbox()[0].ID
	for _, c := range w.inbox() {
		if c.Last == 2 {
			conv = c.ID
		}
	}
	atDesk := obj{"conv": conv, "seq": 2, "id": id}
	b.worthless("a visitor at the desk", "/desk", atDesk, "signed_out")
	desk := w.login()
	if a := desk.download("/desk", atDesk); string(a.Body) != "secret" {
		t.Fatalf("%d %q", a.HTTP, a.Body)
	}
	w.console.Agents = elsewhere{}
	desk.worthless("an agent of another site", "/desk", atDesk, "not_found")
	w.console.Agents = onlyAnna{}
	if _, err := desk.ask("/desk/api/logout", obj{}); err != nil {
		t.Fatal(err)
	}
	desk.worthless("an agent who is signed out", "/desk", atDesk, "signed_out")

	// The person who signs in has it; the mark alone no longer.
	person := w.browser("203.0.113.1")
	person.keep(b.token())
	person.signIn("7")
	if person.post("hello", "hello", obj{"mark": mark}).Who != "person" {
		t.Fatal("no person")
	}
	if a := person.download("/_chat", obj{"seq": 2, "id": id}); string(a.Body) != "secret" {
		t.Errorf("the person who claimed it got %d %q", a.HTTP, a.Body)
	}
	b.worthless("the session before the login", "/_chat", q, "no_session")
	stranger := w.browser("203.0.113.9")
	stranger.signIn("8")
	stranger.worthless("another person with the mark", "/_chat", q, "not_found")
	token := person.token()
	person.post("reset", "reset", obj{})
	person.keep(token)
	person.worthless("after logout", "/_chat", obj{"seq": 2, "id": id}, "no_session")
	person.worthless("after logout, with the mark", "/_chat", q, "no_session")
}

// elsewhere is a directory in which Anna sees another site only.
type elsewhere struct{ onlyAnna }

func (elsewhere) Agent(email string) (chat.AgentInfo, chat.Hash, bool) {
	a, hash, ok := onlyAnna{}.Agent(email)
	a.Sites = []string{"elsewhere"}
	return a, hash, ok
}

// hold begins an upload that waits for its end.
func (b *browser) hold(mark string) (file *io.PipeWriter, done chan reply) {
	b.w.t.Helper()
	body, file := io.Pipe()
	done = make(chan reply, 1)
	go func() {
		a, err := b.request("/_chat/api/upload", octets, body, nil)
		if err != nil {
			a.Code = err.Error()
		}
		_ = body.CloseWithError(io.ErrClosedPipe) // what is refused is not read
		done <- a
	}()
	_, err := io.WriteString(file, head(obj{"mark": mark})+strings.Repeat("x", 300<<10))
	if err != nil && !errors.Is(err, io.ErrClosedPipe) { // refused, as done will tell
		b.w.t.Fatal(err)
	}
	return file, done
}

func TestTransfersAreBounded(t *testing.T) {
	w := newWorld(t)
	w.limits.Enable(false)
	b := w.browser("203.0.113.1")
	mark := b.start("see")
	var files []*io.PipeWriter
	var ends []chan reply
	for range maxTransfersOf {
		file, done := b.hold(mark)
		files, ends = append(files, file), append(ends, done)
		eventually(t, "it has its place", func() bool { return w.live.uploads.count() == len(files) })
	}
	a, err := b.request("/_chat/api/upload", octets, strings.NewReader(head(obj{"mark": mark})+"x"), nil)
	if err != nil || a.HTTP != http.StatusTooManyRequests || a.Code != "rate_limited" || a.Header.Get("Retry-After") == "" {
		t.Errorf("one too many: %d %q, %v", a.HTTP, a.Code, err)
	}
	another := w.browser("203.0.113.2")
	another.upload(obj{"mark": another.start("x"), "name": "x"}, "x") // nobody else is held back
	for i, file := range files {
		if i%2 == 0 {
			_ = file.CloseWithError(fmt.Errorf("the browser goes away")) // nothing to close but the pipe
			<-ends[i]
			continue
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		if a := <-ends[i]; a.T != "uploaded" {
			t.Errorf("held: %d %q", a.HTTP, a.Code)
		}
	}
	// The places are free again, once the server has seen who went away.
	for until := time.Now().Add(deadline); ; {
		file, done := b.hold(mark)
		_ = file.Close()
		if a := <-done; a.T == "uploaded" {
			break
		} else if a.Code != "rate_limited" || time.Now().After(until) {
			t.Fatalf("afterwards: %d %q", a.HTTP, a.Code)
		}
	}
}

// Neither a made-up cookie nor a head that does not come takes a place, and
// who fills all places of one direction leaves those of the other.
func TestPlacesAreForWhoIsKnown(t *testing.T) {
	w := newWorld(t)
	w.limits.Enable(false)
	b := w.browser("203.0.113.1")
	mark := b.start("see")
	id := b.upload(obj{"mark": mark, "name": "x"}, "x")
	b.post("send", "ack", obj{"mark": mark, "cid": "client-1", "attachments": []string{id}})
	for n := range maxTransfers {
		w.trickle(fmt.Sprintf("parley-shop-session=made-up-%d", n), "")
		w.trickle("parley-shop-session="+b.token(), "")
		w.trickle(fmt.Sprintf("parley-shop-session=made-up-%d", n), head(obj{"mark": mark}))
	}
	if n := w.live.uploads.count(); n > 0 {
		t.Errorf("%d places are taken by who is nobody", n)
	}
	b.upload(obj{"mark": mark, "name": "x"}, "x")
	for n := range maxTransfers {
		c := w.limits.caller(fmt.Sprint("203.0.113.", n), "")
		_, end, err := w.live.uploads.begin(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", nil), c)
		if err != nil {
			t.Fatal(err)
		}
		defer end()
	}
	b.worthless("the place of another", "/_chat", obj{"mark": mark, "seq": 2, "id": "unknown"}, "not_found")
	if a := b.download("/_chat", obj{"mark": mark, "seq": 2, "id": id}); string(a.Body) != "x" {
		t.Errorf("a download beside uploads: %d %q", a.HTTP, a.Code)
	}
}

// count returns how many files are on their way.
func (ts *transfers) count() int {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	return len(ts.open)
}

// trickle begins an upload of which no more than this comes, and returns once
// the server reads it.
func (w *world) trickle(cookie, body string) *bufio.Reader {
	w.t.Helper()
	host := strings.TrimPrefix(w.url, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(deadline)); err != nil {
		w.t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST /_chat/api/upload HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nCookie: %s\r\n"+
		"Content-Type: %s\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n\r\n", host, w.url, cookie, octets)
	answers := bufio.NewReader(conn)
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100") { // it is being read
		w.t.Fatalf("%q, %v", line, err)
	}
	if _, err := answers.ReadString('\n'); err != nil {
		w.t.Fatal(err)
	}
	if _, err := io.WriteString(conn, body); err != nil {
		w.t.Fatal(err)
	}
	return answers
}

// Who does not send the head, or sends the file slower than the least rate, is
// cut off.
func TestSlowUploadsAreCutOff(t *testing.T) {
	for name, slow := range map[string]func(*world, string) string{
		"the head": func(w *world, _ string) string { w.live.uploads.headTime = time.Millisecond; return "" },
		"the file": func(w *world, mark string) string {
			w.live.uploads.grace = time.Millisecond
			return head(obj{"mark": mark}) + "x"
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			b := w.browser("203.0.113.1")
			body := slow(w, b.start("see"))
			resp, err := http.ReadResponse(w.trickle("parley-shop-session="+b.token(), body), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			text, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != http.StatusBadRequest || !strings.Contains(string(text), "cut_off") {
				t.Errorf("%d %q, %v", resp.StatusCode, text, err)
			}
		})
	}
}

// A steady rate is enough, and a fast beginning buys no long pause.
func TestLeastRateOfTransfers(t *testing.T) {
	begun := time.Now()
	for _, test := range []struct {
		after time.Duration
		done  int64
		want  time.Duration // from the beginning
	}{
		{0, 0, transferIdle},
		{20 * time.Second, 1, transferIdle},
		{20 * time.Second, 10 * leastRate, transferIdle + 10*time.Second},
		{5 * time.Minute, 300 * leastRate, 5*time.Minute + transferIdle},
		{10 * time.Second, chat.MaxAttachment, 10*time.Second + transferIdle},
		{transferTime - 20*time.Second, chat.MaxAttachment, 14*time.Minute + 43*time.Second},
	} {
		tr := &transfer{begun: begun, until: begun.Add(transferTime), grace: transferIdle, done: test.done}
		if got := tr.patience(begun.Add(test.after)).Sub(begun).Round(time.Second); got != test.want {
			t.Errorf("after %v and %d bytes: until %v, want %v", test.after, test.done, got, test.want)
		}
	}
}

// The server that goes waits for nobody's file.
func TestTransfersEndWithTheServer(t *testing.T) {
	w := newWorld(t)
	b := w.browser("203.0.113.1")
	mark := b.start("see")
	first := head(obj{"mark": mark}) + strings.Repeat("x", 300<<10)
	conn, err := net.Dial("tcp", b.home().Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(deadline)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST /_chat/api/upload HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nCookie: parley-shop-session=%s\r\n"+
		"Content-Type: %s\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", b.home().Host, w.url, b.token(), octets, 2*len(first))
	answers := bufio.NewReader(conn)
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100") { // it is being read
		t.Fatalf("%q, %v", line, err)
	}
	if _, err := io.WriteString(conn, first); err != nil {
		t.Fatal(err)
	}
	w.live.Close()
	if text, err := io.ReadAll(answers); errors.Is(err, os.ErrDeadlineExceeded) || strings.Contains(string(text), "uploaded") {
		t.Errorf("the server went on waiting: %q, %v", text, err)
	}
	a, err := b.request("/_chat/api/upload", octets, strings.NewReader(head(obj{"mark": mark})+"x"), nil)
	if err != nil || a.Code != "unavailable" {
		t.Errorf("afterwards: %d %q, %v", a.HTTP, a.Code, err)
	}
}

// A download that is under way ends with the session.
func TestLogoutEndsDownload(t *testing.T) {
	w := newWorld(t)
	w.live.downloads.checkEvery = time.Nanosecond
	b := w.browser("203.0.113.1")
	mark := b.start("see")
	id := b.upload(obj{"mark": mark}, strings.Repeat("x", chat.MaxAttachment))
	b.post("send", "ack", obj{"mark": mark, "cid": "client-1", "attachments": []string{id}})
	q := head(obj{"mark": mark, "seq": 2, "id": id})
	r, err := http.NewRequest(http.MethodPost, w.url+"/_chat/api/attachment", strings.NewReader(q))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", w.url)
	resp, err := (&http.Client{Jar: b.jar, Timeout: deadline}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.ContentLength != chat.MaxAttachment {
		t.Fatalf("%d bytes", resp.ContentLength)
	}
	b.post("reset", "reset", obj{})
	if n, err := io.Copy(io.Discard, resp.Body); err == nil {
		t.Errorf("%d bytes came after the logout", n)
	}
}

func TestInboxQuestions(t *testing.T) {
	w := newWorld(t)
	for i, text := range []string{"where is my parcel", "a refund please"} {
		w.browser(fmt.Sprint("203.0.113.", i)).start(text)
	}
	s, _, err := w.login().dial("/desk/socket")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.expect("hello")
	for _, test := range []struct {
		ask  obj
		want int
	}{
		{obj{}, 2},
		{obj{"search": "Refund"}, 1},
		{obj{"search": "nothing like it"}, 0},
		{obj{"label": "vip"}, 0},
		{obj{"site": "shop"}, 2},
		{obj{"site": "elsewhere"}, 0},
		{obj{"assignee": "none", "site": "shop", "search": "parcel", "status": "open"}, 1},
	} {
		test.ask["t"] = "inbox"
		s.say(test.ask)
		f := obj{}
		for f["t"] != "inbox" {
			_ = s.SetReadDeadline(time.Now().Add(deadline))
			if err := s.ReadJSON(&f); err != nil {
				t.Fatal(err)
			}
		}
		if list := f["conversations"].([]any); len(list) != test.want {
			t.Errorf("%v gives %d", test.ask, len(list))
		}
		for _, field := range []string{"search", "label", "site"} {
			if test.ask[field] != f[field] {
				t.Errorf("%v: the answer repeats %s as %v", test.ask, field, f[field])
			}
		}
	}
	s.say(obj{"t": "inbox", "search": strings.Repeat("x", chat.MaxSearch+1)})
	if f := s.expect("error"); f.Code != "bad_frame" {
		t.Errorf("a long search: %+v", f)
	}
}
