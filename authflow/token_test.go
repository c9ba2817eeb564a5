package authflow_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestR8_Token_HasTheRequiredLifeLeft(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		validity, rest, want time.Duration
		policy               authflow.Policy
		opts                 []authflow.TokenOption
	}{
		"by default":           {300 * time.Second, 289 * time.Second, 10 * time.Second, authflow.Policy{}, nil},
		"of a short token":     {20 * time.Second, 18 * time.Second, 2 * time.Second, authflow.Policy{}, nil},
		"by the policy":        {300 * time.Second, 240 * time.Second, time.Minute, authflow.Policy{MinTTL: time.Minute}, nil},
		"by the caller":        {300 * time.Second, 60 * time.Second, 4 * time.Minute, authflow.Policy{}, []authflow.TokenOption{authflow.MinTTL(4 * time.Minute)}},
		"the greater one wins": {300 * time.Second, 240 * time.Second, time.Minute, authflow.Policy{MinTTL: time.Minute}, []authflow.TokenOption{authflow.MinTTL(time.Second)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
				c.policy.RenewAt, c.policy.Jitter = 1, 1e-9 // no renewal ahead of time
				f := trusted(t, sim, c.validity, authflow.WithPolicy(c.policy))
				mustToken(t, f)
				time.Sleep(c.rest) // fake clock
				token := mustToken(t, f, c.opts...)
				if left := time.Until(token.Deadline); left < c.want {
					t.Errorf("%v left, want %v", left, c.want)
				}
				if n := sim.Calls(authtest.OpGetFullAccessToken); n != 2 {
					t.Errorf("%d token calls, want 2", n)
				}
			})
		})
	}
}

// A browser that gets a token at any moment of its life can use it for a while.
func TestR8_TokenOfAnyMoment_HasLifeLeft(t *testing.T) {
	t.Parallel()
	const moments = 50
	for life, least := range map[time.Duration]time.Duration{300 * time.Second: 10 * time.Second, 20 * time.Second: 2 * time.Second} {
		for i := range moments {
			inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
				f := trusted(t, sim, life)
				mustToken(t, f)
				time.Sleep(life * time.Duration(i) / moments) // fake clock
				token := mustToken(t, f)
				if left := time.Until(token.Deadline); left < least {
					t.Errorf("%v left after %d/%d of %v", left, i, moments, life)
				}
				time.Sleep(least - time.Millisecond) // fake clock
				if !accepts(t, sim, token) {
					t.Errorf("after %d/%d of %v: rejected", i, moments, life)
				}
			})
		}
	}
}

// A caller that requires more life than any token has, again and again, costs the
// server little.
func TestR7_MoreLifeThanATokenHas_MakesNoStorm(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy authflow.Policy
		opts   []authflow.TokenOption
	}{
		"by the policy":        {policy: authflow.Policy{MinTTL: 10 * time.Minute}},
		"by the caller":        {opts: []authflow.TokenOption{authflow.MinTTL(10 * time.Minute)}},
		"all that a token has": {opts: []authflow.TokenOption{authflow.MinTTL(300 * time.Second)}},
	} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			f := trusted(t, sim, 300*time.Second, authflow.WithPolicy(c.policy))
			for range 600 {
				token, err := f.Token(t.Context(), c.opts...)
				if err != nil && !errors.Is(err, authflow.ErrInvalid) || err == nil && time.Until(token.Deadline) <= 0 {
					t.Fatalf("%s: %v", name, err)
				}
				time.Sleep(100 * time.Millisecond) // fake clock
			}
			if n := sim.Calls(authtest.OpGetFullAccessToken); n > 5 {
				t.Errorf("%s: %d tokens in a minute", name, n)
			}
		})
	}
}

func TestX5_MoreLifeThanATokenHas_IsAnErrorThatNamesMinTTL(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, 300*time.Second)
		for range 2 {
			_, err := f.Token(t.Context(), authflow.MinTTL(time.Hour))
			var e *authflow.Error
			if !errors.Is(err, authflow.ErrInvalid) || !errors.As(err, &e) || e.Field != "MinTTL" {
				t.Errorf("%v", err)
			}
		}
	})
}

