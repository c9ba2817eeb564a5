package authflow_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Many flows use a wrong password, by every method, with any status of the
// rejection, and some of them renew all the time. When the server was wrong and
// mends it, they are served within an hour without any help.
func TestR6_WrongPassword_IsSentThreeTimesInAnHour(t *testing.T) {
	for _, status := range []int{400, 401, 403, 500, 404, 422, 501} {
		isTypical := status == 401 || status == 500
		if !isTypical && !fullSize() {
			continue
		}
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := watch(t, authtest.WithLoginRejection(status), authtest.WithTokenRejection(status))
				flows := w.flows(t, sized(500, 40), "wrong", nil)
				began := time.Now()
				for second := range 30 {
					allAsk(t, flows, second)
					time.Sleep(time.Second) // fake clock
				}
				for n := 0; time.Since(began) < 6*time.Hour; n++ {
					allAsk(t, flows[n%len(flows):n%len(flows)+1], n)
					if n%200 == 0 {
						allAsk(t, flows, n)
					}
					time.Sleep(20 * time.Second) // fake clock
				}
				w.expectAtMost(t, 3)
				if len(w.calls) < 12 {
					t.Errorf("only %d tries in six hours, a mistake of the server would last", len(w.calls))
				}
				w.SetPassword("ann", "wrong")
				for back := time.Now(); ask(t.Context(), flows[0], 0) != nil; time.Sleep(10 * time.Second) { // fake clock
					if time.Since(back) > time.Hour {
						t.Fatal("not served within an hour after the password was set right")
					}
				}
			})
		})
	}
}

// In the first minute a wrong password is sent once, however often requests come,
// and Renew spends from the same three sends.
func TestR6_Renew_SendsAWrongPasswordThreeTimesInAnHour(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		f := w.session(t, w.cluster(t), "wrong")
		for began := time.Now(); time.Since(began) < 59*time.Second; time.Sleep(50 * time.Millisecond) { // fake clock
			_, err := get(t.Context(), f)
			if !errors.Is(err, authflow.ErrCredentialsRejected) {
				t.Fatal(err)
			}
		}
		if n := len(w.calls); n != 1 {
			t.Errorf("%d logins in the first minute", n)
		}
		for range 100 {
			err := f.Renew(t.Context())
			if !errors.Is(err, authflow.ErrCredentialsRejected) || retryAfter(err) <= 0 {
				t.Fatal(err)
			}
			time.Sleep(30 * time.Second) // fake clock
		}
		if n := len(w.calls); n != 3 {
			t.Errorf("%d logins in 51 minutes", n)
		}
	})
}

func TestR6_PasswordsThatChange_AreRejectedFourTimesInAnHour(t *testing.T) {
	t.Parallel()
	bubbles(t, rows(t, map[string]func(n int) string{
		"two in turn":                 func(n int) string { return fmt.Sprint("wrong-", n%2) },
		"another one each time":       func(n int) string { return fmt.Sprint("wrong-", n) },
		"another one every 20th time": func(n int) string { return fmt.Sprint("wrong-", n/20) },
	}, "another one each time"), func(t *testing.T, password func(n int) string) {
		w := watch(t)
		var n atomic.Int64
		flows := w.flows(t, 10, "", func(context.Context) (gen.Secret, error) { return gen.Secret(password(int(n.Add(1)))), nil })
		for minute := range 5 * 60 {
			allAsk(t, flows, minute/2)
			time.Sleep(time.Minute) // fake clock
		}
		w.expectAtMost(t, 4)
	})
}

// A changed password is sent at once, however often the old one was rejected, by a
// function and by another Flow.
func TestR6_ChangedPassword_IsSentAtOnce(t *testing.T) {
	t.Parallel()
	type situation struct {
		status int
		after  time.Duration
	}
	cases := map[string]situation{}
	for _, status := range []int{400, 401, 403, 500} {
		for _, after := range []time.Duration{0, 65 * time.Second, 11*time.Minute + 5*time.Second} {
			isLong := after > 10*time.Minute && status != 401
			if isLong && !fullSize() {
				continue
			}
			cases[fmt.Sprint(status, " for ", after)] = situation{status, after}
		}
	}
	bubbles(t, cases, func(t *testing.T, s situation) {
		w := watch(t, authtest.WithLoginRejection(s.status), authtest.WithTokenRejection(s.status))
		password := gen.Secret("old")
		flows := w.flows(t, 5, "", func(context.Context) (gen.Secret, error) { return password, nil })
		for began := time.Now(); ; time.Sleep(time.Second) { // fake clock
			for _, f := range flows {
				allAsk(t, []*authflow.Flow{f}, 0)
			}
			if time.Since(began) >= s.after {
				break
			}
		}
		password = "right"
		time.Sleep(time.Second) // fake clock
		for i, f := range flows {
			if err := ask(t.Context(), f, 0); err != nil {
				t.Errorf("flow %d: %v", i, err)
			}
		}
	})
}

