package compose

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/go-resty/resty/v2"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// After a revocation a request is sent again, with its body, whatever that was
// made of: resty reads a stream before it sends it.
func TestL5_Resty_Works(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		client := resty.New().SetTransport(flowOn(t, sim.URL, sim.Transport(), authtest.DefaultSecretKey).Transport()).SetBaseURL(sim.URL)
		for name, body := range map[string]func() any{
			"a map":    func() any { return map[string]any{"a": 1} },
			"bytes":    func() any { return []byte(`{"a":1}`) },
			"a reader": func() any { return strings.NewReader(`{"a":1}`) },
			"a stream": func() any { return io.MultiReader(strings.NewReader(`{"a":1}`)) },
		} {
			for n := range 2 {
				var echo authtest.EchoAnswer
				resp, err := client.R().SetContext(t.Context()).SetBody(body()).SetResult(&echo).Post(search)
				if err != nil || resp.StatusCode() != 200 || echo.Body != `{"a":1}` || echo.User != authtest.DefaultUsername {
					t.Errorf("%s, request %d: %v, body %q of %q, %v", name, n+1, resp.StatusCode(), echo.Body, echo.User, err)
				}
				sim.RevokeAll()
			}
		}
	})
}

// ErrorOf reads an error response although resty has read its body. A token that the
// caller sets wins.
func TestL5_Resty_ShowsErrors(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		client := resty.New().SetTransport(flowOn(t, sim.URL, sim.Transport(), authtest.DefaultSecretKey).Transport()).SetBaseURL(sim.URL)
		sim.Fail(authtest.Echo, 1, authtest.Reject(403, 10023, "no such right"))
		resp, err := client.R().SetContext(t.Context()).Get(search)
		if err != nil {
			t.Fatal(err)
		}
		e, ok := authflow.ErrorOf(resp.RawResponse).(*authflow.Error) //nolint:errorlint // it is never wrapped
		if !ok || e.Status != 403 || e.Code != 10023 || e.Debug != "no such right" {
			t.Errorf("%v", e)
		}
		resp, err = client.R().SetContext(t.Context()).SetAuthToken("of-the-caller").Get(search)
		if err != nil || resp.StatusCode() != 401 || sim.Calls(authtest.OpGetFullAccessToken) != 1 {
			t.Errorf("the caller's own token: %s, %v", resp.Status(), err)
		}
		if _, err := client.R().SetContext(t.Context()).Get("https://elsewhere.example/"); !errors.Is(err, authflow.ErrWrongOrigin) {
			t.Errorf("another host: %v", err)
		}
	})
}
