package authflow_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// R6: no account is locked by our doing, in whatever way a wrong password is
// asked for and refused.

// watched is a server on which ann's account is looked at after each call: it
// must be ACTIVE at every moment, and only calls can lock it. User names are the
// same to it in any case, and with spaces around.
type watched struct {
	*authtest.Simulator
	mu    sync.Mutex
	calls []time.Time
}

func watch(t *testing.T, opts ...authtest.Option) *watched {
	w := &watched{}
	var once sync.Once
	w.Simulator = authtest.New(append([]authtest.Option{
		authtest.WithUser("ann", "right"),
		authtest.WithObserver(func(c authtest.Call) {
			w.mu.Lock()
			w.calls = append(w.calls, c.Began)
			n := len(w.calls)
			w.mu.Unlock()
			if u, _ := w.User("ann"); u.Status != gen.AccountStatusActive {
				once.Do(func() { t.Errorf("the account is %s after %d calls, at %v", u.Status, n, c.Began) })
			}
		}),
	}, opts...)...)
	return w
}

// RoundTrip implements http.RoundTripper.
func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.GetBody == nil {
		return w.Transport().RoundTrip(r)
	}
	body, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}

	out := r.Clone(r.Context())
	for _, name := range []string{"ANN", " Ann "} {
		text = bytes.Replace(text, []byte(`"`+name+`"`), []byte(`"ann"`), 1)
	}
	out.Body, out.GetBody, out.ContentLength = io.NopCloser(bytes.NewReader(text)), nil, int64(len(text))
	return w.Transport().RoundTrip(out)
}

// expectAtMost fails the test if more than most calls came within an hour.
func (w *watched) expectAtMost(t *testing.T, most int) {
	t.Helper()
	for i := range w.calls {
		if i >= most && w.calls[i].Sub(w.calls[i-most]) < time.Hour {
			t.Fatalf("more than %d passwords were sent within %v", most, w.calls[i].Sub(w.calls[i-most]))
		}
	}
}

func (w *watched) cluster(t *testing.T) *authflow.Cluster {
	t.Helper()
	return clusterOf(t, w.Simulator, authflow.WithHTTPClient(&http.Client{Transport: w}))
}

// flows are n Flows of ann, in all the ways that take a password, which is
// given, or if there is none supplied by fn.
func (w *watched) flows(t *testing.T, n int, password gen.Secret, fn authflow.CredentialFunc) []*authflow.Flow {
	t.Helper()
	c := w.cluster(t)
	list := make([]*authflow.Flow, n)
	var opts []authflow.FlowOption
	if fn != nil {
		opts = append(opts, authflow.WithPassword(fn))
	}
	for i := range list {
		name := []string{"ann", "ANN", " Ann "}[i%3]
		var err error
		switch i % 5 {
		case 0, 4:
			list[i], err = c.Session(gen.LoginRequest{Username: name, Password: password, RememberMe: i%2 == 0}, opts...)
		case 1:
			list[i], err = c.FullAccess(gen.GetFullAccessTokenRequest{Username: name, Password: password}, opts...)
		case 2:
			list[i], err = c.ObjectAccess(gen.GetObjectAccessTokenRequest{Username: name, Password: password, ObjectID: "o"}, opts...)
		case 3:
			list[i], err = c.CustomAccess(gen.GetCustomAccessTokenRequest{Username: name, Password: password, PersistOption: gen.PersistOptionNone}, opts...)
		}
		if err != nil {
			t.Fatal(err)
		}
		if i%5 == 4 {
			list[i] = list[i].SessionToken()
		}
	}
	return list
}

// allAsk lets all flows ask at once, and fails the test if one is served.
func allAsk(t *testing.T, flows []*authflow.Flow, way int) {
	t.Helper()
	var wg sync.WaitGroup
	for i, f := range flows {
		wg.Go(func() {
			if ask(t.Context(), f, way+i) == nil {
				t.Error("a wrong password is good for something")
			}
		})
	}
	wg.Wait()
}

