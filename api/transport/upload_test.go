package transport_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/api/apitest"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
)

// A file as it begins, of each kind that matters.
var (
	pngFile  = "\x89PNG\x0D\x0A\x1A\x0A and what more there is of it"
	htmlFile = "<!DOCTYPE html><script>alert(document.cookie)</script>"
	svgFile  = `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`
)

// attachments are those of the messages of a frame.
func attachments(t *testing.T, frame apitest.Obj) []apitest.Obj {
	t.Helper()
	b, err := json.Marshal(frame["messages"])
	if err != nil {
		t.Fatal(err)
	}
	var list []struct{ Attachments []apitest.Obj }
	if err := json.Unmarshal(b, &list); err != nil {
		t.Fatal(err)
	}
	var all []apitest.Obj
	for _, m := range list {
		all = append(all, m.Attachments...)
	}
	return all
}

// worthless asks for a file that is not to be had.
func worthless(b *apitest.Browser, what, path string, q apitest.Obj, code string) {
	b.World.T.Helper()
	if a := b.Download(path, q); a.T != "error" || a.Code != code {
		b.World.T.Errorf("%s: %d %q %.40q, want %s", what, a.HTTP, a.Code, a.Body, code)
	}
}

func TestAttachments(t *testing.T) {
	w := apitest.New(t)
	b := w.Browser("203.0.113.1")
	mark := b.Start("see")
	png := b.Upload(apitest.Obj{"mark": mark, "name": `C:\Büro "1"\Plan.png`}, pngFile)
	html := b.Upload(apitest.Obj{"mark": mark, "name": "photo.png"}, htmlFile)
	svg := b.Upload(apitest.Obj{"mark": mark, "name": "logo.svg"}, svgFile)
	send := apitest.Obj{"mark": mark, "cid": "client-1", "text": " ", "attachments": []string{png, html, svg}}
	b.Post("send", "ack", send)
	b.Post("send", "ack", send) // again is the same
	hello, err := b.Request("/_chat/api/hello", "application/json", strings.NewReader(apitest.Head(apitest.Obj{"mark": mark})), nil)
	if err != nil {
		t.Fatal(err)
	}
	list := attachments(t, hello.Frame)
	if len(list) != 3 {
		t.Fatalf("attachments: %v", list)
	}
	for i, want := range []struct {
		apitest.Obj
		file, served, disposition, name string
	}{
		{apitest.Obj{"id": png, "name": `Büro "1"`, "type": "image/png"}, pngFile, "image/png", "inline", "Plan.png"},
		{apitest.Obj{"id": html, "type": "text/html"}, htmlFile, apitest.Binary, "attachment", "photo.png"},
		{apitest.Obj{"id": svg}, svgFile, apitest.Binary, "attachment", "logo.svg"},
	} {
		if list[i]["id"] != want.Obj["id"] || list[i]["name"] != want.name || want.Obj["type"] != nil && list[i]["type"] != want.Obj["type"] {
			t.Errorf("attachment %d: %v", i, list[i])
		}
		a := b.Download("/_chat", apitest.Obj{"mark": mark, "seq": 2, "id": want.Obj["id"]})
		if a.HTTP != http.StatusOK || string(a.Body) != want.file {
			t.Fatalf("attachment %d: %d %q", i, a.HTTP, a.Body)
		}
		disposition, params, err := mime.ParseMediaType(a.Header.Get("Content-Disposition"))
		if err != nil || disposition != want.disposition || params["filename"] != want.name {
			t.Errorf("attachment %d: %q, %v", i, a.Header.Get("Content-Disposition"), err)
		}
		for name, value := range map[string]string{"Content-Type": want.served, "X-Content-Type-Options": "nosniff",
			"Content-Security-Policy": transport.AttachmentPolicy, "Cache-Control": "private, no-store", "Content-Length": fmt.Sprint(len(want.file))} {
			if got := a.Header.Values(name); len(got) != 1 || got[0] != value {
				t.Errorf("attachment %d: %s: %q, want %q", i, name, got, value)
			}
		}
	}
	// The agent has them too, and answers with one.
	desk, conv := w.Login(), w.Inbox()[0].ID
	if text := w.Inbox()[0].LastText; !strings.Contains(text, "logo.svg") {
		t.Errorf("preview %q", text)
	}
	if a := desk.Download("/desk", apitest.Obj{"conv": conv, "seq": 2, "id": png}); string(a.Body) != pngFile ||
		a.Header.Get("Content-Security-Policy") != transport.AttachmentPolicy {
		t.Errorf("the agent got %d %q %q", a.HTTP, a.Body, a.Header)
	}
	answer := desk.Upload(apitest.Obj{"conv": conv, "name": "a.txt"}, "the answer")
	s, _ := b.Hello(mark, 2)
	if _, _, err := w.Agent().Reply(context.Background(), conv, "client-7", "", chat.AttachmentID(answer)); err != nil {
		t.Fatal(err)
	}
	if m := s.Expect("message"); m.M.Seq != 3 {
		t.Errorf("live: %+v", m)
	}
	if a := b.Download("/_chat", apitest.Obj{"mark": mark, "seq": 3, "id": answer}); string(a.Body) != "the answer" {
		t.Errorf("the visitor got %d %q", a.HTTP, a.Body)
	}
	// Neither sends what the other has uploaded, nor anything twice.
	mine := b.Upload(apitest.Obj{"mark": mark, "name": "x"}, "x")
	if _, _, err := w.Agent().Reply(context.Background(), conv, "client-8", "", chat.AttachmentID(mine)); chat.Reason(err) != chat.ErrNoUpload {
		t.Errorf("the agent sent the visitor's: %v", err)
	}
	f := b.Post("send", "error", apitest.Obj{"mark": mark, "cid": "client-9", "text": "x", "attachments": []string{png}})
	if f.Code != "no_upload" || f.HTTP != http.StatusUnprocessableEntity {
		t.Errorf("sent twice: %+v", f)
	}
	f = b.Post("send", "error", apitest.Obj{"mark": mark, "cid": "client-9", "text": "x", "attachments": strings.Split("123456", "")})
	if f.Code != "too_many" {
		t.Errorf("six at once: %+v", f)
	}
}

