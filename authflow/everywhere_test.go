package authflow_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Logout with Everywhere ends all tokens of the user, wherever they were made.

// tokensOf returns how many tokens of a user are alive.
func tokensOf(sim *authtest.Simulator, user string) (n int) {
	for _, token := range sim.Tokens() {
		if token.User == user {
			n++
		}
	}
	return n
}

// anotherProgram makes tokens of a user by itself, and a session with a password.
func anotherProgram(t *testing.T, sim *authtest.Simulator) (session *authflow.Flow) {
	t.Helper()
	c := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
	exclusiveTokens(t, userNamed(t, c, "user-0"), 3)
	session, err := c.Session(gen.LoginRequest{Username: "user-0", Password: "pw"})
	if err != nil {
		t.Fatal(err)
	}
	mustGet(t, session)
	return session
}

func TestL4_LogoutEverywhere_EndsTokensOfOtherPrograms(t *testing.T) {
	t.Parallel()
	for way, flow := range map[string]func(*testing.T, *authflow.Cluster) (*authflow.Flow, error){
		"full": func(_ *testing.T, c *authflow.Cluster) (*authflow.Flow, error) {
			return c.FullAccess(gen.GetFullAccessTokenRequest{Username: "user-0"})
		},
		"custom": func(_ *testing.T, c *authflow.Cluster) (*authflow.Flow, error) {
			return c.CustomAccess(gen.GetCustomAccessTokenRequest{Username: "user-0", PersistOption: gen.PersistOptionNone})
		},
		"session": func(_ *testing.T, c *authflow.Cluster) (*authflow.Flow, error) {
			return c.Session(gen.LoginRequest{Username: "user-0", Password: "pw"})
		},
		"token of a session": func(t *testing.T, c *authflow.Cluster) (*authflow.Flow, error) {
			session, err := c.Session(gen.LoginRequest{Username: "user-0", Password: "pw"})
			if err != nil {
				t.Fatal(err)
			}
			return session.SessionToken(), nil
		},
	} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			f, err := flow(t, clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey)))
			if err != nil {
				t.Fatal(err)
			}
			mustGet(t, f)
			bob := userNamed(t, clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey)), "user-1")
			mustGet(t, bob)
			session := anotherProgram(t, sim)
			if err := f.Logout(t.Context(), authflow.Everywhere()); err != nil {
				t.Errorf("%s: %v", way, err)
			}
			if n := tokensOf(sim, "user-0"); n > 0 {
				t.Errorf("%s: %d tokens of the user are alive", way, n)
			}
			if n := tokensOf(sim, "user-1"); n != 1 {
				t.Errorf("%s: %d tokens of another user are alive, want 1", way, n)
			}
			sim.ResetCalls()
			mustGet(t, session)
			if n := sim.Calls(authtest.OpLogin); n > 0 {
				t.Errorf("%s: a cookie session of another program has ended", way)
			}
			if err := f.Logout(t.Context()); err != nil || sim.Calls(authtest.OpRevokeToken)+sim.Calls(authtest.OpLogout) > 0 {
				t.Errorf("%s: another Logout: %v, %v", way, sim.CallCounts(), err)
			}
		}, people(2)...)
	}
}

// It needs a credential of the Flow that is alive, and says so.
func TestL4_LogoutEverywhereWithoutALiveCredential_SaysSo(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]func(*testing.T, *authtest.Simulator, *authflow.Flow){
		"never used": func(*testing.T, *authtest.Simulator, *authflow.Flow) {},
		"expired": func(t *testing.T, _ *authtest.Simulator, f *authflow.Flow) {
			mustGet(t, f)
			time.Sleep(time.Hour) // fake clock
		},
		"revoked": func(t *testing.T, sim *authtest.Simulator, f *authflow.Flow) {
			mustGet(t, f)
			sim.RevokeAll()
		},
		"logged out": func(t *testing.T, _ *authtest.Simulator, f *authflow.Flow) {
			mustGet(t, f)
			if err := f.Logout(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
	}, func(t *testing.T, before func(*testing.T, *authtest.Simulator, *authflow.Flow)) {
		sim := authtest.New(people(1)...)
		f := userNamed(t, clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey)), "user-0")
		before(t, sim, f)
		anotherProgram(t, sim)
		for n := range 2 {
			var e *authflow.Error
			err := f.Logout(t.Context(), authflow.Everywhere())
			if !errors.As(err, &e) || e.Op != "revokeToken" {
				t.Errorf("Logout %d: %v", n+1, err)
			}
			if alive := tokensOf(sim, "user-0"); alive != 3 {
				t.Errorf("Logout %d: %d tokens of the other program are alive, want 3", n+1, alive)
			}
		}
	})
}

// A function supplies a token without the name of its user.
func TestL4_LogoutEverywhereOfAnUnknownUser_SaysSoAndEndsTheFlowsOwnTokens(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		c := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
		full := userNamed(t, c, "user-0")
		anotherProgram(t, sim)
		f, err := c.TokensFrom(func(ctx context.Context) (authflow.Token, error) {
			token, err := full.Token(ctx)
			token.Username = ""
			return token, err
		})
		if err != nil {
			t.Fatal(err)
		}
		mustGet(t, f)
		err = f.Logout(t.Context(), authflow.Everywhere())
		if err == nil || !strings.Contains(err.Error(), "the user is not known") || tokensOf(sim, "user-0") != 3 {
			t.Errorf("%d tokens are alive, %v", tokensOf(sim, "user-0"), err)
		}
	}, people(1)...)
}

