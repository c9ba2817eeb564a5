package authflow_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// A request with a body that can be read again is replayed, over HTTP/1.1 and over
// HTTP/2, on real connections.
func TestP1P2_BodyOfEveryKind_IsReplayedIfItCanBeReadAgain(t *testing.T) {
	form := func() (io.Reader, string) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		part, _ := w.CreateFormFile("file", "a.csv")
		_, _ = io.WriteString(part, strings.Repeat("a,b,c\n", 1000))
		_ = w.Close()
		return &b, w.FormDataContentType()
	}
	plain := func(body func() io.Reader) func() (io.Reader, string) {
		return func() (io.Reader, string) { return body(), "text/plain" }
	}
	for _, version := range []string{"HTTP/1.1", "HTTP/2.0"} {
		for name, c := range map[string]struct {
			body     func() (io.Reader, string)
			replayed bool
		}{
			"no body":               {plain(func() io.Reader { return nil }), true},
			"http.NoBody":           {plain(func() io.Reader { return http.NoBody }), true},
			"bytes":                 {plain(func() io.Reader { return bytes.NewReader([]byte("abc")) }), true},
			"a string":              {plain(func() io.Reader { return strings.NewReader("abc") }), true},
			"multipart":             {form, true},
			"a stream":              {plain(func() io.Reader { return io.MultiReader(strings.NewReader("abc")) }), false},
			"a stream with a limit": {plain(func() io.Reader { return io.LimitReader(strings.NewReader("abcdef"), 3) }), false},
		} {
			t.Run(version+" "+name, func(t *testing.T) {
				sim := authtest.New()
				server := httptest.NewUnstartedServer(sim)
				server.EnableHTTP2 = version == "HTTP/2.0"
				server.StartTLS()
				defer server.Close()
				cluster, err := authflow.New(server.URL, authflow.WithHTTPClient(server.Client()), authflow.WithSecretKey(authtest.DefaultSecretKey))
				if err != nil {
					t.Fatal(err)
				}
				f, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername})
				if err != nil {
					t.Fatal(err)
				}
				if err := f.Renew(t.Context()); err != nil {
					t.Fatal(err)
				}
				sim.RevokeTokens()

				send := func() (*http.Request, *http.Response, string) {
					body, contentType := c.body()
					req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/api/rest/2.0/files", body)
					if err != nil {
						t.Fatal(err)
					}
					req.Header.Set("Content-Type", contentType)
					resp, err := f.Do(req)
					if err != nil {
						t.Fatal(err)
					}
					answer, err := io.ReadAll(resp.Body)
					if err := errors.Join(err, resp.Body.Close()); err != nil {
						t.Fatal(err)
					}
					return req, resp, string(answer)
				}
				req, resp, answer := send() //nolint:bodyclose // send has read and closed it
				if resp.Proto != version {
					t.Errorf("the protocol was %s", resp.Proto)
				}
				if want := map[bool]int{true: 200, false: 401}[c.replayed]; resp.StatusCode != want {
					t.Fatalf("%s: %s", resp.Status, answer)
				}
				if name == "multipart" && strings.Count(answer, "a,b,c") != 1000 {
					t.Errorf("the body arrived damaged: %.200s", answer)
				}
				if h := req.Header.Get("Authorization"); h != "" {
					t.Error("the caller's request was changed")
				}
				// P2: the next request renews the token, if this request did not.
				if _, resp, answer := send(); resp.StatusCode != http.StatusOK { //nolint:bodyclose // send has read and closed it
					t.Errorf("the next request: %s: %s", resp.Status, answer)
				}
				if n := sim.Calls(authtest.OpGetFullAccessToken); n != 2 {
					t.Errorf("%d token calls", n)
				}
				if n, want := sim.Calls(authtest.Echo), map[bool]int{true: 3, false: 2}[c.replayed]; n != want {
					t.Errorf("two requests were sent %d times, want %d", n, want)
				}
			})
		}
	}
}

func TestP1_ContextThatEndsBetweenTheTwoAttempts_StopsTheReplay(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		ctx, cancel := context.WithCancel(t.Context())
		f := trusted(t, sim, 300*time.Second, authflow.WithObserver(func(e authflow.Event) {
			if e.Kind == authflow.Invalidated {
				cancel()
			}
		}))
		mustGet(t, f)
		sim.RevokeTokens()
		sim.ResetCalls()
		if _, err := get(ctx, f); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		if n := sim.Calls(authtest.Echo); n != 1 {
			t.Errorf("sent %d times", n)
		}
		mustGet(t, f)
	})
}

