package authflow_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// errorBodies are the forms of the server's error bodies, and what is read of
// them.
var errorBodies = map[string]struct {
	body, debug string
	code        int
	incident    string
}{
	"documented": {`{"error":{"message":{"code":10097,"incident_id_guid":"i-1","trace_id_guid":"t-1","debug":"why"}}}`, "why", 10097, "i-1"},
	"live":       {`{"error":{"message":{"debug":{"code":10097,"incident_id_guid":"i-1","trace_id_guid":"t-1","debug":"[\"why\",\"so\"]"}}}}`, "why; so", 10097, "i-1"},
	"plain":      {`{"error":{"message":"why"}}`, "why", 0, ""},
	"older":      {`{"error":{"errors":{"extension":{"exception":{"upstreamResponse":{"data":{"code":10097,"incident_id_guid":"i-1","debug":"why"}}}}}}}`, "why", 10097, "i-1"},
	"half":       {`{"error":{"message":{"code":"10097","incident_id_guid":7,"debug":"why"}}}`, "why", 0, ""},
	"foreign":    {`{"message":"why"}`, "", 0, ""},
	"list":       {`[{"error":1}]`, "", 0, ""},
	"null":       {`{"error":null}`, "", 0, ""},
	"truncated":  {`{"error":{"message":{"code":10`, "", 0, ""},
	"empty":      {``, "", 0, ""},
}

// failingCall makes a call that fails and returns its response, or nil where the
// typed client cannot read it. readable says that the body is still to be read.
type failingCall struct {
	call     func(testing.TB) (*http.Response, error)
	readable bool
}

// bob marks a request with bob's credential.
func bob(_ context.Context, r *http.Request) error {
	r.Header.Set("X-Bob", "1")
	return nil
}

// failingCalls are calls to a server that responds to them with status and body:
// through a Flow on a token or a session, with the caller's credential, and
// without a Flow.
func failingCalls(t *testing.T, status int, body string) map[string]failingCall {
	t.Helper()
	base := func(r *http.Request) (*http.Response, error) { //nolint:unparam // the shape of a base
		isAnns := r.Header.Get("X-Bob") == ""
		switch {
		case minting(r) && isAnns:
			return fresh(r, "tok"), nil
		case strings.HasSuffix(r.URL.Path, "/session/login") && isAnns:
			return reply(r, 204, "", "Set-Cookie", "JSESSIONID=s-1234567; Path=/"), nil
		}
		return reply(r, status, body, "Retry-After", "7"), nil
	}
	cluster := fakeCluster(t, base)
	token := fullAccess(t, cluster, 0)
	session, err := cluster.Session(gen.LoginRequest{Username: "ann", Password: "hunter22"})
	if err != nil {
		t.Fatal(err)
	}
	client := func(tb testing.TB, d gen.HttpRequestDoer) *gen.ClientWithResponses {
		tb.Helper()
		c, err := gen.NewClientWithResponses(fakeURL, gen.WithHTTPClient(d))
		if err != nil {
			tb.Fatal(err)
		}
		return c
	}
	return map[string]failingCall{
		"token": {func(tb testing.TB) (*http.Response, error) { return token.Do(request(tb, fakeURL+apiX)) }, true},
		"the caller's token": {func(tb testing.TB) (*http.Response, error) {
			req := request(tb, fakeURL+apiX)
			req.Header.Set("Authorization", "Bearer of-the-caller")
			return token.Do(req)
		}, true},
		"no Flow": {func(tb testing.TB) (*http.Response, error) { return base(request(tb, fakeURL+apiX)) }, true},
		"no request": {func(tb testing.TB) (*http.Response, error) {
			r, err := base(request(tb, fakeURL+apiX))
			r.Request = nil
			return r, err
		}, true},
		"typed client on a token": {func(tb testing.TB) (*http.Response, error) {
			r, err := client(tb, token).GetCurrentUserInfoWithResponse(tb.Context())
			return responseOf(r, err)
		}, false},
		"typed client on a session": {func(tb testing.TB) (*http.Response, error) {
			r, err := client(tb, session).GetCurrentUserInfoWithResponse(tb.Context())
			return responseOf(r, err)
		}, false},
		"API": {func(tb testing.TB) (*http.Response, error) {
			r, err := session.API().ValidateTokenWithResponse(tb.Context(), gen.ValidateTokenRequest{Token: "x"})
			return responseOf(r, err)
		}, false},
		"bob's login": {func(tb testing.TB) (*http.Response, error) {
			r, err := token.API().LoginWithResponse(tb.Context(), gen.LoginRequest{Username: "bob", Password: "of-bob-1"}, bob)
			return responseOf(r, err)
		}, false},
		"bob's token": {func(tb testing.TB) (*http.Response, error) {
			r, err := client(tb, session).GetFullAccessTokenWithResponse(tb.Context(), gen.GetFullAccessTokenRequest{Username: "bob", SecretKey: mixedKey}, bob)
			return responseOf(r, err)
		}, false},
	}
}

