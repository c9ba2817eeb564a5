package authflow_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// follower is the transport of a client that follows redirects and retries by
// itself, as a retry library does.
type follower struct {
	client *http.Client
}

func (f *follower) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	for range 5 {
		out := r.Clone(r.Context())
		out.RequestURI = ""
		if r.GetBody != nil {
			out.Body, _ = r.GetBody()
		}
		resp, err = f.client.Do(out)
		if err == nil && resp.StatusCode < 500 {
			return resp, nil
		}
	}
	return resp, err
}

// typed is the status of a result of the typed client.
type typed interface{ StatusCode() int }

// use is a call that sends a request which the server redirects.
type use = func(t *testing.T, c *authflow.Cluster, f *authflow.Flow) error

// byAPI returns the use that makes a call of the typed client.
func byAPI(call func(*gen.ClientWithResponses) (typed, error)) use {
	return func(_ *testing.T, _ *authflow.Cluster, f *authflow.Flow) error { _, err := call(f.API()); return err }
}

// redirected are calls by the end of their path.
var redirected = map[string]struct {
	path string
	use  use
	auth bool // the request carries a credential in its body, or ends one
}{
	"token": {"/token/full", func(t *testing.T, _ *authflow.Cluster, f *authflow.Flow) error { return f.Renew(t.Context()) }, true},
	"login": {"/session/login", func(t *testing.T, c *authflow.Cluster, _ *authflow.Flow) error {
		s, err := c.Session(gen.LoginRequest{Username: "ann", Password: "hunter22"})
		return errors.Join(err, s.Renew(t.Context()))
	}, true},
	"session of a token": {"/session/login", func(t *testing.T, _ *authflow.Cluster, f *authflow.Flow) error {
		s, err := f.Session()
		return errors.Join(err, s.Renew(t.Context()))
	}, true},
	"revocation": {"/token/revoke", func(t *testing.T, _ *authflow.Cluster, f *authflow.Flow) error { return f.Logout(t.Context()) }, true},
	"bob's login": {"/session/login", byAPI(func(c *gen.ClientWithResponses) (typed, error) {
		return c.LoginWithResponse(context.Background(), gen.LoginRequest{Username: "bob", Password: "of-bob-1"})
	}), true},
	"bob's token": {"/token/object", byAPI(func(c *gen.ClientWithResponses) (typed, error) {
		return c.GetObjectAccessTokenWithResponse(context.Background(), gen.GetObjectAccessTokenRequest{Username: "bob", SecretKey: mixedKey, ObjectID: "o"})
	}), true},
	"current user": {"/session/user", byAPI(func(c *gen.ClientWithResponses) (typed, error) {
		return c.GetCurrentUserInfoWithResponse(context.Background())
	}), false},
	"ordinary request": {"/search", func(t *testing.T, _ *authflow.Cluster, f *authflow.Flow) error {
		_, err := get(t.Context(), f)
		return err
	}, false},
}

// A transport below a Flow that follows redirects shows our credentials to other
// hosts. Its response is not accepted, and the call is not repeated.
func TestI6_TransportThatFollowsRedirects_IsRejected(t *testing.T) {
	t.Parallel()
	const otherHost, otherPath = "https://evil.example", fakeURL + "/elsewhere"
	for name, c := range redirected {
		for _, to := range []string{otherHost, otherPath} {
			synctest.Test(t, func(t *testing.T) {
				followed, armed := 0, false
				base := &follower{client: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
					switch {
					case strings.HasPrefix(r.URL.Path, "/elsewhere") || r.URL.Host != "ts.example":
						followed++
						return reply(r, 200, `{"token":"of-evil","name":"evil"}`, "Set-Cookie", "JSESSIONID=of-evil; Path=/"), nil
					case armed && strings.HasSuffix(r.URL.Path, c.path):
						return reply(r, 307, "", "Location", to+"/api/rest/2.0/auth/token/full"), nil
					}
					return fresh(r, "tok"), nil
				})}}
				cluster := fakeCluster(t, base.RoundTrip)
				f := fullAccess(t, cluster, 0)
				if err := f.Renew(t.Context()); err != nil {
					t.Fatal(err)
				}
				armed = true
				err := c.use(t, cluster, f)
				mayFollow := !c.auth && to == otherPath // within the server, as http.Client does
				if err == nil && !mayFollow {
					t.Errorf("%s: the response of %s was accepted", name, to)
				}
				if followed != 1 {
					t.Errorf("%s: %s got %d requests", name, to, followed)
				}
				if c.path == "/token/revoke" {
					return
				}
				token, err := f.Token(t.Context())
				if err != nil || token.Value != "tok" {
					t.Errorf("%s, redirected to %s: the Flow has %q, %v", name, to, string(token.Value), err)
				}
			})
		}
	}
}

// The error of a call that a transport redirected is the error of a redirect.
func TestI6_TransportThatFollowsRedirects_IsAnUnexpectedRedirect(t *testing.T) {
	t.Parallel()
	following := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Host == "evil.example" {
			return fresh(r, "of-evil"), nil
		}
		return reply(r, 307, "", "Location", "https://evil.example/api/rest/2.0/auth/token/full"), nil
	})}
	synctest.Test(t, func(t *testing.T) {
		posts := 0
		f := on(t, func(r *http.Request) (*http.Response, error) {
			posts++
			out := r.Clone(r.Context())
			out.RequestURI = ""
			return following.Do(out)
		})
		for range 2 {
			posts = 0
			err := f.Renew(t.Context())
			var e *authflow.Error
			if !errors.Is(err, authflow.ErrUnexpectedRedirect) || !errors.As(err, &e) || e.Retryable() || posts != 1 {
				t.Errorf("%v after %d attempts", err, posts)
			}
		}
	})
}

// A request that a transport redirected was sent, so its error does not say that
// nothing was done. It is not repeated.
func TestI6_RequestThatATransportRedirected_WasSent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, path string
		to           string
		is           error
	}{
		"GET":                          {http.MethodGet, apiX, "evil.example", authflow.ErrWrongOrigin},
		"POST":                         {http.MethodPost, apiX, "evil.example", authflow.ErrWrongOrigin},
		"POST, to a host of its token": {http.MethodPost, apiX, "tok-1.evil.example", authflow.ErrUnexpectedRedirect}, // the host is withheld
		"login":                        {http.MethodPost, "/api/rest/2.0/auth/session/login", "evil.example", authflow.ErrUnexpectedRedirect},
	} {
		sent := 0
		following := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.URL.Host == c.to {
				return reply(r, 200, "{}"), nil
			}
			sent++
			return reply(r, 307, "", "Location", "https://"+c.to+"/"), nil
		})}
		f, _ := serving(t, func(r *http.Request) (*http.Response, error) { return following.Do(r.Clone(r.Context())) })
		req, err := http.NewRequestWithContext(t.Context(), c.method, fakeURL+c.path, strings.NewReader(`{"username":"bob","password":"of-bob-1"}`))
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Do(req) //nolint:bodyclose // an error is expected
		var e *authflow.Error
		if !errors.As(err, &e) {
			t.Fatalf("%s: %v", name, err)
		}
		if !errors.Is(err, c.is) || e.Class() != "unexpected" || e.Retryable() || sent != 1 {
			t.Errorf("%s: sent %d times, %v of class %s", name, sent, err, e.Class())
		}
		if strings.Contains(err.Error(), "tok-1") {
			t.Errorf("%s: %v", name, err)
		}
		again, _ := authflow.ShouldRetry(t.Context(), nil, err)
		if again {
			t.Errorf("%s: would be sent again", name)
		}
	}
}