// page sends a GET request for a path of the server outside the API, and returns
// the status.
func page(t *testing.T, send func(*http.Request) (*http.Response, error), server string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server+"/callosum/v1/session/info", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := send(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// The comment of Edit describes how net/http treats the header in a user's client:
// the header follows a redirect to another port of the same host name, and does not
// follow a redirect to another host name.
func TestI2_EditInTheUsersOwnClient_FollowsTheRulesOfNetHTTP(t *testing.T) {
	sim := authtest.NewServer()
	defer sim.Close()
	var seen string
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.Header.Get("Authorization") }))
	defer other.Close()
	f := trusted(t, sim.Simulator, 300*time.Second, authflow.WithHTTPClient(sim.Client()))
	mustGet(t, f)

	for target, follows := range map[string]bool{
		other.URL: true,
		strings.Replace(other.URL, "127.0.0.1", "localhost", 1): false,
	} {
		seen = ""
		sim.Fail(authtest.AnyOperation, 1, authtest.Redirect(http.StatusTemporaryRedirect, target))
		page(t, func(req *http.Request) (*http.Response, error) {
			if err := f.Edit(t.Context(), req); err != nil {
				return nil, err
			}
			return sim.Client().Do(req)
		}, sim.URL)
		if (seen != "") != follows {
			t.Errorf("redirect to %s carried %v", target, seen != "")
		}
		// With Do, the header never follows a redirect to another server.
		seen = "nothing came"
		sim.Fail(authtest.AnyOperation, 1, authtest.Redirect(http.StatusTemporaryRedirect, target))
		page(t, f.Do, sim.URL)
		if seen != "" {
			t.Errorf("with Do, redirect to %s carried the token: %v", target, seen != "nothing came")
		}
	}
}

// A chain of redirects that leaves the server and comes back carries no credential
// on its last hop, because the other server chose the address of that request.
func TestI2_RedirectChainThatLeftTheServer_CarriesNoCredential(t *testing.T) {
	sim := authtest.NewServer()
	defer sim.Close()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/more" {
			http.Redirect(w, r, sim.URL+"/api/rest/2.0/users/delete", http.StatusTemporaryRedirect)
			return
		}
		http.Redirect(w, r, "/more", http.StatusTemporaryRedirect)
	}))
	defer other.Close()
	for _, f := range []*authflow.Flow{
		trusted(t, sim.Simulator, 300*time.Second, authflow.WithHTTPClient(sim.Client())),
		loggedIn(t, sim.Simulator, false, authflow.WithHTTPClient(sim.Client())),
	} {
		mustGet(t, f)
		sim.Fail(authtest.AnyOperation, 1, authtest.Redirect(http.StatusTemporaryRedirect, other.URL))
		if status := page(t, f.Do, sim.URL); status != http.StatusUnauthorized {
			t.Errorf("status %d", status)
		}
		// On the same server the redirect keeps the credential.
		sim.Fail(authtest.Echo, 2, authtest.Redirect(http.StatusTemporaryRedirect, sim.URL+"/api/rest/2.0/users/search"))
		mustGet(t, f)
	}
}

// A redirect from the API to the login page of an identity provider is followed
// without a credential, and ends in an error that names the page.
func TestP6_RedirectToAnIdentityProvider_IsAnError(t *testing.T) {
	sim := authtest.NewServer()
	defer sim.Close()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization")+r.Header.Get("Cookie")+r.Header.Get("Referer")+r.Header.Get("X-Requested-By") != "" {
			t.Errorf("%s got %v", r.URL, r.Header)
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html>Sign in")
	}))
	defer other.Close()
	f := trusted(t, sim.Simulator, 300*time.Second, authflow.WithHTTPClient(sim.Client()))
	mustGet(t, f)
	sim.Fail(authtest.Echo, 2, authtest.Redirect(http.StatusFound, other.URL+"/sso?state=x"))
	if _, err := get(t.Context(), f); !errors.Is(err, authflow.ErrUnexpectedRedirect) || !strings.Contains(err.Error(), "to "+other.URL+"/sso;") {
		t.Errorf("%v", err)
	}
	mustGet(t, f)
}
