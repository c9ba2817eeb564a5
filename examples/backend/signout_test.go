package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// tokensOf counts the tokens of a user that the cluster accepts.
func tokensOf(sim *authtest.Server, user string) (n int) {
	for _, token := range sim.Tokens() {
		if token.User == user {
			n++
		}
	}
	return n
}

// Ann has tokens from three replicas, for her pages and for calls on her behalf. She
// signs out at one of them, and the next time at another one.
func TestU2_SignOutAtOneReplica_EndsTheTokensOfAll(t *testing.T) {
	sim, replicas := startReplicas(t)
	ann, bob := newBrowser(t, replicas[0]), newBrowser(t, replicas[0])
	bob.signIn("bob")
	bob.expect(http.MethodGet, "/ts-token", nil, http.StatusOK)
	for round, app := range replicas[:2] {
		ann.at(replicas[2-round]).signIn("ann")
		for _, app := range replicas {
			ann.at(app).expect(http.MethodGet, "/ts-token", nil, http.StatusOK)
			if name := ann.at(app).expect(http.MethodGet, "/whoami", nil, http.StatusOK); name != "ann" {
				t.Errorf("round %d: ThoughtSpot knows ann as %q", round, name)
			}
		}
		if n := tokensOf(sim, "ann"); n != 4 {
			t.Errorf("round %d: %d tokens of three pages and a pool that is shared", round, n)
		}
		ann.at(app).expect(http.MethodPost, "/sign-out", nil, http.StatusOK)
		if n := tokensOf(sim, "ann"); n != 0 {
			t.Errorf("round %d: %d tokens of ann are alive", round, n)
		}
		for _, app := range replicas {
			ann.at(app).expect(http.MethodGet, "/ts-token", nil, http.StatusUnauthorized)
			ann.at(app).expect(http.MethodGet, "/whoami", nil, http.StatusUnauthorized)
		}
		if n := tokensOf(sim, "bob"); n != 1 {
			t.Errorf("round %d: %d tokens of bob are alive", round, n)
		}
	}
}

// The replica at which ann signs out has made none of her tokens.
func TestU2_SignOutAtAReplicaThatDoesNotKnowTheUser_EndsHerTokens(t *testing.T) {
	sim, replicas := startReplicas(t)
	ann := newBrowser(t, replicas[0])
	for round := range 2 {
		ann.signIn("ann")
		ann.expect(http.MethodGet, "/ts-token", nil, http.StatusOK)
		ann.expect(http.MethodGet, "/whoami", nil, http.StatusOK)
		ann.at(replicas[1+round]).expect(http.MethodPost, "/sign-out", nil, http.StatusOK)
		if n := tokensOf(sim, "ann"); n != 0 {
			t.Errorf("round %d: %d tokens of ann are alive", round, n)
		}
	}
}

// The cluster is down during the first sign-out. The page says so each time, and the
// sign-out continues when ann tries again.
func TestU2_SignOutThatFails_ContinuesWithTheNextTry(t *testing.T) {
	sim, app := start(t)
	ann := newBrowser(t, app)
	ann.signIn("ann")
	ann.expect(http.MethodGet, "/ts-token", nil, http.StatusOK)
	ann.expect(http.MethodGet, "/whoami", nil, http.StatusOK)
	sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(http.StatusForbidden))
	for try := range 2 {
		page := ann.expect(http.MethodPost, "/sign-out", nil, http.StatusBadGateway)
		if !strings.Contains(page, "may still work") || !strings.Contains(page, "Sign in") {
			t.Errorf("try %d: %s", try, page)
		}
		if n := tokensOf(sim, "ann"); n != 2 {
			t.Fatalf("try %d: %d tokens are alive", try, n)
		}
		ann.expect(http.MethodGet, "/ts-token", nil, http.StatusUnauthorized)
		ann.expect(http.MethodGet, "/whoami", nil, http.StatusUnauthorized)
	}
	sim.ClearFaults()
	for range 2 {
		ann.expect(http.MethodPost, "/sign-out", nil, http.StatusOK)
		if n := tokensOf(sim, "ann"); n != 0 {
			t.Errorf("%d tokens are alive", n)
		}
		if cookies := ann.cookies(); len(cookies) != 0 {
			t.Errorf("the browser still has %v", cookies)
		}
	}
}

// A sign-out that fails is not forgotten with the next sign-in, and ends the new session
// neither.
func TestU2_SignOutThatFails_LeavesALaterSessionAlone(t *testing.T) {
	db := open(t)
	sessionOf := func() *http.Request {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		session, err := db.signIn(t.Context(), "ann", "ann's")
		if err != nil {
			t.Fatal(err)
		}
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: session})
		return r
	}
	before := sessionOf()
	for range 2 {
		if u, err := db.beginSignOut(before); err != nil || u.name != "ann" {
			t.Fatal(u, err)
		}
	}
	after := sessionOf()
	if err := db.endSignOut(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	if u, err := db.signedIn(before); err == nil {
		t.Error("still signed in as", u)
	}
	if _, err := db.signedIn(after); err != nil {
		t.Error("the later session:", err)
	}
}
