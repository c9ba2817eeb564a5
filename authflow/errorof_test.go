package authflow_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// envelopes are the shapes of the server's error bodies, with what is to be read
// in them.
var envelopes = map[string]struct {
	body, debug string
	code        int
	incident    string
}{
	"documented": {`{"error":{"message":{"code":10097,"incident_id_guid":"i-1","trace_id_guid":"t-1","debug":"why"}}}`, "why", 10097, "i-1"},
	"live":       {`{"error":{"message":{"debug":{"code":10097,"incident_id_guid":"i-1","trace_id_guid":"t-1","debug":"[\"why\",\"so\"]"}}}}`, "why; so", 10097, "i-1"},
	"plain":      {`{"error":{"message":"why"}}`, "why", 0, ""},
	"older":      {`{"error":{"errors":{"extension":{"exception":{"upstreamResponse":{"data":{"code":10097,"incident_id_guid":"i-1","debug":"why"}}}}}}}`, "why", 10097, "i-1"},
	"half":       {`{"error":{"message":{"code":"10097","incident_id_guid":7,"debug":"why"}}}`, "why", 0, ""},
	"not ours":   {`{"message":"why"}`, "", 0, ""},
	"a list":     {`[{"error":1}]`, "", 0, ""},
	"null":       {`{"error":null}`, "", 0, ""},
	"cut":        {`{"error":{"message":{"code":10`, "", 0, ""},
	"empty":      {``, "", 0, ""},
}

// ErrorOf reads the same in whatever way the answer came: through a Flow on a
// token or a session, from a request with a credential of its own, from no Flow
// at all; and whenever it is asked, before the body was read, and after it was
// closed.
func TestErrorOfReadsAllShapesInAllWays(t *testing.T) {
	for shape, c := range envelopes {
		for _, status := range []int{400, 401, 403, 404, 409, 429, 500, 501, 503} {
			base := func(r *http.Request) (*http.Response, error) { //nolint:unparam // the shape of a base
				switch {
				case minting(r) && r.Header.Get("X-Bob") == "":
					return fresh(r, "tok"), nil
				case strings.HasSuffix(r.URL.Path, "/session/login") && r.Header.Get("X-Bob") == "":
					return reply(r, 204, "", "Set-Cookie", "JSESSIONID=s-1234567; Path=/"), nil
				}
				return reply(r, status, c.body, "Retry-After", "7"), nil
			}
			cluster := fakeCluster(t, base)
			token, err1 := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann", SecretKey: mixedKey})
			session, err2 := cluster.Session(gen.LoginRequest{Username: "ann", Password: "hunter22"})
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			bobs := func(_ context.Context, r *http.Request) error { r.Header.Set("X-Bob", "1"); return nil }
			with := func(d gen.HttpRequestDoer) *gen.ClientWithResponses {
				c, err := gen.NewClientWithResponses(fakeURL, gen.WithHTTPClient(d))
				if err != nil {
					t.Fatal(err)
				}
				return c
			}
			for way, answer := range map[string]func() (*http.Response, error){
				"token": func() (*http.Response, error) { return token.Do(request(t, fakeURL+apiX)) },
				"a caller's own": func() (*http.Response, error) {
					req := request(t, fakeURL+apiX)
					req.Header.Set("Authorization", "Bearer of-the-caller")
					return token.Do(req)
				},
				"no Flow": func() (*http.Response, error) { return base(request(t, fakeURL+apiX)) },
				"nobody": func() (*http.Response, error) {
					r, err := base(request(t, fakeURL+apiX))
					r.Request = nil
					return r, err
				},
				"a typed result of a token": func() (*http.Response, error) {
					if r, err := with(token).GetCurrentUserInfoWithResponse(t.Context()); err == nil {
						return r.HTTPResponse, nil
					}
					return nil, nil
				},
				"a typed result of a session": func() (*http.Response, error) {
					if r, err := with(session).GetCurrentUserInfoWithResponse(t.Context()); err == nil {
						return r.HTTPResponse, nil
					}
					return nil, nil
				},
				"a typed result of API": func() (*http.Response, error) {
					if r, err := session.API().ValidateTokenWithResponse(t.Context(), gen.ValidateTokenRequest{Token: "x"}); err == nil {
						return r.HTTPResponse, nil
					}
					return nil, nil
				},
				"bob's log-in": func() (*http.Response, error) {
					if r, err := token.API().LoginWithResponse(t.Context(), gen.LoginRequest{Username: "bob", Password: "of-bob-1"}, bobs); err == nil {
						return r.HTTPResponse, nil
					}
					return nil, nil
				},
				"bob's token": func() (*http.Response, error) {
					if r, err := with(session).GetFullAccessTokenWithResponse(t.Context(), gen.GetFullAccessTokenRequest{Username: "bob", SecretKey: mixedKey}, bobs); err == nil {
						return r.HTTPResponse, nil
					}
					return nil, nil
				},
			} {
				resp, err := answer()
				if resp == nil && err == nil && c.debug == "" {
					continue // generated code cannot read it
				}
				if resp == nil || err != nil {
					t.Errorf("%s, %d, %s: %v", shape, status, way, err)
					continue
				}
				for i := range 3 {
					var e *authflow.Error
					if err := authflow.ErrorOf(resp); !errors.As(err, &e) || e.Status != status || e.Debug != c.debug || e.Code != c.code || e.IncidentID != c.incident || e.RetryAfter != 7*time.Second {
						t.Errorf("%s, %d, %s, asked %d times: %v", shape, status, way, i, err)
					}
					if body, err := io.ReadAll(resp.Body); i == 0 && !strings.Contains(way, "result") && !strings.Contains(way, "bob") && (err != nil || string(body) != c.body) {
						t.Errorf("%s, %d, %s: the caller reads %q, %v", shape, status, way, body, err)
					}
					_ = resp.Body.Close()
				}
			}
		}
	}
}

