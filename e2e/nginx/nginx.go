// Package nginx runs nginx as a cache that all visitors of a site share, for
// one test.
package nginx

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/parley-chat/parley/e2e/debian"
	"github.com/parley-chat/parley/e2e/server"
)

// Status is the header by which the cache says what it did: HIT, MISS or BYPASS.
const Status = "X-Cache-Status"

// conf has the verbs: the user line, the directory, the cache's address and the
// upstream's. It is the greediest cache that its operator can ask for: it keeps
// whatever Cache-Control doesn't forbid, and disregards Set-Cookie, with which
// nginx by default keeps nothing.
const conf = `%[1]sworker_processes 1;
daemon off;
error_log stderr notice;
pid %[2]s/nginx.pid;
events {}
http {
	access_log off;
	proxy_temp_path %[2]s/proxy;
	client_body_temp_path %[2]s/body;
	fastcgi_temp_path %[2]s/fastcgi;
	uwsgi_temp_path %[2]s/uwsgi;
	scgi_temp_path %[2]s/scgi;
	proxy_cache_path %[2]s/cache keys_zone=site:1m use_temp_path=off;
	map $http_upgrade $upgrade_or_not {
		default upgrade;
		"" "";
	}
	server {
		listen %[3]s;
		location / {
			proxy_pass http://%[4]s;
			proxy_http_version 1.1;
			proxy_set_header Host $http_host;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection $upgrade_or_not;
			proxy_cache site;
			proxy_cache_valid any 10m;
			proxy_ignore_headers Set-Cookie;
			add_header ` + Status + ` $upstream_cache_status always;
		}
	}
}
`

// StartCache runs a cache in front of an upstream, given as host:port, until the
// test ends. It returns the cache's origin.
func StartCache(t testing.TB, upstream string) (origin string) {
	t.Helper()
	program, ok := debian.Installed("nginx")
	if !ok {
		program = filepath.Join(debian.Unpacked(t, "nginx", "usr/sbin/nginx"), "usr/sbin/nginx")
	}
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;\n" // others can't enter the directory
	}
	dir := t.TempDir()
	address := fmt.Sprintf("127.0.0.1:%d", server.FreePort(t))
	path := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(path, fmt.Appendf(nil, conf, user, dir, address, upstream), 0o600); err != nil {
		t.Fatal(err)
	}
	debian.Run(t, "start worker process", program, "-p", dir, "-e", "stderr", "-c", path)
	return "http://" + address
}
