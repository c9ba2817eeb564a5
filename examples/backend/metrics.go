package main

import (
	"context"
	"net/http"

	prom "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// serveMetrics serves /metrics, and nothing else, on an address that the public must
// not reach, because metrics show how many users there are and what fails. stop ends
// it. Without an address there are no metrics.
func serveMetrics(ctx context.Context, addr string, metrics prom.Collector, failed chan<- error) (stop func(), err error) {
	if addr == "" {
		return func() {}, nil
	}
	registry := prom.NewRegistry()
	registry.MustRegister(metrics)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	server, _, err := serve(ctx, addr, mux, failed)
	if err != nil {
		return nil, err
	}
	return func() { _ = server.Close() }, nil
}
