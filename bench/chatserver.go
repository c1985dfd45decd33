package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
)

// Names of the chat's servers.
const (
	nameChat  = "chat"
	namePlain = "plain Caddy"
)

// The agent, with the bcrypt hash of her password at the lowest cost there is.
const (
	agentEmail    = "anna@example.com"
	agentPassword = "parley-demo"
	agentHash     = "$2a$04$FVjWCrCEjVgnjxquxhPIq.yQXahjuOYj8Trvng7eC2fofM3ycjdby"
)

// chatCaddyfile is of a site that needs no application behind it. Its verbs:
// the admin endpoint, the storage's directory, global options, the site's
// address, directives.
const chatCaddyfile = `{
	admin %s
	persist_config off
	auto_https off
	storage file_system %q
	servers {
		protocols h1
	}
	log {
		level ERROR
	}
%s}

%s {
	bind 127.0.0.1
%s	header Content-Type text/html
	respond "<!doctype html><title>Shop</title><p>Walking boots"
}
`

// What the chat adds to it.
const (
	chatGlobal = `	chat {
		storage badger {
			path %q
		}
		agent %s %s
		limits off
	}
`
	chatDirectives = `	chat_console {
		path /desk
	}
	chat {
		site shop
	}
`
)

// chatServer is a Caddy with one site.
type chatServer struct {
	*process
	site  chatSite
	admin string
}

// startChat starts a server whose chat has its store in a directory.
func startChat(ctx context.Context, dir, store string, secure bool) (*chatServer, error) {
	return startServer(ctx, dir, nameChat, fmt.Sprintf(chatGlobal, store, agentEmail, agentHash), chatDirectives, secure)
}

// startPlain starts the same without a chat.
func startPlain(ctx context.Context, dir string) (*chatServer, error) {
	return startServer(ctx, dir, namePlain, "", "", false)
}

func startServer(ctx context.Context, dir, name, global, directives string, secure bool) (*chatServer, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	admin, err := freeAddr()
	if err != nil {
		return nil, err
	}
	s := &chatServer{site: chatSite{addr: addr, secure: secure}, admin: admin}
	if secure {
		cert, key, err := certificate(dir)
		if err != nil {
			return nil, err
		}
		directives = fmt.Sprintf("\ttls %q %q\n%s", cert, key, directives)
	}
	file := filepath.Join(dir, "Caddyfile")
	text := fmt.Sprintf(chatCaddyfile, admin, filepath.Join(dir, "caddy"), global, s.site.origin(), directives)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("writing the configuration of %s: %w", name, err)
	}
	s.process, err = startSelf(ctx, dir, name, addr, roleCaddy, "run", "--config", file, "--adapter", "caddyfile")
	return s, err
}

// certificate makes one for the loopback address, which nobody looks at.
func certificate(dir string) (certFile, keyFile string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", fmt.Errorf("making a key: %w", err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return "", "", fmt.Errorf("making a certificate: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", "", fmt.Errorf("making a key: %w", err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			return "", "", fmt.Errorf("writing a certificate: %w", err)
		}
	}
	return certFile, keyFile, nil
}

// browse asks for the page so many times, so that what a server makes once for
// its first requests is there.
func (s *chatServer) browse(ctx context.Context, times int) error {
	client := httpClient(connections)
	defer client.CloseIdleConnections()
	for range times {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.site.origin()+"/", nil)
		if err != nil {
			return err
		}
		r.Header.Set("Accept", "text/html")
		resp, err := client.Do(r)
		if err != nil {
			return fmt.Errorf("asking %s for a page: %w", s.name, err)
		}
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			return fmt.Errorf("asking %s for a page: %s, %w", s.name, resp.Status, err)
		}
	}
	return nil
}

// tidy has the server's process give back what memory it has no more use for,
// as it does by itself after some idle minutes.
func (s *chatServer) tidy(ctx context.Context) error {
	_, err := s.ask(ctx, http.MethodPost, tidyPath)
	return err
}

// profile saves one of the server's profiles: of net/http/pprof, by its name
// with options.
func (s *chatServer) profile(ctx context.Context, name, file string) error {
	profile, err := s.ask(ctx, http.MethodGet, "/debug/pprof/"+name)
	if err != nil {
		return err
	}
	return os.WriteFile(file, profile, 0o600)
}

// ask asks the admin endpoint.
func (s *chatServer) ask(ctx context.Context, method, path string) ([]byte, error) {
	var body bytes.Buffer
	err := s.stream(ctx, method, path, &body)
	return body.Bytes(), err
}

// stream is ask for an answer that may be large.
func (s *chatServer) stream(ctx context.Context, method, path string, w io.Writer) error {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+s.admin+path, strings.NewReader(""))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("asking the admin endpoint: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(resp.Body) // the status says enough
		return fmt.Errorf("asking the admin endpoint for %s: %s: %s", path, resp.Status, body)
	}
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("asking the admin endpoint for %s: %w", path, err)
	}
	return nil
}

// tidier is the admin endpoint's part that makes tidy work.
type tidier struct{}

const tidyPath = "/bench/tidy"

func init() { caddy.RegisterModule(tidier{}) }

// CaddyModule returns the module's name.
func (tidier) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "admin.api.bench", New: func() caddy.Module { return tidier{} }}
}

// Routes returns the one path that it serves.
func (tidier) Routes() []caddy.AdminRoute {
	return []caddy.AdminRoute{{Pattern: tidyPath, Handler: caddy.AdminHandlerFunc(func(http.ResponseWriter, *http.Request) error {
		debug.FreeOSMemory()
		return nil
	})}}
}
