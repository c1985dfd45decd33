package identity

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func TestLabelFormats(t *testing.T) {
	for name, tt := range map[string]struct {
		format LabelFormat
		value  string
		want   []string
	}{
		"commas":                    {LabelFormat{}, `a,b, c`, []string{"a", "b", "c"}},
		"bars":                      {LabelFormat{Separator: "|"}, `a, b|c`, []string{"a, b", "c"}},
		"a text":                    {LabelFormat{Separator: "::"}, `a:b::c`, []string{"a:b", "c"}},
		"quotes":                    {LabelFormat{Unquote: true}, `"Sales, North", "b""c","d\"e"`, []string{"Sales, North", `b"c`, `d"e`}},
		"some quotes":               {LabelFormat{Unquote: true}, `"a,b",c,"d"`, []string{"a,b", "c", "d"}},
		"quotes and bars":           {LabelFormat{Unquote: true, Separator: "|"}, `"a|b"|c`, []string{"a|b", "c"}},
		"a quote that does not end": {LabelFormat{Unquote: true}, `"a,b`, []string{`"a`, "b"}},
		"a quoted label last":       {LabelFormat{Unquote: true}, `Support,"Sales, North"`, []string{"Support", "Sales, North"}},
		"a quoted label between":    {LabelFormat{Unquote: true, Separator: "|"}, `a, b| "c|d" |e|"f`, []string{"a, b", "c|d", "e", `"f`}},
		"blanks between":            {LabelFormat{Unquote: true, Separator: " "}, `a "b c" d`, []string{"a", "b c", "d"}},
		"quotes within a label":     {LabelFormat{Unquote: true}, `"Big" Team,5" pipe,"c"`, []string{`"Big" Team`, `5" pipe`, "c"}},
		"a quoted label at the end": {LabelFormat{Unquote: true}, `"a",`, []string{"a", ""}},
		"a JSON array of all":       {LabelFormat{Unquote: true}, `["a,b", 1, 2.50, true, null, {"c":"d"}, ["e"]]`, []string{"a,b", "1", "2.50", "true"}},
		"no JSON array":             {LabelFormat{Unquote: true}, `[a],b`, []string{"[a]", "b"}},
		"LDAP names, some quoted":   {LabelFormat{LDAP: "cn", Unquote: true}, `CN=a,OU=G,"CN=b,OU=G",c`, []string{"a", "b", "c"}},
		"a JSON array":              {LabelFormat{Unquote: true}, `["Sales, North","b"]`, []string{"Sales, North", "b"}},
		"quotes that stay":          {LabelFormat{}, `"a","b"`, []string{`"a"`, `"b"`}},
		"an LDAP name":              {LabelFormat{LDAP: "cn"}, `CN=Sales,OU=Groups,DC=example,DC=com`, []string{"Sales"}},
		"LDAP names":                {LabelFormat{LDAP: "cn"}, `cn=a,ou=G,dc=x,cn=b,ou=G,dc=x`, []string{"a", "b"}},
		"LDAP names in containers":  {LabelFormat{LDAP: "CN"}, `CN=a,CN=Users,DC=x,CN=b,CN=Users,DC=x`, []string{"a", "b"}},
		"short LDAP names":          {LabelFormat{LDAP: "cn"}, `cn=a,cn=b`, []string{"a", "b"}},
		"LDAP names and bars":       {LabelFormat{LDAP: "cn", Separator: "|"}, `CN=a,OU=G|CN=b,OU=G`, []string{"a", "b"}},
		"quoted LDAP names":         {LabelFormat{LDAP: "cn", Unquote: true}, `"CN=a,OU=G","CN=b,OU=G"`, []string{"a", "b"}},
		"escapes of LDAP":           {LabelFormat{LDAP: "cn"}, `CN=Berg\, Anna,OU=G,CN=J\C3\BCrgen\2C x,OU=G,CN="p,q",OU=G`, []string{"Berg, Anna", "Jürgen, x", "p,q"}},
		"of several values":         {LabelFormat{LDAP: "ou"}, `CN=a+OU=b,DC=x`, []string{"b"}},
		"another attribute":         {LabelFormat{LDAP: "ou"}, `CN=a,DC=x`, []string{"CN=a,DC=x"}},
		"names of other kinds":      {LabelFormat{LDAP: "cn"}, `Domain Admins,CN=a,OU=G`, []string{"Domain Admins", "a"}},
	} {
		if got := tt.format.split([]string{tt.value}, ""); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// What is encoded in a label is no separator, quote or part of an LDAP name.
func TestEncodedLabels(t *testing.T) {
	for name, tt := range map[string]struct {
		format LabelFormat
		decode string
		value  string
		want   []string
	}{
		"commas":                 {LabelFormat{}, decodePercent, `Sales%2C%20North,Support`, []string{"Sales, North", "Support"}},
		"bars":                   {LabelFormat{Separator: "|"}, decodeForm, `a%7Cb+c|d`, []string{"a|b c", "d"}},
		"quotes":                 {LabelFormat{Unquote: true}, decodePercent, `%22a%22,"b%2Cc"`, []string{`"a"`, "b,c"}},
		"a JSON array":           {LabelFormat{Unquote: true}, decodePercent, `["a%2Cb",1]`, []string{"a,b", "1"}},
		"the value of LDAP":      {LabelFormat{LDAP: "cn"}, decodePercent, `CN=a%2Cb,OU=G,CN=c,OU=G`, []string{"a,b", "c"}},
		"LDAP names":             {LabelFormat{LDAP: "cn", Separator: ";"}, decodePercent, `CN%3Da%2COU%3DG;CN%3Db%2COU%3DG`, []string{"a", "b"}},
		"one that is not":        {LabelFormat{}, decodePercent, `100%,a%20b`, []string{"100%", "a b"}},
		"a list as encoded word": {LabelFormat{}, decodePercent, `=?utf-8?q?=C3=BC,50%25?=`, []string{"ü", "50%25"}},
		"encoded words":          {LabelFormat{}, "", `a,=?utf-8?q?=C3=BC?=`, []string{"a", "ü"}},
	} {
		values := []string{"=?utf-8?q?x?=", tt.value} // another line of the header changes nothing
		if got := tt.format.split(values, tt.decode)[1:]; !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// TestHowValuesAreWritten reads what a Caddyfile says of it.
func TestHowValuesAreWritten(t *testing.T) {
	id := parsed(t, `identity {
		id X-Id {
			decode percent
		}
		firstname X-First {
			decode percent
		}
		lastname X-Last {
			decode form
		}
		labels X-Groups {
			separator ;
			unquote
			ldap cn
		}
		gender X-Gender
		field plan X-Plan {
			decode percent
		}
	}`)
	for response, want := range map[string]string{
		"X-Id: a%40b\nX-First: J%C3%BCrgen+\nX-Last: van+der+%C3%9C\nX-Gender: m%20\nX-Plan: 100%25\nX-Groups: \"CN=a,OU=G\";\"b;c\"": "{a@b  Jürgen+ van der Ü m%20 [a b;c]  map[plan:100%]}",
		// What describes somebody is better raw than absent. What identifies
		// them must not be what another is read as.
		"X-Id: 7\nX-First: 100%":                           "{7  100%   []  map[]}",
		"X-Id: 7%\nX-First: A":                             "{     []  map[]}",
		"X-Id: %67uest":                                    "{     []  map[]}",
		"X-Id: 7\nX-First: UTF-8''M%C3%BCller":             "{7  Müller   []  map[]}",
		"X-Id: 7\nX-Gender: =?utf-8?q?=C3=BC?=":            "{7    ü []  map[]}",
		"X-Id: 7\nX-First: J%FCrgen\nX-Last: O'Neil's Son": "{7  Jürgen O'Neil's Son  []  map[]}",
	} {
		r := caddyhttp.PrepareRequest(httptest.NewRequest(http.MethodGet, "/", nil), caddy.NewReplacer(), nil, nil)
		if got := fmt.Sprint(id.Evidence(lines(response), r, nil)); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", response, got, want)
		}
	}
	for text, want := range map[string]string{
		"identity {\nid X {\ndecode rot13\n}\n}":                      `unknown decode "rot13"`,
		"identity {\nid X {\nseparator ;\n}\n}":                       `unknown word "separator"`,
		"identity {\nid X\nlabels Y {\nldap\n}\n}":                    "ldap needs a value",
		"identity {\nid X\nlabels Y {\nunquote yes\n}\n}":             `"yes" is one value too many`,
		"identity {\nid X {\ndecode form\ndecode form\n}}":            "duplicate decode",
		"identity {\nid X {\ndecode \"\"\n}\n}":                       `unknown decode "" (want percent or form), at Testfile:3`,
		"identity {\nid X\nlabels Y {\nseparator \"\"\n}\n}":          "separator is empty: name what stands between labels, or leave it out for a comma, at Testfile:4",
		"identity {\nid X\nlabels Y {\nldap \"\"\n}\n}":               "ldap is empty",
		"identity {\nid X\nlabels Y {\nldap \"c n=\"\n}\n}":           `invalid attribute "c n="`,
		"identity {\nid X\nlabels Y {\nldap \" cn\"\n}\n}":            `invalid attribute " cn"`,
		"identity {\nid X\nlabels Y {\nldap cn\nseparator =\n}\n}":    "would cut LDAP names",
		"identity {\nid X\nlabels Y {\nseparator `\"`\nunquote\n}\n}": `has a quote in it`,
	} {
		d := caddyfile.NewTestDispenser(text)
		d.Next()
		if err := new(Config).Parse(d); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"{\"id\": \"X\", \"fields\": {\"\u200b\": \"Y\"}}":                                    "nothing can be seen of the name",
		"{\"probe\": {\"path\": \"/me\", \"id\": \".id\", \"fields\": {\" \": \".x\"}}}":      "nothing can be seen of the name",
		`{"id": "X", "decode": {"email": "form"}}`:                                            "no source",
		`{"id": "X", "decode": {"fields.plan": "form"}}`:                                      "unknown field",
		`{"id": "X", "decode": {"id": ""}}`:                                                   `unknown decode ""`,
		`{"id": "X", "label_format": {"unquote": true}}`:                                      "no source",
		`{"id": "X", "labels": "Y", "label_format": {"separator": ""}}`:                       "separator is empty",
		`{"id": "X", "labels": "Y", "label_format": {"ldap": ""}}`:                            "ldap is empty",
		`{"id": "X", "labels": "Y", "label_format": {"ldap": "c n="}}`:                        `invalid attribute "c n="`,
		`{"id": "X", "labels": "Y", "label_format": {"ldap": "cn", "separator": "="}}`:        "would cut LDAP names",
		`{"id": "X", "labels": "Y", "label_format": {"unquote": true, "separator": "\""}}`:    "has a quote in it",
		`{"id": "X", "labels": "Y", "label_format": {"quotes": true}}`:                        `unknown field "quotes"`,
		`{"id": "X", "labels": "Y", "label_format": {"ldap": "2.5.4.3", "separator": " | "}}`: "",
	} {
		id := new(Config)
		err := json.Unmarshal([]byte(text), id)
		if err == nil {
			err = id.Provision()
		}
		if want == "" && err == nil {
			continue
		}
		if err == nil || want == "" || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// A preset's way of writing gives way with its source, or to another format.
func TestFormatsOfPresets(t *testing.T) {
	for want, text := range map[string]string{
		"[a,b c]": "identity authentik {\ntrust forward_auth\n}",
		"[a b|c]": "identity authentik {\ntrust forward_auth\nlabels {http.request.header.X-Authentik-Groups}\n}",
		"[a b c]": "identity authentik {\ntrust forward_auth\nlabels {http.request.header.X-Authentik-Groups} {\nunquote\n}\n}",
	} {
		value := map[string]string{"[a b c]": `["a","b","c"]`}[want]
		if value == "" {
			value = "a,b|c"
		}
		r := caddyhttp.PrepareRequest(httptest.NewRequest(http.MethodGet, "/", nil), caddy.NewReplacer(), nil, nil)
		p := parsed(t, text).Evidence(http.Header{}, r, answered{"X-Authentik-Uid": "7", "X-Authentik-Groups": value})
		if got := fmt.Sprint(p.Labels); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func parsed(t *testing.T, text string) *Config {
	t.Helper()
	id := new(Config)
	d := caddyfile.NewTestDispenser(text)
	d.Next()
	if err := id.Parse(d); err != nil {
		t.Fatal(err)
	}
	return id
}
