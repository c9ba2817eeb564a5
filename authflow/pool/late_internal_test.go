package pool

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Flows that arrive after Forget, and cannot be logged out, have the bound of all others.
func TestU2_FlowsThatArriveAfterForget_AreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		c, err := authflow.New(sim.URL, authflow.WithHTTPClient(sim.Client()), authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithRateLimit(0, 0))
		if err != nil {
			t.Fatal(err)
		}
		yes := true
		p, err := New(func(_ context.Context, key string) (*authflow.Flow, error) {
			f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: key, AutoCreate: &yes, Email: "e", DisplayName: "d"})
			if err == nil {
				_, _ = f.Token(context.Background())
			}
			time.Sleep(time.Second) // fake clock
			return f, err
		})
		if err != nil {
			t.Fatal(err)
		}
		p.owed.max = 10
		sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(503))
		for i := range 100 {
			key := fmt.Sprint("u", i)
			go func() { _, _ = p.Get(t.Context(), key) }()
			time.Sleep(500 * time.Millisecond) // fake clock
			_ = p.Forget(t.Context(), key)
			time.Sleep(200 * time.Millisecond) // fake clock
		}
		time.Sleep(time.Minute) // fake clock
		s := p.Stats()
		if s.Owed-s.Lost > 10 || s.Lost == 0 {
			t.Errorf("%d flows are kept, want at most 10, and %d are lost", s.Owed-s.Lost, s.Lost)
		}
		sim.ClearFaults()
		time.Sleep(time.Hour) // fake clock
		_ = p.Close(t.Context())
	})
}
