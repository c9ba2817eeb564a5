// Package prometheus measures a token service. It is a module of its own, so that
// those who do not use it need not have Prometheus' client.
//
//	metrics := prometheus.New()
//	service, err := tokenservice.New(cluster, authenticate, tokenservice.WithObserver(metrics.Observe))
//	…
//	metrics.Watch(service)
//	registry.MustRegister(metrics)
//
// # The metrics
//
//	tsauth_tokenservice_requests_total{outcome}  asks, by how they ended: see tokenservice.Outcome
//	tsauth_tokenservice_mint_seconds             how long new tokens took, with the rate-limit queue
//	tsauth_tokenservice_in_flight                asks that are served now
//	tsauth_tokenservice_waiting                  of these, asks that wait for the cluster
//	tsauth_tokenservice_users                    users who are remembered
//	tsauth_tokenservice_draining                 1 after Shutdown
//	tsauth_tokenservice_outage{reason}           1 while the cluster gives no tokens: unreachable,
//	                                             maintenance, rate_limited or unavailable
//
// Refusals by the service's limits are the outcomes limited and limited_all, the
// cluster's own (429) throttled. No metric names a user.
package prometheus

import (
	"sync/atomic"

	prom "github.com/prometheus/client_golang/prometheus"

	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
)

// Collector counts what a service does, as a collector of Prometheus'. It is safe
// for concurrent use.
type Collector struct {
	requests *prom.CounterVec
	mint     prom.Histogram
	service  atomic.Pointer[tokenservice.Service]

	inFlight, waiting, users, draining, outage *prom.Desc
}

// New returns a Collector that has counted nothing.
func New() *Collector {
	const namespace, subsystem = "tsauth", "tokenservice"
	desc := func(name, help string, labels ...string) *prom.Desc {
		return prom.NewDesc(prom.BuildFQName(namespace, subsystem, name), help, labels, nil)
	}
	c := &Collector{
		requests: prom.NewCounterVec(prom.CounterOpts{Namespace: namespace, Subsystem: subsystem, Name: "requests_total",
			Help: "Asks for tokens, by how they ended."}, []string{"outcome"}),
		mint: prom.NewHistogram(prom.HistogramOpts{Namespace: namespace, Subsystem: subsystem, Name: "mint_seconds",
			Help:    "How long new tokens took, including the rate-limit queue of the cluster.",
			Buckets: []float64{.025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120}}),
		inFlight: desc("in_flight", "Asks that are served now."),
		waiting:  desc("waiting", "Asks that wait for the cluster now."),
		users:    desc("users", "Users who are remembered."),
		draining: desc("draining", "1 after Shutdown was called."),
		outage:   desc("outage", "1 while the cluster gives no tokens, by reason.", "reason"),
	}
	for _, o := range tokenservice.Outcomes() {
		c.requests.WithLabelValues(o.String()) // so that it is there from the first scrape
	}
	return c
}

// Observe counts an event. It is for [tokenservice.WithObserver].
func (c *Collector) Observe(e tokenservice.Event) {
	c.requests.WithLabelValues(e.Outcome.String()).Inc()
	if e.Outcome == tokenservice.Served {
		c.mint.Observe(e.Wait.Seconds())
	}
}

// Watch adds what is now with a service to the metrics. Without it they have the
// counts alone.
func (c *Collector) Watch(s *tokenservice.Service) { c.service.Store(s) }

// Describe implements prometheus.Collector.
func (c *Collector) Describe(ch chan<- *prom.Desc) {
	c.requests.Describe(ch)
	c.mint.Describe(ch)
	for _, d := range []*prom.Desc{c.inFlight, c.waiting, c.users, c.draining, c.outage} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *Collector) Collect(ch chan<- prom.Metric) {
	c.requests.Collect(ch)
	c.mint.Collect(ch)
	s := c.service.Load()
	if s == nil {
		return
	}
	gauge := func(d *prom.Desc, v float64, labels ...string) {
		ch <- prom.MustNewConstMetric(d, prom.GaugeValue, v, labels...)
	}
	now := s.Stats()
	gauge(c.inFlight, float64(now.InFlight))
	gauge(c.waiting, float64(now.Waiting))
	gauge(c.users, float64(now.Users))
	gauge(c.draining, is(now.Draining))
	for _, reason := range []string{"unreachable", "maintenance", "rate_limited", "unavailable"} {
		gauge(c.outage, is(now.Outage == reason), reason)
	}
}

func is(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
