package authflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// A source may hand out the same token again; its life began when it was first
// handed out.
func TestR1ATokenThatIsHandedOutAgainKeepsItsAge(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		full := trusted(t, sim, 300*time.Second)
		first, err := full.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(200 * time.Second) // fake clock
		f, err := authflow.SessionToken(full)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := f.Token(t.Context()); err != nil || again.Value != first.Value {
			t.Fatalf("expected the same token again, %v", err)
		}
		time.Sleep(150 * time.Second) // fake clock
		if last, err := f.Token(t.Context()); err != nil || last.Value == first.Value {
			t.Errorf("a token that ended 50 s ago, %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) { // as oauth2.ReuseTokenSource does
		var cached authflow.Token
		made := 0
		f, err := authflow.TokenFunc("https://ts.example", func(context.Context) (authflow.Token, error) {
			if time.Until(cached.Expires) < 10*time.Second {
				made++
				cached = authflow.Token{Value: gen.Secret(fmt.Sprint("tok", made)), Created: time.Now(), Expires: time.Now().Add(300 * time.Second)}
			}
			return cached, nil
		})
		if err != nil {
			t.Fatal(err)
		}
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

// The token of a SessionToken on a token is that Flow's, which ends it.
func TestS4LogoutLeavesTheParentsToken(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		full := trusted(t, sim, 300*time.Second)
		mustGet(t, full)
		f, err := authflow.SessionToken(full)
		if err != nil {
			t.Fatal(err)
		}
		mustGet(t, f)
		if err := errors.Join(f.Logout(t.Context()), full.Renew(t.Context())); err != nil {
			t.Fatal(err)
		}
		if n := sim.Calls(authtest.OpRevokeToken); n != 0 {
			t.Errorf("%d tokens revoked", n)
		}
	})
}

func TestR4AFunctionThatPaysNoHeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		f, err := authflow.TokenFunc("https://ts.example", func(context.Context) (authflow.Token, error) {
			<-stop
			return authflow.Token{Value: "late"}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := f.Token(t.Context()); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 30*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		close(stop)
		synctest.Wait()
		if token, err := f.Token(t.Context()); err != nil || token.Value != "late" {
			t.Errorf("%v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		f, err := authflow.TokenFunc("https://ts.example", func(context.Context) (authflow.Token, error) {
			if calls++; calls == 1 {
				runtime.Goexit() // as t.FailNow does
			}
			return authflow.Token{Value: "second"}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Token(t.Context()); err == nil {
			t.Error("no error")
		}
		time.Sleep(time.Second) // fake clock
		if token, err := f.Token(t.Context()); err != nil || token.Value != "second" {
			t.Errorf("%v", err)
		}
	})
}

func TestTokenFuncRefusesATokenThatWentThroughJSON(t *testing.T) {
	text, err := json.Marshal(authflow.Token{Value: "real"})
	if err != nil {
		t.Fatal(err)
	}
	f, err := authflow.TokenFunc("https://ts.example", func(context.Context) (token authflow.Token, err error) {
		return token, json.Unmarshal(text, &token)
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Token(t.Context()); err == nil || !strings.Contains(err.Error(), "[redacted]") {
		t.Errorf("%v", err)
	}
}
