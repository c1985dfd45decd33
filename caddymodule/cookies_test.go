package caddymodule_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/caddytest"
)

// Cookies know no ports and no paths here: several sites on one host get each
// other's. A token is nobody's business behind any of them.
func TestNoSitesSessionReachesAnApplication(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	for name, c := range map[string]struct{ sent, kept string }{
		"another site's, and none of this one's": {
			"a=1; parley-intranet-session=SECRET; b=2", "a=1; b=2"},
		"another site's over HTTPS": {
			"a=1; __Host-parley-intranet-session=SECRET; b=2", "a=1; b=2"},
		"several sites'": {
			"parley-intranet-session=SECRET; parley-my-second_site-session=SECRET; a=1; parley-shop-session=SECRET", "a=1"},
		"what only looks like one": {
			"parley-session=1; parley-shop-sessions=2; my-parley-shop-session=3; parley-shop=p",
			"parley-session=1; parley-shop-sessions=2; my-parley-shop-session=3; parley-shop=p"},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.Browser().Request(http.MethodGet, "/", nil)
			r.Header.Set("Accept", "text/html")
			r.Header.Set("Cookie", c.sent)
			_, body := w.Browser().Do(r)
			if strings.Contains(body, "SECRET") || !strings.Contains(body, c.kept) {
				t.Errorf("of %q the application got %s", c.sent, body)
			}
		})
	}
}
