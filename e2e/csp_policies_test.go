package e2e_test

// policy is a page's policies and what becomes of them. In them, {host} is the
// host that the page is on, and {foreign} the origin of another one.
type policy struct {
	name   string
	header []string          // Content-Security-Policy lines
	report []string          // Content-Security-Policy-Report-Only lines
	meta   []string          // in meta elements
	other  map[string]string // further fields of the header

	// want is what the chat changes, as changes puts it.
	want string
	// mute means that no script of the page runs at all, a test's included.
	mute bool
	// http means that the page is tried without TLS too.
	http bool
}

// What becomes of a page, where it is not a list of changes.
const (
	unchanged = "unchanged"
	noChat    = "no chat"
)

func enforced(lines ...string) []string { return lines }

var policies = []policy{
	// Lists that allow the chat already.
	{name: "no policy", want: unchanged, http: true},
	{name: "nothing about scripts", header: enforced("frame-ancestors 'none'; base-uri 'self'; form-action 'self'"), want: unchanged},
	{name: "self", header: enforced("default-src 'self'"), want: unchanged, http: true},
	{name: "self, images from elsewhere", header: enforced("default-src 'self'; img-src *; style-src 'self' 'unsafe-inline'"), want: unchanged},
	{name: "any", header: enforced("default-src *"), want: unchanged},
	{name: "any, and inline", header: enforced("default-src * 'unsafe-inline' 'unsafe-eval' data: blob:"), want: unchanged},
	{name: "the site's own name", header: enforced("script-src {host}; connect-src 'self'"), want: unchanged},
	{name: "styles barred", header: enforced("style-src 'none'; font-src 'none'; img-src 'none'"), want: unchanged, http: true},

	// Lists that don't.
	{name: "none", header: enforced("default-src 'none'"), want: "new script-src-elem CHAT; new connect-src CHAT SOCKET", http: true},
	{name: "script-src none", header: enforced("script-src 'none'"), want: "script-src CHAT in place of 'none'", http: true},
	{name: "an empty list", header: enforced("script-src ; connect-src"), want: "script-src + CHAT; connect-src + CHAT SOCKET"},
	{name: "another host", header: enforced("script-src {foreign}"), want: "script-src + CHAT"},
	{name: "default-src only", header: enforced("default-src {foreign}"), want: "new script-src-elem = default-src + CHAT; new connect-src = default-src + CHAT SOCKET"},
	{name: "another folder", header: enforced("script-src {host}/js/; connect-src {host}/js/"), want: "script-src + CHAT; connect-src + CHAT SOCKET"},
	{name: "https: without sockets", header: enforced("default-src https: 'unsafe-inline'"), want: "new connect-src https: SOCKET"},
	{name: "connect-src none", header: enforced("connect-src 'none'"), want: "connect-src CHAT SOCKET in place of 'none'", http: true},
	{name: "connect-src elsewhere", header: enforced("default-src 'self'; connect-src {foreign}"), want: "connect-src + CHAT SOCKET", http: true},
	{name: "script-src-elem none", header: enforced("script-src 'self'; script-src-elem 'none'"), want: "script-src-elem CHAT in place of 'none'"},
	{name: "script-src-elem allows, script-src does not", header: enforced("script-src 'none'; script-src-elem 'self'"), want: unchanged},
	{name: "script-src-attr", header: enforced("script-src 'self'; script-src-attr 'none'"), want: unchanged},
	{name: "a directive given twice", header: enforced("script-src 'self'; script-src 'none'"), want: unchanged},
	{name: "words of the future", header: enforced("script-src 'none' 'brand-new'; x-unknown a b; connect-src 'self'"), want: "script-src + CHAT"},

	// Nonces, hashes, strict-dynamic.
	{name: "nonce", header: enforced("script-src 'nonce-r4nd0mN0nce'"), want: "nonce; script-src + CHAT", http: true},
	{name: "nonce and self", header: enforced("script-src 'self' 'nonce-r4nd0mN0nce'"), want: "nonce"},
	{name: "nonce, connect-src none", header: enforced("script-src 'nonce-r4nd0mN0nce'; connect-src 'none'"), want: "nonce; script-src + CHAT; connect-src CHAT SOCKET in place of 'none'"},
	{name: "hashes only", header: enforced("script-src 'sha256-" + inlineHash + "'"), want: "script-src + CHAT", http: true},
	{name: "strict-dynamic with a nonce", header: enforced("script-src 'nonce-r4nd0mN0nce' 'strict-dynamic' https: 'unsafe-inline'; object-src 'none'; base-uri 'none'"), want: "nonce", http: true},
	{name: "strict-dynamic with a hash", header: enforced("script-src 'sha256-" + inlineHash + "' 'strict-dynamic'"), want: "integrity; script-src + HASH", http: true},
	{name: "strict-dynamic alone", header: enforced("script-src 'strict-dynamic'"), want: "integrity; script-src + HASH"},
	{name: "strict-dynamic in default-src", header: enforced("default-src 'nonce-r4nd0mN0nce' 'strict-dynamic'"), want: "nonce; new connect-src CHAT SOCKET"},
	{name: "unsafe-hashes", header: enforced("script-src 'unsafe-hashes' 'sha256-" + inlineHash + "'"), want: "script-src + CHAT"},

	// Several policies, which must all allow.
	{name: "two lines", header: enforced("default-src 'self'", "script-src {foreign}"), want: "script-src + CHAT"},
	{name: "two in one line", header: enforced("script-src 'self', script-src 'none'; connect-src 'none'"), want: "script-src CHAT in place of 'none'; connect-src CHAT SOCKET in place of 'none'", http: true},
	{name: "strict-dynamic and a list of hosts", header: enforced("script-src 'nonce-r4nd0mN0nce' 'strict-dynamic'", "script-src {foreign} 'nonce-r4nd0mN0nce'"), want: "nonce; script-src + CHAT"},
	{name: "two nonces", header: enforced("script-src 'nonce-r4nd0mN0nce' 'strict-dynamic', script-src 'nonce-another' 'strict-dynamic'"), want: "nonce; integrity; script-src + HASH"},
	{name: "report-only", report: enforced("default-src 'none'; report-uri /report"), want: "new script-src-elem CHAT; new connect-src CHAT SOCKET", http: true},
	{name: "report-only with a nonce", report: enforced("script-src 'nonce-r4nd0mN0nce' 'strict-dynamic'; connect-src {foreign}; report-uri /report"), want: "nonce; connect-src + CHAT SOCKET"},
	{name: "enforced and report-only", header: enforced("script-src 'self'"), report: enforced("script-src {foreign}; connect-src 'none'; report-uri /report"), want: "script-src + CHAT; connect-src CHAT SOCKET in place of 'none'"},
	{name: "enforced with a nonce, report-only without", header: enforced("script-src 'nonce-r4nd0mN0nce' 'strict-dynamic'"), report: enforced("script-src 'strict-dynamic' 'sha256-" + inlineHash + "'; report-uri /report"), want: "nonce; integrity; script-src + HASH"},

	// In the page, where nothing can be changed.
	{name: "meta: self", meta: enforced("default-src 'self'"), want: unchanged, http: true},
	{name: "meta: nonce", meta: enforced("script-src 'nonce-r4nd0mN0nce'; connect-src 'self'"), want: "nonce", http: true},
	{name: "meta: strict-dynamic with a nonce", meta: enforced("script-src 'nonce-r4nd0mN0nce' 'strict-dynamic'; object-src 'none'"), want: "nonce"},
	{name: "meta: https: without sockets", meta: enforced("default-src https: 'unsafe-inline'"), want: unchanged},
	{name: "meta: another host", meta: enforced("script-src {foreign}"), want: noChat, http: true},
	{name: "meta: none", meta: enforced("default-src 'none'"), want: noChat},
	{name: "meta: connect-src elsewhere", meta: enforced("connect-src {foreign}"), want: noChat},
	{name: "meta and header", header: enforced("script-src 'none'"), meta: enforced("script-src 'self'"), want: "script-src CHAT in place of 'none'"},
	{name: "meta: trusted types", meta: enforced("require-trusted-types-for 'script'; trusted-types dompurify"), want: unchanged},

	// Trusted types.
	{name: "trusted types required", header: enforced("require-trusted-types-for 'script'"), want: unchanged, http: true},
	{name: "trusted types, names given", header: enforced("require-trusted-types-for 'script'; trusted-types dompurify default"), want: "trusted-types + parley"},
	{name: "trusted types, none allowed", header: enforced("require-trusted-types-for 'script'; trusted-types 'none'"), want: "trusted-types parley in place of 'none'", http: true},
	{name: "trusted types, empty list", header: enforced("require-trusted-types-for 'script'; trusted-types"), want: "trusted-types + parley"},
	{name: "trusted types, any name", header: enforced("require-trusted-types-for 'script'; trusted-types *"), want: unchanged},
	{name: "trusted types, strict-dynamic", header: enforced("require-trusted-types-for 'script'; trusted-types app; script-src 'nonce-r4nd0mN0nce' 'strict-dynamic'"), want: "nonce; trusted-types + parley"},
	{name: "trusted types, report-only", report: enforced("require-trusted-types-for 'script'; trusted-types app; report-uri /report"), want: "trusted-types + parley"},

	// Sandboxes.
	{name: "sandbox", header: enforced("sandbox"), mute: true, want: noChat, http: true},
	{name: "sandbox with scripts, without an origin", header: enforced("sandbox allow-scripts allow-forms"), want: noChat},
	{name: "sandbox with an origin, without scripts", header: enforced("sandbox allow-same-origin"), mute: true, want: noChat},
	{name: "sandbox with scripts and an origin", header: enforced("sandbox allow-scripts allow-same-origin"), want: unchanged, http: true},

	// Neighbours of the policy.
	{name: "COEP and COOP", header: enforced("default-src 'self'"), other: map[string]string{"Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Opener-Policy": "same-origin"}, want: unchanged, http: true},
	{name: "COEP credentialless", other: map[string]string{"Cross-Origin-Embedder-Policy": "credentialless", "Cross-Origin-Opener-Policy": "same-origin-allow-popups"}, want: unchanged},
	{name: "CORP", other: map[string]string{"Cross-Origin-Resource-Policy": "same-origin", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}, want: unchanged},
	{name: "upgrade-insecure-requests", header: enforced("upgrade-insecure-requests"), want: unchanged, http: true},
	{name: "block-all-mixed-content", header: enforced("block-all-mixed-content; default-src 'self'"), want: unchanged},
	{name: "Permissions-Policy", other: map[string]string{"Permissions-Policy": "camera=(), microphone=(), geolocation=(), sync-xhr=(), unload=()"}, want: unchanged},

	// As published by sites and by software that many sites run, shortened in
	// lists of hosts only.
	{name: "as GitHub", header: enforced("default-src 'none'; base-uri 'self'; child-src github.githubassets.com github.com/assets-cdn/worker/ github.com/assets/; connect-src 'self' uploads.github.com www.githubstatus.com collector.github.com raw.githubusercontent.com api.github.com *.actions.githubusercontent.com wss://*.actions.githubusercontent.com; font-src github.githubassets.com; form-action 'self' github.com gist.github.com; frame-ancestors 'none'; frame-src viewscreen.githubusercontent.com; img-src 'self' data: blob: github.githubassets.com *.githubusercontent.com; manifest-src 'self'; media-src github.com; script-src github.githubassets.com; style-src 'unsafe-inline' github.githubassets.com; upgrade-insecure-requests; worker-src github.githubassets.com github.com/assets/"), want: "script-src + CHAT"},
	{name: "as raw.githubusercontent.com", header: enforced("default-src 'none'; style-src 'unsafe-inline'; sandbox"), mute: true, want: noChat},
	{name: "as Google's sign-in", header: enforced("script-src 'report-sample' 'nonce-r4nd0mN0nce' 'unsafe-inline';object-src 'none';base-uri 'self';report-uri /report", "require-trusted-types-for 'script';report-uri /report"), want: "nonce; script-src + CHAT"},
	{name: "as Google's search", report: enforced("object-src 'none';base-uri 'self';script-src 'nonce-r4nd0mN0nce' 'strict-dynamic' 'report-sample' 'unsafe-eval' 'unsafe-inline' https: http:;report-uri /report"), want: "nonce"},
	{name: "as YouTube", header: enforced("require-trusted-types-for 'script'"), report: enforced("script-src 'unsafe-eval' 'self' 'unsafe-inline' https://www.google.com https://apis.google.com https://ssl.gstatic.com https://www.gstatic.com https://www.youtube.com https://*.googlesyndication.com;report-uri /report"), want: unchanged},
	{name: "as Facebook", header: enforced("default-src data: blob: 'self' https://*.fbsbx.com 'unsafe-eval' *.facebook.com *.fbcdn.net;script-src *.facebook.com *.fbcdn.net 'nonce-r4nd0mN0nce' blob: 'self' 'wasm-unsafe-eval';style-src *.fbcdn.net data: *.facebook.com 'unsafe-inline';connect-src *.facebook.com *.fbcdn.net wss://*.facebook.com:* wss://*.fbcdn.net attachment.fbsbx.com blob: 'self';block-all-mixed-content;upgrade-insecure-requests;require-trusted-types-for 'script';"), want: "nonce"},
	{name: "as X", header: enforced("connect-src 'self' blob: https://api.x.com https://*.twimg.com wss://*.pscp.tv https://vmap.snappytv.com; default-src 'self'; form-action 'self' https://twitter.com; font-src 'self' https://*.twimg.com; frame-src 'self' https://twitter.com mobile: *; img-src 'self' blob: data: https://*.twimg.com; manifest-src 'self'; media-src 'self' blob: https://*.twimg.com; object-src 'none'; script-src 'self' 'unsafe-inline' https://*.twimg.com https://recaptcha.net/recaptcha/ 'wasm-unsafe-eval' 'nonce-r4nd0mN0nce'; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; report-uri /report"), want: "nonce"},
	{name: "as Dropbox", header: enforced("base-uri 'self' ; object-src 'none' ; script-src 'unsafe-eval' 'strict-dynamic' 'nonce-r4nd0mN0nce' 'nonce-another'", "connect-src https://* ws://127.0.0.1:*/ws blob: wss://dsimports.dropbox.com/ ; default-src https://www.dropbox.com/playlist/ ; font-src https://* data: ; frame-src https://* carousel: ; img-src https://* data: blob: ; script-src 'unsafe-eval' 'inline-speculation-rules' https://www.dropbox.com/static/api/ 'unsafe-inline' ; style-src https://* 'unsafe-inline'"), want: "nonce; connect-src + CHAT SOCKET; script-src + CHAT"},
	{name: "as Stripe", header: enforced("base-uri 'none'; connect-src 'self' https://api.stripe.com https://errors.stripe.com; default-src 'none'; font-src 'self' https://b.stripecdn.com; form-action 'self'; frame-ancestors 'self'; frame-src https://js.stripe.com; img-src 'self' data: https://b.stripecdn.com; media-src https://b.stripecdn.com; object-src 'none'; script-src 'self' 'nonce-r4nd0mN0nce' https://b.stripecdn.com; style-src 'self' 'unsafe-inline' https://b.stripecdn.com; report-uri /report"), want: "nonce"},
	{name: "as MDN", header: enforced("default-src 'self'; script-src 'report-sample' 'self' 'wasm-unsafe-eval' https://www.google-analytics.com/analytics.js https://www.googletagmanager.com/gtag/js 'sha256-" + inlineHash + "'; script-src-elem 'report-sample' 'self' https://www.googletagmanager.com/gtag/js 'sha256-" + inlineHash + "'; style-src 'report-sample' 'self' 'unsafe-inline'; object-src 'none'; base-uri 'self'; connect-src 'self' stats.g.doubleclick.net https://api.stripe.com; font-src 'self'; frame-src 'self' *.mdnplay.dev; img-src 'self' data: *.githubusercontent.com; manifest-src 'self'; media-src 'self' archive.org; child-src 'self'; worker-src 'self'"), want: unchanged},
	{name: "as PyPI", header: enforced("base-uri 'self'; connect-src 'self' https://api.github.com/repos/ https://*.google-analytics.com; default-src 'none'; font-src 'self' fonts.gstatic.com; form-action 'self' https://checkout.stripe.com; frame-ancestors 'none'; frame-src 'none'; img-src 'self' data: https://pypi-camo.freetls.fastly.net/; script-src 'self' https://analytics.python.org 'sha256-U3hKDidudIaxBDEzwGJApJgPEf2mWk6cfMWghrAa6i0='; style-src 'self' fonts.googleapis.com 'sha256-2YHqZokjiizkHi1Zt+6ar0XJ0OeEy/egBnlm+MDMtrM='; worker-src *.fastly-insights.com"), want: unchanged},
	{name: "as crates.io", header: enforced("default-src 'self'; connect-src 'self' *.ingest.sentry.io https://docs.rs https://static.crates.io; script-src 'self' 'unsafe-eval' 'sha256-n1+BB7Ckjcal1Pr7QNBh/dKRTtBQsIytFodRiIosXdE='; style-src 'self' 'unsafe-inline' https://code.cdn.mozilla.net; font-src https://code.cdn.mozilla.net; img-src *; object-src 'none'"), want: unchanged},
	{name: "as Wikipedia", report: enforced("script-src 'unsafe-eval' blob: 'self' meta.wikimedia.org *.wikimedia.org *.wikipedia.org 'unsafe-inline'; default-src 'self' data: blob: upload.wikimedia.org https://commons.wikimedia.org *.wikipedia.org wikimedia.org; style-src 'self' data: blob: *.wikipedia.org 'unsafe-inline'; object-src 'none'; report-uri /report"), want: unchanged},
	{name: "as Stack Overflow", header: enforced("upgrade-insecure-requests; frame-ancestors 'self' https://stackexchange.com"), want: unchanged},
	{name: "as Shopify's shops", header: enforced("block-all-mixed-content; frame-ancestors 'none'; upgrade-insecure-requests;"), want: unchanged},
	{name: "as npm", header: enforced("default-src 'self'; script-src 'self' 'nonce-r4nd0mN0nce' https://static-production.npmjs.com https://js.hs-scripts.com; connect-src 'self' https://api.stripe.com https://o4510010147864576.ingest.sentry.io; img-src * data:; style-src 'self' 'unsafe-inline'; frame-src https://js.stripe.com"), want: "nonce"},
	{name: "as Grafana", header: enforced("script-src 'self' 'unsafe-eval' 'unsafe-inline' 'strict-dynamic' 'nonce-r4nd0mN0nce';object-src 'none';font-src 'self';style-src 'self' 'unsafe-inline' blob:;img-src * data:;base-uri 'self';connect-src 'self' grafana.com ws://{host}/ wss://{host}/;manifest-src 'self';media-src 'none';form-action 'self';"), want: "nonce"},
	{name: "as GitLab", header: enforced("base-uri 'self'; child-src https://www.recaptcha.net 'self' {host}/admin/ {host}/assets/ blob: data:; connect-src 'self' wss://{host} https://sentry.gitlab.net; default-src 'self'; font-src 'self'; frame-ancestors 'self'; frame-src https://www.recaptcha.net 'self'; img-src 'self' data: blob: http: https:; manifest-src 'self'; media-src 'self' data: blob: http: https:; object-src 'none'; script-src 'strict-dynamic' 'self' 'unsafe-inline' 'unsafe-eval' https://www.recaptcha.net 'nonce-r4nd0mN0nce'; style-src 'self' 'unsafe-inline'; worker-src 'self' blob: data:"), want: "nonce"},
	{name: "as Nextcloud", header: enforced("default-src 'none';base-uri 'none';manifest-src 'self';script-src 'nonce-r4nd0mN0nce';style-src 'self' 'unsafe-inline';img-src 'self' data: blob:;font-src 'self' data:;connect-src 'self';media-src 'self';frame-src 'self' nc:;frame-ancestors 'self';form-action 'self'"), want: "nonce; script-src + CHAT"},
	{name: "as Discourse", header: enforced("upgrade-insecure-requests; base-uri 'self'; object-src 'none'; script-src 'nonce-r4nd0mN0nce' 'strict-dynamic'; frame-ancestors 'self'; manifest-src 'self'"), want: "nonce"},
	{name: "as Mastodon", header: enforced("default-src 'none'; base-uri 'none'; font-src 'self' https://files.example; img-src 'self' data: blob: https://files.example; media-src 'self' data: https://files.example; manifest-src 'self'; form-action 'none'; child-src 'self' blob:; worker-src 'self' blob:; connect-src 'self' blob: https://files.example wss://streaming.example; script-src 'self' 'wasm-unsafe-eval'; frame-src 'self' https:; style-src 'self' 'nonce-r4nd0mN0nce'"), want: unchanged},
	{name: "as Jenkins' user content", header: enforced("sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self';"), mute: true, want: noChat},
	{name: "as Helmet's default", header: enforced("default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';frame-ancestors 'self';img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr 'none';style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests"), want: unchanged, http: true},
	{name: "as Rails' template", header: enforced("default-src 'self' https:; font-src 'self' https: data:; img-src 'self' https: data:; object-src 'none'; script-src 'self' https: 'nonce-r4nd0mN0nce'; style-src 'self' https:"), want: "nonce"},
	{name: "as Google's guide to strict policies", header: enforced("object-src 'none'; script-src 'nonce-r4nd0mN0nce' 'unsafe-inline' 'unsafe-eval' 'strict-dynamic' https: http:; base-uri 'none'; require-trusted-types-for 'script'; report-uri /report"), want: "nonce"},
	{name: "as OWASP's basic policy", header: enforced("default-src 'self'; frame-ancestors 'self'; form-action 'self';"), want: unchanged},
	{name: "as OWASP's tight policy", header: enforced("default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'; style-src 'self'; frame-ancestors 'self'; form-action 'self';"), want: unchanged},
}

// inlineHash is the SHA-256 of the first inline script of the page.
const inlineHash = "fmeuS/j6qk+AKciBzHwqTG2Y1ObKLYPt7ETToa8Ul3o="
