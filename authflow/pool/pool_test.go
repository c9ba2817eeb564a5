package pool_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/pool"
	"github.com/go-thoughtspot/tsauth/gen"
)

// users is a pool of users of a simulator, who are made just in time.
type users struct {
	*pool.Pool[string]
	sim     *authtest.Simulator
	cluster *authflow.Cluster
	created sync.Map                                                      // of key to *atomic.Int32
	before  func(ctx context.Context, key string) (*authflow.Flow, error) // in place of making one, if it returns something
}

// in calls test in a bubble with a pool.
func in(t *testing.T, opts []pool.Option, test func(*testing.T, *users)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		u := &users{sim: authtest.New()}
		var err error
		u.cluster, err = authflow.New(u.sim.URL, authflow.WithHTTPClient(u.sim.Client()), authflow.WithSecretKey(authtest.DefaultSecretKey))
		if err != nil {
			t.Fatal(err)
		}
		u.Pool, err = pool.New(u.create, opts...)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
			defer cancel()
			_ = u.Close(ctx) // its goroutine would stay in the bubble
		}()
		test(t, u)
	})
}

func (u *users) create(ctx context.Context, key string) (*authflow.Flow, error) {
	n, _ := u.created.LoadOrStore(key, new(atomic.Int32))
	n.(*atomic.Int32).Add(1)
	if u.before != nil {
		if f, err := u.before(ctx, key); f != nil || err != nil {
			return f, err
		}
	}
	yes := true
	return u.cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: key, AutoCreate: &yes, Email: key + "@example.com", DisplayName: key})
}

// times returns how often the flow of a key was made.
func (u *users) times(key string) int {
	n, ok := u.created.Load(key)
	if !ok {
		return 0
	}
	return int(n.(*atomic.Int32).Load())
}

