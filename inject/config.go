package inject

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"strings"
	"sync"

	"github.com/parley-chat/parley/inject/csp"
)

// Config says what is inserted and how far an Injector may go for it.
type Config struct {
	// Src is the URL path of the script, with its query, for example
	// "/_chat/widget.js?v=HASH". It is escaped for the attribute. The element
	// is <script async src="SRC"></script>, with a nonce attribute where the
	// page's own policy has a usable one. A new version of the script needs a
	// new Src, so that cached pages are renewed.
	Src string

	// Prefix is the URL path prefix, with slashes at both ends, under which
	// lies everything that the script loads or connects to, for example
	// "/_chat/". The default is Src's directory.
	Prefix string

	// Integrity is the script's subresource integrity value, for example
	// "sha256-BASE64". Without it, pages whose policy has 'strict-dynamic' but
	// no nonce are not injected.
	Integrity string

	// TrustedTypes is the name of the Trusted Types policy which the script
	// creates, or empty if it creates none.
	TrustedTypes string

	// Images says that the script shows pictures from below Prefix.
	Images bool

	// CSP says what may be done with the site's Content-Security-Policy.
	// The default is [CSPLeast].
	CSP CSPMode
}

// CSPMode says what may be done with a site's Content-Security-Policy.
type CSPMode uint8

const (
	// CSPLeast makes the least change that lets the script run: none if it
	// may already, else in this order the page's own nonce on the element, a
	// source limited to Config.Prefix, the script's hash.
	CSPLeast CSPMode = iota
	// CSPOff leaves the policy alone; the page's nonce is still used.
	CSPOff
)

// Injector inserts one script element. It is safe for concurrent use.
type Injector struct {
	cfg     Config
	plain   []byte // the element without a nonce
	open    string // the element up to where a nonce or integrity attribute goes
	path    string // Src without the query
	hash    string // what we insert, for entity tags
	room    int    // what the element takes at most, in bytes
	script  csp.Script
	writers sync.Pool
}

const tagClose = "></script>"

// New checks the configuration and returns an Injector.
func New(cfg Config) (*Injector, error) {
	if !strings.HasPrefix(cfg.Src, "/") || strings.HasPrefix(cfg.Src, "//") {
		return nil, fmt.Errorf("checking the script's URL: %q is not an absolute path; give one such as /_chat/widget.js", cfg.Src)
	}
	for _, s := range []string{cfg.Src, cfg.Prefix, cfg.Integrity, cfg.TrustedTypes} {
		if i := strings.IndexFunc(s, notPlain); i >= 0 {
			return nil, fmt.Errorf("checking %q: byte %d is not printable ASCII; percent-encode it", s, i)
		}
	}
	path, _, _ := strings.Cut(cfg.Src, "?")
	if cfg.Prefix == "" {
		cfg.Prefix = path[:strings.LastIndexByte(path, '/')+1]
	}
	if !strings.HasPrefix(cfg.Prefix, "/") || !strings.HasSuffix(cfg.Prefix, "/") {
		return nil, fmt.Errorf("checking the script's prefix: %q needs a slash at both ends", cfg.Prefix)
	}
	if i := strings.IndexAny(cfg.Prefix, ";,?#"); i >= 0 {
		return nil, fmt.Errorf("checking the script's prefix: %q can't be part of a Content-Security-Policy because of its %q; percent-encode it", cfg.Prefix, cfg.Prefix[i])
	}
	if !strings.HasPrefix(path, cfg.Prefix) {
		return nil, fmt.Errorf("checking the script's prefix: %q is not under %q", path, cfg.Prefix)
	}
	if cfg.Integrity != "" && !csp.IsHash(cfg.Integrity) {
		return nil, fmt.Errorf("checking the script's integrity: %q is not of the form sha256-BASE64", cfg.Integrity)
	}
	open := `<script async src="` + html.EscapeString(cfg.Src) + `"`
	sum := sha256.Sum256([]byte(open + "\x00" + cfg.Integrity + "\x00" + cfg.Prefix + "\x00" + cfg.TrustedTypes + "\x00" + string('0'+rune(cfg.CSP))))
	in := &Injector{
		cfg:    cfg,
		open:   open,
		plain:  []byte(open + tagClose),
		path:   path,
		script: csp.Script{Prefix: cfg.Prefix, Integrity: cfg.Integrity, TrustedTypes: cfg.TrustedTypes, Images: cfg.Images},
		hash:   hex.EncodeToString(sum[:])[:hashLen],
	}
	in.room = len(in.plain) + len(cfg.Integrity) + len(` integrity="" nonce=""`) + csp.MaxNonce
	in.writers.New = func() any { return new(Writer) }
	return in, nil
}

func notPlain(r rune) bool { return r <= ' ' || r > '~' }
