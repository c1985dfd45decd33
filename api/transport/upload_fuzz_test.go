package transport

import (
	"bufio"
	"bytes"
	"io"
	"mime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/parley-chat/parley/chat"
)

// Whatever arrives, the head is read or refused, and behind it is the file.
func FuzzUploadHead(f *testing.F) {
	for _, s := range []string{"", "\n", "{}\n", `{"name":"a","mark":"b","conv":"c"}` + "\nfile\nfile", "{}", "[]\n", "{\n}\n",
		`{"name":7}` + "\n", "{}\r\nx", `{"name":"` + strings.Repeat("x", maxHead) + `"}` + "\n", "\xff\n", `{"name":"\ud800"}` + "\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := bufio.NewReaderSize(bytes.NewReader(body), maxHead)
		var h struct{ Name string }
		err := readHead(r, &h)
		line, rest, found := bytes.Cut(body, []byte("\n"))
		if err != nil {
			if chat.Reason(err) != chat.ErrBadFrame {
				t.Fatalf("error %v", err)
			}
			return
		}
		if !found || len(line) >= maxHead {
			t.Fatalf("%q was read as %+v", line, h)
		}
		file, err := newFile(h.Name, r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(file.Body)
		if err != nil || !bytes.Equal(got, rest) {
			t.Fatalf("the file is %q, %v, want %q", got, err, rest)
		}
		if _, _, err := mime.ParseMediaType(file.Type); err != nil || strings.ContainsAny(file.Type, "; \r\n") {
			t.Fatalf("type %q", file.Type)
		}
	})
}

// Whatever a file is called, the header is one line of ASCII from which a
// browser reads the name as it is kept.
func FuzzDisposition(f *testing.F) {
	for _, s := range []string{"", "a.txt", `"; filename=evil.exe`, "a\r\nSet-Cookie: x", "Grüße €.pdf", "100%25.txt", `a\b`, "a'b*c", "\xff", "+ +", "\u202egpj.exe"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sent string) {
		name := chat.CleanFileName(sent)
		if !utf8.ValidString(name) || utf8.RuneCountInString(name) > chat.MaxFileName || strings.ContainsAny(name, "/\\\r\n\x00") || name == "" {
			t.Fatalf("%q is kept as %q", sent, name)
		}
		if again := chat.CleanFileName(name); again != name {
			t.Fatalf("%q becomes %q", name, again)
		}
		header := dispositionOf("attachment", name)
		for _, c := range []byte(header) {
			if c < ' ' || c > '~' {
				t.Fatalf("%q", header)
			}
		}
		kind, params, err := mime.ParseMediaType(header)
		if err != nil || kind != "attachment" || params["filename"] != name || len(params) != 1 {
			t.Fatalf("%q is read as %s %q, %v", header, kind, params, err)
		}
	})
}
