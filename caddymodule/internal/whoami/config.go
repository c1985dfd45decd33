package whoami

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/sharedcache"
)

// Config is an endpoint of the application behind that tells who is signed in,
// for applications that don't tell it in headers. It is asked with the
// visitor's cookies, and answers in JSON. What follows are paths into the
// answer, as jq has them: .user.email, .users[0].id, .["e-mail"].
//
// An answer of 2xx without an id (or e-mail address), 401 and 403 mean that
// nobody is signed in. Any other answer, and none, changes nothing. The cookies
// that an answer sets are dropped.
type Config struct {
	// The endpoint: a path of this site, with a query if need be.
	Path string `json:"path"`

	// What tells people apart, as in Identity: a text or a number.
	ID    string `json:"id,omitempty"`
	Email string `json:"email,omitempty"`

	// Names and gender, as agents are shown them.
	Firstname string `json:"firstname,omitempty"`
	Lastname  string `json:"lastname,omitempty"`
	Gender    string `json:"gender,omitempty"`

	// Labels: an array, or a text with commas.
	Labels string `json:"labels,omitempty"`

	// The e-mail address of the agent who looks after this person.
	Agent string `json:"agent,omitempty"`

	// Further fields to show agents, by name.
	Fields map[string]string `json:"fields,omitempty"`

	paths  [chat.NumProfileFields]jsonPath // by chat.ProfileField
	fields []namedPath
}

// namedPath leads to a further field.
type namedPath struct {
	name string
	path jsonPath
}

// value returns where the configuration says the path of a field.
func (p *Config) value(f chat.ProfileField) *string {
	return [...]*string{
		chat.FieldID: &p.ID, chat.FieldEmail: &p.Email, chat.FieldFirstname: &p.Firstname, chat.FieldLastname: &p.Lastname,
		chat.FieldGender: &p.Gender, chat.FieldLabels: &p.Labels, chat.FieldAgent: &p.Agent,
	}[f]
}

// Provision reads the paths and checks the configuration.
func (p *Config) Provision() error {
	if err := checkPath(p.Path); err != nil {
		return err
	}
	if p.ID == "" && p.Email == "" {
		return errors.New("probe needs id or email: without either nobody can be told from anybody")
	}
	for _, f := range chat.ProfileFields() {
		if err := parseInto(&p.paths[f], "probe: "+f.String(), *p.value(f)); err != nil {
			return err
		}
	}
	p.fields = nil
	for name, text := range p.Fields {
		if chat.CleanLine(name) == "" {
			return fmt.Errorf("probe: field: nothing can be seen of the name %q", name)
		}
		f := namedPath{name: name}
		if err := parseInto(&f.path, "probe: field "+name, text); err != nil {
			return err
		}
		p.fields = append(p.fields, f)
	}
	return nil
}

func parseInto(path *jsonPath, word, text string) (err error) {
	if text == "" {
		return nil
	}
	if *path, err = parseJSONPath(text); err != nil {
		err = fmt.Errorf("%s: %w", word, err)
	}
	return err
}

// checkPath checks that a text is the path of an endpoint of this site.
func checkPath(text string) error {
	u, err := url.ParseRequestURI(text)
	if err != nil || !strings.HasPrefix(text, "/") || strings.HasPrefix(text, "//") || strings.ContainsAny(text, "#{}") || u.Host != "" {
		return fmt.Errorf("probe: %q is no path of this site; it begins with a slash, such as /api/me", text)
	}
	return nil
}

// maxAnswer bounds an answer to a probe, in bytes.
const maxAnswer = 64 << 10

// Why an answer says nothing.
var (
	errCached   = errors.New("it came or may come from a cache (Age, public or s-maxage); it is one visitor's and must not")
	errNotJSON  = errors.New("it is not JSON")
	errTooLarge = fmt.Errorf("it is larger than %d KB", maxAnswer>>10)
	errEncoded  = errors.New("it has a Content-Encoding that was not asked for")
)

// evidence reads an answer. An error means that it says nothing of who is
// signed in; a profile of nobody, that nobody is.
func (p *Config) evidence(status int, h http.Header, body []byte, nobody []string) (chat.Profile, error) {
	switch {
	case sharedcache.MayHave(h):
		return chat.Profile{}, errCached
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return chat.Profile{}, nil
	case status < 200 || status > 299:
		return chat.Profile{}, fmt.Errorf("it has the status %d", status)
	case status == http.StatusNoContent:
		return chat.Profile{}, nil
	case len(h["Content-Encoding"]) > 0 && h.Get("Content-Encoding") != "identity":
		return chat.Profile{}, errEncoded
	}
	doc, err := decode(body)
	if err != nil {
		return chat.Profile{}, err
	}
	return p.profile(doc, nobody), nil
}

// decode reads JSON with its numbers as they are written: an id may be
// larger than what a float holds.
func decode(body []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\ufeff"))))
	dec.UseNumber()
	var doc any
	if dec.Decode(&doc) != nil {
		return nil, errNotJSON
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errNotJSON
	}
	return doc, nil
}

func (p *Config) profile(doc any, nobody []string) chat.Profile {
	var out chat.Profile
	for _, f := range chat.ProfileFields() {
		read := jsonPath.texts
		if f.Identifies() {
			read = jsonPath.names
		}
		f.Set(&out, read(p.paths[f], doc), nobody)
	}
	if list, ok := p.paths[chat.FieldLabels].find(doc).([]any); ok {
		out.Labels = chat.CleanLabels(each(list, true)) // a comma within one is its own
	}
	if out.ID == "" && out.Email == "" {
		return chat.Profile{}
	}
	for _, f := range p.fields {
		out.SetField(f.name, []string{strings.Join(f.path.texts(doc), ", ")})
	}
	return out
}