// The token may be one that has lived for a while: the error says how long tokens live,
// and how long this one still does.
func TestX5_MoreLifeThanATokenHas_IsAboutTheTokenInUse(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, 300*time.Second)
		mustToken(t, f)
		for _, left := range []string{"4m55s", "4m45s"} {
			_, err := f.Token(t.Context(), authflow.MinTTL(time.Hour))
			want := "MinTTL: tokens live for 4m55s, of which this one has " + left + " left, less than the required 1h0m0s"
			if err == nil || !strings.HasSuffix(err.Error(), want) {
				t.Errorf("%v, want %s", err, want)
			}
			time.Sleep(10 * time.Second) // fake clock
		}
	})
}

func TestT2_ExclusiveToken_IsReturnedToNoOtherCaller(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, 300*time.Second)
		seen := map[gen.Secret]bool{mustToken(t, f).Value: true}
		for range 5 {
			time.Sleep(time.Second) // fake clock
			token := mustToken(t, f, authflow.Exclusive())
			if seen[token.Value] {
				t.Error("the token was returned before")
			}
			if left := time.Until(token.Deadline); left < 290*time.Second {
				t.Errorf("%v left", left)
			}
			seen[token.Value] = true
		}
		if !seen[mustToken(t, f).Value] || sim.Calls(authtest.OpGetFullAccessToken) != 6 {
			t.Error("the shared token was replaced")
		}
	})
}

// A function that supplies an exclusive token may use another Flow. That Flow
// returns its shared token.
func TestT2_ExclusiveToken_DoesNotComeFromAnotherFlow(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		below := trusted(t, sim, 300*time.Second)
		shared := mustToken(t, below)
		f, err := clusterOf(t, sim).TokensFrom(func(ctx context.Context) (authflow.Token, error) { return below.Token(ctx) })
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if token := mustToken(t, f, authflow.Exclusive()); token.Value != shared.Value {
				t.Error("the other Flow made an exclusive token")
			}
		}
		if n := sim.Calls(authtest.OpGetFullAccessToken); n != 1 {
			t.Errorf("%d tokens", n)
		}
	})
}

func TestL4_Logout_EndsExclusiveTokens(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, 300*time.Second)
		tokens := []authflow.Token{mustToken(t, f), mustToken(t, f, authflow.Exclusive()), mustToken(t, f, authflow.Exclusive())}
		for range 2 {
			if err := f.Logout(t.Context()); err != nil {
				t.Error(err)
			}
		}
		for i, token := range tokens {
			if accepts(t, sim, token) {
				t.Errorf("token %d is still alive", i)
			}
		}
	})
}

// A token of TokensFrom may have no times. It is alive until it is revoked.
func TestL4_Logout_EndsATokenWhoseExpiryIsNotKnown(t *testing.T) {
	t.Parallel()
	for name, logout := range map[string]func(context.Context, *authflow.Flow) error{
		"Logout":             func(ctx context.Context, f *authflow.Flow) error { return f.Logout(ctx) },
		"Close, then Logout": func(ctx context.Context, f *authflow.Flow) error { return errors.Join(f.Close(), f.Logout(ctx)) },
	} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			token := mustToken(t, trusted(t, sim, time.Hour))
			f, err := clusterOf(t, sim).TokensFrom(func(context.Context) (authflow.Token, error) {
				return authflow.Token{Value: token.Value, Username: authtest.DefaultUsername}, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			mustGet(t, f)
			sim.Fail(authtest.OpRevokeToken, 1, authtest.Status(http.StatusBadRequest))
			if err := logout(t.Context(), f); err == nil || !accepts(t, sim, token) {
				t.Errorf("%s: %v from a server that rejects it", name, err)
			}
			time.Sleep(time.Minute) // fake clock
			for range 2 {
				if err := f.Logout(t.Context()); err != nil || accepts(t, sim, token) {
					t.Errorf("%s: the token is still alive: %v", name, err)
				}
			}
		})
	}
}
