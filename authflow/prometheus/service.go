package prometheus

import (
	prom "github.com/prometheus/client_golang/prometheus"

	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
)

// requestMetrics count the requests to a token service.
type requestMetrics struct {
	requests *prom.CounterVec
	mint     prom.Histogram
}

func newRequestMetrics() requestMetrics {
	m := requestMetrics{
		requests: prom.NewCounterVec(prom.CounterOpts{Namespace: namespace, Name: "tokenservice_requests_total",
			Help: "Requests to the token service, by outcome."}, []string{"outcome"}),
		mint: prom.NewHistogram(prom.HistogramOpts{Namespace: namespace, Name: "tokenservice_mint_seconds",
			Help:    "How long new tokens took, including the rate-limit queue of the cluster.",
			Buckets: seconds()}),
	}
	for _, o := range tokenservice.Outcomes() {
		m.requests.WithLabelValues(o.String()) // so that rates count its first request
	}
	return m
}

func (m *requestMetrics) all() []prom.Collector { return []prom.Collector{m.requests, m.mint} }

// ObserveRequest counts a request. Give it to [tokenservice.WithObserver].
func (c *Collector) ObserveRequest(e tokenservice.Event) {
	c.requests.requests.WithLabelValues(e.Outcome.String()).Inc()
	if e.Outcome == tokenservice.Served {
		c.requests.mint.Observe(e.Wait.Seconds())
	}
}

// serviceFigures are the metrics of a service's Stats.
func serviceFigures() []figure[tokenservice.Stats] {
	type stats = tokenservice.Stats
	return []figure[stats]{
		gauge("tokenservice_in_flight", "Requests in progress.",
			nil, func(s stats, set set) { set(float64(s.InFlight)) }),
		gauge("tokenservice_waiting", "Requests in progress that wait for the cluster.",
			nil, func(s stats, set set) { set(float64(s.Waiting)) }),
		gauge("tokenservice_users", "Users that the service remembers.",
			nil, func(s stats, set set) { set(float64(s.Users)) }),
		gauge("tokenservice_failed_sign_outs", "Sign-outs that have failed and are tried again.",
			nil, func(s stats, set set) { set(float64(s.SignOuts)) }),
		gauge("tokenservice_draining", "1 after Shutdown was called.",
			nil, func(s stats, set set) { set(oneIf(s.Draining)) }),
		gauge("tokenservice_outage", "1 while the cluster gives no tokens, by reason.",
			[]string{"reason"}, func(s stats, set set) {
				for _, reason := range []string{"unreachable", "maintenance", "rate_limited", "unavailable"} {
					set(oneIf(s.Outage == reason), reason)
				}
			}),
	}
}
