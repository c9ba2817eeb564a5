package prometheus_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	prom "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice/prometheus"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New(authtest.WithUser("ann", "pw"))
		cluster, err := authflow.New(sim.URL, authflow.WithHTTPClient(sim.Client()), authflow.WithSecretKey(authtest.DefaultSecretKey))
		if err != nil {
			t.Fatal(err)
		}
		metrics := prometheus.New()
		registry := prom.NewPedanticRegistry()
		registry.MustRegister(metrics)
		if n, err := testutil.GatherAndCount(registry, "tsauth_tokenservice_users"); n != 0 || err != nil {
			t.Errorf("before Watch: %d, %v", n, err)
		}
		service, err := tokenservice.New(cluster, func(*http.Request) (tokenservice.Request, error) {
			return tokenservice.Full(gen.GetFullAccessTokenRequest{Username: "ann"}), nil
		}, tokenservice.WithObserver(metrics.Observe), tokenservice.WithUserLimit(1, 3))
		if err != nil {
			t.Fatal(err)
		}
		metrics.Watch(service)
		ask := func(method string) {
			service.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), method, "/", nil))
		}
		has := func(what string, lines ...string) {
			t.Helper()
			page := httptest.NewRecorder()
			promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(page, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
			all := page.Body.String()
			for _, line := range lines {
				if !strings.Contains("\n"+all, "\ntsauth_tokenservice_"+line+"\n") {
					t.Errorf("%s: no %s in\n%s", what, line, all)
				}
			}
		}
		sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(3*time.Second))
		go ask("GET")
		synctest.Wait()
		has("under way", "in_flight 1", "waiting 1", "users 1")
		time.Sleep(3 * time.Second) // fake clock
		synctest.Wait()
		for range 3 {
			ask("GET")
		}
		ask("GET")
		ask("PUT")
		has("when served", `requests_total{outcome="served"} 4`, `requests_total{outcome="limited"} 1`, `requests_total{outcome="bad_method"} 1`,
			`requests_total{outcome="client_closed"} 0`, `mint_seconds_count 4`, `mint_seconds_sum 3`, `mint_seconds_bucket{le="5"} 4`, `mint_seconds_bucket{le="2.5"} 3`,
			"in_flight 0", "waiting 0", "users 1", "draining 0",
			`outage{reason="maintenance"} 0`, `outage{reason="rate_limited"} 0`, `outage{reason="unreachable"} 0`, `outage{reason="unavailable"} 0`)

		sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Status(429))
		time.Sleep(time.Second) // fake clock
		ask("GET")
		has("asked too much", `requests_total{outcome="throttled"} 1`, `outage{reason="rate_limited"} 1`, `outage{reason="maintenance"} 0`, `mint_seconds_count 4`)
		if problems, err := testutil.GatherAndLint(registry); err != nil || len(problems) > 0 {
			t.Errorf("%v, %v", problems, err)
		}
		if err := service.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		has("after Shutdown", "draining 1")
	})
}
