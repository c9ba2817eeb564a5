package prometheus

import (
	prom "github.com/prometheus/client_golang/prometheus"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/pool"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
)

// Collector is a collector of Prometheus for one Cluster with its Flows, one pool
// and one token service. It is safe for concurrent use. Make it with [New].
type Collector struct {
	flows    flowMetrics
	requests requestMetrics

	cluster source[authflow.Stats]
	pool    source[pool.Stats]
	service source[tokenservice.Stats]
}

// New returns a Collector that watches nothing yet and has counted nothing.
func New() *Collector {
	c := &Collector{flows: newFlowMetrics(), requests: newRequestMetrics()}
	c.cluster.figures = clusterFigures()
	c.pool.figures = poolFigures()
	c.service.figures = serviceFigures()
	return c
}

// WatchCluster adds the metrics tsauth_cluster_… with the state of a Cluster at
// each scrape. A second Cluster replaces the first.
func (c *Collector) WatchCluster(cluster *authflow.Cluster) { c.cluster.watch(cluster.Stats) }

// WatchPool adds the metrics tsauth_pool_… with the state of a [pool.Pool] at each
// scrape. A second pool replaces the first.
func (c *Collector) WatchPool(p interface{ Stats() pool.Stats }) { c.pool.watch(p.Stats) }

// WatchService adds the metrics tsauth_tokenservice_… with the counts of
// ObserveRequest and the state of a service at each scrape. A second service
// replaces the first.
func (c *Collector) WatchService(s *tokenservice.Service) { c.service.watch(s.Stats) }

// Describe implements the Collector of Prometheus' client.
func (c *Collector) Describe(ch chan<- *prom.Desc) {
	for _, m := range append(c.flows.all(), c.requests.all()...) {
		m.Describe(ch)
	}
	c.cluster.describe(ch)
	c.pool.describe(ch)
	c.service.describe(ch)
}

// Collect implements the Collector of Prometheus' client. It sends nothing to the
// server.
func (c *Collector) Collect(ch chan<- prom.Metric) {
	counted := c.flows.all()
	if c.service.isWatched() {
		counted = append(counted, c.requests.all()...)
	}
	for _, m := range counted {
		m.Collect(ch)
	}
	c.cluster.collect(ch)
	c.pool.collect(ch)
	c.service.collect(ch)
}
