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
				cluster := authtest.New()
				flow, err := authflow.FullAccess(cluster.URL, gen.GetFullAccessTokenRequest{
					Username: authtest.DefaultUsername, SecretKey: authtest.DefaultSecretKey,
				}, authflow.WithHTTPClient(cluster.Client()))
				if err != nil {
					t.Fatal(err)
				}
				reports := service.Reports{Flow: flow}
				for range 2 {
					if _, err := reports.Fetch(t.Context(), "sales"); err != nil {
						t.Fatal(err)
					}
					trouble(cluster)
				}
				if n := cluster.Calls(authtest.OpGetFullAccessToken); n < 2 {
					t.Errorf("%d token requests: there was no trouble", n)
				}
			})
		})
	}
}

// down revokes all tokens, and lets the next two requests for one fail.
func down(fault authtest.Fault) func(*authtest.Simulator) {
	return func(cluster *authtest.Simulator) {
		cluster.RevokeAll()
		cluster.Fail(authtest.OpGetFullAccessToken, 2, fault)
	}
}
