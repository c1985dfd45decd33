package identity

import (
	"errors"
	"fmt"
	"slices"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/parley-chat/parley/caddymodule/internal/config"
	"github.com/parley-chat/parley/caddymodule/internal/whoami"
	"github.com/parley-chat/parley/chat"
)

// Parse reads identity:
//
//	identity [<product>] {
//		id|email|firstname|lastname|gender|labels|agent <header>|<placeholder> {
//			decode    percent|form
//			separator <text>       # these three: of labels
//			unquote
//			ldap      <attribute>
//		}
//		field  <name> <header>|<placeholder> {
//			decode percent|form
//		}
//		scope  auto|every_page|login
//		ttl    <duration>
//		token  {
//			key      <secret>|<public key>
//			jwks     <address>
//			audience <name>
//		}
//		probe  <path> {
//			id|email|firstname|lastname|gender|labels|agent <path in the answer>
//			field  <name> <path in the answer>
//		}
//		trust  forward_auth|trusted_proxies
//		public <path...>
//		nobody <value...>
//	}
func (id *Config) Parse(d *caddyfile.Dispenser) error {
	w := &config.Block{Dispenser: d}
	if d.NextArg() {
		id.Preset = d.Val()
		if d.NextArg() {
			return w.Errf("identity takes one name of a product at most, and then a block; %q is one too many", d.Val())
		}
	} else if err := w.Optional(); err != nil {
		return err
	}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		if err := id.parseWord(w); err != nil {
			return err
		}
	}
	if err := id.Provision(); err != nil {
		return w.At(err)
	}
	return nil
}

func (id *Config) parseWord(w *config.Block) error {
	word := w.Val()
	if word != "field" && word != "public" && word != "nobody" {
		if err := w.Once(); err != nil {
			return err
		}
	}
	if i := slices.Index(chat.ProfileFieldNames(), word); i >= 0 {
		into := id.value(chat.ProfileField(i))
		if err := w.One(into); err != nil {
			return err
		}
		if err := checkSource(*into, into == &id.ID || into == &id.Email); err != nil {
			return w.At(fmt.Errorf("%s: %w", word, err))
		}
		return id.parseReading(w, word, chat.ProfileField(i) == chat.FieldLabels)
	}
	switch word {
	case "field":
		return id.parseField(w)
	case "scope":
		if err := w.One(&id.Scope); err != nil {
			return err
		}
		return w.At(checkScope(id.Scope))
	case "ttl":
		return w.Duration(&id.TTL)
	case "trust":
		if err := w.One(&id.Trust); err != nil {
			return err
		}
		return w.At(checkTrust(id.Trust))
	case "public":
		return w.Paths(&id.Public)
	case "nobody":
		return w.Some(&id.Nobody)
	case "token":
		id.Token = new(Token)
		return id.Token.parse(&config.Block{Dispenser: w.Dispenser})
	case "probe":
		id.Probe = new(whoami.Config)
		return id.Probe.Parse(&config.Block{Dispenser: w.Dispenser})
	}
	return w.Unknown(append(chat.ProfileFieldNames(), "field",
		"scope", "ttl", "token", "probe", "trust", "public", "nobody")...)
}

// checkSource refuses what a word has for a source; identifier is one that tells
// people apart.
func checkSource(text string, identifier bool) error {
	if text == "" {
		return errors.New("it needs the name of a response header, or a placeholder such as {http.auth.user.id}")
	}
	s, err := parseSource(text)
	if err != nil {
		return err
	}
	return s.checkConstant(identifier)
}

// parse reads the block of token.
func (t *Token) parse(w *config.Block) error {
	if w.NextArg() {
		return w.Errf("token takes a block and no %q", w.Val())
	}
	for nesting := w.Nesting(); w.NextBlock(nesting); {
		if err := w.Once(); err != nil {
			return err
		}
		into := map[string]*string{"key": &t.Key, "jwks": &t.JWKS, "audience": &t.Audience}[w.Val()]
		if into == nil {
			return w.Unknown("key", "jwks", "audience")
		}
		if err := w.One(into); err != nil {
			return err
		}
	}
	return nil
}

func (id *Config) parseField(w *config.Block) error {
	args := w.RemainingArgs()
	if len(args) != 2 {
		return w.Err("field needs a name and a source, such as: field plan X-User-Plan")
	}
	if _, twice := id.Fields[args[0]]; twice {
		return w.Errf("duplicate field %s; once is enough", args[0])
	}
	if err := checkSource(args[1], false); err != nil {
		return w.At(fmt.Errorf("field %s: %w", args[0], err))
	}
	if id.Fields == nil {
		id.Fields = map[string]string{}
	}
	id.Fields[args[0]] = args[1]
	return id.parseReading(w, decodeField+args[0], false)
}

// parseReading reads the block behind a source, which says how its values are
// written.
func (id *Config) parseReading(w *config.Block, key string, labels bool) error {
	b := &config.Block{Dispenser: w.Dispenser}
	format := LabelFormat{}
	for nesting := b.Nesting(); b.NextBlock(nesting); {
		if err := b.Once(); err != nil {
			return err
		}
		word := b.Val()
		var err error
		switch {
		case word == "decode":
			var way string
			if err = b.One(&way); err == nil {
				err = b.At(checkDecode(way))
			}
			if id.Decode == nil {
				id.Decode = map[string]string{}
			}
			id.Decode[key] = way
		case labels && word == "separator":
			if err = b.One(&format.Separator); err == nil && format.Separator == "" {
				err = b.At(errNoSeparator)
			}
		case labels && word == "unquote":
			format.Unquote = true
			err = b.End(word)
		case labels && word == "ldap":
			if err = b.One(&format.LDAP); err == nil && format.LDAP == "" {
				err = b.At(errNoAttribute)
			}
		case labels:
			err = b.Unknown("decode", "separator", "unquote", "ldap")
		default:
			err = b.Unknown("decode")
		}
		if err == nil {
			err = b.At(format.check())
		}
		if err != nil {
			return err
		}
	}
	if format != (LabelFormat{}) {
		id.LabelFormat = &format
	}
	return nil
}
