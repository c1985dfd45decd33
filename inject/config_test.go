package inject

import "testing"

func TestConfigIsChecked(t *testing.T) {
	for name, cfg := range map[string]Config{
		"no source":                      {},
		"relative source":                {Src: "widget.js"},
		"another host":                   {Src: "//cdn.example/widget.js"},
		"white space":                    {Src: "/a b.js"},
		"not ASCII":                      {Src: "/ä.js"},
		"prefix without slashes":         {Src: "/_chat/w.js", Prefix: "/_chat"},
		"prefix elsewhere":               {Src: "/_chat/w.js", Prefix: "/other/"},
		"prefix that would split a list": {Src: "/a;b/w.js"},
		"integrity of an unknown kind":   {Src: "/w.js", Integrity: "md5-AAAA"},
		"integrity with a quote":         {Src: "/w.js", Integrity: "sha256-A'"},
	} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestSourceIsEscaped(t *testing.T) {
	in, err := New(Config{Src: `/w.js?a=1&b="><b>`})
	if err != nil {
		t.Fatal(err)
	}
	if got := string(in.plain); got != `<script async src="/w.js?a=1&amp;b=&#34;&gt;&lt;b&gt;"></script>` {
		t.Error(got)
	}
}

func TestReasonNamesAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Reasons() {
		if s := r.String(); s == "" || seen[s] {
			t.Errorf("reason %d is named %q", r, s)
		} else {
			seen[s] = true
		}
	}
	if Reason(255).String() != "unknown" {
		t.Error(Reason(255))
	}
}

func TestElementIsShort(t *testing.T) {
	if n := len(newInjector(t).plain); n >= 150 {
		t.Errorf("%d bytes", n)
	}
}