func TestR6FiveHundredFlowsOfAUserForADay(t *testing.T) {
	for _, status := range []int{400, 401, 403, 500, 404, 422, 501} {
		synctest.Test(t, func(t *testing.T) {
			w := watch(t, authtest.WithLoginRejection(status), authtest.WithTokenRejection(status))
			flows := w.flows(t, 500, "wrong", nil)
			began := time.Now()
			for second := 0; second < 30; second++ {
				allAsk(t, flows, second)
				time.Sleep(time.Second) // fake clock
			}
			for n := 0; time.Since(began) < 24*time.Hour; n++ {
				allAsk(t, flows[n%500:n%500+1], n)
				if n%500 == 0 {
					allAsk(t, flows, n)
				}
				time.Sleep(20 * time.Second) // fake clock
			}
			if w.expectAtMost(t, 3); len(w.calls) < 48 {
				t.Errorf("%d: only %d tries in a day, a mistake of the server's would last", status, len(w.calls))
			}
			// The server was wrong, and mends it.
			w.SetPassword("ann", "wrong")
			for back := time.Now(); ask(t.Context(), flows[0], 0) != nil; time.Sleep(10 * time.Second) { // fake clock
				if time.Since(back) > time.Hour {
					t.Fatalf("%d: not recovered from within an hour", status)
				}
			}
		})
	}
}

// One that has been refused by the server for good, in all ways of being a
// function.
func TestR6PasswordsThatChangeAndStayWrong(t *testing.T) {
	bubbles(t, map[string]func(n int) string{
		"two in turn":            func(n int) string { return fmt.Sprint("wrong-", n%2) },
		"another each time":      func(n int) string { return fmt.Sprint("wrong-", n) },
		"now and then a new one": func(n int) string { return fmt.Sprint("wrong-", n/20) },
	}, func(t *testing.T, fn func(n int) string) {
		w := watch(t)
		var n atomic.Int64
		flows := w.flows(t, 30, "", func(context.Context) (gen.Secret, error) { return gen.Secret(fn(int(n.Add(1)))), nil })
		for minute := range 8 * 60 {
			allAsk(t, flows, minute/2)
			time.Sleep(time.Minute) // fake clock
		}
		w.expectAtMost(t, 4)
	})
}

// However often the old one has been refused.
func TestR6ANewPasswordIsNotMadeToWait(t *testing.T) {
	for _, status := range []int{400, 401, 403, 500} {
		for _, after := range []time.Duration{0, 65 * time.Second, 11*time.Minute + 5*time.Second} {
			synctest.Test(t, func(t *testing.T) {
				w := watch(t, authtest.WithLoginRejection(status), authtest.WithTokenRejection(status))
				password := gen.Secret("old")
				flows := w.flows(t, 5, "", func(context.Context) (gen.Secret, error) { return password, nil })
				for began := time.Now(); ; time.Sleep(time.Second) { // fake clock
					for _, f := range flows {
						allAsk(t, []*authflow.Flow{f}, 0)
					}
					if time.Since(began) >= after {
						break
					}
				}
				password = "right"
				time.Sleep(time.Second) // fake clock
				for i, f := range flows {
					if err := ask(t.Context(), f, 0); err != nil {
						t.Errorf("%d, after %v, flow %d: %v", status, after, i, err)
					}
				}
			})
		}
	}
}

// One that was right until now: the server has another, and all who use the old
// one notice at once, also while the answer to another is under way, or after a
// wrong one was refused.
func TestR6APasswordThatWasRightIsSentByOneAtATime(t *testing.T) {
	for _, overlap := range []bool{false, true} {
		for _, mistake := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				w := watch(t)
				slow := time.Duration(0)
				c := clusterOf(t, w.Simulator, authflow.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
					resp, err := w.RoundTrip(r)
					time.Sleep(slow) // fake clock
					return resp, err
				})}))
				session := func(password gen.Secret) *authflow.Flow {
					f, err := c.Session(gen.LoginRequest{Username: "ann"}, authflow.WithPassword(func(context.Context) (gen.Secret, error) { return password, nil }))
					if err != nil {
						t.Fatal(err)
					}
					return f
				}
				if mistake {
					allAsk(t, []*authflow.Flow{session("mistaken")}, 0)
				}
				flows := make([]*authflow.Flow, 50)
				for i := range flows {
					flows[i] = session("right")
					if _, err := get(t.Context(), flows[i]); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(10 * time.Minute) // fake clock
				slow = time.Second
				if overlap {
					go func() { _ = flows[0].Renew(t.Context()) }()
					synctest.Wait()
					time.Sleep(slow / 2) // fake clock
				}
				n := w.Calls(authtest.OpLogin)
				w.SetPassword("ann", "new")
				w.RevokeUser("ann")
				for second := range 20 {
					allAtOnce(flows[1:], func(_ int, f *authflow.Flow) { _, _ = get(t.Context(), f) })
					time.Sleep(time.Duration(second) * time.Second) // fake clock
				}
				if n = w.Calls(authtest.OpLogin) - n; n > 3 {
					t.Errorf("overlap %v, mistake %v: the old password was sent %d times", overlap, mistake, n)
				}
			})
		}
	}
}