func TestUploadRefused(t *testing.T) {
	w := apitest.New(t)
	b := w.Browser("203.0.113.1")
	mark := b.Start("see")
	first := apitest.Head(apitest.Obj{"mark": mark, "name": "x"})
	big := strings.Repeat("x", chat.MaxAttachment+1)
	for name, test := range map[string]struct {
		contentType, body string
		change            func(*http.Request)
		status            int
		code              string
	}{
		"another type":     {"multipart/form-data; boundary=x", first + "x", nil, 415, "bad_content_type"},
		"foreign origin":   {apitest.Binary, first + "x", func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, 403, "foreign_origin"},
		"no origin":        {apitest.Binary, first + "x", func(r *http.Request) { r.Header.Del("Origin") }, 403, "foreign_origin"},
		"GET":              {apitest.Binary, "", func(r *http.Request) { r.Method = http.MethodGet }, 405, "bad_method"},
		"no head":          {apitest.Binary, "", nil, 400, "bad_frame"},
		"no line":          {apitest.Binary, strings.TrimSpace(first), nil, 400, "bad_frame"},
		"no object":        {apitest.Binary, "[]\nx", nil, 400, "bad_frame"},
		"not JSON":         {apitest.Binary, "{]\nx", nil, 400, "bad_frame"},
		"long head":        {apitest.Binary, apitest.Head(apitest.Obj{"mark": mark, "name": strings.Repeat("x", transport.MaxHead)}) + "x", nil, 400, "bad_frame"},
		"empty file":       {apitest.Binary, first, nil, 422, "empty"},
		"too large":        {apitest.Binary, first + big, nil, 413, "too_large"},
		"too large, later": {apitest.Binary, first + big, func(r *http.Request) { r.ContentLength = -1 }, 413, "too_large"},
		"far too large":    {apitest.Binary, first + big + first, nil, 413, "too_large"},
		"no mark":          {apitest.Binary, apitest.Head(apitest.Obj{"name": "x"}) + "x", nil, 200, "no_session"},
		"a wrong mark":     {apitest.Binary, apitest.Head(apitest.Obj{"name": "x", "mark": strings.Repeat("x", 30)}) + "x", nil, 200, "no_session"},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := b.Request("/_chat/api/upload", test.contentType, strings.NewReader(test.body), test.change)
			if err != nil || a.HTTP != test.status || a.Code != test.code {
				t.Errorf("%d %q, %v; want %d %s", a.HTTP, a.Body, err, test.status, test.code)
			}
		})
	}
	nobody := w.Browser("203.0.113.2")
	for path, code := range map[string]string{"/_chat/api/upload": "no_session", "/desk/api/upload": "signed_out"} {
		a, err := nobody.Request(path, apitest.Binary, strings.NewReader(first+"x"), nil)
		if err != nil || a.Code != code || a.HTTP != http.StatusOK {
			t.Errorf("%s by nobody: %d %q, %v", path, a.HTTP, a.Code, err)
		}
	}
	a, err := w.Login().Request("/desk/api/upload", apitest.Binary, strings.NewReader(apitest.Head(apitest.Obj{"conv": "nowhere"})+"x"), nil)
	if err != nil || a.Code != "not_found" {
		t.Errorf("for no conversation: %d %q, %v", a.HTTP, a.Code, err)
	}
	many := w.Browser("203.0.113.3")
	head := apitest.Obj{"mark": many.Start("see"), "name": "x"}
	for range chat.MaxUnsent {
		many.Upload(head, "x")
	}
	a, err = many.Request("/_chat/api/upload", apitest.Binary, strings.NewReader(apitest.Head(head)+"x"), nil)
	if err != nil || a.HTTP != http.StatusUnprocessableEntity || a.Code != "too_many_unsent" {
		t.Errorf("with as many unsent as may be: %d %q, %v", a.HTTP, a.Code, err)
	}
}

