package authflow_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// What Token promises of the tokens that it hands out.

// accepts reports whether the server still takes a token.
func accepts(t *testing.T, sim *authtest.Simulator, token authflow.Token) bool {
	t.Helper()
	req := request(t, sim.URL+"/api/rest/2.0/metadata/search")
	req.Header.Set("Authorization", "Bearer "+string(token.Value))
	resp, err := sim.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func mustToken(t *testing.T, f *authflow.Flow, opts ...authflow.TokenOption) authflow.Token {
	t.Helper()
	token, err := f.Token(t.Context(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestR8ATokenIsHandedOutWithLifeLeft(t *testing.T) {
	for name, c := range map[string]struct {
		validity, rest, want time.Duration
		policy               authflow.Policy
		asked                []authflow.TokenOption
	}{
		"by default":            {300 * time.Second, 289 * time.Second, 10 * time.Second, authflow.Policy{}, nil},
		"of short tokens":       {20 * time.Second, 18 * time.Second, 2 * time.Second, authflow.Policy{}, nil},
		"as the policy says":    {300 * time.Second, 240 * time.Second, time.Minute, authflow.Policy{MinTTL: time.Minute}, nil},
		"as the caller asks":    {300 * time.Second, 60 * time.Second, 4 * time.Minute, authflow.Policy{}, []authflow.TokenOption{authflow.MinTTL(4 * time.Minute)}},
		"the greater one holds": {300 * time.Second, 240 * time.Second, time.Minute, authflow.Policy{MinTTL: time.Minute}, []authflow.TokenOption{authflow.MinTTL(time.Second)}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
				c.policy.RenewAt, c.policy.Jitter = 1, 1e-9 // no renewal ahead
				f := trusted(t, sim, c.validity, authflow.WithPolicy(c.policy))
				mustToken(t, f)
				time.Sleep(c.rest) // fake clock
				token := mustToken(t, f, c.asked...)
				if left := time.Until(token.Deadline); left < c.want {
					t.Errorf("%v left, want %v", left, c.want)
				}
				if n := sim.Calls(authtest.OpGetFullAccessToken); n != 2 {
					t.Errorf("%d token calls", n)
				}
			})
		})
	}
}

func TestX5MoreLifeThanATokenHasIsRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		_, err := trusted(t, sim, 300*time.Second).Token(t.Context(), authflow.MinTTL(time.Hour))
		var e *authflow.Error
		if !errors.Is(err, authflow.ErrInvalid) || !errors.As(err, &e) || e.Field != "MinTTL" {
			t.Errorf("%v", err)
		}
	})
}

func TestT2AnUnsharedTokenIsGivenToNobodyElse(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, 300*time.Second)
		seen := map[gen.Secret]bool{mustToken(t, f).Value: true}
		for range 5 {
			time.Sleep(time.Second) // fake clock
			token := mustToken(t, f, authflow.Exclusive())
			if seen[token.Value] {
				t.Error("it was given to somebody before")
			}
			if left := time.Until(token.Deadline); left < 290*time.Second {
				t.Errorf("%v left", left)
			}
			seen[token.Value] = true
		}
		if !seen[mustToken(t, f).Value] || sim.Calls(authtest.OpGetFullAccessToken) != 6 {
			t.Error("the shared one was replaced")
		}
	})
}

func TestL4LogoutEndsUnsharedTokensToo(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, 300*time.Second)
		tokens := []authflow.Token{mustToken(t, f), mustToken(t, f, authflow.Exclusive()), mustToken(t, f, authflow.Exclusive())}
		if err := f.Logout(t.Context()); err != nil {
			t.Error(err)
		}
		for i, token := range tokens {
			if accepts(t, sim, token) {
				t.Errorf("token %d is still alive", i)
			}
		}
	})
}

// A function that is asked for a token for one caller alone, and asks a Flow in
// turn, does not thereby ask that Flow for one of its own.
func TestT2UnsharedIsTheFlowThatWasAsked(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var seen events
		below := trusted(t, sim, 300*time.Second, authflow.WithObserver(seen.observe))
		f, err := clusterOf(t, sim).TokensFrom(func(ctx context.Context) (authflow.Token, error) { return below.Token(ctx) })
		if err != nil {
			t.Fatal(err)
		}
		mustToken(t, f, authflow.Exclusive())
		if got := seen.take(); len(got) != 1 || got[0].Reason != "none in use" {
			t.Errorf("%+v", got)
		}
	})
}

// Invalidate on TokensFrom
func TestR12AnInvalidatedTokenIsNotHandedOutAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fakeCluster(t, func(r *http.Request) (*http.Response, error) { return reply(r, 200, "{}"), nil })
		f, _ := c.TokensFrom(func(context.Context) (authflow.Token, error) {
			return authflow.Token{Value: "tok"}, nil
		})
		tok, err := f.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		f.Invalidate(tok)
		again, err := f.Token(t.Context())
		if err == nil && again.Value == tok.Value {
			t.Error("an invalidated token is handed out again")
		}
	})
}

func TestR7ALongMinLifeMakesNoStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		var mu sync.Mutex
		f := on(t, func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			n++
			return fresh(r, fmt.Sprint("tok", n)), nil
		}, authflow.WithPolicy(authflow.Policy{MinTTL: 10 * time.Minute}))
		for range 600 {
			if _, err := f.Token(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond) // fake clock
		}
		if n > 5 {
			t.Errorf("%d tokens in a minute", n)
		}
	})
}

func TestR7MoreLifeThanATokenEverHasMakesNoStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		f := on(t, func(r *http.Request) (*http.Response, error) {
			n++
			return fresh(r, fmt.Sprint("tok", n)), nil
		})
		for range 600 {
			_, _ = f.Token(t.Context(), authflow.MinTTL(10*time.Minute))
			time.Sleep(100 * time.Millisecond) // fake clock
		}
		if n > 5 {
			t.Errorf("MinTTL option: %d tokens in a minute", n)
		}
	})
}

// R12: also of the second and third token that is said not to work, which the
// function may hold on to.
func TestR12AFunctionsTokenThatWasInvalidatedIsNotHandedOutAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		f, err := fakeCluster(t, nil).TokensFrom(func(context.Context) (authflow.Token, error) {
			n++
			return authflow.Token{Value: gen.Secret(fmt.Sprint("token-", n/3))}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		given := map[gen.Secret]int{}
		for range 120 {
			if token, err := f.Token(t.Context()); err == nil {
				given[token.Value]++
				f.Invalidate(token)
			}
			time.Sleep(time.Second) // fake clock
		}
		if len(given) < 3 {
			t.Errorf("only %v in two minutes", given)
		}
		for token, times := range given {
			if times > 1 {
				t.Errorf("%s was handed out %d times", string(token), times)
			}
		}
	})
}
