package compose

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// retrying returns a retrying client above a Flow.
func retrying(flow *authflow.Flow) *retryablehttp.Client {
	client := retryablehttp.NewClient()
	client.HTTPClient, client.Logger = flow.HTTPClient(), nil
	client.CheckRetry = authflow.ShouldRetry
	return client
}

// With the library's own CheckRetry a wrong key costs five tries and 15 s.
func TestL5_RetryableAbove_WrongKeyCostsOneCallAndNoTime(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		began := time.Now()
		_, err := get(t, retrying(flowOn(t, sim.URL, sim.Transport(), "not the key")).StandardClient(), sim.URL+search)
		if n := sim.Calls(authtest.OpGetFullAccessToken); !errors.Is(err, authflow.ErrCredentialsRejected) || n != 1 || time.Since(began) > time.Second {
			t.Errorf("%v after %d calls and %v", err, n, time.Since(began))
		}
	})
}

// With the library's own ErrorHandler, and with the one that shows the cause.
func TestL5_RetryableAbove_FailureOfTheServerIsInTheError(t *testing.T) {
	for name, handler := range map[string]retryablehttp.ErrorHandler{"none": nil, "passthrough": retryablehttp.PassthroughErrorHandler} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Status(503))
			client := retrying(flowOn(t, sim.URL, sim.Transport(), authtest.DefaultSecretKey))
			client.ErrorHandler = handler
			_, err := get(t, client.StandardClient(), sim.URL+search)
			if e := (*authflow.Error)(nil); !errors.As(err, &e) || e.Status != 503 || !strings.Contains(err.Error(), "503") {
				t.Errorf("%s: %v", name, err)
			}
			// The first acquisition makes three attempts, and each of the four
			// retries makes one: the two do not multiply.
			if n := sim.Calls(authtest.OpGetFullAccessToken); n > 7 {
				t.Errorf("%s: %d token calls for one request", name, n)
			}
		})
	}
}

// A request whose effect may have happened is not repeated. A repeated request
// arrives whole, with a token that is alive.
func TestL5_RetryableAbove_RepeatsWhatIsSafe(t *testing.T) {
	unavailable := func(sim *authtest.Simulator) { sim.Fail(authtest.Echo, 2, authtest.Status(503)) }
	revoked := func(sim *authtest.Simulator) {
		sim.Fail(authtest.Echo, 1, authtest.Status(503))
		sim.Fail(authtest.Echo, 1, func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				sim.RevokeAll()
				w.WriteHeader(http.StatusServiceUnavailable)
			})
		})
	}
	for name, c := range map[string]struct {
		method  string
		trouble func(*authtest.Simulator)
		status  int // 0: an error
	}{
		"POST as it is":                         {http.MethodPost, func(*authtest.Simulator) {}, 200},
		"POST after a revocation":               {http.MethodPost, (*authtest.Simulator).RevokeAll, 200},
		"POST after a 429 with a Retry-After":   {http.MethodPost, func(sim *authtest.Simulator) { sim.Fail(authtest.Echo, 1, authtest.RateLimited(10*time.Second)) }, 200},
		"POST after a 409":                      {http.MethodPost, func(sim *authtest.Simulator) { sim.Fail(authtest.Echo, 1, authtest.Status(409)) }, 200},
		"POST after a 503":                      {http.MethodPost, unavailable, 503},
		"POST after a cut connection":           {http.MethodPost, func(sim *authtest.Simulator) { sim.Fail(authtest.Echo, 1, authtest.Reset()) }, 0},
		"PUT after two 503":                     {http.MethodPut, unavailable, 200},
		"PUT after a cut connection":            {http.MethodPut, func(sim *authtest.Simulator) { sim.Fail(authtest.Echo, 1, authtest.Reset()) }, 200},
		"PUT with a revocation between two 503": {http.MethodPut, revoked, 200},
		"PUT after a 501":                       {http.MethodPut, func(sim *authtest.Simulator) { sim.Fail(authtest.Echo, 1, authtest.Status(501)) }, 501},
	} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			flow := flowOn(t, sim.URL, sim.Transport(), authtest.DefaultSecretKey)
			if err := flow.Renew(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.trouble(sim)
			req, err := retryablehttp.NewRequestWithContext(t.Context(), c.method, sim.URL+search, []byte(`{"a":1}`))
			if err != nil {
				t.Fatal(err)
			}
			resp, err := retrying(flow).Do(req)
			if c.status == 0 || err != nil {
				if c.status != 0 || err == nil {
					t.Errorf("%s: %v", name, err)
				}
				return
			}
			defer func() { _ = resp.Body.Close() }()
			var echo authtest.EchoAnswer
			err = json.NewDecoder(resp.Body).Decode(&echo)
			if resp.StatusCode != c.status || resp.StatusCode == http.StatusOK && (err != nil || echo.Body != `{"a":1}`) {
				t.Errorf("%s: %s with the body %q, %v", name, resp.Status, echo.Body, err)
			}
		})
	}
}

// Below a Flow the library follows redirects by itself, with our secret key in the
// body. The response of the other host is rejected, and its token is not used.
func TestI6_RetryableBelow_TokenOfAnotherHostIsRejected(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		evil := 0
		client := retryablehttp.NewClient()
		client.Logger = nil
		client.HTTPClient = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.URL.Host == "evil.example" {
				evil++
				return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
					Body: io.NopCloser(strings.NewReader(`{"token":"of-evil"}`))}, nil
			}
			return &http.Response{StatusCode: http.StatusTemporaryRedirect, Header: http.Header{"Location": {"https://evil.example/token"}}, Body: http.NoBody, Request: r}, nil
		})}
		f := flowOn(t, sim.URL, client.StandardClient().Transport, authtest.DefaultSecretKey)
		token, err := f.Token(t.Context())
		if !errors.Is(err, authflow.ErrUnexpectedRedirect) || token.Value != "" || evil != 1 {
			t.Errorf("%v; evil was called %d times", err, evil)
		}
		if _, err := get(t, f, sim.URL+search); !errors.Is(err, authflow.ErrUnexpectedRedirect) {
			t.Errorf("a request: %v", err)
		}
	})
}

// The response of another host to an ordinary request is rejected as well.
func TestI6_RetryableBelow_ResponseOfAnotherHostIsRejected(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var atEvil []string
		client := retryablehttp.NewClient()
		client.Logger = nil
		client.HTTPClient = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			switch {
			case r.URL.Host == "evil.example":
				atEvil = append(atEvil, r.Header.Get("Authorization"))
				return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
			case r.URL.Path == search:
				return &http.Response{StatusCode: http.StatusFound, Header: http.Header{"Location": {"https://evil.example/"}}, Body: http.NoBody, Request: r}, nil
			}
			return sim.Transport().RoundTrip(r)
		})}
		f := flowOn(t, sim.URL, client.StandardClient().Transport, authtest.DefaultSecretKey)
		if status, err := get(t, f, sim.URL+search); !errors.Is(err, authflow.ErrWrongOrigin) {
			t.Errorf("%d, %v", status, err)
		}
		for _, header := range atEvil {
			if header != "" {
				t.Errorf("evil saw %q", header)
			}
		}
	})
}
