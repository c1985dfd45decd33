package apitest

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// Frames are seeds of what widget and console say.
var Frames = []string{
	`{"t":"hello","mark":"m","after":3,"page":{"url":"https://shop.example/a?b#c","title":"A"}}`,
	`{"t":"send","cid":"client-1","text":"hello","url":"https://u:p@shop.example/"}`,
	`{"t":"send","cid":"client-2","text":"\ud800\u0000\u202e"}`,
	`{"t":"typing","on":true}`, `{"t":"read","seq":18446744073709551615}`, `{"t":"earlier","before":-1}`,
	`{"t":"page","url":"javascript:alert(1)","title":"` + strings.Repeat("é", 300) + `"}`,
	`{"t":"tag","data":{"id":"1","labels":["a"],"additionalTaggingData":{"k":null}}}`, `{"t":"tag","data":null}`, `{"t":"tag"}`,
	`{"t":"inbox","status":"open","assignee":"me","field":{"name":"plan","value":"Plus"},"cursor":"x"}`, `{"t":"open","conv":"c","after":1}`,
	`{"t":"reply","conv":"c","cid":"desk-0001","text":"x"}`, `{"t":"status","conv":"c","status":"closed"}`,
	`{"t":"assign","conv":"c","agent":"x@y"}`, `{"t":"leave","conv":"c"}`, `{"t":"here"}`, `{"t":"start"}`,
	`{}`, `null`, `[]`, `"x"`, `{"t":7}`, `{"t":"send","cid":7}`, `{`, ``, "\xff", strings.Repeat(`{"page":`, 2000),
}

// CheckAnswer fails where an answer is no frame that the protocol knows.
func CheckAnswer(t *testing.T, body []byte) Said {
	t.Helper()
	var f Said
	if err := json.Unmarshal(body, &f); err != nil || f.T == "" || !utf8.Valid(body) {
		t.Fatalf("the answer is no frame: %q %v", body, err)
	}
	if f.T == "error" && (f.Code == "" || f.Code == "unavailable") {
		t.Fatalf("what was sent made the chat unavailable: %q", body)
	}
	return f
}
