package prometheus

import (
	"fmt"
	"sync/atomic"

	prom "github.com/prometheus/client_golang/prometheus"
)

// namespace begins the name of each metric.
const namespace = "tsauth"

// source is what a Collector reads at each scrape: figures of a snapshot.
type source[S any] struct {
	figures []figure[S]
	stats   atomic.Pointer[func() S] // nil: nothing to watch yet
}

// figure is one metric of a snapshot.
type figure[S any] struct {
	desc *prom.Desc
	kind prom.ValueType
	read func(snapshot S, set set)
}

// set adds a value with the values of its labels to a scrape.
type set func(value float64, labels ...string)

func gauge[S any](name, help string, labels []string, read func(S, set)) figure[S] {
	return figure[S]{prom.NewDesc(prom.BuildFQName(namespace, "", name), help, labels, nil), prom.GaugeValue, read}
}

func counter[S any](name, help string, labels []string, read func(S, set)) figure[S] {
	return figure[S]{prom.NewDesc(prom.BuildFQName(namespace, "", name), help, labels, nil), prom.CounterValue, read}
}

func (s *source[S]) watch(stats func() S) { s.stats.Store(&stats) }

func (s *source[S]) isWatched() bool { return s.stats.Load() != nil }

func (s *source[S]) describe(ch chan<- *prom.Desc) {
	for _, f := range s.figures {
		ch <- f.desc
	}
}

// collect reads one snapshot. Prometheus' client calls it in a goroutine of its own,
// where a panic would end the process: a Cluster that is nil fails the scrape
// instead.
func (s *source[S]) collect(ch chan<- prom.Metric) {
	stats := s.stats.Load()
	if stats == nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			ch <- prom.NewInvalidMetric(s.figures[0].desc, fmt.Errorf("prometheus: Stats panicked: %v", v))
		}
	}()
	snapshot := (*stats)()
	for _, f := range s.figures {
		f.read(snapshot, func(value float64, labels ...string) {
			ch <- prom.MustNewConstMetric(f.desc, f.kind, value, labels...)
		})
	}
}

// oneIf is how a gauge says yes or no.
func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
