package tokenservice_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/gen"
)

// brokenStore is a Store that fails while it is broken.
type brokenStore struct {
	storetest.Memory
	broken atomic.Bool
}

func (s *brokenStore) Load(ctx context.Context, name string) ([]byte, time.Duration, error) {
	if s.broken.Load() {
		return nil, 0, errors.New("no connection to 10.0.0.7")
	}
	return s.Memory.Load(ctx, name)
}

// readiness is the body of a response of Ready.
type readiness struct{ Status, Reason string }

// ready returns what Ready says. The status code must be 200.
func ready(t *testing.T, s *tokenservice.Service) (r readiness) {
	t.Helper()
	for _, method := range []string{"GET", "HEAD"} {
		resp := call(s.Ready(), request(t, method, "/ready", ""))
		if resp.status != 200 {
			t.Errorf("%s: %d, so that a balancer takes this replica out", method, resp.status)
		}
		if method == "GET" {
			if err := json.Unmarshal([]byte(resp.body), &r); err != nil {
				t.Errorf("%q: %v", resp.body, err)
			}
		}
	}
	return r
}

// A service whose Store fails goes on without it, and says so with status 200. An outage
// of the cluster is told first.
func TestK2_StoreThatFails_LeavesTheServiceReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, store := authtest.New(authtest.WithUser("ann", "pw")), &brokenStore{}
		cluster, err := authflow.New(sim.URL, authflow.WithHTTPClient(sim.Client()), authflow.WithSecretKey(authtest.DefaultSecretKey),
			authflow.WithStore(store, make([]byte, 32)))
		if err != nil {
			t.Fatal(err)
		}
		service, err := tokenservice.New(cluster, byCookie)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = service.Shutdown(t.Context()) }()
		flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann"})
		if err != nil {
			t.Fatal(err)
		}
		is := func(when string, want readiness) {
			t.Helper()
			got := ready(t, service)
			if got != want {
				t.Errorf("%s: %+v, want %+v", when, got, want)
			}
		}
		for range 2 {
			mint(t, flow)
			is("while all is well", readiness{Status: "ok"})
			store.broken.Store(true)
			mint(t, flow)
			is("while the Store fails", readiness{Status: "degraded", Reason: "store"})
			sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Maintenance(503))
			if err := flow.Renew(t.Context()); err == nil {
				t.Error("no error in an outage")
			}
			is("while the cluster is down, too", readiness{Status: "degraded", Reason: "maintenance"})
			sim.ClearFaults()
			store.broken.Store(false)
			time.Sleep(time.Minute) // fake clock
			mint(t, flow)
		}
		is("after all", readiness{Status: "ok"})
	})
}

// mint requests a new token.
func mint(t *testing.T, f *authflow.Flow) {
	t.Helper()
	if err := f.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
}
