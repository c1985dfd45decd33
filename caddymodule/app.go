package caddymodule

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/parley-chat/parley/caddymodule/internal/agents"
	"github.com/parley-chat/parley/caddymodule/internal/instance"
	"github.com/parley-chat/parley/caddymodule/internal/store"
	"github.com/parley-chat/parley/chat"
)

func init() {
	caddy.RegisterModule(new(App))
}

// App is the part of Parley that all sites share: who answers, and where what
// was said is kept.
type App struct {
	// Where conversations, people and sessions are kept. The default is the
	// embedded store, in the folder parley of Caddy's data directory.
	StorageRaw json.RawMessage `json:"storage,omitempty" caddy:"namespace=chat.storage inline_key=module"`

	// How long a conversation is kept after its last message; then it is
	// deleted, and whoever had it too, unless something else is left of them.
	// At least an hour. The default is to keep all for ever.
	Retention caddy.Duration `json:"retention,omitempty"`

	// Those who answer visitors, at a chat_console.
	Agents []*agents.Agent `json:"agents,omitempty"`

	// "off" holds nobody back who starts chats, sends, asks, uploads or
	// connects more often than people do, as load tests do. The default is the
	// limits of docs/protocol.md, by session and by client IP.
	Limits string `json:"limits,omitempty"`

	log       *slog.Logger
	instance  *instance.Instance
	key       string
	opener    store.Opener
	directory *agents.Directory
	retention *instance.Retention
	asks      bool // a site has identity probe; set before any is served
	// identities is how many chats have identity, and unnamed whether one of them
	// has no name for its site.
	identities int
	unnamed    bool
	// survey is what there is of chats and consoles; nil until the first of them is
	// provisioned. chats are those that are.
	survey *survey
	chats  []*Handler
	// guards are those before error routes.
	guards map[*caddyhttp.HTTPErrorConfig]*errorGuard
}

// limitsOff is the word that holds nobody back.
const limitsOff = "off"

// CaddyModule returns the module's ID and constructor.
func (*App) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "chat", New: func() caddy.Module { return new(App) }}
}

// Provision prepares agents and store. It opens nothing: a configuration that
// is only validated must not need the lock that the running server holds.
func (a *App) Provision(ctx caddy.Context) error {
	a.log = ctx.Slogger()
	if a.Retention != 0 && time.Duration(a.Retention) < instance.MinRetention {
		return fmt.Errorf("retention is %s; it must be an hour at least, or left out to keep all for ever", time.Duration(a.Retention))
	}
	opener, err := a.loadStorage(ctx)
	if err != nil {
		return err
	}
	if a.Limits != "" && a.Limits != limitsOff {
		return fmt.Errorf("unknown limits %q (want off)", a.Limits)
	}
	if a.directory, err = agents.NewDirectory(ctx, a.Agents); err != nil {
		return err
	}
	a.directory.Unlimited = a.Limits == limitsOff
	key := opener.StoreKey()
	value, _, err := instance.Pool.LoadOrNew(key, func() (caddy.Destructor, error) {
		return instance.New(opener, instance.Logger()), nil
	})
	if err != nil {
		return fmt.Errorf("preparing the store: %w", err)
	}
	a.instance, a.key, a.opener = value.(*instance.Instance), key, opener
	return nil
}

func (a *App) loadStorage(ctx caddy.Context) (store.Opener, error) {
	if len(a.StorageRaw) == 0 {
		b := new(store.Badger)
		return b, b.Provision(ctx)
	}
	mod, err := ctx.LoadModule(a, "StorageRaw")
	if err != nil {
		return nil, fmt.Errorf("loading the chat's storage: %w", err)
	}
	opener, ok := mod.(store.Opener)
	if !ok {
		return nil, fmt.Errorf("loading the chat's storage: %T is not a chat storage", mod)
	}
	return opener, nil
}

// Instance is what runs for the store that this configuration names.
func (a *App) Instance() *instance.Instance { return a.instance }

// addIdentity notes a chat that has identity, and whether its site is named. Where
// there are several, each must be: two sets of people under one name must be
// meant.
func (a *App) addIdentity(named bool) error {
	a.identities++
	a.unnamed = a.unnamed || !named
	if a.identities > 1 && a.unnamed {
		return errors.New("several chat directives have identity: give each its own site " +
			"(site shop), or the same one if they have the same people, since id 7 of one app is not id 7 of another")
	}
	return nil
}

// Start makes this configuration's agents the ones that count, opens the store
// and says where the chat can be found. A store that can't be opened is no
// reason not to start: it is tried again, and the sites are served meanwhile.
func (a *App) Start() error {
	a.instance.SetOpener(a.opener)
	a.instance.AddAgents(a.directory)
	if _, err := a.instance.Open(); err != nil {
		a.log.Error("the chat is unavailable, the sites are served without it; trying again until it works", "error", err)
	}
	a.readReplyTimes()
	a.describe()
	a.retention = &instance.Retention{Period: time.Duration(a.Retention), Lives: a.lives()}
	a.instance.AddRetention(a.retention)
	return nil
}

// readReplyTimes begins to read from the store how long answers have taken, in the
// background: the first visitors are to know. Where it can't be read yet it will be
// when somebody asks.
func (a *App) readReplyTimes() {
	for _, h := range a.chats {
		if usual := h.widget.UsualReply; usual != nil {
			usual()
		}
	}
}

// lives returns how long what belongs to a visitor of each site can be of use.
func (a *App) lives() map[string]chat.Lives {
	all := map[string]chat.Lives{}
	for _, h := range a.chats {
		l, before := h.site.Lives(), all[h.Site]
		all[h.Site] = chat.Lives{Session: max(before.Session, l.Session), TabSecret: max(before.TabSecret, l.TabSecret)}
	}
	return all
}

// Stop gives way to the configuration that comes or was before.
func (a *App) Stop() error {
	a.instance.RemoveRetention(a.retention)
	a.instance.RemoveAgents(a.directory)
	return nil
}

// Cleanup lets go of the store, which is closed once no configuration uses it.
// It is also called where Provision failed.
func (a *App) Cleanup() error {
	if a.instance == nil {
		return nil
	}
	_, err := instance.Pool.Delete(a.key)
	return err
}

// Interface guards
var (
	_ caddy.App          = (*App)(nil)
	_ caddy.Provisioner  = (*App)(nil)
	_ caddy.CleanerUpper = (*App)(nil)
)
