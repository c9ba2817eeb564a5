package service_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/examples/service"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestMyServiceSurvives(t *testing.T) {
	for name, trouble := range map[string]func(*authtest.Simulator){
		"an expired token":     func(*authtest.Simulator) { time.Sleep(time.Hour) }, // fake clock
		"a revoked token":      (*authtest.Simulator).RevokeAll,
		"a maintenance window": down(authtest.Maintenance(503)),
		"a rate limit":         down(authtest.RateLimited(2 * time.Second)),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // an hour passes in no time
				sim := authtest.New()
				cluster, err := authflow.New(sim.URL, authflow.WithHTTPClient(sim.Client()), authflow.WithSecretKey(authtest.DefaultSecretKey))
				if err != nil {
					t.Fatal(err)
				}
				flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername})
				if err != nil {
					t.Fatal(err)
				}
				reports := service.Reports{Flow: flow}
				for range 2 {
					if _, err := reports.Fetch(t.Context(), "sales"); err != nil {
						t.Fatal(err)
					}
					trouble(sim)
				}
				if n := sim.Calls(authtest.OpGetFullAccessToken); n < 2 {
					t.Errorf("%d token requests: there was no trouble", n)
				}
			})
		})
	}
}

// down revokes all tokens, and lets the next two requests for one fail.
func down(fault authtest.Fault) func(*authtest.Simulator) {
	return func(sim *authtest.Simulator) {
		sim.RevokeAll()
		sim.Fail(authtest.OpGetFullAccessToken, 2, fault)
	}
}
