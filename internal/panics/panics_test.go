package panics_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/panics"
)

func TestPanicBecomesTheError(t *testing.T) {
	run := func() (err error) {
		defer panics.ToError(&err)
		panic(io.ErrUnexpectedEOF)
	}
	err := run()
	if !errors.Is(err, io.ErrUnexpectedEOF) || err.Error() != "panic: unexpected EOF" {
		t.Errorf("the error is %v", err)
	}
	var p *panics.Panic
	if !errors.As(err, &p) || !strings.Contains(p.Stack, "TestPanicBecomesTheError") {
		t.Errorf("the stack does not tell where: %+v", p)
	}
}

func TestPanicIsLogged(t *testing.T) {
	var out bytes.Buffer
	func() {
		defer panics.Log(slog.New(slog.NewTextHandler(&out, nil)), "answering")
		panic("a bug")
	}()
	if line := out.String(); !strings.Contains(line, "panic while answering") || !strings.Contains(line, "a bug") || !strings.Contains(line, "stack=") {
		t.Errorf("logged: %s", line)
	}
}

func TestAbortedAnswerGoesOnToTheServer(t *testing.T) {
	defer func() {
		if recover() != http.ErrAbortHandler {
			t.Error("the server does not learn that the answer was aborted")
		}
	}()
	defer panics.Log(slog.New(slog.DiscardHandler), "answering")
	panic(http.ErrAbortHandler)
}

func TestOnlyFaultsAreFaults(t *testing.T) {
	var nothing *panics.Panic
	for what, f := range map[string]func(){
		"an error":      func() { panic(io.EOF) },
		"a nil pointer": func() { _ = nothing.Stack },
		"an index":      func() { _ = []int{}[len(t.Name())] },
	} {
		func() {
			defer panics.OnFault()()
			defer panics.Handle(func(p *panics.Panic) {
				if p.IsFault() {
					t.Errorf("%s is taken for a fault of memory: %v", what, p.Value)
				}
			})
			f()
			t.Errorf("%s does not panic", what)
		}()
	}
}
