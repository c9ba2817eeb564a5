package authflow_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// R6 with a Store: processes count rejected passwords together.

// passwordWays are the ways in by password.
var passwordWays = map[string]func(*authflow.Cluster, gen.Secret) (*authflow.Flow, error){
	"token": func(c *authflow.Cluster, password gen.Secret) (*authflow.Flow, error) {
		return c.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann", Password: password})
	},
	"session": func(c *authflow.Cluster, password gen.Secret) (*authflow.Flow, error) {
		return c.Session(gen.LoginRequest{Username: "ann", Password: password})
	},
}

// tool is a program that logs in, makes a request, and ends. It closes nothing.
type tool struct {
	w     *watched
	store *sharedStore // or nil
	way   func(*authflow.Cluster, gen.Secret) (*authflow.Flow, error)
	keys  [][]byte // of the Store; nil for one key
}

// run runs the tool once.
func (p *tool) run(t *testing.T, password gen.Secret) error {
	t.Helper()
	var opts []authflow.Option
	var ended bool
	if p.store != nil {
		view := &storeView{sharedStore: p.store, before: func(ctx context.Context, op string) error {
			if ended {
				return errors.New("the process has ended")
			}
			return distance(20*time.Millisecond)(ctx, op)
		}}
		keys := p.keys
		if keys == nil {
			keys = [][]byte{oneKey}
		}
		opts = append(opts, authflow.WithStore(view, keys[0], keys[1:]...))
	}
	c := clusterOf(t, p.w.Simulator, append(opts, authflow.WithHTTPClient(&http.Client{Transport: p.w}))...)
	f, err := p.way(c, password)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err = get(ctx, f)
	ended = true
	_ = f.Close() // stops what the end of a process stops
	return err
}

func TestR6_ToolEachMinuteWithAChangedPassword_SendsItThreeTimesInAnHour(t *testing.T) {
	t.Parallel()
	bubbles(t, passwordWays, func(t *testing.T, way func(*authflow.Cluster, gen.Secret) (*authflow.Flow, error)) {
		for _, status := range []int{401, 400, 403, 500} {
			w := watch(t, authtest.WithLoginRejection(status), authtest.WithTokenRejection(status))
			p := &tool{w: w, store: &sharedStore{}, way: way}
			for range 2 * 60 {
				err := p.run(t, "changed")
				var e *authflow.Error
				if !errors.As(err, &e) || e.Class() != "rejected" {
					t.Fatalf("%d: %v", status, err)
				}
				time.Sleep(time.Minute) // fake clock
			}
			w.expectAtMost(t, 3)
			if len(w.calls) < 5 {
				t.Errorf("%d: sent %d times in two hours, a mistake of the server would last", status, len(w.calls))
			}
			if err := p.run(t, "right"); err != nil { // goes at once
				t.Errorf("%d: the right password: %v", status, err)
			}
		}
	})
}

// Without a Store a process does not know what the process before it has sent.
func TestR6_ToolEachMinuteWithoutAStore_SendsThePasswordWithEachRun(t *testing.T) {
	t.Parallel()
	bubbles(t, passwordWays, func(t *testing.T, way func(*authflow.Cluster, gen.Secret) (*authflow.Flow, error)) {
		w := watch(t)
		p := &tool{w: w, way: way}
		for n := range 3 {
			if err := p.run(t, "changed"); !errors.Is(err, authflow.ErrCredentialsRejected) || len(w.calls) != n+1 {
				t.Errorf("run %d: %d calls, %v", n+1, len(w.calls), err)
			}
			time.Sleep(time.Minute) // fake clock
		}
	})
}

// The process ends as soon as it has what it wants. Its success must not count as a
// rejection for the next one.
func TestR6_ToolThatEndsAtOnce_IsNotHeldBackAtTheNextRun(t *testing.T) {
	t.Parallel()
	bubbles(t, passwordWays, func(t *testing.T, way func(*authflow.Cluster, gen.Secret) (*authflow.Flow, error)) {
		w := watch(t)
		p := &tool{w: w, store: &sharedStore{}, way: way}
		for n := range 20 {
			began := time.Now()
			if err := p.run(t, "right"); err != nil || time.Since(began) > time.Second {
				t.Errorf("run %d: %v after %v", n+1, err, time.Since(began))
			}
			time.Sleep([]time.Duration{time.Second, time.Minute, 10 * time.Minute}[n%3]) // fake clock
		}
	})
}

// The server was down at some runs. That does not count either.
func TestR6_ToolThatMeetsAnOutage_IsBackAfterIt(t *testing.T) {
	t.Parallel()
	bubbles(t, passwordWays, func(t *testing.T, way func(*authflow.Cluster, gen.Secret) (*authflow.Flow, error)) {
		w := watch(t)
		p := &tool{w: w, store: &sharedStore{}, way: way}
		for range 2 {
			w.Fail(authtest.AnyOperation, -1, authtest.Status(503))
			for range 10 {
				if err := p.run(t, "right"); err == nil {
					t.Error("no error in an outage")
				}
				time.Sleep(time.Minute) // fake clock
			}
			w.ClearFaults()
			if err := p.run(t, "right"); err != nil {
				t.Errorf("after the outage: %v", err)
			}
			time.Sleep(time.Hour) // fake clock
		}
	})
}

