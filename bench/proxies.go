package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// proxy is one of those compared.
type proxy struct {
	*process
	base    string // the name of the proxy to compare with, if any
	injects bool   // into HTML
	isolate bool   // keeps the upstream's X-User-* from the browser
}

// Names of the proxies.
const (
	nameCaddy     = "caddy"
	nameParley    = "parley"
	nameAgain     = "caddy again"       // shows the noise: the very same as caddy
	nameStore     = "caddy and a store" // shows what an open, empty store takes by itself
	nameNginx     = "nginx"
	nameSubFilter = "nginx sub_filter"
)

// field is all processes of a run.
type field struct {
	ctx      context.Context
	dir      string
	encode   bool // the proxies compress
	packed   bool // the upstream does
	upstream *process
	proxies  []*proxy
}

func (f *field) start() error {
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	if f.upstream, err = startSelf(f.ctx, f.dir, roleUpstream, addr, roleUpstream, addr); err != nil {
		return err
	}
	caddys := []struct {
		name, base, global, site string
	}{
		{nameCaddy, "", "", ""},
		{nameAgain, nameCaddy, "", ""},
		{nameStore, nameCaddy, fmt.Sprintf(parleyGlobal, filepath.Join(f.dir, "empty")), ""},
		{nameParley, nameCaddy, fmt.Sprintf(parleyGlobal, filepath.Join(f.dir, "chat")), parleySite},
	}
	for _, c := range caddys {
		if err := f.startCaddy(c.name, c.base, c.global, c.site); err != nil {
			return err
		}
	}
	return f.startNginxes()
}

func (f *field) stop() {
	for _, p := range f.proxies {
		p.stop()
	}
	if f.upstream != nil {
		f.upstream.stop()
	}
}

// caddyfile is of every Caddy. Its verbs: the storage's directory, global
// options, the port, directives, the upstream.
const caddyfile = `{
	admin off
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

http://:%s {
	bind 127.0.0.1
%s	reverse_proxy %s
}
`

// encodeSite is added to all of them where answers are compressed.
const encodeSite = "	encode zstd gzip\n"

// What Parley adds to it, as in the demo.
const (
	parleyGlobal = `	chat {
		storage badger {
			path %q
		}
	}
`
	parleySite = `	chat {
		site shop
		identity {
			id X-User-Id
			email X-User-Email
			firstname X-User-Firstname
			lastname X-User-Lastname
			labels X-User-Labels
			agent X-Account-Manager
			field plan X-User-Plan
		}
		logout /logout
	}
`
)

func (f *field) startCaddy(name, base, global, site string) error {
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	file := f.file(name, ".caddyfile")
	chat := site != ""
	if f.encode {
		site += encodeSite
	}
	text := fmt.Sprintf(caddyfile, filepath.Join(f.dir, "caddy"), global, port, site, f.upstream.addr)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return fmt.Errorf("writing the configuration of %s: %w", name, err)
	}
	p, err := startSelf(f.ctx, f.dir, name, addr, roleCaddy, "run", "--config", file, "--adapter", "caddyfile")
	if err != nil {
		return err
	}
	f.proxies = append(f.proxies, &proxy{process: p, base: base, injects: chat, isolate: chat})
	return nil
}

// nginxConf has the verbs: the user line, the directory, the upstream, the
// address, the filters. Connections to the upstream are kept open as Caddy
// keeps them, and bodies never go to disk.
const nginxConf = `%sworker_processes auto;
error_log stderr error;
pid %[2]s/nginx.pid;
events {}
http {
	access_log off;
	keepalive_requests 100000000;
	proxy_temp_path %[2]s/nginx-proxy;
	client_body_temp_path %[2]s/nginx-body;
	fastcgi_temp_path %[2]s/nginx-fastcgi;
	uwsgi_temp_path %[2]s/nginx-uwsgi;
	scgi_temp_path %[2]s/nginx-scgi;
	proxy_max_temp_file_size 0;
	upstream site {
		server %[3]s;
		keepalive 32;
		keepalive_requests 100000000;
	}
	server {
		listen %[4]s;
		location / {
			proxy_pass http://site;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_set_header Host $http_host;
			%[5]s
		}
	}
}
`

// subFilter puts an element of the same length after the charset's.
const subFilter = `sub_filter '` + charsetMeta + `' '` + charsetMeta + `<script async src="/_chat/widget.js?v=0123456789abcdef"></script>';`

// gzipFilter compresses as much and what Caddy's encode does by default.
const gzipFilter = `gzip on;
			gzip_comp_level 5;
			gzip_min_length 512;
			gzip_types application/json;
			`

func (f *field) startNginxes() error {
	nginx, err := findNginx()
	if err != nil {
		fmt.Println("nginx is not compared: it is neither installed nor unpacked (on Debian, make bench unpacks it)")
		return nil
	}
	if err := f.startNginx(nginx, nameNginx, nameCaddy, ""); err != nil {
		return err
	}
	if f.packed {
		return nil // sub_filter doesn't look into what is compressed
	}
	return f.startNginx(nginx, nameSubFilter, nameNginx, subFilter)
}

// findNginx looks where it is installed, which is not in everyone's PATH, and
// where scripts/setup unpacks it.
func findNginx() (path string, err error) {
	for _, name := range []string{"nginx", "/usr/sbin/nginx", "../.cache/debian/nginx/usr/sbin/nginx"} {
		if path, err = exec.LookPath(name); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", err
}

func (f *field) startNginx(nginx, name, base, filter string) error {
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	dir := f.file(name, "")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("making the directory of %s: %w", name, err)
	}
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;\n" // others can't enter the directory
	}
	conf := filepath.Join(dir, "nginx.conf")
	injects := filter != ""
	if f.encode {
		filter = gzipFilter + filter
	}
	text := fmt.Sprintf(nginxConf, user, dir, f.upstream.addr, addr, filter)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return fmt.Errorf("writing the configuration of %s: %w", name, err)
	}
	cmd := exec.CommandContext(f.ctx, nginx, "-p", dir, "-e", "stderr", "-c", conf, "-g", "daemon off;")
	p, err := startProcess(f.ctx, f.dir, name, addr, cmd)
	if err != nil {
		return err
	}
	f.proxies = append(f.proxies, &proxy{process: p, base: base, injects: injects})
	return nil
}

func (f *field) file(name, extension string) string {
	return filepath.Join(f.dir, strings.ReplaceAll(name, " ", "-")+extension)
}
