package authflow_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// K1 to K4: tokens beyond one process.

var (
	oneKey   = bytes.Repeat([]byte{1}, 32)
	otherKey = bytes.Repeat([]byte{2}, 32)
)

// replica returns the Flow of a user in another process, so to speak.
func replica(t *testing.T, sim *authtest.Simulator, s authflow.Store, user string, opts ...authflow.Option) *authflow.Flow {
	t.Helper()
	c := clusterOf(t, sim, append([]authflow.Option{authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithStore(s, oneKey)}, opts...)...)
	f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: user})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

const admin = authtest.DefaultUsername

func TestK1OneMintForTheFleet(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Delay(300*time.Millisecond))
		var wg sync.WaitGroup
		var mu sync.Mutex
		got := map[gen.Secret]int{}
		for range 20 {
			f := replica(t, sim, &s, admin)
			wg.Go(func() {
				token, err := f.Token(t.Context())
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				got[token.Value]++
				mu.Unlock()
			})
		}
		wg.Wait()
		if n := sim.Calls(authtest.OpGetFullAccessToken); n != 1 || len(got) != 1 {
			t.Errorf("%d mints, %d tokens", n, len(got))
		}
	})
}

// The queue for the pace is longer than a lock is held, and than it is waited for.
func TestK1OneMintEachInALongQueue(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		const users = 60
		var s storetest.Memory
		var wg sync.WaitGroup
		for range 3 {
			c := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithStore(&s, oneKey), authflow.WithRateLimit(1, 1))
			for u := range users {
				f := userOf(t, c, u)
				wg.Go(func() {
					if _, err := f.Token(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		// Without a lock two may look at the same instant, and both find nothing.
		if n := sim.Calls(authtest.OpGetFullAccessToken); n > users*21/20 {
			t.Errorf("%d mints for %d users", n, users)
		}
	}, people(60)...)
}

// A day of five replicas, which serve requests at random: as many mints as one
// would make, and no request carries a dead token.
func TestK1OneMintForEachPeriod(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		flows := make([]*authflow.Flow, 5)
		for i := range flows {
			flows[i] = replica(t, sim, &s, admin)
		}
		rng := rand.New(rand.NewPCG(1, 1))
		began := time.Now()
		for time.Since(began) < 24*time.Hour {
			mustGet(t, flows[rng.IntN(len(flows))])
			time.Sleep(time.Duration(rng.IntN(10_000)) * time.Millisecond) // fake clock
		}
		// A token of 300 s serves 75 % of it at least, and 80 % at the most.
		if n := sim.Calls(authtest.OpGetFullAccessToken); n < 360 || n > 390 {
			t.Errorf("%d mints in a day", n)
		}
	})
}

func TestK1AToolThatRunsEachMinuteMintsEachLifetime(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		for range 60 {
			mustGet(t, replica(t, sim, &s, admin))
			time.Sleep(time.Minute) // fake clock
		}
		if n := sim.Calls(authtest.OpGetFullAccessToken); n > 15 {
			t.Errorf("%d mints in 60 runs", n)
		}
	})
}

// The holder of the lock dies with it.
func TestK1ALockOfOneWhoDiedEnds(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		mustToken(t, replica(t, sim, &s, admin))
		name := s.Names()[0]
		value, _, err := s.Load(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		_ = s.Delete(t.Context(), name, value)
		if _, err := s.Lock(t.Context(), name, 10*time.Second); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		mustToken(t, replica(t, sim, &s, admin))
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("after %v", took)
		}
	})
}

// R1: how old a token is comes from the store, whatever the clocks of the
// machines say, and it is not used past its end.
func TestK1ATokenKeepsItsAge(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		first := mustToken(t, replica(t, sim, &s, admin))
		time.Sleep(100 * time.Second) // fake clock
		f := replica(t, sim, &s, admin)
		second := mustToken(t, f)
		if second.Value != first.Value || second.Deadline.Sub(first.Deadline).Abs() > time.Second || second.Expires != first.Expires || second.UserID != first.UserID {
			t.Errorf("%v, then %v", first, second)
		}
		time.Sleep(205 * time.Second) // fake clock
		if third := mustToken(t, f); third.Value == first.Value {
			t.Error("used past its end")
		}
	})
}

