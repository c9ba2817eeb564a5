package authflow_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// mustBeOutstanding fails unless n credentials of f are alive, the last of which
// expires at end. The zero Time means that this is not known.
func mustBeOutstanding(t *testing.T, f *authflow.Flow, n int, end time.Time) {
	t.Helper()
	got, until := f.Outstanding()
	isEnd := until.Sub(end).Abs() < time.Second && until.IsZero() == end.IsZero()
	if got != n || !isEnd {
		t.Errorf("%d credentials are outstanding until %v, want %d until %v", got, until, n, end)
	}
}

// in returns the time after d on the fake clock.
func in(d time.Duration) time.Time { return time.Now().Add(d) }

func TestL4_OutstandingTokens_AreThoseThatLogoutEnds(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, 300*time.Second)
		mustBeOutstanding(t, f, 0, time.Time{})
		mustToken(t, f)
		mustBeOutstanding(t, f, 1, in(300*time.Second))
		time.Sleep(100 * time.Second) // fake clock
		if err := f.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second) // fake clock
		mustToken(t, f, authflow.Exclusive())
		end := in(300 * time.Second)
		mustBeOutstanding(t, f, 3, end)
		time.Sleep(200 * time.Second) // fake clock: the first token has expired
		mustBeOutstanding(t, f, 2, end)
		_ = f.Close()
		mustBeOutstanding(t, f, 2, end)
		sim.Fail(authtest.OpRevokeToken, 1, authtest.Status(403))
		if err := f.Logout(t.Context()); err == nil {
			t.Error("no error")
		}
		alive := sim.Tokens()
		if len(alive) != 1 {
			t.Fatalf("%d tokens are alive", len(alive))
		}
		mustBeOutstanding(t, f, 1, alive[0].Expires)
		if err := f.Logout(t.Context()); err != nil {
			t.Error(err)
		}
		mustBeOutstanding(t, f, 0, time.Time{})
	})
}

func TestL4_OutstandingSession_CountsOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		session := loggedIn(t, sim, false)
		mustGet(t, session)
		mustBeOutstanding(t, session, 1, in(3*time.Hour))
		child := session.SessionToken()
		mustToken(t, child)
		for _, f := range []*authflow.Flow{child, session} {
			if n, _ := f.Outstanding(); n != 1 {
				t.Errorf("%v: %d credentials are outstanding", f, n)
			}
			if err := f.Logout(t.Context()); err != nil {
				t.Error(err)
			}
			mustBeOutstanding(t, f, 0, time.Time{})
		}
	})
}

// A server may answer the request for a session token with the token of the request.
func TestL4_OutstandingTokenOfTheParent_DoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parent := on(t, func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/revoke") {
				t.Error("the token of the parent is revoked")
			}
			return fresh(r, "tok"), nil
		})
		child := parent.SessionToken()
		mustToken(t, child)
		for range 2 {
			mustBeOutstanding(t, child, 0, time.Time{})
			if err := child.Logout(t.Context()); err != nil {
				t.Error(err)
			}
		}
		mustBeOutstanding(t, parent, 1, in(300*time.Second))
	})
}

func TestL4_OutstandingTokenOfUnknownLifetime_HasNoEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := silent(t)
		if err != nil {
			t.Fatal(err)
		}
		f, err := c.TokensFrom(func(context.Context) (authflow.Token, error) { return authflow.Token{Value: "tok"}, nil })
		if err != nil {
			t.Fatal(err)
		}
		mustToken(t, f)
		mustBeOutstanding(t, f, 1, time.Time{})
		_ = f.Close()
		mustBeOutstanding(t, f, 1, time.Time{})
	})
}

func TestL4_Closed_IsToldAfterCloseAndLogout(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		for name, end := range map[string]func(*authflow.Flow) error{
			"Close":  (*authflow.Flow).Close,
			"Logout": func(f *authflow.Flow) error { return f.Logout(t.Context()) },
		} {
			f := trusted(t, sim, 0)
			mustToken(t, f)
			if f.Closed() {
				t.Errorf("closed before %s", name)
			}
			for range 2 {
				if err := end(f); err != nil {
					t.Error(err)
				}
				if !f.Closed() {
					t.Errorf("open after %s", name)
				}
			}
		}
		if n, until := new(authflow.Flow).Outstanding(); n != 0 || !until.IsZero() || new(authflow.Flow).Closed() {
			t.Errorf("a Flow that no Cluster made: %d, %v", n, until)
		}
	})
}
