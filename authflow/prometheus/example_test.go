package prometheus_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	prom "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/prometheus"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Export the metrics of a Cluster and its Flows. Serve the handler on an address that
// only Prometheus reaches.
func Example() {
	server := authtest.NewServer(authtest.WithUser("ann", ""))
	defer server.Close()

	metrics := prometheus.New()
	cluster, err := authflow.New(server.URL, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithObserver(metrics.Observe))
	if err != nil {
		fmt.Println(err)
		return
	}
	metrics.WatchCluster(cluster)
	registry := prom.NewRegistry()
	registry.MustRegister(metrics)
	handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})

	flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann"})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := flow.Renew(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	page := httptest.NewRecorder()
	handler.ServeHTTP(page, httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(page.Body.String()) {
		if strings.HasSuffix(line, " 1\n") && strings.Contains(line, "_total") {
			fmt.Print(line)
		}
	}
	// Output:
	// tsauth_cluster_calls_total{call="mint",class="ok"} 1
	// tsauth_flow_events_total{kind="acquired"} 1
}
