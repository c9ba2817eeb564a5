package authflow_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// logIns notes when the simulator is asked to log in.
func logIns(at *[]time.Time) authtest.Option {
	return authtest.WithObserver(func(c authtest.Call) {
		if c.Operation == authtest.OpLogin {
			*at = append(*at, c.Began)
		}
	})
}

// Whatever the status of the refusal, and however many ask, and insist.
func TestR6AWrongPasswordDoesNotLockTheAccount(t *testing.T) {
	for _, status := range []int{400, 401, 403, 500} {
		var at []time.Time
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			cluster := clusterOf(t, sim)
			flows := make([]*authflow.Flow, 5)
			for i := range flows {
				var err error
				if flows[i], err = cluster.Session(gen.LoginRequest{Username: authtest.DefaultUsername, Password: "wrong"}); err != nil {
					t.Fatal(err)
				}
			}
			ask := func(length, every time.Duration) {
				for began := time.Now(); time.Since(began) < length; time.Sleep(every) { // fake clock
					for _, f := range flows {
						_, err := get(t.Context(), f)
						var e *authflow.Error
						if !errors.As(err, &e) || e.Status != status {
							t.Fatal(err)
						}
					}
				}
			}
			ask(59*time.Second, 10*time.Millisecond)
			if len(at) != 1 {
				t.Errorf("%d: %d log-ins in the first minute", status, len(at))
			}
			ask(3*time.Hour, 10*time.Second)
			for range 20 {
				if err := flows[0].Renew(t.Context()); err == nil {
					t.Error("no error")
				}
			}
			for i, first := range at {
				if i+3 < len(at) && at[i+3].Sub(first) < time.Hour {
					t.Errorf("%d: four log-ins in %v", status, at[i+3].Sub(first))
				}
			}
			if u, _ := sim.User(authtest.DefaultUsername); u.Status != gen.AccountStatusActive {
				t.Errorf("%d: the account is %s after %d log-ins", status, u.Status, len(at))
			}
			// The refusal was a mistake that is set right: nobody's help is needed.
			sim.SetPassword(authtest.DefaultUsername, "wrong")
			time.Sleep(time.Hour) // fake clock
			mustGet(t, flows[3])
		}, logIns(&at), authtest.WithLoginRejection(status))
	}
}

// Renew spends from the same three.
func TestR6RenewDoesNotLockTheAccount(t *testing.T) {
	var at []time.Time
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f, err := clusterOf(t, sim).Session(gen.LoginRequest{Username: authtest.DefaultUsername, Password: "wrong"})
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			if err := f.Renew(t.Context()); !errors.Is(err, authflow.ErrCredentialsRejected) {
				t.Fatal(err)
			}
			time.Sleep(30 * time.Second) // fake clock
		}
		if u, _ := sim.User(authtest.DefaultUsername); len(at) != 3 || u.Status != gen.AccountStatusActive {
			t.Errorf("%d log-ins in 50 minutes, the account is %s", len(at), u.Status)
		}
	}, logIns(&at))
}

func TestR6AChangedPasswordGoesAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		cluster, password := clusterOf(t, sim), gen.Secret("old")
		f, err := cluster.Session(gen.LoginRequest{Username: authtest.DefaultUsername},
			authflow.WithPassword(func(context.Context) (gen.Secret, error) { return password, nil }))
		if err != nil {
			t.Fatal(err)
		}
		for range 120 {
			if _, err := get(t.Context(), f); !errors.Is(err, authflow.ErrCredentialsRejected) {
				t.Fatal(err)
			}
			time.Sleep(time.Second) // fake clock
		}
		before := sim.Calls(authtest.OpLogin)
		password = authtest.DefaultPassword
		mustGet(t, f)
		if n := sim.Calls(authtest.OpLogin) - before; n != 1 {
			t.Errorf("%d log-ins", n)
		}
		// So does the right one of another Flow.
		wrong, err := cluster.Session(gen.LoginRequest{Username: authtest.DefaultUsername, Password: "wrong"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := get(t.Context(), wrong); !errors.Is(err, authflow.ErrCredentialsRejected) {
			t.Fatal(err)
		}
		right, err := cluster.Session(gen.LoginRequest{Username: authtest.DefaultUsername, Password: authtest.DefaultPassword})
		if err != nil {
			t.Fatal(err)
		}
		mustGet(t, right)
	})
}

