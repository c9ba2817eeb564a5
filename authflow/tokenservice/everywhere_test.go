package tokenservice_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/gen"
)

// anotherProgram makes a token of ann by itself.
func anotherProgram(t *testing.T, sim *authtest.Simulator) {
	t.Helper()
	c, err := authflow.New(sim.URL, authflow.WithHTTPClient(sim.Client()), authflow.WithSecretKey(authtest.DefaultSecretKey))
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// signOutEverywhere is [tokenservice.WithSignOutEverywhere] without an administrator.
var signOutEverywhere = tokenservice.WithSignOutEverywhere(nil)

// Several visitors may share a ThoughtSpot user.
func TestU2_SignOut_LeavesTokensOfOtherProgramsAlone(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		token(t, x.request(t, "GET", "ann"))
		anotherProgram(t, x.sim)
		if resp := x.request(t, "DELETE", "ann"); resp.status != 204 {
			t.Error(resp.status)
		}
		expectAlive(t, x.sim, "ann", 1, "the other program")
	})
}

func TestU2_SignOutEverywhere_EndsTokensOfOtherPrograms(t *testing.T) {
	object := func(*http.Request) (tokenservice.Request, error) {
		return tokenservice.Object(gen.GetObjectAccessTokenRequest{Username: "ann", ObjectID: "o"}), nil
	}
	custom := func(*http.Request) (tokenservice.Request, error) {
		return tokenservice.Custom(gen.GetCustomAccessTokenRequest{Username: "ann", PersistOption: gen.PersistOptionNone}), nil
	}
	for name, c := range map[string]struct {
		authenticate func(*http.Request) (tokenservice.Request, error)
		tokens       int
		requested    int // full access tokens that the sign-out requests
	}{
		"with a full token of the user":   {nil, 1, 0},
		"with a custom token of the user": {custom, 1, 0},
		"with object tokens only":         {object, 2, 1},
		"without a token":                 {nil, 0, 1},
	} {
		in(t, c.authenticate, func(t *testing.T, x *rig) {
			for range c.tokens {
				token(t, x.request(t, "GET", "ann"))
			}
			anotherProgram(t, x.sim)
			x.sim.ResetCalls()
			for n := range 2 {
				if resp := x.request(t, "DELETE", "ann"); resp.status != 204 {
					t.Errorf("%s, sign-out %d: %d %s", name, n, resp.status, resp.body)
				}
				expectAlive(t, x.sim, "ann", 0, "%s, sign-out %d", name, n)
				if n == 0 && x.sim.Calls(authtest.OpGetFullAccessToken) != c.requested {
					t.Errorf("%s: %d tokens were requested, want %d", name, x.sim.Calls(authtest.OpGetFullAccessToken), c.requested)
				}
			}
		}, signOutEverywhere)
	}
}

func TestU2_SignOutEverywhereByAnAdministrator_RequestsNoTokenOfTheUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := &rig{sim: authtest.New(authtest.WithUser("ann", "pw"), authtest.WithUser("bob", "pw"),
			authtest.WithUser(authtest.DefaultUsername, "pw", authtest.Privileges(authtest.PrivilegeAdministration)))}
		c, err := authflow.New(x.sim.URL, authflow.WithHTTPClient(x.sim.Client()), authflow.WithSecretKey(authtest.DefaultSecretKey))
		if err != nil {
			t.Fatal(err)
		}
		administrator, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername})
		if err != nil {
			t.Fatal(err)
		}
		x.start(t, nil, tokenservice.WithSignOutEverywhere(administrator))
		defer func() { _ = x.Shutdown(t.Context()) }()
		anotherProgram(t, x.sim)
		if resp := x.request(t, "DELETE", "ann"); resp.status != 204 {
			t.Errorf("%d %s", resp.status, resp.body)
		}
		expectAlive(t, x.sim, "ann", 0, "after the sign-out")
		expectAlive(t, x.sim, authtest.DefaultUsername, 1, "the administrator")
		anotherProgram(t, x.sim)
		x.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(503))
		problem(t, x.request(t, "DELETE", "ann"), 503)
		x.sim.ClearFaults()
		time.Sleep(time.Minute) // fake clock
		x.request(t, "HEAD", "ann")
		synctest.Wait()
		expectAlive(t, x.sim, "ann", 0, "after a sign-out that was tried again")
	})
}

