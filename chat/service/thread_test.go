package service_test

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/hub"
	"github.com/parley-chat/parley/chat/service"
	"github.com/parley-chat/parley/storage/badger"
)

// lena is an agent of another site only.
type lena struct{}

func (lena) Agent(email string) (chat.AgentInfo, chat.Hash, bool) {
	return chat.AgentInfo{Email: email, Sites: []string{"wiki"}}, chat.Hash{}, true
}
func (lena) Verify(string, string) bool { return true }
func (lena) DeviceKey(string) chat.Hash { return chat.Hash{} }
func (lena) List() []chat.AgentInfo     { return nil }

// Whatever an agent may ask for by a conversation's id, they get nothing of one of
// a site that is not theirs, and a visitor can name none at all.
func TestIDOfAConversationOpensNothing(t *testing.T) {
	store, err := badger.Open(t.Context(), badger.Options{Path: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	s := service.New(func() (chat.Store, error) { return store, nil }, hub.New(), slog.New(slog.DiscardHandler))
	v, _, _, err := s.Start(t.Context(), &chat.Site{Name: "shop"}, "", "")
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := v.Send(t.Context(), "client-id-1", "hello", chat.Page{})
	if err != nil {
		t.Fatal(err)
	}
	desk, _, err := s.SignInAgent(t.Context(), lena{}, "lena@example.com", "secret")
	if err != nil {
		t.Fatal(err)
	}
	args := map[reflect.Type]reflect.Value{}
	for _, arg := range []any{c.ID, "client-id-2", chat.Seq(1), chat.Open, chat.AttachmentID("a"), chat.File{Name: "a", Body: strings.NewReader("a")}} {
		args[reflect.TypeOf(arg)] = reflect.ValueOf(arg)
	}
	args[reflect.TypeFor[context.Context]()] = reflect.ValueOf(t.Context())
	named := func(on any, call func(name string, f reflect.Value)) {
		for i := range reflect.TypeOf(on).NumMethod() {
			f := reflect.ValueOf(on).Method(i)
			for p := range f.Type().NumIn() {
				if f.Type().In(p) == reflect.TypeFor[chat.ConversationID]() {
					call(reflect.TypeOf(on).Method(i).Name, f)
					break
				}
			}
		}
	}
	named(v, func(name string, _ reflect.Value) { t.Errorf("a visitor's %s takes the id of any conversation", name) })
	tried := 0
	named(desk, func(name string, f reflect.Value) {
		tried++
		var in []reflect.Value
		for p := range f.Type().NumIn() {
			if f.Type().IsVariadic() && p == f.Type().NumIn()-1 {
				break
			}
			arg, known := args[f.Type().In(p)]
			if !known {
				arg = reflect.Zero(f.Type().In(p))
			}
			in = append(in, arg)
		}
		out := f.Call(in)
		if err, _ := out[len(out)-1].Interface().(error); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("%s of another site's conversation gives %v", name, err)
		}
	})
	if tried < 5 {
		t.Errorf("only %d are asked by id", tried)
	}
	if list, err := (service.Thread{}).After(t.Context(), 0); !errors.Is(err, chat.ErrNotFound) || list != nil {
		t.Errorf("the right to nothing gives %v, %v", list, err)
	}
	if list, err := (service.Thread{}).Before(t.Context(), 0); !errors.Is(err, chat.ErrNotFound) || list != nil {
		t.Errorf("the right to nothing gives %v, %v", list, err)
	}
	v.Typing(service.Thread{}, true)
}

// counted counts how often a conversation is looked up by whose it is.
type counted struct {
	chat.Store
	lookups int
}

func (c *counted) ConversationOf(ctx context.Context, o chat.Owner) (chat.Conversation, error) {
	c.lookups++
	return c.Store.ConversationOf(ctx, o)
}

// Who writes on and on has their conversation looked up once, and not for each
// message. Where it was deleted since, the next message opens another one.
func TestSendToAKnownConversation(t *testing.T) {
	opened, err := badger.Open(t.Context(), badger.Options{Path: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	store := &counted{Store: opened}
	s := service.New(func() (chat.Store, error) { return store, nil }, hub.New(), slog.New(slog.DiscardHandler))
	v, _, _, err := s.Start(t.Context(), &chat.Site{Name: "shop"}, "", "")
	if err != nil {
		t.Fatal(err)
	}
	send := func(thread service.Thread, id string, seq chat.Seq) chat.ConversationID {
		t.Helper()
		c, m, err := v.SendTo(t.Context(), thread, service.NewMessage{ClientID: id, Text: "hello"})
		if err != nil || m.Seq != seq || m.ClientID != id {
			t.Fatalf("%s is message %d, %q and %v, want %d", id, m.Seq, m.ClientID, err, seq)
		}
		return c.ID
	}
	first := send(service.Thread{}, "client-id-1", 1)
	thread, _, err := v.Thread(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	store.lookups = 0
	if id := send(thread, "client-id-2", 2); id != first || store.lookups != 0 {
		t.Errorf("looked up %d times, and sent to %s and not %s", store.lookups, id, first)
	}
	if _, err := s.Erase(t.Context(), chat.Subject{Conversation: first}); err != nil {
		t.Fatal(err)
	}
	if id := send(thread, "client-id-3", 1); id == first {
		t.Error("what was erased has got a message")
	}
}
