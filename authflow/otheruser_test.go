package authflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// tellingOf is a fault whose error names the user of the request, as the server's
// own errors do.
func tellingOf(status int, text string) authtest.Fault {
	return authtest.Handle(func(w http.ResponseWriter, r *http.Request) {
		var req struct {
			Username string `json:"username"`
		}
		_ = json.NewDecoder(r.Body).Decode(&req)
		body, _ := json.Marshal(map[string]any{"error": map[string]any{"message": map[string]any{
			"code": 10023, "incident_id_guid": "incident-of-" + req.Username, "trace_id_guid": "trace-of-" + req.Username, "debug": text + " " + req.Username,
		}}})
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(body)
	})
}

// expectNoNameOf fails the test if an error, its fields or its causes name a user.
func expectNoNameOf(t *testing.T, err error, user string) {
	t.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		if text := fmt.Sprintf("%v %+v", e, e); strings.Contains(text, user) {
			t.Errorf("%s is in %s", user, text)
		}
	}
	var e *authflow.Error
	if errors.As(err, &e) && (e.IncidentID != "" || e.TraceID != "" || e.Debug != "" || e.Code != 0) {
		t.Errorf("the error has fields about another user: %+v", e)
	}
}

// Eight users of a tenant are locked. Dave was told "403 … account of locked2 …".
func TestX3_LockedUsers_AreNotNamedInTheErrorOfAnother(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		c := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
		sim.Fail(authtest.OpGetFullAccessToken, 8, tellingOf(http.StatusForbidden, "account of"))
		for i := range 8 {
			err := userFlow(t, c, fmt.Sprint("user-", i)).Renew(t.Context())
			if !errors.Is(err, authflow.ErrForbidden) || !strings.Contains(err.Error(), fmt.Sprint("user-", i)) {
				t.Errorf("user %d is told %v", i, err)
			}
		}
		dave := userFlow(t, c, "dave")
		for range 2 {
			soon, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			if err := dave.Renew(soon); err != nil {
				expectNoNameOf(t, err, "user-")
			}
			if err := dave.Renew(t.Context()); err != nil {
				t.Errorf("dave gets no token: %v", err)
			}
			time.Sleep(time.Second) // fake clock
		}
	}, append(people(8), authtest.WithUser("dave", ""))...)
}

// In an outage the error of bob's login was "getFullAccessToken: … no backend for
// ann".
func TestX3_ErrorInAnOutage_HasOperationAndUserOfItsCaller(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		c := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
		sim.Fail(authtest.OpGetFullAccessToken, -1, tellingOf(http.StatusServiceUnavailable, "no backend for"))
		sim.Fail(authtest.OpLogin, -1, tellingOf(http.StatusServiceUnavailable, "no backend for"))
		var callers sync.WaitGroup
		began := time.Now()
		for i := range 200 {
			f := userFlow(t, c, fmt.Sprint("ann-", i))
			callers.Go(func() {
				for time.Since(began) < 2*time.Minute {
					_ = f.Renew(t.Context())
					time.Sleep(time.Second) // fake clock
				}
			})
		}
		time.Sleep(time.Minute) // fake clock
		queued := 0
		for i := range 20 {
			bob, err := c.Session(gen.LoginRequest{Username: fmt.Sprint("bob-", i), Password: "pw"})
			if err != nil {
				t.Fatal(err)
			}
			before := sim.Calls(authtest.OpLogin)
			err = bob.Renew(t.Context())
			var e *authflow.Error
			if !errors.As(err, &e) || e.Op != "login" || !e.Retryable() || e.RetryAfter <= 0 {
				t.Fatalf("bob %d is told %v", i, err)
			}
			if sim.Calls(authtest.OpLogin) == before {
				queued++
				expectNoNameOf(t, err, "bob")
			}
			if strings.Contains(err.Error(), "ann") || strings.Contains(err.Error(), "getFullAccessToken") {
				t.Errorf("bob %d is told %v", i, err)
			}
			expectNoNameOf(t, c.Outage(), "ann")
		}
		if queued < 10 {
			t.Errorf("%d of 20 bobs were told by the queue", queued)
		}
		callers.Wait()
		sim.ClearFaults()
		time.Sleep(time.Minute) // fake clock
		mustToken(t, userFlow(t, c, "ann-0"))
	}, authtest.WithUser("ann-0", ""))
}

// A key that the server rejects is tried for one more user each second. The others
// are told that it was rejected, and not for which user.
func TestX3_RejectedKey_IsToldWithoutTheUserItWasRejectedFor(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		c := clusterOf(t, sim, authflow.WithSecretKey("wrong"))
		sim.Fail(authtest.OpGetFullAccessToken, -1, tellingOf(http.StatusUnauthorized, "key of"))
		for range 2 {
			var callers sync.WaitGroup
			for i := range 100 {
				user := fmt.Sprintf("user-%d.", i)
				f := userFlow(t, c, user)
				callers.Go(func() {
					err := f.Renew(t.Context())
					var e *authflow.Error
					if !errors.As(err, &e) {
						t.Errorf("%s gets no error", user)
						return
					}
					text := strings.ReplaceAll(fmt.Sprintf("%v %+v", err, e), user, "")
					if strings.Contains(text, "user-") {
						t.Errorf("%s is told %v", user, err)
					}
				})
			}
			callers.Wait()
			time.Sleep(time.Minute) // fake clock
		}
	})
}
