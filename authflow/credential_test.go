package authflow_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Requests that carry a credential in their body: of the Flow's own, and of
// somebody else's that go through it.

// posts are log-ins and token operations of bob's, by the path that they have.
var posts = []string{
	"/api/rest/2.0/auth/session/login", "/api/rest/2.0/auth/session/login/", "/api/rest/2.0//auth/session/login", "/api/rest/2.0/auth/./session/login",
	"/api/rest/2.0/auth/token/full", "/api/rest/2.0/auth/token/object", "/api/rest/2.0/auth/token/custom", "/api/rest/2.0/auth//token/full",
	"/callosum/v1/session/login", "/callosum/v1/session/login/token", "/callosum/v1/tspublic/v1/session/login",
}

const ofBob = `{"username":"bob","password":"of-bob-1"}`

// P7, S5: whatever the answer, it is the caller's, comes of one request that
// carries nothing of the Flow's, and leaves the Flow as it was.
func TestP7S5ACredentialOfSomebodyElseGoesOnceAndLeavesTheFlowAsItWas(t *testing.T) {
	for _, path := range append(posts, "opaque") {
		for name, answer := range map[string]func(*http.Request) *http.Response{
			"401": func(r *http.Request) *http.Response {
				return reply(r, 401, "{}", "Set-Cookie", "JSESSIONID=of-bob; Path=/")
			},
			"a session": func(r *http.Request) *http.Response {
				return reply(r, 204, "", "Set-Cookie", "JSESSIONID=of-bob; Path=/")
			},
			"a page": func(r *http.Request) *http.Response { return htmlPage(r, 200, "Sign in") },
			"a log-in page": func(r *http.Request) *http.Response {
				return reply(r, 302, "", "Location", "/login", "Set-Cookie", "JSESSIONID=of-bob; Path=/")
			},
		} {
			for _, session := range []bool{false, true} {
				sent, given := 0, 0
				var cookies []string
				cluster := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
					body := []byte(nil)
					if r.Body != nil {
						body, _ = io.ReadAll(r.Body)
					}
					switch {
					case string(body) == ofBob:
						if sent++; r.Header.Get("Authorization")+r.Header.Get("Cookie") != "" {
							t.Errorf("%s, %s: carried %q", path, name, r.Header)
						}
						return answer(r), nil
					case minting(r):
						given++
						return fresh(r, "tok"), nil
					case strings.HasSuffix(r.URL.Path, "/session/login"):
						given++
						return reply(r, 204, "", "Set-Cookie", "JSESSIONID=of-ann; Path=/"), nil
					}
					cookies = append(cookies, r.Header.Get("Cookie"))
					return reply(r, 200, "{}"), nil
				})
				f, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann", SecretKey: mixedKey})
				if session {
					f, err = cluster.Session(gen.LoginRequest{Username: "ann", Password: "hunter22"})
				}
				if err != nil {
					t.Fatal(err)
				}
				mustGet(t, f)
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, fakeURL+path, strings.NewReader(ofBob))
				if path == "opaque" {
					req, err = http.NewRequestWithContext(t.Context(), http.MethodPost, fakeURL, strings.NewReader(ofBob))
					req.URL.Opaque = posts[0]
				}
				if err != nil {
					t.Fatal(err)
				}
				c := f.HTTPClient()
				c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
				resp, err := c.Do(req)
				if err != nil {
					t.Fatal(path, name, err)
				}
				_ = resp.Body.Close()
				mustGet(t, f)
				if sent != 1 || given != 1 || cookies[0] != cookies[1] {
					t.Errorf("%s, %s: sent %d times, %d credentials, cookies %q", path, name, sent, given, cookies)
				}
			}
		}
	}
}

// The operations that serve the Flow's principal are not such: they go with its
// credential, and once more if that has ended.
func TestP7TokenOperationsOfThePrincipalHaveTheLease(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, 300e9)
		other := mustToken(t, f, authflow.Exclusive())
		sim.RevokeTokens()
		checked, err := f.API().ValidateTokenWithResponse(t.Context(), gen.ValidateTokenRequest{Token: other.Value})
		if err != nil || checked.StatusCode() != 400 { // it has ended, says one who is signed in
			t.Errorf("validate: %v, %v", checked.StatusCode(), err)
		}
		other = mustToken(t, f, authflow.Exclusive())
		if gone, err := f.API().RevokeTokenWithResponse(t.Context(), gen.RevokeTokenRequest{UserIdentifier: authtest.DefaultUsername, Token: other.Value}); err != nil || gone.StatusCode() != 204 {
			t.Errorf("revoke: %v, %v", gone.StatusCode(), err)
		}
		if accepts(t, sim, other) {
			t.Error("the token is still alive")
		}
		mustGet(t, f)
	})
}