func TestErrorOfWhatIsNone(t *testing.T) {
	for name, resp := range map[string]*http.Response{
		"no answer": nil, "304": {StatusCode: 304}, "101": {StatusCode: 101}, "204 with a label": reply(nil, 204, "", "Content-Type", "text/html"), //nolint:bodyclose // there is nothing to close
		"200 with a label": reply(nil, 200, "", "Content-Type", "text/html"), "JSON with a label": reply(nil, 200, "{}", "Content-Type", "text/html"), //nolint:bodyclose // there is nothing to close
		"200": reply(nil, 200, "{}"), "201": reply(nil, 201, ""), "204": {StatusCode: 204}, "a report": reply(nil, 200, "a,b", "Content-Type", "text/csv"), //nolint:bodyclose // there is nothing to close
	} {
		if err := authflow.ErrorOf(resp); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, resp := range map[string]*http.Response{
		"no body": {StatusCode: 500}, //nolint:bodyclose // there is none to close
		"a page":  htmlPage(nil, 200, "Sign in"), "a redirect": reply(nil, 302, "", "Location", "https://idp.example/?secret"),
	} {
		err := authflow.ErrorOf(resp)
		var e *authflow.Error
		if !errors.As(err, &e) || e.Status != resp.StatusCode || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An error page of a proxy's is told as what it is, also when the body is gone.
func TestErrorOfAPageSaysSo(t *testing.T) {
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
	if err := authflow.ErrorOf(me.HTTPResponse); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%d bytes of text/html", len(me.Body))) || len(me.Body) == 0 {
		t.Errorf("%v, of %q", err, me.Body)
	}
}

// Whoever makes it, and in whatever it is wrapped: an error is known by its
// status, and says whether to come again.
func TestErrorsThatAnybodyMakes(t *testing.T) {
	all := []error{
		authflow.ErrInvalid, authflow.ErrCredentialsRejected, authflow.ErrForbidden, authflow.ErrRateLimited,
		authflow.ErrMaintenance, authflow.ErrUnexpectedRedirect, authflow.ErrWrongOrigin, authflow.ErrClosed,
	}
	for name, c := range map[string]struct {
		err   error
		is    error
		again bool
	}{
		"429":           {&authflow.Error{Status: 429}, authflow.ErrRateLimited, true},
		"429, and more": {&authflow.Error{Op: "vault", Status: 429, RetryAfter: time.Minute, Err: errors.New("x")}, authflow.ErrRateLimited, true},
		"429, wrapped":  {fmt.Errorf("a: %w", fmt.Errorf("b: %w", &authflow.Error{Status: 429})), authflow.ErrRateLimited, true},
		"429, joined":   {errors.Join(errors.New("x"), &authflow.Error{Status: 429}), authflow.ErrRateLimited, true},
		"401":           {&authflow.Error{Status: 401}, authflow.ErrCredentialsRejected, false},
		"403":           {&authflow.Error{Status: 403}, authflow.ErrForbidden, false},
		"400":           {&authflow.Error{Status: 400}, nil, false},
		"404":           {&authflow.Error{Status: 404}, nil, false},
		"408":           {&authflow.Error{Status: 408}, nil, true},
		"409":           {&authflow.Error{Status: 409}, nil, true},
		"422":           {&authflow.Error{Status: 422}, nil, false},
		"500":           {&authflow.Error{Status: 500}, nil, true},
		"501":           {&authflow.Error{Status: 501}, nil, false},
		"502":           {&authflow.Error{Status: 502}, nil, true},
		"503":           {&authflow.Error{Status: 503}, nil, true},
		"504":           {&authflow.Error{Status: 504}, nil, true},
		"302":           {&authflow.Error{Status: 302}, nil, false},
		"a time-out":    {&authflow.Error{Err: context.DeadlineExceeded}, nil, true},
		"of the net":    {&authflow.Error{Err: &net.DNSError{IsTimeout: true}}, nil, true},
		"given up":      {&authflow.Error{Err: context.Canceled}, nil, false},
		"nothing":       {&authflow.Error{}, nil, false},
	} {
		var e *authflow.Error
		if !errors.As(c.err, &e) || e.Retryable() != c.again {
			t.Errorf("%s: Retryable is %v", name, e.Retryable())
		}
		for _, kind := range all {
			if errors.Is(c.err, kind) != errors.Is(c.is, kind) {
				t.Errorf("%s: Is(%v) is %v", name, kind, !errors.Is(c.is, kind))
			}
		}
	}
}

// What failed by itself says so too, of calls to the server as it is.
func TestRetryableIsWhatHelps(t *testing.T) {
	for name, c := range map[string]struct {
		fault authtest.Fault
		again bool
	}{
		"the connection is cut": {authtest.Reset(), true}, "half of it comes": {authtest.Truncated(), true}, "maintenance": {authtest.Maintenance(200), true},
		"429": {authtest.RateLimited(time.Second), true}, "503": {authtest.Status(503), true}, "silence": {authtest.Delay(time.Hour), true},
		"a wrong key": {authtest.Status(401), false}, "a lock": {authtest.Status(403), false}, "a redirect": {authtest.Redirect(302, "https://idp.example/"), false},
		"nonsense": {authtest.Answer(200, "application/json", `{"token":7}`), false},
	} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			f := trusted(t, sim, time.Minute, once)
			sim.Fail(authtest.OpGetFullAccessToken, 1, c.fault)
			_, err := f.Token(t.Context())
			var e *authflow.Error
			if !errors.As(err, &e) || e.Retryable() != c.again {
				t.Fatalf("%s: %v", name, err)
			}
			time.Sleep(max(time.Minute, e.RetryAfter)) // fake clock
			mustGet(t, f)
		})
	}
}