// Who can't read a message can't read what is attached to it.
func TestAttachmentsArePrivate(t *testing.T) {
	w := apitest.New(t)
	b := w.Browser("203.0.113.1")
	mark := b.Start("see")
	id := b.Upload(apitest.Obj{"mark": mark, "name": "x"}, "secret")
	b.Post("send", "ack", apitest.Obj{"mark": mark, "cid": "client-1", "attachments": []string{id}})
	q := apitest.Obj{"mark": mark, "seq": 2, "id": id}
	if a := b.Download("/_chat", q); string(a.Body) != "secret" {
		t.Fatalf("%d %q", a.HTTP, a.Body)
	}
	worthless(b, "the wrong message", "/_chat", apitest.Obj{"mark": mark, "seq": 1, "id": id}, "not_found")
	worthless(b, "the cookie without the mark", "/_chat", apitest.Obj{"seq": 2, "id": id}, "no_session")
	other := w.Browser("203.0.113.2")
	worthless(other, "nobody", "/_chat", q, "no_session")
	theirs := other.Start("me too")
	worthless(other, "another's mark", "/_chat", q, "no_session")
	worthless(other, "another visitor", "/_chat", apitest.Obj{"mark": theirs, "seq": 2, "id": id}, "not_found")
	mine := other.Upload(apitest.Obj{"mark": theirs, "name": "x"}, "x")
	f := b.Post("send", "error", apitest.Obj{"mark": mark, "cid": "client-2", "attachments": []string{mine}})
	if f.Code != "no_upload" {
		t.Errorf("sent another's upload: %+v", f)
	}
	conv := w.Inbox()[0].ID
	for _, c := range w.Inbox() {
		if c.Last == 2 {
			conv = c.ID
		}
	}
	atDesk := apitest.Obj{"conv": conv, "seq": 2, "id": id}
	worthless(b, "a visitor at the desk", "/desk", atDesk, "signed_out")
	desk := w.Login()
	if a := desk.Download("/desk", atDesk); string(a.Body) != "secret" {
		t.Fatalf("%d %q", a.HTTP, a.Body)
	}
	w.Console.Agents = elsewhere{}
	worthless(desk, "an agent of another site", "/desk", atDesk, "not_found")
	w.Console.Agents = apitest.OnlyAnna{}
	if _, err := desk.Ask("/desk/api/logout", apitest.Obj{}); err != nil {
		t.Fatal(err)
	}
	worthless(desk, "an agent who is signed out", "/desk", atDesk, "signed_out")

	// The person who signs in has it; the mark alone no longer.
	person := w.Browser("203.0.113.1")
	person.Keep(b.Token())
	person.SignIn("7")
	if person.Post("hello", "hello", apitest.Obj{"mark": mark}).Who != "person" {
		t.Fatal("no person")
	}
	if a := person.Download("/_chat", apitest.Obj{"seq": 2, "id": id}); string(a.Body) != "secret" {
		t.Errorf("the person who claimed it got %d %q", a.HTTP, a.Body)
	}
	worthless(b, "the session before the login", "/_chat", q, "no_session")
	stranger := w.Browser("203.0.113.9")
	stranger.SignIn("8")
	worthless(stranger, "another person with the mark", "/_chat", q, "not_found")
	token := person.Token()
	person.Post("reset", "reset", apitest.Obj{})
	person.Keep(token)
	worthless(person, "after logout", "/_chat", apitest.Obj{"seq": 2, "id": id}, "no_session")
	worthless(person, "after logout, with the mark", "/_chat", q, "no_session")
}

