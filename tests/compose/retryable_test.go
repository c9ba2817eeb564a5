package compose

import (
	"context"
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
	client.ErrorHandler = retryablehttp.PassthroughErrorHandler
	client.CheckRetry = func(ctx context.Context, resp *http.Response, err error) (bool, error) {
		if e := (*authflow.Error)(nil); errors.As(err, &e) && !e.Retryable() {
			return false, err
		}
		return retryablehttp.DefaultRetryPolicy(ctx, resp, err)
	}
	return client
}

func TestL5RetryableAbove(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		// A wrong key costs one call and no time.
		began := time.Now()
		_, err := get(t, retrying(flowOn(t, sim.URL, sim.Transport(), "not the key")).StandardClient(), sim.URL+search)
		if n := sim.Calls(authtest.OpGetFullAccessToken); !errors.Is(err, authflow.ErrCredentialsRejected) || n != 1 || time.Since(began) > time.Second {
			t.Errorf("a wrong key: %v after %d calls and %v", err, n, time.Since(began))
		}
		// A 503 of the token endpoint is still told after all tries.
		sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Status(503))
		good := flowOn(t, sim.URL, sim.Transport(), authtest.DefaultSecretKey)
		_, err = get(t, retrying(good).StandardClient(), sim.URL+search)
		if e := (*authflow.Error)(nil); !errors.As(err, &e) || e.Status != 503 || !strings.Contains(err.Error(), "503") {
			t.Errorf("a 503: %v", err)
		}
		// And one of the API is tried again, with a live token.
		sim.ClearFaults()
		sleep(time.Minute)
		sim.Fail(authtest.Echo, 2, authtest.Status(503))
		if status, err := get(t, retrying(good).StandardClient(), sim.URL+search); status != 200 || err != nil {
			t.Errorf("after two 503 of the API: %d, %v", status, err)
		}
	})
}

// Below a Flow it follows redirects by itself, with our secret key in the body:
// what comes of that is refused.
func TestI6RetryableBelowIsNotBelieved(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		evil := 0
		client := retryablehttp.NewClient()
		client.Logger = nil
		client.HTTPClient = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.URL.Host == "evil.example" {
				evil++
				return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
					Body: io.NopCloser(strings.NewReader(`{"token":"of-evil"}`))}, nil
			}
			return &http.Response{StatusCode: 307, Header: http.Header{"Location": {"https://evil.example/token"}}, Body: http.NoBody, Request: r}, nil
		})}
		f := flowOn(t, sim.URL, client.StandardClient().Transport, authtest.DefaultSecretKey)
		token, err := f.Token(t.Context())
		if !errors.Is(err, authflow.ErrUnexpectedRedirect) || token.Value != "" || evil != 1 {
			t.Errorf("%v; evil was asked %d times", err, evil)
		}
	})
}
