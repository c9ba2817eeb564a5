package authflow_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// However many flows use a wrong key, and in whatever way, the server gets one call
// a second after the first burst. All callers learn of the rejection, and all are
// served as soon as the key is right.
func TestR6_WrongKey_CostsOneCallASecondAndIsToldToAll(t *testing.T) {
	t.Parallel()
	wrong := gen.Secret("wrong")
	bubbles(t, map[string]authflow.Option{
		"the key of the cluster": authflow.WithSecretKey(wrong),
		"the key of the Org":     authflow.WithOrgSecretKey("0", wrong),
		"a function":             authflow.WithSecretKeyFunc(func(context.Context, string) (gen.Secret, error) { return wrong, nil }),
		"the key of the request": nil,
	}, func(t *testing.T, opt authflow.Option) {
		var seen arrivals
		size := sized(100, 12)
		sim := authtest.New(append(people(size), seen.option())...)
		cluster := clusterOf(t, sim, opt)
		flows := make([]*authflow.Flow, size)
		for i := range flows {
			req := gen.GetFullAccessTokenRequest{Username: "user-" + strconv.Itoa(i), OrgID: new(int32)}
			if opt == nil {
				req.SecretKey = wrong
			}
			var err error
			flows[i], err = cluster.FullAccess(req)
			if err != nil {
				t.Fatal(err)
			}
		}
		for began := time.Now(); time.Since(began) < 5*time.Minute; time.Sleep(time.Second) { // fake clock
			allAtOnce(flows, func(i int, f *authflow.Flow) {
				asked := time.Now()
				err := ask(t.Context(), f, i)
				var e *authflow.Error
				if !errors.As(err, &e) || e.Status != 401 || !errors.Is(err, authflow.ErrCredentialsRejected) || e.RetryAfter <= 0 {
					t.Errorf("told %v", err)
				}
				if took := time.Since(asked); took > 31*time.Second {
					t.Errorf("told after %v", took)
				}
			})
		}
		calls := seen.times()[10:] // the burst, before the first rejection is known
		for i := 1; i < len(calls); i++ {
			if apart := calls[i].Sub(calls[i-1]); apart < time.Second {
				t.Fatalf("two calls within %v", apart)
			}
		}
		sim.RotateSecretKey(string(wrong)) // the key is right now
		time.Sleep(time.Minute)            // fake clock
		took := allAtOnce(flows, func(_ int, f *authflow.Flow) {
			_, err := f.Token(t.Context())
			if err != nil {
				t.Error(err)
			}
		})
		if took > 3*time.Second {
			t.Errorf("all were served after %v", took)
		}
	})
}

func TestR6_WrongKeyOfAnOrg_DelaysNoOtherOrg(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen arrivals
		sim := authtest.New(append(people(60), seen.option(), authtest.WithOrg(1, "Sales"), authtest.WithOrgSecretKey(1, "right"))...)
		cluster := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithOrgSecretKey("1", "wrong"))
		inOrg := func(i int, org int32) *authflow.Flow {
			f, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: "user-" + strconv.Itoa(i), OrgID: &org})
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		for i := range 60 {
			sales := inOrg(i, 1)
			defer func() { _ = sales.Close() }()
			go func() { _, _ = sales.Token(t.Context()) }()
			synctest.Wait()
			asked := time.Now()
			_, err := inOrg(i, 0).Token(t.Context())
			if took := time.Since(asked); err != nil || took > 0 {
				t.Errorf("served after %v, %v", took, err)
			}
			time.Sleep(100 * time.Millisecond) // fake clock
		}
		if n := seen.count(func(c authtest.Call) bool { return c.Status == 401 }); n > 3+6 {
			t.Errorf("%d calls with the wrong key in 6 s", n)
		}
	})
}

// ofUser limits a fault to the requests for one user.
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

// ofBadUsers limits a fault to users whose names begin with "bad".
func ofBadUsers(faults ...authtest.Fault) authtest.Fault {
	return func(next http.Handler) http.Handler {
		failing := next
		for _, fault := range slices.Backward(faults) {
			failing = fault(failing)
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			if bytes.Contains(body, []byte(`"bad-`)) {
				failing.ServeHTTP(w, r)
			} else {
				next.ServeHTTP(w, r)
			}
		})
	}
}

