package transport

import (
	"net/http"
	"sync"
)

// Translations is a file that is there in several languages, each of which is
// prepared when it is first asked for.
type Translations struct {
	otherwise string
	languages map[string]func() *Asset
}

// NewTranslations prepares a file that translate makes in each of the languages;
// other languages get that of otherwise. All are for ever cacheable under one
// version, of parts of one build.
func NewTranslations(contentType, version, build string, languages []string, otherwise string, translate func(language string) []byte) *Translations {
	t := &Translations{otherwise, map[string]func() *Asset{}}
	for _, language := range languages {
		t.languages[language] = sync.OnceValue(func() *Asset {
			return NewPart(contentType, version, build, translate(language))
		})
	}
	return t
}

// ServeHTTP serves the file in the language that the query names as l.
func (t *Translations) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	asset, ok := t.languages[r.URL.Query().Get("l")]
	if !ok {
		asset = t.languages[t.otherwise]
	}
	asset().ServeHTTP(w, r)
}
