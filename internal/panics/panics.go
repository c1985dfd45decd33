// Package panics keeps a bug of ours from taking down a process that serves a
// whole site.
package panics

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
)

// Panic is a panic that was stopped. As an error it wraps what the panic
// carried, if that was one.
type Panic struct {
	Value any
	Stack string
}

func (p *Panic) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

// Unwrap returns the error that the panic carried, or nil.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// IsFault reports whether the panic was a fault of memory; see OnFault.
func (p *Panic) IsFault() bool {
	_, fault := p.Value.(interface {
		runtime.Error
		Addr() uintptr
	})
	return fault
}

// Handle stops a panic and calls handle with it. It is to be deferred itself,
// not from within another function.
func Handle(handle func(*Panic)) {
	if v := recover(); v != nil {
		handle(&Panic{v, string(debug.Stack())})
	}
}

// ToError stops a panic and makes it the error. It is to be deferred itself.
func ToError(err *error) {
	if v := recover(); v != nil {
		*err = &Panic{v, string(debug.Stack())}
	}
}

// Log stops a panic and logs what it happened while doing. It is to be deferred
// itself. http.ErrAbortHandler goes on: it is meant for the server.
func Log(log *slog.Logger, doing string) {
	v := recover()
	if v == nil {
		return
	}
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v)
	}
	log.Error("panic while "+doing, "panic", v, "stack", string(debug.Stack()))
}

// OnFault makes a fault of memory in this goroutine a panic, as where a file in
// a memory map was cut off, until the function returned is called:
//
//	defer panics.OnFault()()
func OnFault() (restore func()) {
	before := debug.SetPanicOnFault(true)
	return func() { debug.SetPanicOnFault(before) }
}