// elsewhere is a directory in which Anna sees another site only.
type elsewhere struct{ apitest.OnlyAnna }

func (elsewhere) Agent(email string) (chat.AgentInfo, chat.Hash, bool) {
	a, hash, ok := apitest.OnlyAnna{}.Agent(email)
	a.Sites = []string{"elsewhere"}
	return a, hash, ok
}

// hold begins an upload that waits for its end.
func hold(b *apitest.Browser, mark string) (file *io.PipeWriter, done chan apitest.Reply) {
	b.World.T.Helper()
	body, file := io.Pipe()
	done = make(chan apitest.Reply, 1)
	go func() {
		a, err := b.Request("/_chat/api/upload", apitest.Binary, body, nil)
		if err != nil {
			a.Code = err.Error()
		}
		_ = body.CloseWithError(io.ErrClosedPipe) // what is refused is not read
		done <- a
	}()
	_, err := io.WriteString(file, apitest.Head(apitest.Obj{"mark": mark})+strings.Repeat("x", 300<<10))
	if err != nil && !errors.Is(err, io.ErrClosedPipe) { // refused, as done will tell
		b.World.T.Fatal(err)
	}
	return file, done
}

func TestTransfersAreBounded(t *testing.T) {
	w := apitest.New(t)
	w.Limits.Enable(false)
	b := w.Browser("203.0.113.1")
	mark := b.Start("see")
	var files []*io.PipeWriter
	var ends []chan apitest.Reply
	for range transport.MaxTransfersOf {
		file, done := hold(b, mark)
		files, ends = append(files, file), append(ends, done)
		apitest.Eventually(t, "it has its place", func() bool { return w.Connections.Uploading() == len(files) })
	}
	a, err := b.Request("/_chat/api/upload", apitest.Binary, strings.NewReader(apitest.Head(apitest.Obj{"mark": mark})+"x"), nil)
	if err != nil || a.HTTP != http.StatusTooManyRequests || a.Code != "rate_limited" || a.Header.Get("Retry-After") == "" {
		t.Errorf("one too many: %d %q, %v", a.HTTP, a.Code, err)
	}
	another := w.Browser("203.0.113.2")
	another.Upload(apitest.Obj{"mark": another.Start("x"), "name": "x"}, "x") // nobody else is held back
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
	for until := time.Now().Add(apitest.Timeout); ; {
		file, done := hold(b, mark)
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
	w := apitest.New(t)
	w.Limits.Enable(false)
	b := w.Browser("203.0.113.1")
	mark := b.Start("see")
	id := b.Upload(apitest.Obj{"mark": mark, "name": "x"}, "x")
	b.Post("send", "ack", apitest.Obj{"mark": mark, "cid": "client-1", "attachments": []string{id}})
	for n := range transport.MaxTransfers {
		trickle(w, fmt.Sprintf("parley-shop-session=made-up-%d", n), "")
		trickle(w, "parley-shop-session="+b.Token(), "")
		trickle(w, fmt.Sprintf("parley-shop-session=made-up-%d", n), apitest.Head(apitest.Obj{"mark": mark}))
	}
	if n := w.Connections.Uploading(); n > 0 {
		t.Errorf("%d places are taken by who is nobody", n)
	}
	b.Upload(apitest.Obj{"mark": mark, "name": "x"}, "x")
	for n := range transport.MaxTransfers {
		c := w.Limits.Caller(fmt.Sprint("203.0.113.", n), "")
		end, err := w.Connections.BeginUpload(c)
		if err != nil {
			t.Fatal(err)
		}
		defer end()
	}
	worthless(b, "the place of another", "/_chat", apitest.Obj{"mark": mark, "seq": 2, "id": "unknown"}, "not_found")
	if a := b.Download("/_chat", apitest.Obj{"mark": mark, "seq": 2, "id": id}); string(a.Body) != "x" {
		t.Errorf("a download beside uploads: %d %q", a.HTTP, a.Code)
	}
}

// trickle begins an upload of which no more than this comes, and returns once
// the server reads it.
func trickle(w *apitest.World, cookie, body string) *bufio.Reader {
	w.T.Helper()
	host := strings.TrimPrefix(w.URL, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		w.T.Fatal(err)
	}
	w.T.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(apitest.Timeout)); err != nil {
		w.T.Fatal(err)
	}
	fmt.Fprintf(conn, "POST /_chat/api/upload HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nCookie: %s\r\n"+
		"Content-Type: %s\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n\r\n", host, w.URL, cookie, apitest.Binary)
	answers := bufio.NewReader(conn)
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100") { // it is being read
		w.T.Fatalf("%q, %v", line, err)
	}
	if _, err := answers.ReadString('\n'); err != nil {
		w.T.Fatal(err)
	}
	if _, err := io.WriteString(conn, body); err != nil {
		w.T.Fatal(err)
	}
	return answers
}

