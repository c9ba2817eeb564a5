package prometheus_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/gen"
)

// newService returns a token service for the user in the header User that the
// Collector observes.
func (r *rig) newService(opts ...tokenservice.Option) *tokenservice.Service {
	r.t.Helper()
	service, err := tokenservice.New(r.cluster, func(req *http.Request) (tokenservice.Request, error) {
		return tokenservice.Full(gen.GetFullAccessTokenRequest{Username: req.Header.Get("User")}), nil
	}, append(opts, tokenservice.WithObserver(r.metrics.ObserveRequest))...)
	if err != nil {
		r.t.Fatal(err)
	}
	return service
}

// request sends a request of a page of a user to a service, and returns the
// response's body.
func (r *rig) request(service http.Handler, method, user string) string {
	req := httptest.NewRequestWithContext(r.t.Context(), method, "/", nil)
	req.Header.Set("User", user)
	w := httptest.NewRecorder()
	service.ServeHTTP(w, req)
	return w.Body.String()
}

func TestService_ShowsItsRequests(t *testing.T) {
	inBubble(t, func(r *rig) {
		service := r.newService(tokenservice.WithUserLimit(1, 3))
		if page := r.scrape(); strings.Contains(page, "tsauth_tokenservice_") {
			t.Errorf("before WatchService:\n%s", page)
		}
		r.metrics.WatchService(service)
		r.sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(3*time.Second))
		go r.request(service, http.MethodGet, "ann")
		synctest.Wait()
		r.has("in progress", "tokenservice_in_flight 1", "tokenservice_waiting 1", "tokenservice_users 1")
		time.Sleep(3 * time.Second) // fake clock
		synctest.Wait()
		for _, method := range []string{"GET", "GET", "GET", "GET", "PUT"} {
			r.request(service, method, "ann")
		}
		r.has("when served", `tokenservice_requests_total{outcome="served"} 4`, `tokenservice_requests_total{outcome="limited"} 1`,
			`tokenservice_requests_total{outcome="bad_method"} 1`, `tokenservice_requests_total{outcome="client_closed"} 0`,
			`tokenservice_mint_seconds_count 4`, `tokenservice_mint_seconds_sum 3`, `tokenservice_mint_seconds_bucket{le="5"} 4`, `tokenservice_mint_seconds_bucket{le="2.5"} 3`,
			"tokenservice_in_flight 0", "tokenservice_waiting 0", "tokenservice_users 1", "tokenservice_draining 0",
			`tokenservice_outage{reason="maintenance"} 0`, `tokenservice_outage{reason="rate_limited"} 0`,
			`tokenservice_outage{reason="unreachable"} 0`, `tokenservice_outage{reason="unavailable"} 0`)

		r.sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Status(http.StatusTooManyRequests))
		time.Sleep(time.Second) // fake clock
		r.request(service, http.MethodGet, "ann")
		r.has("asked too much", `tokenservice_requests_total{outcome="throttled"} 1`, `tokenservice_outage{reason="rate_limited"} 1`,
			`tokenservice_outage{reason="maintenance"} 0`, `tokenservice_mint_seconds_count 4`)
		r.sim.ClearFaults()
		r.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(http.StatusServiceUnavailable))
		time.Sleep(time.Minute) // fake clock
		r.request(service, http.MethodDelete, "ann")
		r.has("after a sign-out that failed", "tokenservice_failed_sign_outs 1")
		r.sim.ClearFaults()
		time.Sleep(time.Minute) // fake clock
		r.request(service, http.MethodDelete, "ann")
		r.has("after it has succeeded", "tokenservice_failed_sign_outs 0")
		if err := service.Shutdown(r.t.Context()); err != nil {
			t.Error(err)
		}
		r.has("after Shutdown", "tokenservice_draining 1")
	})
}

func TestOutcomes_HaveTheirSeriesFromTheStart(t *testing.T) {
	inBubble(t, func(r *rig) {
		service := r.newService()
		defer func() { _ = service.Shutdown(r.t.Context()) }()
		r.metrics.WatchService(service)
		var want []string
		for _, o := range tokenservice.Outcomes() {
			want = append(want, fmt.Sprintf(`tokenservice_requests_total{outcome=%q} 0`, o))
		}
		r.has("before the first request", want...)
		series := strings.Count(r.scrape(), "\n")
		for _, unknown := range []tokenservice.Outcome{-1, 1000, 1 << 40} {
			r.metrics.ObserveRequest(tokenservice.Event{Outcome: unknown, Method: "X", User: "ann"})
		}
		r.has("after outcomes of a later version", `tokenservice_requests_total{outcome="internal_error"} 3`)
		if now := strings.Count(r.scrape(), "\n"); now != series {
			t.Errorf("%d lines have become %d", series, now)
		}
	})
}