func TestR6_RightPasswordOfAnotherFlow_IsSentAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		c := w.cluster(t)
		wrong := w.session(t, c, "wrong")
		for range 120 {
			allAsk(t, []*authflow.Flow{wrong}, 0)
			time.Sleep(time.Second) // fake clock
		}
		mustGet(t, w.session(t, c, "right"))
		allAsk(t, []*authflow.Flow{wrong}, 0)
	})
}

// The password was right until now. All its flows notice at once that the server
// has another one, also while a call with it is under way, and after another
// password was rejected.
func TestR6_PasswordChangedOnTheServer_IsSentThreeTimes(t *testing.T) {
	t.Parallel()
	type situation struct{ overlap, mistake bool }
	bubbles(t, map[string]situation{
		"all at once":                        {},
		"during a call":                      {overlap: true},
		"after a mistake":                    {mistake: true},
		"during a call, and after a mistake": {true, true},
	}, func(t *testing.T, s situation) {
		w := watch(t)
		slow := time.Duration(0)
		c := clusterOf(t, w.Simulator, authflow.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			resp, err := w.RoundTrip(r)
			time.Sleep(slow) // fake clock
			return resp, err
		})}))
		if s.mistake {
			allAsk(t, []*authflow.Flow{w.session(t, c, "mistaken")}, 0)
		}
		flows := make([]*authflow.Flow, sized(50, 20))
		for i := range flows {
			flows[i] = w.session(t, c, "right")
			mustGet(t, flows[i])
		}
		time.Sleep(10 * time.Minute) // fake clock
		slow = time.Second
		if s.overlap {
			go func() { _ = flows[0].Renew(t.Context()) }()
			synctest.Wait()
			time.Sleep(slow / 2) // fake clock
		}
		before := w.Calls(authtest.OpLogin)
		w.SetPassword("ann", "new")
		w.RevokeUser("ann")
		for second := range 20 {
			allAtOnce(flows[1:], func(_ int, f *authflow.Flow) { _, _ = get(t.Context(), f) })
			time.Sleep(time.Duration(second) * time.Second) // fake clock
		}
		if n := w.Calls(authtest.OpLogin) - before; n > 3 {
			t.Errorf("the old password was sent %d times", n)
		}
	})
}

func TestR6_RotatedKey_IsUsedWithoutARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		key := gen.Secret(authtest.DefaultSecretKey)
		cluster := clusterOf(t, sim, authflow.WithSecretKeyFunc(func(context.Context, string) (gen.Secret, error) { return key, nil }))
		f := userNamed(t, cluster, authtest.DefaultUsername)
		mustGet(t, f)
		sim.RotateSecretKey("second") // and the function knows in time
		key = "second"
		time.Sleep(10 * time.Minute) // fake clock
		mustGet(t, f)
		sim.RotateSecretKey("third") // and the function learns late
		time.Sleep(10 * time.Minute) // fake clock
		if _, err := get(t.Context(), f); !errors.Is(err, authflow.ErrCredentialsRejected) {
			t.Fatal(err)
		}
		key = "third"
		time.Sleep(time.Second) // fake clock
		mustGet(t, f)
	})
}

// Rejections that a function of the user's reports are remembered for 1 s, 2 s, 4 s
// and so on. Renew calls it in between.
func TestR6_RejectionsOfAFunction_AreRememberedForAGrowingTime(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]int{"400": 400, "401": 401, "403": 403}, func(t *testing.T, status int) {
		m := &mint{fail: &authflow.Error{Status: status}}
		f := m.flow(t)
		began := time.Now()
		var last error
		for time.Since(began) < time.Minute {
			_, last = carried(t.Context(), f)
			var e *authflow.Error
			if !errors.As(last, &e) || e.Status != status || e.RetryAfter <= 0 {
				t.Fatalf("%v", last)
			}
			time.Sleep(50 * time.Millisecond) // fake clock
		}
		for i, want := range []time.Duration{0, 1, 3, 7, 15, 31} {
			if i >= len(m.calls) || m.calls[i].Sub(began) != want*time.Second {
				t.Fatalf("calls at %v", m.calls)
			}
		}
		if err := f.Renew(t.Context()); err == nil || m.count() != 7 {
			t.Errorf("%d calls, %v", m.count(), err)
		}
	})
}