func TestR6ARotatedKeyIsPickedUpWithoutRestart(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		key := gen.Secret(authtest.DefaultSecretKey)
		cluster := clusterOf(t, sim, authflow.WithSecretKeyFunc(func(context.Context, string) (gen.Secret, error) { return key, nil }))
		f, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername})
		if err != nil {
			t.Fatal(err)
		}
		mustGet(t, f)
		// The key changes, and the function is told in time.
		sim.RotateSecretKey("second")
		key = "second"
		time.Sleep(10 * time.Minute) // fake clock
		mustGet(t, f)
		// The key changes, and the function is told late.
		sim.RotateSecretKey("third")
		time.Sleep(10 * time.Minute) // fake clock
		if _, err := get(t.Context(), f); !errors.Is(err, authflow.ErrCredentialsRejected) {
			t.Fatal(err)
		}
		key = "third"
		time.Sleep(time.Second) // fake clock
		mustGet(t, f)
	})
}

func TestR6RefusalsOfAFunctionAreRememberedForAGrowingTime(t *testing.T) {
	for _, status := range []int{400, 401, 403} {
		synctest.Test(t, func(t *testing.T) {
			m := &mint{fail: &authflow.Error{Status: status}}
			f := m.flow(t)
			began := time.Now()
			var last error
			for range 10_000 { // in a minute
				_, last = carried(t.Context(), f)
				var e *authflow.Error
				if !errors.As(last, &e) || e.Status != status {
					t.Fatalf("%v", last)
				}
				time.Sleep(6 * time.Millisecond) // fake clock
			}
			var at []time.Duration
			for _, c := range m.calls {
				at = append(at, c.Sub(began).Round(time.Second))
			}
			want := []time.Duration{0, 1e9, 3e9, 7e9, 15e9, 31e9}
			if !slices.Equal(at, want) {
				t.Errorf("status %d: calls at %v", status, at)
			}
			var e *authflow.Error
			if !strings.Contains(last.Error(), "not tried again for") || !errors.As(last, &e) || e.RetryAfter <= 0 || e.RetryAfter > 4*time.Second {
				t.Errorf("the last says %q", last)
			}
			if err := f.Renew(t.Context()); err == nil || m.count() != len(want)+1 {
				t.Errorf("Renew, which asks in a pause too: %d calls, %v", m.count(), err)
			}
		})
	}
}

// R6: a secret key that is refused pauses all who use it, whoever they are.
func TestR6ARefusedKeyPausesAllWhoUseIt(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		cluster := clusterOf(t, sim, authflow.WithSecretKey("wrong"))
		var flows []*authflow.Flow
		for _, user := range []string{"ann", "bob", "tsadmin"} {
			f, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: user})
			if err != nil {
				t.Fatal(err)
			}
			flows = append(flows, f)
		}
		for range 6000 { // in ten minutes
			for _, f := range flows {
				if _, err := f.Token(t.Context()); !errors.Is(err, authflow.ErrCredentialsRejected) {
					t.Fatal(err)
				}
			}
			time.Sleep(100 * time.Millisecond) // fake clock
		}
		n := sim.Calls(authtest.OpGetFullAccessToken)
		t.Logf("%d calls in ten minutes", n)
		if n < 10 || n > 18 {
			t.Errorf("%d calls in ten minutes", n)
		}
		sim.RotateSecretKey("wrong") // it is right now
		time.Sleep(time.Minute)      // fake clock
		if _, err := flows[2].Token(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
