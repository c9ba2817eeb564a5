package authflow_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// lock-outs by answers that nobody waited for.
type lossy struct {
	sim  *authtest.Simulator
	wait time.Duration
	lose bool
	n    atomic.Int64
}

func (l *lossy) RoundTrip(r *http.Request) (*http.Response, error) {
	l.n.Add(1)
	resp, err := l.sim.Transport().RoundTrip(r) // takes effect
	if err != nil {
		return nil, err
	}
	if l.lose {
		return nil, io.ErrUnexpectedEOF
	}
	select {
	case <-time.After(l.wait): // the way back
		return resp, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func TestR6AWrongPasswordWhoseAnswerIsLostDoesNotLockTheAccount(t *testing.T) {
	for _, name := range []string{"unshared, callers give up", "flow per request, closed", "server slow with wrong passwords", "answers lost"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := authtest.New(authtest.WithUser("ann", "right"))
				l := &lossy{sim: sim, wait: 100 * time.Millisecond}
				if strings.HasPrefix(name, "server slow") {
					l.wait = 15 * time.Second
				}
				l.lose = name == "answers lost"
				c := clusterOf(t, sim, authflow.WithHTTPClient(&http.Client{Transport: l}))
				mk := func() *authflow.Flow {
					f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann", Password: "wrong"})
					if err != nil {
						t.Fatal(err)
					}
					return f
				}
				f := mk()
				for range 20 {
					ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
					switch {
					case strings.HasPrefix(name, "unshared"):
						_, _ = f.Token(ctx, authflow.Exclusive())
					case strings.HasPrefix(name, "flow"):
						g := mk()
						_, _ = g.Token(ctx)
						g.Close()
					default:
						_, _ = f.Token(t.Context())
					}
					cancel()
					time.Sleep(10 * time.Second) // fake clock
				}
				u, _ := sim.User("ann")
				t.Log(name, ": sent", l.n.Load(), u.Status)
				if u.Status != gen.AccountStatusActive {
					t.Errorf("the account is %s after %d passwords", u.Status, l.n.Load())
				}
			})
		})
	}
}

func heapNow() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestL3RefusedPasswordsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		c := clusterOf(t, sim, authflow.WithRateLimit(0, 0))
		before := heapNow()
		for i := range 20000 {
			f, _ := c.Session(gen.LoginRequest{Username: fmt.Sprint("guess-", i), Password: "x"})
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			_ = f.Edit(ctx, request(t, sim.URL+"/x"))
			cancel()
			f.Close()
			if i%1000 == 0 {
				time.Sleep(2 * time.Hour) // fake clock
			}
		}
		time.Sleep(24 * time.Hour) // fake clock
		f, err := c.Session(gen.LoginRequest{Username: authtest.DefaultUsername, Password: authtest.DefaultPassword})
		if err != nil || f.Renew(t.Context()) != nil {
			t.Fatal(err)
		}
		sim.ResetCalls()
		if grown := int64(heapNow()) - int64(before); grown > 2<<20 {
			t.Errorf("%d bytes are kept of 20,000 user names that were tried a day ago", grown)
		}
		runtime.KeepAlive(c)
	})
}

// R6: silence says nothing against a password that has been right, whoever
// supplies it: the server is asked again as soon as it answers.
func TestR6AnOutageDoesNotHoldBackARightPassword(t *testing.T) {
	for way, password := range map[string]gen.Secret{"in the request": authtest.DefaultPassword, "by a function": ""} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			l := &lossy{sim: sim}
			var opts []authflow.FlowOption
			if password == "" {
				opts = append(opts, authflow.WithPassword(func(context.Context) (gen.Secret, error) { return authtest.DefaultPassword, nil }))
			}
			f, err := clusterOf(t, sim, authflow.WithHTTPClient(&http.Client{Transport: l})).FullAccess(
				gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername, Password: password}, opts...)
			if err != nil || f.Renew(t.Context()) != nil {
				t.Fatal(err)
			}
			l.lose = true
			for began := time.Now(); time.Since(began) < 30*time.Minute; time.Sleep(time.Second) { // fake clock
				_, _ = f.Token(t.Context())
			}
			l.lose = false
			back := time.Now()
			for ; err == nil && time.Since(back) < 20*time.Second; time.Sleep(time.Second) { // fake clock
				if _, e := f.Token(t.Context()); e == nil {
					return
				}
			}
			t.Errorf("%s: no token %v after the outage", way, time.Since(back))
		})
	}
}