// follower is the Transport of a client that follows redirects and tries again,
// as that of retry libraries is.
type follower struct {
	client *http.Client
	tries  int
}

func (f *follower) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	for range 5 {
		out := r.Clone(r.Context())
		if out.RequestURI = ""; r.GetBody != nil {
			out.Body, _ = r.GetBody()
		}
		f.tries++
		if resp, err = f.client.Do(out); err == nil && resp.StatusCode < 500 {
			return resp, nil
		}
	}
	return resp, err
}

// I6: what a base that follows redirects brings from elsewhere is not believed,
// whoever asked, and is not asked for again.
func TestI6WhatComesFromElsewhereIsNotBelieved(t *testing.T) {
	type use = func(t *testing.T, c *authflow.Cluster, f *authflow.Flow) error
	api := func(call func(*gen.ClientWithResponses) (interface{ StatusCode() int }, error)) use {
		return func(_ *testing.T, _ *authflow.Cluster, f *authflow.Flow) error { _, err := call(f.API()); return err }
	}
	for name, c := range map[string]struct {
		path string
		use  use
	}{
		"a token": {"/token/full", func(t *testing.T, _ *authflow.Cluster, f *authflow.Flow) error { return f.Renew(t.Context()) }},
		"a session": {"/session/login", func(t *testing.T, c *authflow.Cluster, _ *authflow.Flow) error {
			s, err := c.Session(gen.LoginRequest{Username: "ann", Password: "hunter22"})
			return errors.Join(err, s.Renew(t.Context()))
		}},
		"a session of a token": {"/session/login", func(t *testing.T, _ *authflow.Cluster, f *authflow.Flow) error {
			s, err := f.Session()
			return errors.Join(err, s.Renew(t.Context()))
		}},
		"the end of a token": {"/token/revoke", func(t *testing.T, _ *authflow.Cluster, f *authflow.Flow) error { return f.Logout(t.Context()) }},
		"bob's log-in": {"/session/login", api(func(c *gen.ClientWithResponses) (interface{ StatusCode() int }, error) {
			return c.LoginWithResponse(context.Background(), gen.LoginRequest{Username: "bob", Password: "of-bob-1"})
		})},
		"bob's token": {"/token/object", api(func(c *gen.ClientWithResponses) (interface{ StatusCode() int }, error) {
			return c.GetObjectAccessTokenWithResponse(context.Background(), gen.GetObjectAccessTokenRequest{Username: "bob", SecretKey: mixedKey, ObjectID: "o"})
		})},
		"who ann is": {"/session/user", api(func(c *gen.ClientWithResponses) (interface{ StatusCode() int }, error) {
			return c.GetCurrentUserInfoWithResponse(context.Background())
		})},
		"an ordinary request": {"/search", func(t *testing.T, _ *authflow.Cluster, f *authflow.Flow) error {
			_, err := get(t.Context(), f)
			return err
		}},
	} {
		for _, to := range []string{"https://evil.example", fakeURL + "/elsewhere"} {
			evil, armed := 0, false
			base := &follower{client: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				switch {
				case strings.HasPrefix(r.URL.Path, "/elsewhere") || r.URL.Host != "ts.example":
					evil++
					return reply(r, 200, `{"token":"of-evil","name":"evil"}`, "Set-Cookie", "JSESSIONID=of-evil; Path=/"), nil
				case armed && strings.HasSuffix(r.URL.Path, c.path):
					return reply(r, 307, "", "Location", to+"/api/rest/2.0/auth/token/full"), nil
				}
				return fresh(r, "tok"), nil
			})}}
			cluster := fakeCluster(t, base.RoundTrip)
			f, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann", SecretKey: mixedKey})
			if err = errors.Join(err, f.Renew(t.Context())); err != nil {
				t.Fatal(err)
			}
			armed = true
			if err := c.use(t, cluster, f); err == nil && (to != fakeURL+"/elsewhere" || !strings.HasPrefix(c.path, "/s") || c.path == "/session/login") {
				t.Errorf("%s, from %s: believed", name, to)
			}
			if evil != 1 {
				t.Errorf("%s, from %s: went there %d times", name, to, evil)
			}
			if c.path != "/token/revoke" {
				if token, err := f.Token(t.Context()); err != nil || token.Value != "tok" {
					t.Errorf("%s, from %s: the Flow has %q, %v", name, to, string(token.Value), err)
				}
			}
		}
	}
}
