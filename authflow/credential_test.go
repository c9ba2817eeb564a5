package authflow_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// credentialPaths are spellings of the paths of logins and token operations.
var credentialPaths = []string{
	"/api/rest/2.0/auth/session/login", "/api/rest/2.0/auth/session/login/", "/api/rest/2.0//auth/session/login", "/api/rest/2.0/auth/./session/login",
	"/api/rest/2.0/auth/token/full", "/api/rest/2.0/auth/token/object", "/api/rest/2.0/auth/token/custom", "/api/rest/2.0/auth//token/full",
	"/callosum/v1/session/login", "/callosum/v1/session/login/token", "/callosum/v1/tspublic/v1/session/login",
}

const bobsBody = `{"username":"bob","password":"of-bob-1"}`

// bobsServer responds to bob's credential with answer, and to ann's Flow as usual.
type bobsServer struct {
	answer  func(*http.Request) *http.Response
	bobs    []http.Header // of bob's requests
	minted  int           // credentials for ann
	cookies []string      // of ordinary requests
}

func (s *bobsServer) respond(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	switch {
	case string(body) == bobsBody:
		s.bobs = append(s.bobs, r.Header)
		return s.answer(r), nil
	case minting(r):
		s.minted++
		return fresh(r, "tok"), nil
	case strings.HasSuffix(r.URL.Path, "/session/login"):
		s.minted++
		return reply(r, 204, "", "Set-Cookie", "JSESSIONID=of-ann; Path=/"), nil
	}
	s.cookies = append(s.cookies, r.Header.Get("Cookie"))
	return reply(r, 200, "{}"), nil
}

// sendBobs sends bob's credential through a Flow of ann's and returns the status.
func sendBobs(t *testing.T, f *authflow.Flow, path string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, fakeURL+path, strings.NewReader(bobsBody))
	if path == "opaque" {
		req, err = http.NewRequestWithContext(t.Context(), http.MethodPost, fakeURL, strings.NewReader(bobsBody))
		req.URL.Opaque = credentialPaths[0]
	}
	if err != nil {
		t.Fatal(err)
	}
	client := f.HTTPClient()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// The response belongs to the caller, whatever it says. It comes from one request,
// which carries nothing of ann's, and it leaves ann's Flow as it was (S5).
func TestP7_CredentialInTheBody_IsSentOnceAndLeavesTheFlowAsItWas(t *testing.T) {
	t.Parallel()
	for _, path := range append(credentialPaths, "opaque") {
		for name, answer := range map[string]func(*http.Request) *http.Response{
			"401": func(r *http.Request) *http.Response {
				return reply(r, 401, "{}", "Set-Cookie", "JSESSIONID=of-bob; Path=/")
			},
			"session": func(r *http.Request) *http.Response {
				return reply(r, 204, "", "Set-Cookie", "JSESSIONID=of-bob; Path=/")
			},
			"page": func(r *http.Request) *http.Response { return htmlPage(r, 200, "Sign in") },
			"redirect to a login page": func(r *http.Request) *http.Response {
				return reply(r, 302, "", "Location", "/login", "Set-Cookie", "JSESSIONID=of-bob; Path=/")
			},
		} {
			for _, session := range []bool{false, true} {
				server := &bobsServer{answer: answer}
				cluster := fakeCluster(t, server.respond)
				f, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann", SecretKey: mixedKey})
				if session {
					f, err = cluster.Session(gen.LoginRequest{Username: "ann", Password: "hunter22"})
				}
				if err != nil {
					t.Fatal(err)
				}
				mustGet(t, f)
				for sent := 1; sent <= 2; sent++ {
					status := sendBobs(t, f, path)
					mustGet(t, f)
					if want := answer(nil).StatusCode; status != want || len(server.bobs) != sent || server.minted != 1 {
						t.Errorf("%s, %s: status %d; sent %d times for %d requests, %d credentials of ann's", path, name, status, len(server.bobs), sent, server.minted)
					}
				}
				for _, h := range server.bobs {
					if h.Get("Authorization")+h.Get("Cookie") != "" {
						t.Errorf("%s, %s: bob's request carries %q", path, name, h)
					}
				}
				if server.cookies[0] != server.cookies[2] {
					t.Errorf("%s, %s: ann's cookies became %q", path, name, server.cookies)
				}
			}
		}
	}
}

// A wrong password that a person tries through a Flow does not lock the account.
func TestP7_WrongPasswordInTheBody_LocksNoAccount(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, 3600e9)
		mustGet(t, f)
		for range 3 {
			login, err := f.API().LoginWithResponse(t.Context(), gen.LoginRequest{Username: authtest.DefaultUsername, Password: "wrong"})
			if err != nil || login.StatusCode() != 401 {
				t.Fatal(login, err)
			}
		}
		mustGet(t, f)
		if u, _ := sim.User(authtest.DefaultUsername); u.Status != gen.AccountStatusActive || sim.Calls(authtest.OpLogin) != 3 {
			t.Errorf("the account is %s after %d logins", u.Status, sim.Calls(authtest.OpLogin))
		}
	})
}

// Operations that serve the user of the Flow carry its credential, and are sent
// once more if that has expired.
func TestP7_TokenOperationOfTheUser_CarriesTheCredential(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, 300e9)
		other := mustToken(t, f, authflow.Exclusive())
		for range 2 {
			sim.RevokeTokens()
			checked, err := f.API().ValidateTokenWithResponse(t.Context(), gen.ValidateTokenRequest{Token: other.Value})
			if err != nil || checked.StatusCode() != 400 { // the user is signed in, and the token has expired
				t.Errorf("validate: %v, %v", checked.StatusCode(), err)
			}
			other = mustToken(t, f, authflow.Exclusive())
			revoked, err := f.API().RevokeTokenWithResponse(t.Context(), gen.RevokeTokenRequest{UserIdentifier: authtest.DefaultUsername, Token: other.Value})
			if err != nil || revoked.StatusCode() != 204 {
				t.Errorf("revoke: %v, %v", revoked.StatusCode(), err)
			}
			if accepts(t, sim, other) {
				t.Error("the token is still alive")
			}
			mustGet(t, f)
		}
	})
}

// Ann's Flow stays ann's after others have logged in through it.
func TestS5_LoginOfAnotherUser_LeavesTheFlowItsPrincipal(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		ann, err := clusterOf(t, sim).Session(gen.LoginRequest{Username: "ann", Password: "of ann"})
		if err != nil {
			t.Fatal(err)
		}
		plain, err := gen.NewClientWithResponses(sim.URL, gen.WithHTTPClient(ann))
		if err != nil {
			t.Fatal(err)
		}
		for name, client := range map[string]*gen.ClientWithResponses{"API": ann.API(), "a generated client": plain} {
			bob, err := client.LoginWithResponse(t.Context(), gen.LoginRequest{Username: "bob", Password: "of bob"})
			if err != nil || bob.StatusCode() != http.StatusNoContent {
				t.Fatal(bob, err)
			}
			me, err := ann.API().GetCurrentUserInfoWithResponse(t.Context())
			if err != nil || me.JSON200 == nil || me.JSON200.Name != "ann" {
				t.Errorf("after bob logged in by %s: %v, %v", name, me, err)
			}
		}
		if n := sim.Calls(authtest.OpLogin); n != 3 {
			t.Errorf("%d logins, want one of ann's and two of bob's", n)
		}
	}, authtest.WithUser("ann", "of ann"), authtest.WithUser("bob", "of bob"))
}
