package authflow_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
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

// R6: secret keys that are refused, and users who are.

// A thousand flows with a wrong key cost what one does, however they ask.
func TestR6AWrongKeyCostsWhatOneFlowDoes(t *testing.T) {
	wrong := gen.Secret("wrong")
	bubbles(t, map[string]authflow.Option{
		"of the cluster": authflow.WithSecretKey(wrong),
		"of the Org":     authflow.WithOrgSecretKey("0", wrong),
		"of a function":  authflow.WithSecretKeyFunc(func(context.Context, string) (gen.Secret, error) { return wrong, nil }),
		"of the request": nil,
	}, func(t *testing.T, opt authflow.Option) {
		var seen arrivals
		sim := authtest.New(append(people(1000), seen.option())...)
		c := clusterOf(t, sim, opt)
		flows := make([]*authflow.Flow, 1000)
		for i := range flows {
			req := gen.GetFullAccessTokenRequest{Username: fmt.Sprint("user-", i), OrgID: new(int32)}
			if opt == nil {
				req.SecretKey = wrong
			}
			var err error
			if flows[i], err = c.FullAccess(req); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		use := func(i int, f *authflow.Flow) {
			if ask(t.Context(), f, i) == nil {
				t.Error("a wrong key is good for something")
			}
		}
		for time.Since(began) < time.Minute {
			allAtOnce(flows, use)
			time.Sleep(3 * time.Second) // fake clock
		}
		if n := len(seen.list); n > 7 {
			t.Errorf("%d calls in the first minute", n)
		}
		for time.Since(began) < 30*time.Minute {
			allAtOnce(flows[:20], use)
			time.Sleep(3 * time.Second) // fake clock
		}
		if n := len(seen.list); n < 25 || n > 50 {
			t.Errorf("%d calls in half an hour", n)
		}
		sim.RotateSecretKey(string(wrong)) // it is right now
		time.Sleep(time.Minute)            // fake clock
		if took := allAtOnce(flows, func(_ int, f *authflow.Flow) {
			if _, err := f.Token(t.Context()); err != nil && !t.Failed() {
				t.Error(err)
			}
		}); took > 21*time.Second {
			t.Errorf("all were served only after %v", took)
		}
	})
}

// An Org's key that is wrong is that Org's affair.
func TestR6AWrongKeyOfAnOrgStopsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New(authtest.WithUser("ann", "", authtest.InOrgs(0, 1)), authtest.WithOrg(1, "Sales"), authtest.WithOrgSecretKey(1, "right"))
		c := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithOrgSecretKey("1", "wrong"))
		for org, ok := range map[int32]bool{1: false, 0: true} {
			for range 10 {
				f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann", OrgID: &org})
				if err != nil {
					t.Fatal(err)
				}
				if _, err = f.Token(t.Context()); (err == nil) != ok {
					t.Errorf("Org %d: %v", org, err)
				}
			}
		}
		if n := sim.Calls(authtest.OpGetFullAccessToken); n != 11 {
			t.Errorf("%d calls", n)
		}
	})
}

// ofUser puts a fault in the way of the calls for one user.
func ofUser(name string, fault authtest.Fault) authtest.Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			if bytes.Contains(body, []byte(`"`+name+`"`)) {
				fault(next).ServeHTTP(w, r)
			} else {
				next.ServeHTTP(w, r)
			}
		})
	}
}

// For an hour one user of a thousand cannot be served. The others never notice,
// and the one costs little.
func TestR6OneUsersTroubleIsNobodyElses(t *testing.T) {
	type trouble struct {
		fault authtest.Fault
		most  int // calls for the one, in the hour
	}
	bubbles(t, map[string]trouble{
		"500":    {authtest.Status(500), 1200},
		"400":    {authtest.Status(400), 70},
		"LOCKED": {nil, 400},
		"hangs":  {authtest.Delay(time.Hour), 400},
	}, func(t *testing.T, c trouble) {
		var ofOne atomic.Int64
		count := func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				ofOne.Add(1)
				next.ServeHTTP(w, r)
			})
		}
		sim := authtest.New(people(1000)...)
		fault := authtest.Fault(count)
		if c.fault != nil {
			fault = func(next http.Handler) http.Handler { return count(c.fault(next)) }
		} else {
			sim.SetStatus("user-0", gen.AccountStatusLocked)
		}
		sim.Fail(authtest.AnyOperation, -1, ofUser("user-0", fault))
		cluster := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
		flows := make([]*authflow.Flow, 1000)
		for i := range flows {
			flows[i] = userOf(t, cluster, i)
		}
		begin := func() {
			go func() { _, _ = carried(t.Context(), flows[0]) }()
			synctest.Wait()
		}
		begin()
		use := func(_ int, f *authflow.Flow) {
			if _, err := carried(t.Context(), f); err != nil && !t.Failed() {
				t.Error(err)
			}
		}
		if took := allAtOnce(flows[1:], use); took > 31*time.Second {
			t.Errorf("all were served after %v", took)
		}
		for began := time.Now(); time.Since(began) < time.Hour; time.Sleep(time.Second) { // fake clock
			if begin(); int(time.Since(began).Seconds())%10 == 0 {
				if waited := allAtOnce(flows[1:100], use); waited > 0 {
					t.Fatalf("somebody waited for %v", waited)
				}
			}
		}
		if n := int(ofOne.Load()); n < 30 || n > c.most {
			t.Errorf("%d calls for the one", n)
		}
	})
}

// A few users are LOCKED and ask every second. One who comes now and then is not
// taken for one of them.
func TestR6SomeLockedUsersAreNotEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New(people(10)...)
		cluster := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
		locked := make([]*authflow.Flow, 50)
		for i := range locked {
			locked[i] = userOf(t, cluster, i%5)
			sim.SetStatus("user-"+strconv.Itoa(i%5), gen.AccountStatusLocked)
		}
		for n := range 600 {
			allAtOnce(locked, func(_ int, f *authflow.Flow) {
				if _, err := f.Token(t.Context()); !errors.Is(err, authflow.ErrForbidden) {
					t.Error(err)
				}
			})
			if n%60 == 30 {
				began := time.Now()
				if _, err := userOf(t, cluster, 5+n%5).Token(t.Context()); err != nil || time.Since(began) > 2*time.Second {
					t.Fatalf("after %ds: %v, after %v", n, err, time.Since(began))
				}
			}
			time.Sleep(time.Second) // fake clock
		}
		if n := sim.Calls(authtest.AnyOperation); n > 10*6*50+60 {
			t.Errorf("%d calls in ten minutes", n)
		}
	})
}
