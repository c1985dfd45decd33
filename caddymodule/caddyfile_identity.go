package caddymodule

import "github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

// parse reads identity:
//
//	identity [<product>] {
//		id|email|firstname|lastname|gender|labels|agent <header>|<placeholder>
//		field  <name> <header>|<placeholder>
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
func (id *Identity) parse(d *caddyfile.Dispenser) error {
	w := &words{Dispenser: d}
	if d.NextArg() {
		id.Preset = d.Val()
		if d.NextArg() {
			return w.Errf("identity takes one name of a product at most, and then a block; %q is one too many", d.Val())
		}
	}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		if err := id.parseWord(w); err != nil {
			return err
		}
	}
	if err := id.provision(); err != nil {
		return w.at(err)
	}
	return nil
}

func (id *Identity) parseWord(w *words) error {
	word := w.Val()
	if word != "field" && word != "public" && word != "nobody" {
		if err := w.once(); err != nil {
			return err
		}
	}
	sources := map[string]*string{"id": &id.ID, "email": &id.Email, "firstname": &id.Firstname,
		"lastname": &id.Lastname, "gender": &id.Gender, "labels": &id.Labels, "agent": &id.Agent}
	if into := sources[word]; into != nil {
		if err := w.one(into); err != nil {
			return err
		}
		_, err := parseSource(*into)
		return w.at(err)
	}
	switch word {
	case "field":
		return id.parseField(w)
	case "scope":
		if err := w.one(&id.Scope); err != nil {
			return err
		}
		return w.at(checkScope(id.Scope))
	case "ttl":
		return w.duration(&id.TTL)
	case "trust":
		if err := w.one(&id.Trust); err != nil {
			return err
		}
		return w.at(checkTrust(id.Trust))
	case "public":
		return w.paths(&id.Public)
	case "nobody":
		return w.some(&id.Nobody)
	case "token":
		id.Token = new(Token)
		return id.Token.parse(&words{Dispenser: w.Dispenser})
	case "probe":
		id.Probe = new(Probe)
		return id.Probe.parse(&words{Dispenser: w.Dispenser})
	}
	return w.unknown("id", "email", "firstname", "lastname", "gender", "labels", "agent", "field",
		"scope", "ttl", "token", "probe", "trust", "public", "nobody")
}

// parse reads the block of token.
func (t *Token) parse(w *words) error {
	if w.NextArg() {
		return w.Errf("token takes a block and no %q", w.Val())
	}
	for nesting := w.Nesting(); w.NextBlock(nesting); {
		if err := w.once(); err != nil {
			return err
		}
		into := map[string]*string{"key": &t.Key, "jwks": &t.JWKS, "audience": &t.Audience}[w.Val()]
		if into == nil {
			return w.unknown("key", "jwks", "audience")
		}
		if err := w.one(into); err != nil {
			return err
		}
	}
	return nil
}

func (id *Identity) parseField(w *words) error {
	args := w.RemainingArgs()
	if len(args) != 2 {
		return w.Err("field needs a name and a source, such as: field plan X-User-Plan")
	}
	if _, twice := id.Fields[args[0]]; twice {
		return w.Errf("field %s is given twice; once is enough", args[0])
	}
	if _, err := parseSource(args[1]); err != nil {
		return w.at(err)
	}
	if id.Fields == nil {
		id.Fields = map[string]string{}
	}
	id.Fields[args[0]] = args[1]
	return nil
}
