package prometheus_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	prom "github.com/prometheus/client_golang/prometheus"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/prometheus"
)

// The cost of an event for the goroutine that reports it.
func BenchmarkObserve(b *testing.B) {
	metrics := prometheus.New()
	b.ReportAllocs()
	for b.Loop() {
		metrics.Observe(authflow.Event{Kind: authflow.RenewalFailed, Err: &authflow.Error{Status: 503}})
	}
}

// The cost of a scrape while requests wait in the queue.
func BenchmarkGather(b *testing.B) {
	for _, waiting := range []int{0, 10_000} {
		b.Run(fmt.Sprint(waiting, " waiting"), func(b *testing.B) {
			sim := authtest.New()
			metrics, registry := prometheus.New(), prom.NewRegistry()
			cluster, err := authflow.New(sim.URL, authflow.WithHTTPClient(sim.Client()), authflow.WithSecretKey(authtest.DefaultSecretKey),
				authflow.WithRateLimit(0.001, 1), authflow.WithObserver(metrics.Observe))
			if err != nil {
				b.Fatal(err)
			}
			metrics.WatchCluster(cluster)
			registry.MustRegister(metrics)
			ctx, stop := context.WithCancel(b.Context())
			var callers sync.WaitGroup
			for u := range waiting {
				f := newFlow(b, cluster, fmt.Sprint("user-", u))
				callers.Go(func() { _ = f.Renew(ctx) })
			}
			for cluster.Stats().Queue.Callers.Length < waiting-1 {
				continue
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := registry.Gather(); err != nil {
					b.Fatal(err)
				}
			}
			stop()
			callers.Wait()
		})
	}
}
