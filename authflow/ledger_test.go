package authflow_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// issuer is a server that issues tokens of full access and knows which of them are
// alive.
type issuer struct {
	mu     sync.Mutex
	issued int
	live   map[string]bool // by Authorization header
}

// RoundTrip implements http.RoundTripper.
func (s *issuer) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if minting(r) {
		s.issued++
		value := fmt.Sprint("tok", s.issued)
		if s.live == nil {
			s.live = make(map[string]bool)
		}
		s.live["Bearer "+value] = true
		return fresh(r, value), nil
	}
	if strings.HasSuffix(r.URL.Path, "/revoke") {
		delete(s.live, r.Header.Get("Authorization"))
	}
	return reply(r, 204, ""), nil
}

func (s *issuer) alive() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.live)
}

func TestL4_SessionsThatHaveEnded_AreNotLoggedOut(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := loggedIn(t, sim, false)
		for range 200 {
			mustGet(t, f)
			time.Sleep(4 * time.Hour) // fake clock: the session was idle for too long
		}
		mustGet(t, f)
		sim.ResetCalls()
		if err := f.Logout(t.Context()); err != nil || sim.Calls(authtest.AnyOperation) != 1 {
			t.Errorf("%v, %v", sim.CallCounts(), err)
		}
	})
}

// A remembered session lives for seven days, whether it is used or not. Logout ends it
// days after another session has replaced it, or after Close.
func TestL4_RememberedSessionOutOfUse_IsEndedAsLongAsItIsAlive(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]struct {
		after time.Duration
		alive int // before Logout
	}{
		"an hour": {time.Hour, 2}, "4 h": {4 * time.Hour, 2}, "6 days": {6 * 24 * time.Hour, 2}, "8 days": {8 * 24 * time.Hour, 0},
	}, func(t *testing.T, c struct {
		after time.Duration
		alive int
	}) {
		sim := authtest.New()
		f := loggedIn(t, sim, true)
		mustGet(t, f)
		if err := f.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
		time.Sleep(c.after) // fake clock
		alive := len(sim.Sessions())
		err := f.Logout(t.Context())
		if calls := sim.Calls(authtest.OpLogout); err != nil || alive != c.alive || calls != c.alive || len(sim.Sessions()) > 0 {
			t.Errorf("%d of %d sessions are alive after %d calls, %v", len(sim.Sessions()), alive, calls, err)
		}
	})
}

// A function supplies tokens without an expiry. Nobody knows whether those that were
// rejected are alive, and a Flow that kept them all would keep more and more.
func TestL4_RejectedTokensThatNeverExpire_AreNotRevoked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		supplied, revoked := 0, 0
		c := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
			isOld := r.Header.Get("Authorization") != fmt.Sprint("Bearer tok", supplied)
			switch {
			case strings.HasSuffix(r.URL.Path, "/revoke"):
				revoked++
				return reply(r, 204, ""), nil
			case isOld, r.URL.Query().Get("rejected") == fmt.Sprint(supplied):
				return reply(r, 401, "{}"), nil
			}
			return reply(r, 200, "{}"), nil
		})
		f, err := c.TokensFrom(func(context.Context) (authflow.Token, error) {
			supplied++
			return authflow.Token{Value: gen.Secret(fmt.Sprint("tok", supplied))}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 200 {
			resp, err := f.Do(request(t, fmt.Sprint(fakeURL, "/x?rejected=", i+1)))
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			time.Sleep(2 * time.Hour) // fake clock
		}
		if n := authflow.Owed(f); n > 1 {
			t.Errorf("%d tokens are kept", n)
		}
		if err := f.Logout(t.Context()); err != nil || supplied != 201 || revoked > 1 {
			t.Errorf("%d tokens supplied, %d revoked, %v", supplied, revoked, err)
		}
	})
}

// The token that is renewed ahead of its expiry is kept for Logout until it expires.
func TestL3_ExpiredToken_IsForgottenAtTheNextUse(t *testing.T) {
	t.Parallel()
	uses := acquireUses()
	bubbles(t, uses, func(t *testing.T, use func(context.Context, *authflow.Flow) error) {
		sim := authtest.New()
		f := trusted(t, sim, 300*time.Second)
		for range 3 {
			mustGet(t, f)
			time.Sleep(250 * time.Second) // fake clock: the renewal is due
			mustGet(t, f)
			synctest.Wait()
			if n := authflow.Owed(f); n != 1 {
				t.Errorf("%d tokens are kept while the old one is alive", n)
			}
			time.Sleep(55 * time.Second) // fake clock: the old token has expired
			if err := use(t.Context(), f); err != nil || authflow.Owed(f) != 0 {
				t.Errorf("%d tokens are kept, %v", authflow.Owed(f), err)
			}
			time.Sleep(300 * time.Second) // fake clock
		}
	})
}