func TestK2AStoreThatFailsCostsMintsOnly(t *testing.T) {
	hang := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	for name, fail := range map[string]func(context.Context) error{
		"down":           func(context.Context) error { return errors.New("no connection") },
		"hangs":          hang,
		"hangs for good": func(context.Context) error { select {} },
		"slow":           func(context.Context) error { time.Sleep(2 * time.Second); return nil }, // fake clock
		"panics":         func(context.Context) error { panic("of the store, with " + hidden) },
	} {
		t.Run(name, func(t *testing.T) {
			if name == "hangs for good" {
				fail = func(context.Context) error { time.Sleep(time.Hour); return errors.New("at last") } // fake clock
			}
			inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
				s := &failingStore{fail: fail}
				var mu sync.Mutex
				failed := 0
				f := replica(t, sim, s, admin, authflow.WithObserver(func(e authflow.Event) {
					mu.Lock()
					defer mu.Unlock()
					if e.Kind == authflow.StoreFailed {
						if failed++; strings.Contains(fmt.Sprintf("%v %+v", e, e.Err), hidden) {
							t.Error("a secret of the store's is shown")
						}
					}
				}))
				began := time.Now()
				for range 600 {
					mustGet(t, f)
					time.Sleep(10 * time.Second) // fake clock
				}
				_ = began
				if n := sim.Calls(authtest.OpGetFullAccessToken); n < 20 || n > 30 {
					t.Errorf("%d mints in 100 min", n)
				}
				if mu.Lock(); failed < 1 || failed > 60 {
					t.Errorf("%d failures reported", failed)
				}
				mu.Unlock()
				s.mend()
				mustToken(t, replica(t, sim, s, admin))
				time.Sleep(time.Hour) // fake clock: for what hangs
			})
		})
	}
}

const hidden = "a-Secret-Of-The-Store"

// failingStore is a Store that fails until it is mended.
type failingStore struct {
	storetest.Memory
	mu   sync.Mutex
	fail func(context.Context) error
}

func (b *failingStore) mend() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fail = nil
}

func (b *failingStore) failed(ctx context.Context) error {
	b.mu.Lock()
	fail := b.fail
	b.mu.Unlock()
	if fail == nil {
		return nil
	}
	return fail(ctx)
}

func (b *failingStore) Load(ctx context.Context, name string) ([]byte, time.Duration, error) {
	if err := b.failed(ctx); err != nil {
		return nil, 0, err
	}
	return b.Memory.Load(ctx, name)
}

func (b *failingStore) Save(ctx context.Context, name string, value []byte, ttl time.Duration) error {
	if err := b.failed(ctx); err != nil {
		return err
	}
	return b.Memory.Save(ctx, name, value, ttl)
}

func (b *failingStore) Swap(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
	if err := b.failed(ctx); err != nil {
		return err
	}
	return b.Memory.Swap(ctx, name, old, value, ttl)
}

func (b *failingStore) Lock(ctx context.Context, name string, limit time.Duration) (func(), error) {
	if err := b.failed(ctx); err != nil {
		return nil, err
	}
	return b.Memory.Lock(ctx, name, limit)
}

// An outage of the cluster: a token that is kept serves to its end.
func TestK2AKeptTokenServesInAnOutage(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		first := mustToken(t, replica(t, sim, &s, admin))
		sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Status(503))
		time.Sleep(270 * time.Second) // fake clock: it is due
		token, err := replica(t, sim, &s, admin).Token(t.Context(), authflow.MinTTL(time.Second))
		if err != nil || token.Value != first.Value {
			t.Errorf("%v, %v", token, err)
		}
	})
}

func TestK2GarbageCostsAMint(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		mustToken(t, replica(t, sim, &s, admin))
		name := s.Names()[0]
		good, _, err := s.Load(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		mints := sim.Calls(authtest.OpGetFullAccessToken)
		if err := s.Save(t.Context(), name, good, 24*time.Hour); err != nil { // which is more than it ever had
			t.Fatal(err)
		}
		mustToken(t, replica(t, sim, &s, admin))
		if mints++; sim.Calls(authtest.OpGetFullAccessToken) != mints {
			t.Error("a life that is longer than that of the token is believed")
		}
		for what, value := range map[string][]byte{
			"nothing": {}, "one byte": {1}, "noise": bytes.Repeat([]byte{7}, 300), "cut": good[:len(good)-1], "a bit": append([]byte{good[0] ^ 1}, good[1:]...),
		} {
			if err := s.Save(t.Context(), name, value, time.Hour); err != nil {
				t.Fatal(err)
			}
			mustToken(t, replica(t, sim, &s, admin))
			if mints++; sim.Calls(authtest.OpGetFullAccessToken) != mints {
				t.Errorf("%s: %d mints, want %d", what, sim.Calls(authtest.OpGetFullAccessToken), mints)
			}
		}
	})
}

func TestK3ARefusedTokenIsNotHandedOutAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		a, b, late := replica(t, sim, &s, admin), replica(t, sim, &s, admin), replica(t, sim, &s, admin)
		mustGet(t, a)
		mustGet(t, b)
		sim.RevokeAll()
		mustGet(t, a) // by a replay
		mustGet(t, b)
		mustGet(t, late)
		if n := sim.Calls(authtest.OpGetFullAccessToken); n != 2 {
			t.Errorf("%d mints: one more than before the tokens were revoked is enough for all", n)
		}
	})
}

