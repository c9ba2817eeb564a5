package authflow_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// R10: functions and contexts of the user that take long, wait for themselves, or are
// not what they should be.

// Such a Lock says neither that the lock is held nor that it is not.
func TestR10_LockThatReturnsNothing_CostsNothing(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		s := &storeView{sharedStore: &sharedStore{}, unlocks: func(unlock func()) func() { unlock(); return nil }}
		for range 3 {
			first := replica(t, sim, s, admin)
			mustGet(t, first)
			if err := first.Renew(t.Context()); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Minute) // fake clock
			mustGet(t, replica(t, sim, s, admin))
		}
	})
}

// A function may wait for a person, for example to touch a key.
func TestR10_R5_FunctionOf12Seconds_IsCalledOnceForEachCredential(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for name, takes := range map[string]time.Duration{"12 s": 12 * time.Second, "29 s": 29 * time.Second} {
			calls := 0
			wait := func(ctx context.Context) error {
				calls++
				select {
				case <-time.After(takes):
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			sim := authtest.New()
			secret := func(value gen.Secret) authflow.CredentialFunc {
				return func(ctx context.Context) (gen.Secret, error) { return value, wait(ctx) }
			}
			password, err := clusterOf(t, sim).Session(gen.LoginRequest{Username: admin}, authflow.WithPassword(secret(authtest.DefaultPassword)))
			if err != nil {
				t.Fatal(err)
			}
			key := userNamed(t, clusterOf(t, sim, authflow.WithSecretKeyFunc(func(ctx context.Context, _ string) (gen.Secret, error) {
				return secret(authtest.DefaultSecretKey)(ctx)
			})), admin)
			full := trusted(t, sim, 24*time.Hour)
			tokens, err := clusterOf(t, sim).TokensFrom(func(ctx context.Context) (authflow.Token, error) {
				if err := wait(ctx); err != nil {
					return authflow.Token{}, err
				}
				return full.Token(ctx, authflow.Exclusive())
			})
			if err != nil {
				t.Fatal(err)
			}
			for kind, f := range map[string]*authflow.Flow{"password": password, "key": key, "token": tokens} {
				calls = 0
				for n := range 2 {
					if err := f.Renew(t.Context()); err != nil || calls != n+1 {
						t.Errorf("%s function of %s: %d calls for %d credentials, %v", kind, name, calls, n+1, err)
					}
				}
			}
		}
	})
}

// The context of a function ends a little before its callers get an error.
func TestR4_FunctionThatObeysItsContext_SaysWhyItFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := from(t, func(ctx context.Context) (authflow.Token, error) {
			<-ctx.Done()
			return authflow.Token{}, fmt.Errorf("the vault is sealed: %w", ctx.Err())
		})
		for range 2 {
			began := time.Now()
			_, err := f.Token(t.Context())
			if took := time.Since(began); err == nil || !strings.Contains(err.Error(), "the vault is sealed") || took > 30*time.Second {
				t.Errorf("%v after %v", err, took)
			}
			time.Sleep(time.Minute) // fake clock
		}
	})
}

// A function that calls the Flow that it supplies gets an error at once.
func TestR10_FunctionThatWaitsForItself_IsToldAtOnce(t *testing.T) {
	t.Parallel()
	for how, use := range acquisitions() {
		var f, child *authflow.Flow
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			secret := func(f **authflow.Flow) func(context.Context) (gen.Secret, error) {
				return func(ctx context.Context) (gen.Secret, error) { return "secret", use(ctx, *f) }
			}
			session := func(f **authflow.Flow) *authflow.Flow {
				s, err := clusterOf(t, sim).Session(gen.LoginRequest{Username: "u"}, authflow.WithPassword(secret(f)))
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			for name, make := range map[string]func() *authflow.Flow{
				"token function": func() *authflow.Flow {
					f, err := clusterOf(t, sim).TokensFrom(func(ctx context.Context) (authflow.Token, error) { return authflow.Token{}, use(ctx, f) })
					if err != nil {
						t.Fatal(err)
					}
					return f
				},
				"password function": func() *authflow.Flow { return session(&f) },
				"key function": func() *authflow.Flow {
					return userNamed(t, clusterOf(t, sim, authflow.WithSecretKeyFunc(func(ctx context.Context, _ string) (gen.Secret, error) { return secret(&f)(ctx) })), "u")
				},
				"RoundTripper": func() *authflow.Flow {
					return userNamed(t, clusterOf(t, sim, authflow.WithSecretKey("k"), authflow.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
						return nil, use(r.Context(), f)
					})})), "u")
				},
				"the parent's function, which uses the child": func() *authflow.Flow { child = session(&child).SessionToken(); return child },
				"the same, called by the parent": func() *authflow.Flow {
					parent := session(&child)
					child = parent.SessionToken()
					return parent
				},
			} {
				f = make()
				for range 2 {
					began := time.Now()
					if _, err := carried(t.Context(), f); err == nil || errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 2*time.Second {
						t.Errorf("%s by %s: told after %v: %v", name, how, time.Since(began), err)
					}
					time.Sleep(time.Minute) // fake clock
				}
			}
		})
	}
}

// takenBack is the context of a framework that uses it again for another request.
type takenBack struct {
	context.Context
	gone *atomic.Bool
}

// Value implements context.Context.
func (c takenBack) Value(key any) any {
	if c.gone.Load() {
		panic("use of a context after the request has ended")
	}
	return c.Context.Value(key)
}

func TestR10_ContextThatIsUsedAgain_HarmsNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var gone atomic.Bool
		c := fakeCluster(t, func(r *http.Request) (*http.Response, error) { return fresh(r, "tok"), nil })
		var slow atomic.Bool
		slow.Store(true)
		flow := func() *authflow.Flow {
			f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann"}, authflow.WithPassword(func(context.Context) (gen.Secret, error) {
				if slow.Load() {
					time.Sleep(time.Second) // fake clock; the request ends in the meantime
				}
				return "hunter22", nil
			}))
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if _, err := flow().Token(takenBack{ctx, &gone}); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		gone.Store(true)
		time.Sleep(time.Minute) // fake clock
		slow.Store(false)
		ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := flow().Token(ctx); err != nil {
			t.Errorf("another flow of the cluster: %v", err)
		}
	})
}

func TestR10_NilContext_HarmsNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := on(t, func(r *http.Request) (*http.Response, error) { return fresh(r, "tok"), nil })
		for range 2 {
			func() {
				defer func() { _ = recover() }() // as net/http does in handlers
				_, _ = f.Token(nil)              //nolint:staticcheck // the mistake in question
			}()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, err := f.Token(ctx); err != nil {
				t.Error(err)
			}
			cancel()
			f.Invalidate(authflow.Token{Value: "tok"})
			time.Sleep(10 * time.Minute) // fake clock
		}
		_ = f.Close()
	})
}
