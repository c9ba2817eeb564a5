package prometheus_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"

	prom "github.com/prometheus/client_golang/prometheus"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/prometheus"
)

// Scrapes find consistent figures while Flows, pool and service are in use, and the
// counts are exact in the end.
func TestL2_ScrapesDuringUse_AreSafeAndLoseNoCount(t *testing.T) {
	const users, rounds = 8, 20
	sim := authtest.NewServer()
	defer sim.Close()
	for u := range users {
		sim.AddUser(name(u), "")
	}
	r := &rig{t: t, metrics: prometheus.New(), registry: prom.NewPedanticRegistry()}
	r.registry.MustRegister(r.metrics)
	var err error
	if r.cluster, err = authflow.New(sim.URL, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithRateLimit(0, 0),
		authflow.WithObserver(r.metrics.Observe)); err != nil {
		t.Fatal(err)
	}
	service, flows := r.newService(), r.newPool()
	ctx, stop := context.WithCancel(t.Context())
	var scrapes, use sync.WaitGroup
	for range 2 {
		scrapes.Go(func() {
			for ctx.Err() == nil {
				r.metrics.WatchCluster(r.cluster)
				r.metrics.WatchPool(flows)
				r.metrics.WatchService(service)
				if _, err := r.registry.Gather(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for u := range users {
		use.Go(func() {
			for range rounds {
				f, err := flows.Get(ctx, name(u))
				if err != nil {
					t.Error(err)
					return
				}
				if err := errors.Join(f.Renew(ctx), flows.Forget(ctx, name(u))); err != nil {
					t.Error(err)
				}
				r.request(service, http.MethodGet, name(u))
			}
		})
	}
	use.Wait()
	stop()
	scrapes.Wait()
	n := users * rounds
	r.has("in the end", fmt.Sprintf(`cluster_calls_total{call="mint",class="ok"} %d`, 2*n), fmt.Sprintf(`cluster_calls_total{call="revocation",class="ok"} %d`, n),
		fmt.Sprintf(`flow_events_total{kind="acquired"} %d`, 2*n), fmt.Sprintf(`flow_events_total{kind="ended"} %d`, n),
		fmt.Sprintf(`flow_acquisition_seconds_count{result="ok"} %d`, 2*n), fmt.Sprintf("pool_created_total %d", n), fmt.Sprintf("pool_forgotten_total %d", n),
		"pool_flows 0", fmt.Sprintf(`tokenservice_requests_total{outcome="served"} %d`, n), fmt.Sprintf("tokenservice_users %d", users), "tokenservice_in_flight 0")
	if err := errors.Join(service.Shutdown(t.Context()), flows.Close(t.Context())); err != nil {
		t.Error(err)
	}
}

func name(user int) string { return fmt.Sprint("user-", user) }