// The token that is kept is not that of the replica, and revoked as well.
func TestK3ARevocationOfAllIsSeenByNoRequest(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		a, b := replica(t, sim, &s, admin), replica(t, sim, &s, admin)
		mustGet(t, a)
		mustGet(t, b)
		time.Sleep(250 * time.Second) // fake clock
		mustToken(t, b, authflow.MinTTL(100*time.Second))
		time.Sleep(time.Second) // fake clock
		sim.RevokeAll()
		mustGet(t, a) // by two replays
		mustGet(t, b)
		if n := sim.Calls(authtest.OpGetFullAccessToken); n != 3 {
			t.Errorf("%d mints", n)
		}
	})
}

func TestK3AnInvalidatedTokenIsRemoved(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		a := replica(t, sim, &s, admin)
		first := mustToken(t, a)
		a.Invalidate(first)
		second := mustToken(t, a)
		if other := mustToken(t, replica(t, sim, &s, admin)); second.Value == first.Value || other.Value != second.Value {
			t.Error("the first is still kept")
		}
	})
}

func TestL4LogoutRemovesWhatIsKept(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		a := replica(t, sim, &s, admin)
		mustToken(t, a)
		if err := a.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		if names := s.Names(); len(names) > 0 {
			t.Errorf("%d are kept", len(names))
		}
		mustGet(t, replica(t, sim, &s, admin))
	})
}

// K4: whoever asks for something else, or has another credential or key, gets
// nothing of it.
func TestK4NobodyGetsWhatIsAnothers(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *authtest.Simulator) {
		sim := authtest.New(authtest.WithUser("ann", "right", authtest.InOrgs(0, 2)), authtest.WithUser("bob", "right"), authtest.WithOrg(2, "Sales"))
		var s storetest.Memory
		org := int32(2)
		ask := func(key []byte, req gen.GetFullAccessTokenRequest, opts ...authflow.Option) (authflow.Token, error) {
			f, err := clusterOf(t, sim, append([]authflow.Option{authflow.WithStore(&s, key)}, opts...)...).FullAccess(req)
			if err != nil {
				t.Fatal(err)
			}
			return f.Token(t.Context())
		}
		first, err := ask(oneKey, gen.GetFullAccessTokenRequest{Username: "ann", Password: "right"})
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			key []byte
			req gen.GetFullAccessTokenRequest
		}{
			"another key":         {otherKey, gen.GetFullAccessTokenRequest{Username: "ann", Password: "right"}},
			"another user":        {oneKey, gen.GetFullAccessTokenRequest{Username: "bob", Password: "right"}},
			"another Org":         {oneKey, gen.GetFullAccessTokenRequest{Username: "ann", Password: "right", OrgID: &org}},
			"another life":        {oneKey, gen.GetFullAccessTokenRequest{Username: "ann", Password: "right", ValidityTimeInSec: 60}},
			"the key":             {oneKey, gen.GetFullAccessTokenRequest{Username: "ann", SecretKey: authtest.DefaultSecretKey}},
			"a password of wrong": {oneKey, gen.GetFullAccessTokenRequest{Username: "ann", Password: "wrong"}},
		} {
			token, err := ask(c.key, c.req)
			if (err != nil) != (c.req.Password == "wrong") || token.Value == first.Value {
				t.Errorf("%s: %v, %v", name, token, err)
			}
		}
		if again, err := ask(oneKey, gen.GetFullAccessTokenRequest{Username: "ann", Password: "right"}); err != nil || again.Value != first.Value {
			t.Errorf("the same: %v", err)
		}
		// The same for a password that is not in the request.
		supplied := func(password gen.Secret) (authflow.Token, error) {
			f, err := clusterOf(t, sim, authflow.WithStore(&s, oneKey)).FullAccess(gen.GetFullAccessTokenRequest{Username: "bob"},
				authflow.WithPassword(func(context.Context) (gen.Secret, error) { return password, nil }))
			if err != nil {
				t.Fatal(err)
			}
			return f.Token(t.Context())
		}
		if _, err := supplied("right"); err != nil {
			t.Error(err)
		}
		if token, err := supplied("wrong"); err == nil {
			t.Errorf("a wrong password gets %v", token)
		}
		for _, name := range s.Names() {
			value, _, _ := s.Load(t.Context(), name)
			for _, secret := range []string{string(first.Value), "ann", "right", authtest.DefaultSecretKey} {
				if bytes.Contains(value, []byte(secret)) || strings.Contains(name, secret) {
					t.Errorf("%q is readable", secret)
				}
			}
		}
	})
}