// The server does not let these end all tokens. Their own ones are ended.
func TestL4_LogoutEverywhereThatIsForbidden_EndsTheFlowsOwnTokens(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		c := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
		viewer, err := c.ObjectAccess(gen.GetObjectAccessTokenRequest{Username: "user-0", ObjectID: "o"})
		if err != nil {
			t.Fatal(err)
		}
		mustGet(t, viewer)
		anotherProgram(t, sim)
		for n, want := range []error{authflow.ErrForbidden, nil} {
			err := viewer.Logout(t.Context(), authflow.Everywhere())
			if want != nil && !errors.Is(err, want) || want == nil && !strings.Contains(err.Error(), "no credential of this Flow is alive") {
				t.Errorf("object access, Logout %d: %v", n+1, err)
			}
			if alive := tokensOf(sim, "user-0"); alive != 3 {
				t.Errorf("object access: %d tokens are alive, want those of the other program", alive)
			}
		}

		locked := userNamed(t, c, "user-1")
		mustGet(t, locked)
		sim.SetStatus("user-1", gen.AccountStatusLocked)
		for range 2 {
			if err := locked.Logout(t.Context(), authflow.Everywhere()); !errors.Is(err, authflow.ErrForbidden) {
				t.Errorf("locked user: %v", err)
			}
		}
		sim.SetStatus("user-1", gen.AccountStatusActive)
		if err := locked.Logout(t.Context(), authflow.Everywhere()); err != nil || tokensOf(sim, "user-1") > 0 {
			t.Errorf("unlocked user: %d tokens are alive, %v", tokensOf(sim, "user-1"), err)
		}
	}, people(2)...)
}

// The call fails for now. The credential that it carries is kept for the next Logout,
// and the others are ended.
func TestL4_LogoutEverywhereThatFails_ContinuesLater(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]authtest.Fault{
		"503": authtest.Status(503), "silence": authtest.Delay(time.Hour), "connection cut": authtest.Reset(),
	}, func(t *testing.T, fault authtest.Fault) {
		sim := authtest.New(people(1)...)
		isForAll := func(r *http.Request) bool {
			body, _ := bodyOf(r)
			return strings.HasSuffix(r.URL.Path, "/revoke") && !strings.Contains(body, `"token"`)
		}
		fails := true
		base := roundTrip(func(r *http.Request) (*http.Response, error) {
			if fails && isForAll(r) {
				sim.Fail(authtest.OpRevokeToken, 1, fault)
			}
			return sim.Transport().RoundTrip(r)
		})
		f := userNamed(t, clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithHTTPClient(&http.Client{Transport: base})), "user-0")
		exclusiveTokens(t, f, 4)
		anotherProgram(t, sim)
		for n := range 2 {
			began := time.Now()
			err := f.Logout(t.Context(), authflow.Everywhere())
			var e *authflow.Error
			if !errors.As(err, &e) || !e.Retryable() || time.Since(began) > 30*time.Second {
				t.Errorf("Logout %d: %v after %v", n+1, err, time.Since(began))
			}
			time.Sleep(time.Minute) // fake clock
		}
		fails = false
		if err := f.Logout(t.Context(), authflow.Everywhere()); err != nil {
			t.Error(err)
		}
		if n := tokensOf(sim, "user-0"); n > 0 {
			t.Errorf("%d tokens of the user are alive", n)
		}
	})
}

// bodyOf returns the body of a request that can be read again.
func bodyOf(r *http.Request) (string, error) {
	if r.GetBody == nil {
		return "", nil
	}
	body, err := r.GetBody()
	if err != nil {
		return "", err
	}
	var text strings.Builder
	_, err = io.Copy(&text, body)
	return text.String(), err
}

// A token that another process has saved is ended too, and is not handed out again.
func TestL4_K3_LogoutEverywhere_RemovesStoredTokens(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		a, b := replica(t, sim, &s, admin), replica(t, sim, &s, admin)
		mustToken(t, a)
		time.Sleep(250 * time.Second)                     // fake clock
		mustToken(t, b, authflow.MinTTL(100*time.Second)) // saved in place of the first one
		if err := a.Logout(t.Context(), authflow.Everywhere()); err != nil || len(s.Names()) > 0 {
			t.Errorf("%d tokens are stored, %v", len(s.Names()), err)
		}
		for range 2 {
			mustGet(t, b) // meets a 401 first
			mustGet(t, replica(t, sim, &s, admin))
		}
	})
}

// The token arrives after the call that ends all tokens.
func TestL4_LogoutEverywhereDuringAnAcquisition_EndsItsTokenToo(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		base := roundTrip(func(r *http.Request) (*http.Response, error) {
			return sim.Transport().RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
		})
		f := trusted(t, sim, 300*time.Second, authflow.WithHTTPClient(&http.Client{Transport: base}))
		mustGet(t, f)
		sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(2*time.Second))
		go func() { _ = f.Renew(t.Context()) }()
		synctest.Wait()
		if err := f.Logout(t.Context(), authflow.Everywhere()); err != nil {
			t.Error(err)
		}
		time.Sleep(3 * time.Second) // fake clock
		synctest.Wait()
		if n := len(sim.Tokens()); n > 0 {
			t.Errorf("%d tokens are alive", n)
		}
	})
}
