package transport

import "net/http"

// Picture is a picture of the operator's or of an agent that is served from memory.
type Picture struct{ asset *Asset }

// NewPicture prepares a picture of a media type.
func NewPicture(mediaType string, body []byte) *Picture {
	if mediaType == "image/svg+xml" {
		return &Picture{NewAsset(mediaType, body)}
	}
	// No content coding would make it smaller.
	hash := Hash(body)
	return &Picture{&Asset{contentType: mediaType, hash: hash, version: hash, plain: body}}
}

// Hash names the content; it belongs into the query as v=HASH.
func (p *Picture) Hash() string { return p.asset.Hash() }

// ServeHTTP serves the picture: for ever cacheable under its own hash. One that is
// opened by itself does nothing, whatever scripts an SVG has.
func (p *Picture) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	p.asset.ServeHTTP(w, r)
}