// K4: an entry that is copied to the name of another user opens for nobody.
func TestK4AnEntryIsBoundToItsName(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *authtest.Simulator) {
		sim := authtest.New(authtest.WithUser("ann", ""), authtest.WithUser("bob", ""))
		var s storetest.Memory
		mustToken(t, replica(t, sim, &s, "ann"))
		anns := s.Names()[0]
		value, left, err := s.Load(t.Context(), anns)
		if err != nil {
			t.Fatal(err)
		}
		mustToken(t, replica(t, sim, &s, "bob"))
		for _, name := range s.Names() {
			if err := s.Save(t.Context(), name, value, left); err != nil {
				t.Fatal(err)
			}
		}
		if token := mustToken(t, replica(t, sim, &s, "bob")); token.Username != "bob" {
			t.Errorf("bob gets the token of %q", token.Username)
		}
	})
}

// While the key is changed, replicas with either order of keys share tokens, and
// afterwards the old key opens nothing.
func TestK4TheKeyIsChangedUnderway(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		with := func(keys ...[]byte) *authflow.Flow {
			f, err := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithStore(&s, keys[0], keys[1:]...)).
				FullAccess(gen.GetFullAccessTokenRequest{Username: admin})
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		first := mustToken(t, with(oneKey))
		for name, f := range map[string]*authflow.Flow{"old before new": with(oneKey, otherKey), "new before old": with(otherKey, oneKey)} {
			if token := mustToken(t, f); token.Value != first.Value {
				t.Errorf("%s: another token", name)
			}
		}
		time.Sleep(4*time.Minute + 30*time.Second) // fake clock
		second := mustToken(t, with(otherKey, oneKey))
		if third := mustToken(t, with(oneKey, otherKey)); third.Value != second.Value {
			t.Error("what the new key sealed is not found behind the old one")
		}
		if fourth := mustToken(t, with(oneKey)); fourth.Value == second.Value {
			t.Error("the old key opens it")
		}
	})
}

// Whoever wants more life than the token has that is kept gets another.
func TestR8MoreLifeThanIsKept(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		f := replica(t, sim, &s, admin)
		first := mustToken(t, f)
		time.Sleep(150 * time.Second) // fake clock
		if second := mustToken(t, f, authflow.MinTTL(200*time.Second)); second.Value == first.Value {
			t.Error("the same")
		}
	})
}

func TestT2AnUnsharedTokenIsNotKept(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		f := replica(t, sim, &s, admin)
		own, err := f.Token(t.Context(), authflow.Exclusive())
		if err != nil || len(s.Names()) > 0 {
			t.Errorf("%d are kept, %v", len(s.Names()), err)
		}
		if token := mustToken(t, replica(t, sim, &s, admin)); token.Value == own.Value {
			t.Error("given to another")
		}
	})
}

func TestX5AStoreWithoutAKeyIsRefused(t *testing.T) {
	for name, o := range map[string]authflow.Option{
		"no store": authflow.WithStore(nil, oneKey), "no key": authflow.WithStore(&storetest.Memory{}, nil),
		"short": authflow.WithStore(&storetest.Memory{}, oneKey[:16]), "short old": authflow.WithStore(&storetest.Memory{}, oneKey, []byte("x")),
	} {
		var e *authflow.Error
		if _, err := authflow.New(fakeURL, o); !errors.Is(err, authflow.ErrInvalid) || !errors.As(err, &e) || e.Field != "WithStore" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Renew gets a new one, for all who share the store.
func TestK1RenewAsksTheServer(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		a := replica(t, sim, &s, admin)
		first := mustToken(t, a)
		synctest.Wait()
		time.Sleep(time.Second) // fake clock
		if err := a.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		second, b := mustToken(t, a), replica(t, sim, &s, admin)
		if other := mustToken(t, b); second.Value == first.Value || other.Value != second.Value {
			t.Error("not renewed for all")
		}
		if err := b.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // fake clock
		third := mustToken(t, b)
		if err := a.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		if fourth := mustToken(t, a); fourth.Value == third.Value || fourth.Value == second.Value {
			t.Error("Renew is content with what another has got a minute ago")
		}
	})
}

// Another replica's token, which is as good as new, is not what Renew asks for.
func TestK1_Renew_DoesNotTakeTheTokenOfTheStore(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		first := mustToken(t, replica(t, sim, &s, admin))
		time.Sleep(time.Second) // fake clock
		b := replica(t, sim, &s, admin)
		for n := 2; n <= 3; n++ {
			if err := b.Renew(t.Context()); err != nil {
				t.Fatal(err)
			}
			if token := mustToken(t, b); token.Value == first.Value || sim.Calls(authtest.OpGetFullAccessToken) != n {
				t.Errorf("Renew %d: %d mints", n-1, sim.Calls(authtest.OpGetFullAccessToken))
			}
			time.Sleep(time.Second) // fake clock
		}
	})
}