// acquireUses are the ways to use a Flow whose credential is alive.
func acquireUses() map[string]func(context.Context, *authflow.Flow) error {
	return map[string]func(context.Context, *authflow.Flow) error{
		"Token": func(ctx context.Context, f *authflow.Flow) error { _, err := f.Token(ctx); return err },
		"Edit":  func(ctx context.Context, f *authflow.Flow) error { _, err := carried(ctx, f); return err },
		"Do":    func(ctx context.Context, f *authflow.Flow) error { _, err := get(ctx, f); return err },
	}
}

// Acquisitions and a Logout end in all orders.
func TestL4_LogoutDuringAnAcquisition_LeavesNoTokenAlive(t *testing.T) {
	t.Parallel()
	for how, use := range map[string]func(*testing.T, *authflow.Flow, authflow.Token){
		"exclusive": func(t *testing.T, f *authflow.Flow, _ authflow.Token) {
			_, _ = f.Token(t.Context(), authflow.Exclusive())
		},
		"renew":      func(t *testing.T, f *authflow.Flow, _ authflow.Token) { _ = f.Renew(t.Context()) },
		"invalidate": func(_ *testing.T, f *authflow.Flow, token authflow.Token) { f.Invalidate(token) },
	} {
		for run := range 60 {
			synctest.Test(t, func(t *testing.T) {
				s := &issuer{}
				f := user(t, fakeCluster(t, s.RoundTrip, authflow.WithRateLimit(0, 0)), "ann")
				token := mustToken(t, f)
				var wg sync.WaitGroup
				for range 2 {
					wg.Go(func() { use(t, f, token) })
				}
				wg.Go(func() {
					for i := range run { // begins a little later each time
						_ = fmt.Sprint(i)
					}
					if err := f.Logout(context.Background()); err != nil {
						t.Errorf("%s: %v", how, err)
					}
				})
				wg.Wait()
				synctest.Wait()
				if n := s.alive(); n > 0 {
					t.Errorf("%s, run %d: %d tokens are alive after Logout", how, run, n)
				}
			})
		}
	}
}

// A token of 8 MiB takes Close a millisecond to copy, so that Logout begins in
// between.
func TestL4_LogoutDuringClose_EndsTheCredentialInUse(t *testing.T) {
	t.Parallel()
	value := gen.Secret(strings.Repeat("t", 8<<20))
	for range 5 {
		synctest.Test(t, func(t *testing.T) {
			var revoked atomic.Bool
			c := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
				if strings.HasSuffix(r.URL.Path, "/revoke") {
					revoked.Store(true)
				}
				return reply(r, 204, ""), nil
			})
			f, err := c.TokensFrom(func(context.Context) (authflow.Token, error) {
				return authflow.Token{Value: value, Username: "ann"}, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			mustToken(t, f)
			go f.Close()
			for closed := error(nil); !errors.Is(closed, authflow.ErrClosed); {
				_, closed = f.Token(t.Context())
			}
			if err := f.Logout(t.Context()); err != nil || !revoked.Load() {
				t.Errorf("revoked: %t, %v", revoked.Load(), err)
			}
		})
	}
}

func TestL4_LogoutByAnObserverOfARenewal_EndsBothTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &issuer{}
		var f *authflow.Flow
		f = on(t, s.RoundTrip, authflow.WithObserver(func(e authflow.Event) {
			if e.Kind != authflow.Renewed {
				return
			}
			if err := f.Logout(context.Background()); err != nil {
				t.Error(err)
			}
		}))
		mustToken(t, f)
		_ = f.Renew(t.Context())
		synctest.Wait()
		if _, closed := f.Token(t.Context()); !errors.Is(closed, authflow.ErrClosed) {
			t.Fatalf("the Logout did not happen: %v", closed)
		}
		if s.issued != 2 || s.alive() > 0 {
			t.Errorf("%d of %d tokens are alive after Logout", s.alive(), s.issued)
		}
	})
}
