package authflow_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// persisting returns a Flow for tsadmin that stores one rule with each token: in
// addition to the stored rules with APPEND, and in their place with REPLACE.
func persisting(t *testing.T, sim *authtest.Simulator, network http.RoundTripper, option gen.PersistOption) *authflow.Flow {
	t.Helper()
	f, err := clusterOf(t, sim, authflow.WithHTTPClient(&http.Client{Transport: network})).CustomAccess(gen.GetCustomAccessTokenRequest{
		Username: authtest.DefaultUsername, SecretKey: authtest.DefaultSecretKey, PersistOption: option,
		FilterRules: []gen.FilterRule{{ColumnName: "Region", Operator: "IN", Values: []any{"West"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// storedRules returns how many rules the server has stored for tsadmin.
func storedRules(sim *authtest.Simulator) int {
	u, _ := sim.User(authtest.DefaultUsername)
	return len(u.Properties[0].FilterRules)
}

// The server has stored the rules, and its response is lost.
func TestR11_AppendedRules_AreStoredOnceThoughTheResponseIsLost(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]authtest.Fault{
		"truncated": authtest.Truncated(), "reset": lost(authtest.Reset()), "silence": lost(authtest.Delay(time.Hour)), "408": lost(authtest.Status(408)),
		"500": lost(authtest.Status(500)), "502": lost(authtest.HTML(502)), "503": lost(authtest.Status(503)), "504": lost(authtest.Empty(504)),
		"maintenance": lost(authtest.Maintenance(200)), "not JSON": lost(authtest.Answer(200, "application/json", `{"tok`)),
	}, func(t *testing.T, fault authtest.Fault) {
		for how, acquire := range acquisitions() {
			sim := authtest.New()
			f := persisting(t, sim, sim.Transport(), gen.PersistOptionAppend)
			for n := 1; n <= 2; n++ {
				sim.Fail(authtest.OpGetCustomAccessToken, 1, fault)
				if err := acquire(t.Context(), f); err == nil || storedRules(sim) != n {
					t.Errorf("%s: %d rules after %d calls, %v", how, storedRules(sim), n, err)
				}
				time.Sleep(time.Minute) // fake clock
			}
			if err := acquire(t.Context(), f); err != nil || storedRules(sim) != 3 {
				t.Errorf("%s: %d rules after three calls, %v", how, storedRules(sim), err)
			}
			_ = f.Close()
		}
	})
}

func TestR11_AppendingMint_IsRetriedWhereTheServerDidNothing(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]struct {
		why   error
		fault authtest.Fault
	}{
		"connection refused": {why: errRefused}, "dial timeout": {why: errDialing}, "name server": {why: errLookup},
		"429": {fault: authtest.Status(429)}, "429, Retry-After": {fault: authtest.RateLimited(time.Second)},
		"another change of the same variable": {fault: authtest.Status(http.StatusConflict)},
	}, func(t *testing.T, c struct {
		why   error
		fault authtest.Fault
	}) {
		for how, acquire := range acquisitions() {
			sim := authtest.New()
			network := &unreachable{sim: sim}
			f := persisting(t, sim, network, gen.PersistOptionAppend)
			if c.why != nil {
				network.why.Store(&c.why)
				time.AfterFunc(250*time.Millisecond, func() { network.why.Store(nil) })
			} else {
				sim.Fail(authtest.OpGetCustomAccessToken, 1, c.fault)
			}
			if err := acquire(t.Context(), f); err != nil || storedRules(sim) != 1 || network.sent.Load() < 2 {
				t.Errorf("%s: %d rules, %d calls, %v", how, storedRules(sim), network.sent.Load(), err)
			}
			_ = f.Close()
		}
	})
}

func TestR11_ReplacingMint_IsRetriedWithoutAResponse(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := persisting(t, sim, sim.Transport(), gen.PersistOptionReplace)
		sim.Fail(authtest.OpGetCustomAccessToken, 2, authtest.Truncated())
		_, err := f.Token(t.Context())
		if err != nil || storedRules(sim) != 1 || sim.Calls(authtest.OpGetCustomAccessToken) != 3 {
			t.Errorf("%d rules after %d calls, %v", storedRules(sim), sim.Calls(authtest.OpGetCustomAccessToken), err)
		}
	})
}

// A conflict says nothing of the password, which is sent again at once.
func TestR6_Conflict_DoesNotRejectThePassword(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f, err := clusterOf(t, sim).CustomAccess(gen.GetCustomAccessTokenRequest{
			Username: authtest.DefaultUsername, Password: authtest.DefaultPassword, PersistOption: gen.PersistOptionReplace,
		})
		if err != nil {
			t.Fatal(err)
		}
		sim.Fail(authtest.OpGetCustomAccessToken, 2, authtest.Status(http.StatusConflict))
		_, err = f.Token(t.Context())
		if err != nil || sim.Calls(authtest.OpGetCustomAccessToken) != 3 {
			t.Errorf("%d calls, %v", sim.Calls(authtest.OpGetCustomAccessToken), err)
		}
	})
}
