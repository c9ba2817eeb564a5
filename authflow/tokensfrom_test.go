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

// A source may hand out the same token again; its life began when it was first
// handed out.
func TestR12ATokenThatIsHandedOutAgainKeepsItsAge(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		full := trusted(t, sim, 300*time.Second)
		first, err := full.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(200 * time.Second) // fake clock
		f := full.SessionToken()
		if again, err := f.Token(t.Context()); err != nil || again.Value != first.Value {
			t.Fatalf("expected the same token again, %v", err)
		}
		time.Sleep(150 * time.Second) // fake clock
		if last, err := f.Token(t.Context()); err != nil || last.Value == first.Value {
			t.Errorf("a token that ended 50 s ago, %v", err)
		}
	}, authtest.WithSameSessionToken())
	synctest.Test(t, func(t *testing.T) { // as oauth2.ReuseTokenSource does
		var cached authflow.Token
		made := 0
		f := from(t, func(context.Context) (authflow.Token, error) {
			if time.Until(cached.Expires) < 10*time.Second {
				made++
				cached = authflow.Token{Value: gen.Secret(fmt.Sprint("tok", made)), Created: time.Now(), Expires: time.Now().Add(300 * time.Second)}
			}
			return cached, nil
		})
		for range 1200 {
			time.Sleep(time.Second) // fake clock
			token, err := f.Token(t.Context())
			if err != nil || !time.Now().Before(token.Expires) {
				t.Fatalf("%v, expired %v ago", err, time.Since(token.Expires))
			}
		}
		if made < 4 || made > 6 {
			t.Errorf("%d tokens in 20 minutes", made)
		}
	})
}

// A token that is kept and given back has the end that it had.
func TestR12DeadlineMakesTheRoundTrip(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		kept, err := trusted(t, sim, 300*time.Second).Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Second) // fake clock
		calls := 0
		f := from(t, func(context.Context) (authflow.Token, error) {
			if calls++; calls > 1 {
				return authflow.Token{Value: "next"}, nil
			}
			return kept, nil
		})
		again, err := f.Token(t.Context())
		if err != nil || again.Value != kept.Value || !again.Deadline.Equal(kept.Deadline) {
			t.Errorf("until %v, was until %v, %v", again.Deadline, kept.Deadline, err)
		}
		time.Sleep(time.Until(kept.Deadline)) // fake clock
		if v := mustCarry(t, f); v != "next" {
			t.Error("carried beyond its deadline")
		}
	}, authtest.WithClockOffset(24*time.Hour))
}

// A SessionToken on a token ends what was issued to it; where the server hands
// out the parent's token, that is the parent's to end.
func TestL4LogoutLeavesTheParentsToken(t *testing.T) {
	logsOut := func(revoked int) func(*testing.T, *authtest.Simulator) {
		return func(t *testing.T, sim *authtest.Simulator) {
			full := trusted(t, sim, 300*time.Second)
			parents := mustCarry(t, full)
			f := full.SessionToken()
			mustGet(t, f)
			if err := f.Logout(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := sim.Calls(authtest.OpRevokeToken); n != revoked {
				t.Errorf("%d tokens revoked, want %d", n, revoked)
			}
			if mustGet(t, full); mustCarry(t, full) != parents {
				t.Error("the parent's token has ended")
			}
		}
	}
	inBubble(t, logsOut(1))
	inBubble(t, logsOut(0), authtest.WithSameSessionToken())
}

func TestR4AFunctionThatHangsIsLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		var calls atomic.Int64 // the first call is still there when the second comes
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
			t.Errorf("what came late is not used: %v", err)
		}
	})
}

// R10: whoever waits is told, and nothing else ends.
func TestR10AFunctionThatNeverReturnsItsResult(t *testing.T) {
	for name, first := range map[string]func(){
		"panic":  func() { panic("of the function's own") },
		"Goexit": runtime.Goexit, // as t.FailNow does
	} {
		synctest.Test(t, func(t *testing.T) {
			calls := 0
			f := from(t, func(context.Context) (authflow.Token, error) {
				if calls++; calls == 1 {
					first()
				}
				return authflow.Token{Value: "second"}, nil
			})
			if _, err := f.Token(t.Context()); err == nil {
				t.Errorf("%s: no error", name)
			}
			time.Sleep(time.Second) // fake clock
			if token, err := f.Token(t.Context()); err != nil || token.Value != "second" {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

func TestR10AFunctionThatWaitsForItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f *authflow.Flow
		f = from(t, func(ctx context.Context) (authflow.Token, error) { return f.Token(ctx) })
		began := time.Now()
		if _, err := f.Token(t.Context()); err == nil || time.Since(began) != 0 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// R7: a token without times is used until the server refuses it.
func TestR7ATokenWithoutTimesIsAskedForOnce(t *testing.T) {
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
		for range 3600 {
			mustGet(t, f)
			time.Sleep(time.Second) // fake clock
		}
		if calls != 1 {
			t.Errorf("asked for %d times in an hour", calls)
		}
		sim.RevokeTokens()
		mustGet(t, f)
		if calls != 2 {
			t.Errorf("asked for %d times, after it was refused", calls)
		}
	})
}

func TestTokensFromRefusesATokenThatWentThroughJSON(t *testing.T) {
	text, err := json.Marshal(authflow.Token{Value: "real"})
	if err != nil {
		t.Fatal(err)
	}
	f := from(t, func(context.Context) (token authflow.Token, err error) { return token, json.Unmarshal(text, &token) })
	if _, err := f.Token(t.Context()); err == nil || !strings.Contains(err.Error(), "[redacted]") {
		t.Errorf("%v", err)
	}
}
