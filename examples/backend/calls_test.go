package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
)

// Each call on behalf of a user has the rights of that user, also the second one.
func TestT1_CallOnBehalfOfAUser_IsMadeAsThatUser(t *testing.T) {
	sim, app := start(t)
	for range 2 {
		for name, region := range map[string]string{"ann": "West", "bob": "East"} {
			b := newBrowser(t, app)
			b.expect(http.MethodGet, "/whoami?user=bob", nil, http.StatusUnauthorized)
			b.signIn(name)
			for range 2 {
				if got := b.expect(http.MethodGet, "/whoami?user=bob", nil, http.StatusOK); got != name {
					t.Errorf("ThoughtSpot knows %s as %q", name, got)
				}
			}
			for _, token := range sim.Tokens() {
				if token.User == name && token.Rules.VariableValues[0].Values[0] != region {
					t.Errorf("a token of %s has %+v", name, token.Rules)
				}
			}
		}
	}
	if n := sim.Calls(authtest.OpGetCustomAccessToken); n != 2 {
		t.Errorf("%d tokens for two users", n)
	}
}

// After a sign-out the pool has forgotten the user: the next call is made with another
// token.
func TestU2_SignOut_ForgetsTheFlowOfTheUser(t *testing.T) {
	sim, app := start(t)
	b := newBrowser(t, app)
	for round := range 2 {
		b.signIn("ann")
		b.expect(http.MethodGet, "/whoami", nil, http.StatusOK)
		if n := sim.Calls(authtest.OpGetCustomAccessToken); n != round+1 {
			t.Errorf("round %d: %d tokens were requested", round, n)
		}
		if n := sim.Calls(authtest.OpGetCurrentUserInfo); n != round+1 {
			t.Errorf("round %d: %d calls, some with a token of before the sign-out", round, n)
		}
		b.expect(http.MethodPost, "/sign-out", nil, http.StatusOK)
		if n := len(sim.Tokens()); n != 0 {
			t.Errorf("round %d: %d tokens are alive", round, n)
		}
	}
}

// A call that is in progress during a sign-out gets no token that outlives it.
func TestU2_CallDuringASignOut_LeavesNoToken(t *testing.T) {
	sim, app := start(t)
	b := newBrowser(t, app)
	b.signIn("ann")
	b.expect(http.MethodGet, "/ts-token", nil, http.StatusOK)
	revoked := make(chan struct{}, 10)
	sim.Fail(authtest.OpRevokeToken, -1, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r)
			revoked <- struct{}{}
		})
	})
	release := sim.Block(authtest.OpGetCustomAccessToken)
	defer release()
	got := make(chan int, 1)
	go func() {
		defer close(got) // also if the request fails
		status, _ := b.do(http.MethodGet, "/whoami", nil)
		got <- status
	}()
	if err := sim.WaitForCalls(t.Context(), authtest.OpGetCustomAccessToken, 2); err != nil {
		t.Fatal(err)
	}
	b.expect(http.MethodPost, "/sign-out", nil, http.StatusOK)
	release()
	if status := <-got; status != http.StatusUnauthorized {
		t.Fatalf("the call got %d", status)
	}
	for n := range 2 { // the token of the page, and the token that arrives after the sign-out
		select {
		case <-revoked:
		case <-time.After(20 * time.Second):
			t.Fatalf("%d calls ended a token", n)
		}
	}
	if n := len(sim.Tokens()); n != 0 {
		t.Errorf("%d tokens are alive", n)
	}
}

// A request that was signed in when it began requests the flow after the sign-out.
func TestU2_SignedOutUser_GetsNoFlow(t *testing.T) {
	sim, db := startCluster(t), open(t)
	cluster, err := authflow.New(sim.URL, authflow.WithSecretKey(authtest.DefaultSecretKey))
	if err != nil {
		t.Fatal(err)
	}
	flows, err := newFlows(cluster, db)
	if err != nil {
		t.Fatal(err)
	}
	ann := user{"ann", "West"}
	for range 2 {
		if _, err := flows.Get(t.Context(), ann); !errors.Is(err, tokenservice.ErrUnauthenticated) {
			t.Errorf("before the sign-in: %v", err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		session, err := db.signIn(t.Context(), "ann", "ann's")
		if err != nil {
			t.Fatal(err)
		}
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: session})
		if _, err := flows.Get(t.Context(), ann); err != nil {
			t.Error(err)
		}
		if _, err := flows.Get(t.Context(), user{"ann", "East"}); !errors.Is(err, tokenservice.ErrUnauthenticated) {
			t.Errorf("with a region that ann does not have: %v", err)
		}
		if _, err := db.beginSignOut(r); err != nil {
			t.Fatal(err)
		}
		if err := flows.Forget(t.Context(), ann); err != nil {
			t.Error(err)
		}
	}
}