// responseOf returns the response of a typed result, or nil if generated code
// could not read it.
func responseOf(result any, err error) (*http.Response, error) {
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // the caller knows which bodies cannot be read
	}
	switch r := result.(type) {
	case *gen.GetCurrentUserInfoResult:
		return r.HTTPResponse, nil
	case *gen.ValidateTokenResult:
		return r.HTTPResponse, nil
	case *gen.LoginResult:
		return r.HTTPResponse, nil
	case *gen.GetFullAccessTokenResult:
		return r.HTTPResponse, nil
	}
	return nil, fmt.Errorf("%T", result)
}

// ErrorOf reads the same before and after the body was read and closed.
func TestX4_ErrorOf_ReadsAllFormsFromAllCalls(t *testing.T) {
	t.Parallel()
	for form, want := range errorBodies {
		for _, status := range []int{400, 401, 403, 404, 409, 429, 500, 501, 503} {
			for name, c := range failingCalls(t, status, want.body) {
				resp, err := c.call(t)
				if err != nil {
					t.Errorf("%s, %d, %s: %v", form, status, name, err)
					continue
				}
				if resp == nil {
					if want.debug != "" {
						t.Errorf("%s, %d, %s: generated code cannot read it", form, status, name)
					}
					continue
				}
				for i := range 3 {
					err := authflow.ErrorOf(resp)
					var e *authflow.Error
					hasFields := errors.As(err, &e) && e.Status == status && e.Code == want.code && e.IncidentID == want.incident
					if !hasFields || e.Debug != want.debug || e.RetryAfter != 7*time.Second {
						t.Errorf("%s, %d, %s, call %d of ErrorOf: %v", form, status, name, i, err)
					}
					body, err := io.ReadAll(resp.Body)
					if i == 0 && c.readable && (err != nil || string(body) != want.body) {
						t.Errorf("%s, %d, %s: the caller reads %q, %v", form, status, name, body, err)
					}
					_ = resp.Body.Close()
				}
			}
		}
	}
}

// 304 and 101 were errors before.
func TestX4_ErrorOf_ReturnsNilForASuccess(t *testing.T) {
	t.Parallel()
	for name, resp := range map[string]*http.Response{
		"no response":                 nil,
		"200":                         reply(nil, 200, "{}"),
		"201":                         reply(nil, 201, ""),
		"204":                         {StatusCode: 204},
		"206":                         reply(nil, 206, "half"),
		"304":                         {StatusCode: 304, Header: http.Header{"Content-Type": {"text/html"}}, Body: http.NoBody},
		"101":                         {StatusCode: 101, Body: http.NoBody},
		"103":                         {StatusCode: 103, Body: http.NoBody},
		"204 labelled as HTML":        {StatusCode: 204, Header: http.Header{"Content-Type": {"text/html"}}, Body: http.NoBody},
		"empty 200 labelled as HTML":  reply(nil, 200, "", "Content-Type", "text/html"),
		"JSON labelled as HTML":       reply(nil, 200, `{"a":1}`, "Content-Type", "text/html"),
		"a report":                    reply(nil, 200, "a,b", "Content-Type", "text/csv"),
		"a response to HEAD, as HTML": {StatusCode: 200, Request: &http.Request{Method: http.MethodHead}, Header: http.Header{"Content-Type": {"text/html"}}, Body: http.NoBody},
	} {
		for range 2 {
			if err := authflow.ErrorOf(resp); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestX4_ErrorOf_TellsAPageAndARedirect(t *testing.T) {
	t.Parallel()
	for name, resp := range map[string]*http.Response{
		"no body":  {StatusCode: 500},
		"page":     htmlPage(nil, 200, "Sign in"),
		"redirect": reply(nil, 302, "", "Location", "https://idp.example/?secret"),
	} {
		for range 2 {
			err := authflow.ErrorOf(resp)
			var e *authflow.Error
			if !errors.As(err, &e) || e.Status != resp.StatusCode || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// The error of an error page says what the response has, after the body was read.
func TestX4_ErrorOf_DescribesAPageThatWasRead(t *testing.T) {
	t.Parallel()
	f := on(t, func(r *http.Request) (*http.Response, error) {
		if minting(r) {
			return fresh(r, "tok"), nil
		}
		return htmlPage(r, 502, "Bad Gateway"), nil
	})
	client, err := gen.NewClientWithResponses(fakeURL, gen.WithHTTPClient(f))
	if err != nil {
		t.Fatal(err)
	}
	me, err := client.GetCurrentUserInfoWithResponse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = authflow.ErrorOf(me.HTTPResponse)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%d bytes of text/html", len(me.Body))) || len(me.Body) == 0 {
		t.Errorf("%v, of %q", err, me.Body)
	}
}