// A few users are LOCKED and ask every second. Their rejections do not delay a user
// that comes now and then.
func TestR13_LockedUsers_DelayNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New(people(10)...)
		cluster := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
		locked := make([]*authflow.Flow, sized(50, 20))
		for i := range locked {
			locked[i] = userOf(t, cluster, i%5)
			sim.SetStatus("user-"+strconv.Itoa(i%5), gen.AccountStatusLocked)
		}
		for second := range 300 {
			allAtOnce(locked, func(_ int, f *authflow.Flow) {
				_, err := f.Token(t.Context())
				if !errors.Is(err, authflow.ErrForbidden) {
					t.Error(err)
				}
			})
			if second%30 == 15 {
				asked := time.Now()
				_, err := userOf(t, cluster, 5+second/30%5).Token(t.Context())
				if took := time.Since(asked); err != nil || took > 2*time.Second {
					t.Fatalf("after %d s: served after %v, %v", second, took, err)
				}
			}
			time.Sleep(time.Second) // fake clock
		}
		// A flow sends again after 1, 2, 4, 8, 16 and 32 s, and then once a minute.
		if n := sim.Calls(authtest.AnyOperation); n > len(locked)*15 {
			t.Errorf("%d calls in five minutes", n)
		}
	})
}

// For half an hour, one user of many cannot be served. The others never notice, and
// the one costs little.
func TestR13_UserInTrouble_DelaysNobodyElse(t *testing.T) {
	t.Parallel()
	type trouble struct {
		fault authtest.Fault
		most  int // calls for the one
	}
	bubbles(t, map[string]trouble{
		"500":    {authtest.Status(500), 600},
		"400":    {authtest.Status(400), 40},
		"LOCKED": {nil, 40},
		"hangs":  {authtest.Delay(time.Hour), 200},
	}, func(t *testing.T, c trouble) {
		var seen arrivals
		size := sized(60, 20)
		sim := authtest.New(append(people(size), seen.option())...)
		if c.fault != nil {
			sim.Fail(authtest.AnyOperation, -1, ofUser("user-0", c.fault))
		} else {
			sim.SetStatus("user-0", gen.AccountStatusLocked)
		}
		cluster := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
		flows := make([]*authflow.Flow, size)
		for i := range flows {
			flows[i] = userOf(t, cluster, i)
			defer func() { _ = flows[i].Close() }()
		}
		begin := func() {
			go func() { _, _ = carried(t.Context(), flows[0]) }()
			synctest.Wait()
		}
		use := func(_ int, f *authflow.Flow) {
			_, err := carried(t.Context(), f)
			if err != nil && !t.Failed() {
				t.Error(err)
			}
		}
		begin()
		if took := allAtOnce(flows[1:], use); took > 2*time.Second {
			t.Errorf("all were served after %v", took)
		}
		for began := time.Now(); time.Since(began) < 30*time.Minute; time.Sleep(time.Second) { // fake clock
			begin()
			if int(time.Since(began).Seconds())%10 > 0 {
				continue
			}
			if waited := allAtOnce(flows[1:], use); waited > 0 {
				t.Fatalf("somebody waited for %v after %v", waited, time.Since(began))
			}
		}
		if n := seen.count(func(c authtest.Call) bool { return c.Status != 200 }); n < 20 || n > c.most {
			t.Errorf("%d calls for the one", n)
		}
	})
}

// Two flows whose users this program does not know, because it is given their tokens.
func TestR13_UserWhoIsNotKnown_DelaysNobodyElse(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		c := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
		flows := make([]*authflow.Flow, 2)
		for i := range flows {
			token := mustToken(t, userOf(t, c, i))
			if i == 0 {
				sim.Fail(authtest.OpLogin, -1, ofToken(token.Value, authtest.Status(503)))
			}
			f, err := c.TokensFrom(func(context.Context) (authflow.Token, error) { return token, nil })
			if err != nil {
				t.Fatal(err)
			}
			flows[i], err = f.Session()
			if err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if _, err := get(t.Context(), flows[0]); err == nil {
				t.Fatal("the first user is served")
			}
			began := time.Now()
			mustGet(t, flows[1])
			if waited := time.Since(began); waited > 0 {
				t.Errorf("the second user waited for %v", waited)
			}
		}
	}, people(2)...)
}

// ofToken is a fault of the calls that carry a token.
func ofToken(token gen.Secret, fault authtest.Fault) authtest.Fault {
	return func(next http.Handler) http.Handler {
		failing := fault(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == "Bearer "+string(token) {
				failing.ServeHTTP(w, r)
			} else {
				next.ServeHTTP(w, r)
			}
		})
	}
}