// The service has forgotten which tokens the user has.
func TestU2_SignOutEverywhereOfAUserWithForgottenTokens_EndsThem(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		token(t, x.request(t, "GET", "ann"))
		token(t, x.request(t, "GET", "bob"))
		for n := range 2 {
			if err := x.Forget(t.Context(), "ann"); err != nil {
				t.Errorf("sign-out %d: %v", n, err)
			}
		}
		expectAlive(t, x.sim, "ann", 0, "after the sign-out")
	}, signOutEverywhere, tokenservice.WithMaxUsers(1))
}

// The request for the token changes nothing about the user.
func TestU2_TokenOfASignOut_IsRequestedWithoutProvisioning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := &rig{sim: authtest.New(authtest.WithUser("ann", "pw"))}
		s := &spy{RoundTripper: x.sim.Transport()}
		x.options = []authflow.Option{authflow.WithHTTPClient(&http.Client{Transport: s})}
		x.start(t, nil, signOutEverywhere)
		defer func() { _ = x.Shutdown(t.Context()) }()
		if err := x.Forget(t.Context(), "ann"); err != nil {
			t.Error(err)
		}
		if got := s.since(); got != "false" {
			t.Errorf("the request has %q, want auto_create false and nothing else", got)
		}
	})
}

// The user was removed from the cluster, or may not sign in.
func TestU2_SignOutEverywhere_ProvisionsNobody(t *testing.T) {
	yes := true
	for name, prepare := range map[string]func(*authtest.Simulator){
		"removed": func(*authtest.Simulator) {},
		"locked":  func(sim *authtest.Simulator) { sim.AddUser("new", "pw"); sim.SetStatus("new", gen.AccountStatusLocked) },
	} {
		in(t, func(*http.Request) (tokenservice.Request, error) {
			return tokenservice.Custom(gen.GetCustomAccessTokenRequest{Username: "new", PersistOption: gen.PersistOptionNone, AutoCreate: &yes, Email: "e", DisplayName: "New"}), nil
		}, func(t *testing.T, x *rig) {
			prepare(x.sim)
			users := len(x.sim.Users())
			var e *tokenservice.SignOutError
			err := x.Forget(t.Context(), "new")
			if !errors.As(err, &e) || e.Alive != 0 {
				t.Errorf("%s: %v", name, err)
			}
			x.sim.ResetCalls()
			for range 3 {
				time.Sleep(time.Minute) // fake clock
				x.request(t, "HEAD", "")
				synctest.Wait()
			}
			if len(x.sim.Users()) != users || x.sim.Calls(authtest.AnyOperation) > 0 {
				t.Errorf("%s: %d users, want %d; %d calls of another try, want 0", name, len(x.sim.Users()), users, x.sim.Calls(authtest.AnyOperation))
			}
		}, signOutEverywhere)
	}
}

// The user has signed in again before the sign-out could end the tokens of the other
// program.
func TestU2_SignOutEverywhereOfAUserWhoIsBack_LeavesTheNewTokensAlone(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		anotherProgram(t, x.sim)
		x.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(503))
		problem(t, x.request(t, "DELETE", "ann"), 503)
		current := token(t, x.request(t, "GET", "ann"))
		x.sim.ClearFaults()
		time.Sleep(time.Minute) // fake clock
		x.request(t, "HEAD", "bob")
		synctest.Wait()
		if !x.alive(t, current) {
			t.Error("the token from after the sign-out was revoked")
		}
		if e := x.last(t); e.Outcome != tokenservice.StillAlive || e.Err == nil || !strings.Contains(e.Err.Error(), "signed in again") {
			t.Errorf("%+v", e)
		}
	}, signOutEverywhere)
}