// Replicas that start together use one password of one user. The login takes longer
// than the Store may take.
func TestR6_TenReplicasThatStartTogether_SendOneUnprovenPasswordAtATime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		password gen.Secret
		login    time.Duration
		within   time.Duration
	}{
		"right":            {"right", 300 * time.Millisecond, 3 * time.Second},
		"right and slow":   {"right", 5 * time.Second, 15 * time.Second},
		"changed":          {"changed", 300 * time.Millisecond, 3 * time.Second},
		"changed and slow": {"changed", 5 * time.Second, 12 * time.Second},
	} {
		for kind, way := range passwordWays {
			synctest.Test(t, func(t *testing.T) {
				w := watch(t)
				w.SetLatency(c.login)
				s := &sharedStore{}
				var flows []*authflow.Flow
				for range 10 {
					cluster := process(t, w.Simulator, &storeView{sharedStore: s, before: distance(10 * time.Millisecond)}, authflow.WithHTTPClient(&http.Client{Transport: w}))
					f, err := way(cluster, c.password)
					if err != nil {
						t.Fatal(err)
					}
					flows = append(flows, f)
				}
				for round := range 2 {
					took := allAtOnce(flows, func(_ int, f *authflow.Flow) {
						_, err := carried(t.Context(), f)
						if (err == nil) != (c.password == "right") {
							t.Errorf("%s, %s, round %d: %v", name, kind, round, err)
						}
					})
					if took > c.within {
						t.Errorf("%s, %s, round %d: the last one waited for %v", name, kind, round, took)
					}
					time.Sleep(30 * time.Second) // fake clock
				}
				if c.password == "changed" {
					w.expectAtMost(t, 3)
				}
				if len(w.calls) == 0 {
					t.Error("nothing was sent")
				}
			})
		}
	}
}

// Processes with the old key of the Store and with both count together.
func TestR6_K4_ChangeOfTheStoresKey_ForgetsNoRejection(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, _ *authtest.Simulator) {
		w := watch(t)
		s := &sharedStore{}
		before := &tool{w: w, store: s, way: passwordWays["session"]}
		during := &tool{w: w, store: s, way: passwordWays["session"], keys: [][]byte{otherKey, oneKey}}
		for range 60 {
			_ = before.run(t, "changed")
			_ = during.run(t, "changed")
			time.Sleep(time.Minute) // fake clock
		}
		w.expectAtMost(t, 3)
		if len(w.calls) != 3 {
			t.Errorf("sent %d times in an hour", len(w.calls))
		}
	})
}

// A Store that does not answer leaves three sends for each process.
func TestR6_StoreThatFails_LeavesTheCountToTheProcess(t *testing.T) {
	t.Parallel()
	bubbles(t, storeTroubles(), func(t *testing.T, trouble func(context.Context, string) error) {
		sim := authtest.New(authtest.WithUser("ann", "right"))
		c := process(t, sim, tokensOnly{&storeView{sharedStore: &sharedStore{}, before: trouble}})
		f := byPassword(t, c, "ann", "wrong")
		began := time.Now()
		for time.Since(began) < 59*time.Minute {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			if _, err := f.Token(ctx); err == nil {
				t.Error("a wrong password is good for something")
			}
			cancel()
			time.Sleep(30 * time.Second) // fake clock
		}
		if n := sim.Calls(authtest.OpGetFullAccessToken); n != 3 {
			t.Errorf("sent %d times in an hour", n)
		}
		if _, err := byPassword(t, c, "ann", "right").Token(t.Context()); err != nil {
			t.Errorf("the right password: %v", err)
		}
		time.Sleep(time.Hour) // fake clock: what hangs ends
	})
}

// The turn of a request comes late, and another process has minted in the meantime: the
// password was taken for a call that was not made, and goes with the next one.
func TestR6_K1_PasswordThatWasNotSentAfterAll_IsNotInFlight(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		s := &sharedStore{}
		slow := process(t, sim, tokensOnly{s}, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithRateLimit(0.2, 1))
		mustToken(t, userOf(t, slow, 1)) // the next turn comes in 5 s
		f := byPassword(t, slow, "user-0", "pw")
		got := make(chan authflow.Token)
		go func() {
			token, err := f.Token(t.Context())
			if err != nil {
				t.Error(err)
			}
			got <- token
		}()
		time.Sleep(time.Second) // fake clock
		other := byPassword(t, process(t, sim, tokensOnly{s}), "user-0", "pw")
		if token := mustToken(t, other); token.Value != (<-got).Value {
			t.Error("two tokens")
		}
		for range 2 {
			time.Sleep(10 * time.Second) // fake clock
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			if err := f.Renew(ctx); err != nil {
				t.Errorf("the same password is held back: %v", err)
			}
			cancel()
		}
	}, people(2)...)
}

func (rateOnly) Load(context.Context, string) ([]byte, time.Duration, error) {
	return nil, 0, authflow.ErrNotStored
}

func (rateOnly) Save(context.Context, string, []byte, time.Duration) error { return nil }

func (rateOnly) Lock(context.Context, string, time.Duration) (func(), error) { return nil, nil }
