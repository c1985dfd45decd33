package console_test

import (
	"sync"
	"testing"

	"github.com/parley-chat/parley/api/apitest"
	"github.com/parley-chat/parley/chat"
)

// reloaded are agents of whom a configuration changes something right after they
// were looked up for a socket.
type reloaded struct {
	apitest.OnlyAnna
	info     chat.AgentInfo
	password string

	mu      sync.Mutex
	lookups int
}

func (r *reloaded) Agent(email string) (chat.AgentInfo, chat.Hash, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lookups++
	if r.lookups > 1 {
		return r.info, chat.HashOf(r.password), email == r.info.Email
	}
	return r.OnlyAnna.Agent(email)
}

// A configuration may take over between the agent's being looked up and the
// console's joining: nobody else would tell the console to come back.
func TestConsoleOfAReloadMeanwhileComesBack(t *testing.T) {
	other := apitest.Anna
	other.Sites = []string{"wiki"}
	for name, c := range map[string]struct {
		agents *reloaded
		ends   bool
	}{
		"as before":    {&reloaded{info: apitest.Anna, password: "secret"}, false},
		"other sites":  {&reloaded{info: other, password: "secret"}, true},
		"new password": {&reloaded{info: apitest.Anna, password: "other"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := apitest.New(t)
			anna := w.Login()
			w.Console.Agents = c.agents
			s, _, err := anna.Dial("/desk/socket")
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			s.Expect("hello")
			if c.ends {
				if code := s.CloseCode(); code != 1012 {
					t.Errorf("closed with %d", code)
				}
				return
			}
			if got := s.List(apitest.Obj{}); len(got.Conversations) > 0 {
				t.Errorf("the inbox has %v", got.Conversations)
			}
		})
	}
}
