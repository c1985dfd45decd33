package caddymodule

import (
	"errors"

	"github.com/caddyserver/caddy/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parley-chat/parley/inject"
)

// responses counts what became of the site's responses. It outlives
// configurations, so that a reload does not set it back.
var responses = prometheus.NewCounterVec(prometheus.CounterOpts{
	Namespace: "parley",
	Name:      "responses_total",
	Help:      "Responses of sites with chat, by whether they got the tag (reason injected), or else why not.",
}, []string{"site", "reason"})

// counters are the counters of one site, by reason.
type counters []prometheus.Counter

// newCounters registers the metrics with a configuration and returns a site's.
func newCounters(ctx caddy.Context, site string) (counters, error) {
	if registry := ctx.GetMetricsRegistry(); registry != nil {
		var already prometheus.AlreadyRegisteredError
		if err := registry.Register(responses); err != nil && !errors.As(err, &already) {
			return nil, err
		}
	}
	var c counters
	for _, reason := range inject.Reasons() {
		c = append(c, responses.WithLabelValues(site, reason.String()))
	}
	return c, nil
}

// count counts one response.
func (c counters) count(reason inject.Reason) {
	if int(reason) < len(c) {
		c[reason].Inc()
	}
}
