package compose

import (
	"context"
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

// retrying returns a retrying client above a Flow. It leaves to the Flow's
// errors whether another try makes sense.
func retrying(flow *authflow.Flow) *retryablehttp.Client {
	client := retryablehttp.NewClient()
	client.HTTPClient, client.Logger = flow.HTTPClient(), nil
	client.CheckRetry = func(ctx context.Context, resp *http.Response, err error) (bool, error) {
		if e := (*authflow.Error)(nil); errors.As(err, &e) && !e.Retryable() {
			return false, err
		}
		return retryablehttp.DefaultRetryPolicy(ctx, resp, err)
	}
	return client
}

// Without that CheckRetry it is five tries and 15 s.
func TestL5RetryableAboveAWrongKeyCostsOneCallAndNoTime(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		began := time.Now()
		_, err := get(t, retrying(flowOn(t, sim.URL, sim.Transport(), "not the key")).StandardClient(), sim.URL+search)
		if n := sim.Calls(authtest.OpGetFullAccessToken); !errors.Is(err, authflow.ErrCredentialsRejected) || n != 1 || time.Since(began) > time.Second {
			t.Errorf("%v after %d calls and %v", err, n, time.Since(began))
		}
	})
}

// With its own ErrorHandler, and with the one that people set to see the cause.
func TestL5RetryableAboveA503OfTheServerIsStillTold(t *testing.T) {
	for name, handler := range map[string]retryablehttp.ErrorHandler{"none": nil, "passthrough": retryablehttp.PassthroughErrorHandler} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Status(503))
			client := retrying(flowOn(t, sim.URL, sim.Transport(), authtest.DefaultSecretKey))
			client.ErrorHandler = handler
			_, err := get(t, client.StandardClient(), sim.URL+search)
			if e := (*authflow.Error)(nil); !errors.As(err, &e) || e.Status != 503 || !strings.Contains(err.Error(), "503") {
				t.Errorf("%s: %v", name, err)
			}
			// The two together do not multiply their tries.
			if n := sim.Calls(authtest.OpGetFullAccessToken); n > 6 {
				t.Errorf("%s: %d token calls for one request", name, n)
			}
		})
	}
}

// What it repeats arrives whole, with a token that is alive.
func TestL5RetryableAboveRepeatsAPOST(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		client := retrying(flowOn(t, sim.URL, sim.Transport(), authtest.DefaultSecretKey))
		for _, c := range []struct {
			name string
			set  func()
		}{
			{"as it is", func() {}},
			{"after two 503 of the API", func() { sim.Fail(authtest.Echo, 2, authtest.Status(503)) }},
			{"after a 429 that asks for 10 s", func() { sim.Fail(authtest.Echo, 1, authtest.RateLimited(10*time.Second)) }},
			{"after a cut connection", func() { sim.Fail(authtest.Echo, 1, authtest.Reset()) }},
			{"after a revocation", sim.RevokeAll},
			{"after a revocation in the middle of two 503", func() {
				sim.Fail(authtest.Echo, 1, authtest.Status(503))
				sim.Fail(authtest.Echo, 1, func(http.Handler) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
						sim.RevokeAll()
						w.WriteHeader(http.StatusServiceUnavailable)
					})
				})
			}},
		} {
			c.set()
			req, err := retryablehttp.NewRequestWithContext(t.Context(), http.MethodPost, sim.URL+search, []byte(`{"a":1}`))
			if err != nil {
				t.Fatal(err)
			}
			resp, err := client.Do(req)
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			var echo authtest.EchoAnswer
			if err := json.NewDecoder(resp.Body).Decode(&echo); err != nil || resp.Body.Close() != nil || resp.StatusCode != http.StatusOK || echo.Body != `{"a":1}` {
				t.Errorf("%s: %s with the body %q, %v", c.name, resp.Status, echo.Body, err)
			}
		}
	})
}

// Below a Flow it follows redirects by itself, with our secret key in the body:
// what comes of that is refused, and nobody else's token is believed.
func TestI6RetryableBelowIsNotBelieved(t *testing.T) {
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
			t.Errorf("%v; evil was asked %d times", err, evil)
		}
		if _, err := get(t, f, sim.URL+search); !errors.Is(err, authflow.ErrUnexpectedRedirect) {
			t.Errorf("a request: %v", err)
		}
	})
}

// Nor is an answer of another host to an ordinary request.
func TestI6RetryableBelowAnAnswerFromElsewhere(t *testing.T) {
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
