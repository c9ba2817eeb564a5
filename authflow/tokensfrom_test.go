package authflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// from returns a Flow on the tokens of fn.
func from(t *testing.T, fn func(context.Context) (authflow.Token, error)) *authflow.Flow {
	t.Helper()
	c, err := authflow.New(fakeURL)
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.TokensFrom(fn)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// cache is a source that returns a token until it has only ten seconds left, as
// oauth2.ReuseTokenSource does.
type cache struct {
	fetch func(context.Context) (authflow.Token, error)
	last  authflow.Token
	made  int
}

func (c *cache) token(ctx context.Context) (authflow.Token, error) {
	if time.Until(c.last.Expires) >= 10*time.Second {
		return c.last, nil
	}
	c.made++
	var err error
	c.last, err = c.fetch(ctx)
	return c.last, err
}

func TestR12_TokenThatASourceReturnsAgain_KeepsItsAge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &cache{}
		source.fetch = func(context.Context) (authflow.Token, error) {
			now := time.Now()
			return authflow.Token{Value: gen.Secret(fmt.Sprint("tok", source.made)), Created: now, Expires: now.Add(300 * time.Second)}, nil
		}
		f := from(t, source.token)
		for range 1200 {
			time.Sleep(time.Second) // fake clock
			token, err := f.Token(t.Context())
			if err != nil || !time.Now().Before(token.Expires) {
				t.Fatalf("%v, expired %v ago", err, time.Since(token.Expires))
			}
		}
		if source.made < 4 || source.made > 6 {
			t.Errorf("%d tokens in 20 minutes", source.made)
		}
	})
}

// The server issues the same token to the user of a token again.
func TestR12_SessionTokenThatIsTheParents_KeepsItsAge(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		full := trusted(t, sim, 300*time.Second)
		f := full.SessionToken()
		for range 2 {
			first := mustToken(t, full)
			time.Sleep(200 * time.Second) // fake clock
			if again := mustToken(t, f); again.Value != first.Value {
				t.Fatal("want the same token again")
			}
			time.Sleep(150 * time.Second) // fake clock
			if last := mustToken(t, f); last.Value == first.Value {
				t.Error("a token is used that expired 50 s ago")
			}
			time.Sleep(300 * time.Second) // fake clock
		}
	}, authtest.WithSameSessionToken())
}

// A token that was stored and is given back expires when it would have.
func TestR12_Deadline_MakesTheRoundTrip(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		stored := mustToken(t, trusted(t, sim, 300*time.Second))
		time.Sleep(100 * time.Second) // fake clock
		calls := 0
		f := from(t, func(context.Context) (authflow.Token, error) {
			calls++
			if calls > 1 {
				return authflow.Token{Value: "next"}, nil
			}
			return stored, nil
		})
		again := mustToken(t, f)
		if again.Value != stored.Value || !again.Deadline.Equal(stored.Deadline) {
			t.Errorf("until %v, was until %v", again.Deadline, stored.Deadline)
		}
		time.Sleep(time.Until(stored.Deadline)) // fake clock
		if v := mustCarry(t, f); v != "next" {
			t.Error("used beyond its deadline")
		}
	}, authtest.WithClockOffset(24*time.Hour))
}

// The tokens of a SessionToken are ended with it. Where the server issues the token of
// the parent again, that is the parent's to end.
func TestL4_LogoutOfASessionToken_LeavesTheParentsToken(t *testing.T) {
	t.Parallel()
	for revoked, opts := range map[int][]authtest.Option{1: nil, 0: {authtest.WithSameSessionToken()}} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			full := trusted(t, sim, 300*time.Second)
			parents := mustCarry(t, full)
			f := full.SessionToken()
			mustGet(t, f)
			for range 2 {
				if err := f.Logout(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if n := sim.Calls(authtest.OpRevokeToken); n != revoked {
				t.Errorf("%d tokens revoked, want %d", n, revoked)
			}
			mustGet(t, full)
			if mustCarry(t, full) != parents {
				t.Error("the parent's token is dead")
			}
		}, opts...)
	}
}

func TestR4_FunctionThatHangs_IsLeftBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		var calls atomic.Int64 // the first call is still running during the second
		f := from(t, func(context.Context) (authflow.Token, error) {
			if calls.Add(1) == 1 {
				<-stop
				return authflow.Token{Value: "late"}, nil
			}
			return authflow.Token{Value: "second"}, nil
		})
		began := time.Now()
		_, err := f.Token(t.Context())
		if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took > 30*time.Second {
			t.Errorf("%v after %v", err, took)
		}
		time.Sleep(time.Second) // fake clock
		if token, err := f.Token(t.Context()); err != nil || token.Value != "second" {
			t.Errorf("while the first call hangs: %v", err)
		}
		close(stop)
		synctest.Wait()
		if token, err := f.Token(t.Context()); err != nil || token.Value != "second" {
			t.Errorf("the token of the first call is used: %v", err)
		}
	})
}

// The function breaks at each second call.
func TestR10_FunctionThatDoesNotReturn_IsCalledAgainAfterAPause(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]func(){
		"panic":              func() { panic("by the function") },
		"ends its goroutine": runtime.Goexit, // as t.FailNow does
	}, func(t *testing.T, breaks func()) {
		calls := 0
		f := from(t, func(context.Context) (authflow.Token, error) {
			calls++
			if calls%2 == 1 {
				breaks()
			}
			return authflow.Token{Value: gen.Secret(fmt.Sprint("token-", calls))}, nil
		})
		for n := range 2 {
			if _, err := f.Token(t.Context()); err == nil {
				t.Errorf("time %d: no error", n+1)
			}
			time.Sleep(time.Second) // fake clock
			token := mustToken(t, f)
			if want := fmt.Sprint("token-", 2*n+2); string(token.Value) != want {
				t.Errorf("time %d: want %s", n+1, want)
			}
			time.Sleep(2 * time.Minute) // fake clock
			f.Invalidate(token)
		}
	})
}

// R7: a token without times is used until the server rejects it.
func TestR7_TokenWithoutTimes_IsRequestedOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		full := trusted(t, sim, 24*time.Hour)
		calls := 0
		f, err := clusterOf(t, sim).TokensFrom(func(ctx context.Context) (authflow.Token, error) {
			calls++
			token, err := full.Token(ctx, authflow.Exclusive())
			return authflow.Token{Value: token.Value}, err
		})
		if err != nil {
			t.Fatal(err)
		}
		for n := range 2 {
			for range 360 {
				mustGet(t, f)
				time.Sleep(10 * time.Second) // fake clock
			}
			if calls != n+1 {
				t.Errorf("called %d times, with %d tokens rejected", calls, n)
			}
			sim.RevokeTokens()
			mustGet(t, f)
		}
	})
}

func TestX3_X5_TokenThatWentThroughJSON_IsRejected(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(authflow.Token{Value: "real"})
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		f := from(t, func(context.Context) (token authflow.Token, err error) { return token, json.Unmarshal(text, &token) })
		for range 2 {
			if _, err := f.Token(t.Context()); err == nil || !strings.Contains(err.Error(), "[redacted]") {
				t.Errorf("%v", err)
			}
			time.Sleep(time.Hour) // fake clock
		}
	})
}