// Who does not send the head, or sends the file slower than the least rate, is
// cut off.
func TestSlowUploadsAreCutOff(t *testing.T) {
	for name, slow := range map[string]func(*apitest.World, string) string{
		"the head": func(w *apitest.World, _ string) string {
			w.Connections.SetUploadTimeouts(time.Millisecond, 0)
			return ""
		},
		"the file": func(w *apitest.World, mark string) string {
			w.Connections.SetUploadTimeouts(0, time.Millisecond)
			return apitest.Head(apitest.Obj{"mark": mark}) + "x"
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := apitest.New(t)
			b := w.Browser("203.0.113.1")
			body := slow(w, b.Start("see"))
			resp, err := http.ReadResponse(trickle(w, "parley-shop-session="+b.Token(), body), nil)
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

// The server that goes waits for nobody's file.
func TestTransfersEndWithTheServer(t *testing.T) {
	w := apitest.New(t)
	b := w.Browser("203.0.113.1")
	mark := b.Start("see")
	first := apitest.Head(apitest.Obj{"mark": mark}) + strings.Repeat("x", 300<<10)
	conn, err := net.Dial("tcp", b.Home().Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(apitest.Timeout)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST /_chat/api/upload HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nCookie: parley-shop-session=%s\r\n"+
		"Content-Type: %s\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", b.Home().Host, w.URL, b.Token(), apitest.Binary, 2*len(first))
	answers := bufio.NewReader(conn)
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100") { // it is being read
		t.Fatalf("%q, %v", line, err)
	}
	if _, err := io.WriteString(conn, first); err != nil {
		t.Fatal(err)
	}
	w.Connections.Close()
	if text, err := io.ReadAll(answers); errors.Is(err, os.ErrDeadlineExceeded) || strings.Contains(string(text), "uploaded") {
		t.Errorf("the server went on waiting: %q, %v", text, err)
	}
	a, err := b.Request("/_chat/api/upload", apitest.Binary, strings.NewReader(apitest.Head(apitest.Obj{"mark": mark})+"x"), nil)
	if err != nil || a.Code != "unavailable" {
		t.Errorf("afterwards: %d %q, %v", a.HTTP, a.Code, err)
	}
}

// A download that is under way ends with the session.
func TestLogoutEndsDownload(t *testing.T) {
	w := apitest.New(t)
	w.Connections.CheckDownloadsEvery(time.Nanosecond)
	b := w.Browser("203.0.113.1")
	mark := b.Start("see")
	id := b.Upload(apitest.Obj{"mark": mark}, strings.Repeat("x", chat.MaxAttachment))
	b.Post("send", "ack", apitest.Obj{"mark": mark, "cid": "client-1", "attachments": []string{id}})
	q := apitest.Head(apitest.Obj{"mark": mark, "seq": 2, "id": id})
	r, err := http.NewRequest(http.MethodPost, w.URL+"/_chat/api/attachment", strings.NewReader(q))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", w.URL)
	resp, err := (&http.Client{Jar: b.Jar, Timeout: apitest.Timeout}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.ContentLength != chat.MaxAttachment {
		t.Fatalf("%d bytes", resp.ContentLength)
	}
	b.Post("reset", "reset", apitest.Obj{})
	if n, err := io.Copy(io.Discard, resp.Body); err == nil {
		t.Errorf("%d bytes came after the logout", n)
	}
}