// token returns the token of a key, which must be there.
func (u *users) token(t *testing.T, key string) authflow.Token {
	t.Helper()
	f, err := u.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	token, err := f.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// alive reports whether the server takes a token.
func (u *users) alive(t *testing.T, token authflow.Token) bool {
	t.Helper()
	client, err := gen.NewClientWithResponses(u.sim.URL, gen.WithHTTPClient(u.sim.Client()))
	if err != nil {
		t.Fatal(err)
	}
	r, err := client.GetCurrentUserInfoWithResponse(t.Context(), bearer(token))
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode() == 200
}

func TestU1OneCreationForAllWhoAsk(t *testing.T) {
	in(t, nil, func(t *testing.T, u *users) {
		u.before = func(context.Context, string) (*authflow.Flow, error) {
			time.Sleep(time.Second) // fake clock
			return nil, nil
		}
		var mu sync.Mutex
		got := map[*authflow.Flow]bool{}
		var wg sync.WaitGroup
		for range 500 {
			wg.Go(func() {
				f, err := u.Get(t.Context(), "ann")
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				got[f] = true
				mu.Unlock()
			})
		}
		wg.Wait()
		if n := u.times("ann"); n != 1 || len(got) != 1 {
			t.Errorf("made %d times, %d flows", n, len(got))
		}
		if s := u.Stats(); s.Created != 1 || s.Flows != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestU1EachWaitsUnderItsOwnContext(t *testing.T) {
	in(t, nil, func(t *testing.T, u *users) {
		u.before = func(ctx context.Context, _ string) (*authflow.Flow, error) {
			select {
			case <-time.After(10 * time.Second):
				return nil, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		var wg sync.WaitGroup
		for limit, want := range map[time.Duration]error{time.Second: context.DeadlineExceeded, 2 * time.Second: context.DeadlineExceeded, time.Minute: nil} {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				began := time.Now()
				if f, err := u.Get(ctx, "ann"); !errors.Is(err, want) || (err == nil) != (f != nil) || time.Since(began) > limit {
					t.Errorf("%v: %v, %v after %v", limit, f, err, time.Since(began))
				}
			})
		}
		wg.Wait()
	})
}

func TestAFailedCreationIsNotKept(t *testing.T) {
	in(t, nil, func(t *testing.T, u *users) {
		broken := errors.New("no database")
		for name, before := range map[string]func(context.Context, string) (*authflow.Flow, error){
			"no database": func(context.Context, string) (*authflow.Flow, error) { return nil, broken },
			"panicked":    func(context.Context, string) (*authflow.Flow, error) { panic("a slip") },
		} {
			u.before = before
			if f, err := u.Get(t.Context(), "ann"); f != nil || err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %v, %v", name, f, err)
			}
		}
		u.before = nil
		if u.token(t, "ann").Username != "ann" || u.times("ann") != 3 {
			t.Errorf("made %d times", u.times("ann"))
		}
		if s := u.Stats(); s.Failed != 2 || s.Created != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestACreationWithoutAFlowIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, err := pool.New(func(context.Context, int) (*authflow.Flow, error) { return nil, nil })
		if err != nil {
			t.Fatal(err)
		}
		if f, err := p.Get(t.Context(), 1); f != nil || err == nil {
			t.Errorf("%v, %v", f, err)
		}
		_ = p.Close(t.Context())
	})
}

func TestU1TheBoundHoldsUnderLoad(t *testing.T) {
	in(t, []pool.Option{pool.WithMaxFlows(100)}, func(t *testing.T, u *users) {
		var wg sync.WaitGroup
		for g := range 20 {
			wg.Go(func() {
				for i := range 500 {
					key := fmt.Sprintf("user-%d-%d", g, i)
					if f, err := u.Get(t.Context(), key); err != nil || !strings.Contains(fmt.Sprint(f), key) {
						t.Errorf("%v, %v", f, err)
					}
				}
			})
		}
		wg.Wait()
		synctest.Wait()
		if s := u.Stats(); s.Flows > 100 || s.Created != 10_000 || s.Dropped+uint64(s.Flows) != s.Created {
			t.Errorf("%+v", s)
		}
	})
}

func TestU1ADroppedFlowIsNotHandedOutAndGoesOnForItsUser(t *testing.T) {
	in(t, []pool.Option{pool.WithIdle(time.Hour)}, func(t *testing.T, u *users) {
		held, err := u.Get(t.Context(), "ann")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(59 * time.Minute) // fake clock
		if again, _ := u.Get(t.Context(), "ann"); again != held {
			t.Error("dropped before its time")
		}
		time.Sleep(time.Hour + time.Minute) // fake clock
		if again, err := u.Get(t.Context(), "ann"); again == held || err != nil {
			t.Errorf("still handed out, %v", err)
		}
		if _, err := held.Token(t.Context()); err != nil {
			t.Errorf("whoever uses it: %v", err)
		}
		if s := u.Stats(); s.Dropped != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestForgetEndsTheTokensOfAUserWhoLeft(t *testing.T) {
	in(t, nil, func(t *testing.T, u *users) {
		ann, bob := u.token(t, "ann"), u.token(t, "bob")
		held, err := u.Get(t.Context(), "ann")
		if err != nil {
			t.Fatal(err)
		}
		if err := u.Forget(t.Context(), "ann"); err != nil {
			t.Fatal(err)
		}
		if u.alive(t, ann) || !u.alive(t, bob) {
			t.Errorf("ann %v, bob %v", u.alive(t, ann), u.alive(t, bob))
		}
		if _, err := held.Token(t.Context()); !errors.Is(err, authflow.ErrClosed) {
			t.Errorf("the forgotten flow: %v", err)
		}
		if next := u.token(t, "ann"); next.Value == ann.Value || !u.alive(t, next) || u.times("ann") != 2 {
			t.Errorf("made %d times", u.times("ann"))
		}
		if err := u.Forget(t.Context(), "nobody"); err != nil {
			t.Error(err)
		}
		if s := u.Stats(); s.Forgotten != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// The rules change while the flow is being made with the old ones.
func TestU1ForgetReachesAFlowThatIsBeingMade(t *testing.T) {
	in(t, nil, func(t *testing.T, u *users) {
		rules := "old"
		u.before = func(context.Context, string) (*authflow.Flow, error) {
			now := rules
			time.Sleep(time.Second) // fake clock
			return u.cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: now})
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			if f, err := u.Get(t.Context(), "ann"); err != nil || !strings.Contains(fmt.Sprint(f), "new") {
				t.Errorf("%v, %v", f, err)
			}
		})
		synctest.Wait()
		rules = "new"
		if err := u.Forget(t.Context(), "ann"); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
}

func TestForgetSaysWhatItCouldNotEnd(t *testing.T) {
	in(t, nil, func(t *testing.T, u *users) {
		u.token(t, "ann")
		u.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(500))
		var e *authflow.Error
		if err := u.Forget(t.Context(), "ann"); !errors.As(err, &e) || e.Status != 500 {
			t.Error(err)
		}
		u.sim.ClearFaults()
		if u.token(t, "ann").Username != "ann" {
			t.Error("no other flow")
		}
	})
}

func TestCloseRevokesWhatIsAliveAtThePace(t *testing.T) {
	in(t, nil, func(t *testing.T, u *users) {
		var all []authflow.Token
		for i := range 200 {
			all = append(all, u.token(t, fmt.Sprint("user-", i)))
		}
		_, _ = u.Get(t.Context(), "never used")
		time.Sleep(time.Second) // fake clock: the burst is there again
		began := time.Now()
		if err := u.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		// 200 calls, of which the first 10 wait for nothing, and 50 a second.
		if took := time.Since(began); took < 3*time.Second || took > 5*time.Second {
			t.Errorf("closed after %v", took)
		}
		if slices.ContainsFunc(all, func(token authflow.Token) bool { return u.alive(t, token) }) {
			t.Error("tokens are alive")
		}
		if f, err := u.Get(t.Context(), "user-1"); f != nil || !errors.Is(err, pool.ErrClosed) || !errors.Is(err, authflow.ErrClosed) {
			t.Errorf("%v, %v", f, err)
		}
		if err := u.Close(t.Context()); err != nil {
			t.Errorf("a second time: %v", err)
		}
	})
}

func TestCloseEndsInTimeAndSaysHowManyItCouldNotEnd(t *testing.T) {
	in(t, nil, func(t *testing.T, u *users) {
		for i := range 200 {
			u.token(t, fmt.Sprint("user-", i))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		began := time.Now()
		err := u.Close(ctx)
		var e *pool.CloseError
		if !errors.As(err, &e) || e.Flows != 200 || e.Failed < 80 || e.Failed > 110 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("closed after %v", took)
		}
		if n := u.sim.Calls(authtest.OpRevokeToken); n != 200-e.Failed {
			t.Errorf("%d calls, %d failures", n, e.Failed)
		}
	})
}

// A flow that is being made when the pool closes has no token, and gets none.
func TestU1CloseReachesAFlowThatIsBeingMade(t *testing.T) {
	in(t, nil, func(t *testing.T, u *users) {
		u.before = func(context.Context, string) (*authflow.Flow, error) {
			time.Sleep(time.Second) // fake clock
			return nil, nil
		}
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if f, err := u.Get(t.Context(), "ann"); f != nil || !errors.Is(err, pool.ErrClosed) {
					t.Errorf("%v, %v", f, err)
				}
			})
		}
		synctest.Wait()
		if err := u.Close(t.Context()); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
}

func TestX5WhatCannotBeIsNamed(t *testing.T) {
	create := func(context.Context, string) (*authflow.Flow, error) { return nil, nil }
	for want, make := range map[string]func() (*pool.Pool[string], error){
		"create":       func() (*pool.Pool[string], error) { return pool.New[string](nil) },
		"WithMaxFlows": func() (*pool.Pool[string], error) { return pool.New(create, pool.WithMaxFlows(0)) },
		"WithIdle":     func() (*pool.Pool[string], error) { return pool.New(create, pool.WithIdle(-1)) },
	} {
		if p, err := make(); p != nil || !errors.Is(err, authflow.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", want, p, err)
		}
	}
}

// bearer lets a generated client carry a token.
func bearer(token authflow.Token) gen.RequestEditorFn {
	return func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "Bearer "+string(token.Value))
		return nil
	}
}
