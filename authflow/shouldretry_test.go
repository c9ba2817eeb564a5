package authflow_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// respondedTo returns a response to a request with a method.
func respondedTo(method string, status int) *http.Response {
	return reply(&http.Request{Method: method, URL: &url.URL{Path: "/"}}, status, "")
}

// A request whose effect may have happened is not sent twice.
func TestR5_ShouldRetry_RepeatsWhatMaySucceedAndDoesNoHarm(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	for name, c := range map[string]struct {
		resp *http.Response
		err  error
		want bool
	}{
		"GET, 503":                 {respondedTo("GET", 503), nil, true},
		"HEAD, 502":                {respondedTo("HEAD", 502), nil, true},
		"PUT, 504":                 {respondedTo("PUT", 504), nil, true},
		"DELETE, 500":              {respondedTo("DELETE", 500), nil, true},
		"no method, 503":           {respondedTo("", 503), nil, true},
		"no request, 503":          {reply(nil, 503, ""), nil, true},
		"GET, 408":                 {respondedTo("GET", 408), nil, true},
		"POST, 503":                {respondedTo("POST", 503), nil, false},
		"POST, 500":                {respondedTo("POST", 500), nil, false},
		"PATCH, 503":               {respondedTo("PATCH", 503), nil, false},
		"POST, 429":                {respondedTo("POST", 429), nil, true},
		"POST, 409":                {respondedTo("POST", 409), nil, true},
		"GET, 501":                 {respondedTo("GET", 501), nil, false},
		"GET, 401":                 {respondedTo("GET", 401), nil, false},
		"GET, 403":                 {respondedTo("GET", 403), nil, false},
		"GET, 404":                 {respondedTo("GET", 404), nil, false},
		"GET, 302":                 {respondedTo("GET", 302), nil, false},
		"GET, 200":                 {respondedTo("GET", 200), nil, false},
		"POST, refused":            {nil, &url.Error{Op: "Post", URL: fakeURL, Err: refused}, true},
		"POST, reset":              {nil, &url.Error{Op: "Post", URL: fakeURL, Err: syscall.ECONNRESET}, false},
		"GET, reset":               {nil, &url.Error{Op: "Get", URL: fakeURL, Err: syscall.ECONNRESET}, true},
		"GET, truncated":           {nil, &url.Error{Op: "Get", URL: fakeURL, Err: io.ErrUnexpectedEOF}, true},
		"GET, certificate":         {nil, &url.Error{Op: "Get", URL: fakeURL, Err: &tls.CertificateVerificationError{Err: errors.New("expired")}}, false},
		"GET, unknown host":        {nil, &url.Error{Op: "Get", URL: fakeURL, Err: &net.DNSError{IsNotFound: true}}, false},
		"POST, DNS is down":        {nil, &url.Error{Op: "Post", URL: fakeURL, Err: &net.DNSError{IsTemporary: true}}, true},
		"GET, no token, 503":       {nil, &url.Error{Op: "Get", URL: fakeURL, Err: &authflow.Error{Op: "login", Status: 503}}, true},
		"POST, no token, 429":      {nil, &url.Error{Op: "Post", URL: fakeURL, Err: &authflow.Error{Op: "login", Status: 429}}, true},
		"GET, no token, 401":       {nil, &url.Error{Op: "Get", URL: fakeURL, Err: &authflow.Error{Op: "login", Status: 401}}, false},
		"no response and no error": {nil, nil, false},
		"POST of API, reset":       {nil, &authflow.Error{Op: "POST /x", Err: context.DeadlineExceeded}, false},
		"PATCH of API, 503":        {nil, &authflow.Error{Op: "PATCH /x", Status: 503}, false},
		"POST of API, 429":         {nil, &authflow.Error{Op: "POST /x", Status: 429}, true},
		"GET of API, reset":        {nil, &authflow.Error{Op: "GET /x", Err: context.DeadlineExceeded}, true},
		"DELETE of API, 503":       {nil, &authflow.Error{Op: "DELETE /x", Status: 503}, true},
		"wrapped POST of API, 503": {nil, fmt.Errorf("search: %w", &authflow.Error{Op: "POST /x", Status: 503}), false},
		"operation, 503":           {nil, &authflow.Error{Op: "getFullAccessToken", Status: 503}, false},
		"operation, 429":           {nil, &authflow.Error{Op: "getFullAccessToken", Status: 429}, true},
		"function, 503":            {nil, &authflow.Error{Op: "GET", Status: 503}, false},
		"no operation, 503":        {nil, &authflow.Error{Status: 503}, false},
		"POST, of a GET of a function": {nil, &authflow.Error{Op: "POST /x", Status: 503,
			Err: &url.Error{Op: "Get", URL: fakeURL, Err: syscall.ECONNRESET}}, false},
		"unknown request, reset":    {nil, syscall.ECONNRESET, false},
		"unknown request, not sent": {nil, refused, true},
		"joined GET, reset":         {nil, errors.Join(errors.New("x"), &url.Error{Op: "Get", URL: fakeURL, Err: syscall.ECONNRESET}), true},
	} {
		for range 2 {
			again, err := authflow.ShouldRetry(t.Context(), c.resp, c.err)
			if again != c.want || err != nil {
				t.Errorf("%s: %v, %v; want %v", name, again, err, c.want)
			}
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	again, err := authflow.ShouldRetry(ended, respondedTo("GET", 503), nil)
	if again || !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of the context: %v, %v", again, err)
	}
}

// The errors of API and of RoundTrip are not in a *url.Error.
func TestR5_ShouldRetry_DoesNotRepeatALostPOSTOfAPI(t *testing.T) {
	t.Parallel()
	f, _ := serving(t, func(*http.Request) (*http.Response, error) { return nil, syscall.ECONNRESET })
	_, getting := f.API().GetCurrentUserInfoWithResponse(t.Context())
	_, posting := f.API().SearchAuthSettingsWithResponse(t.Context(), gen.SearchAuthSettingsRequest{})
	_, tripping := f.Transport().RoundTrip(withMethod(t, http.MethodPost))
	for name, c := range map[string]struct {
		err  error
		want bool
	}{"GET": {getting, true}, "POST": {posting, false}, "RoundTrip": {tripping, false}} {
		again, err := authflow.ShouldRetry(t.Context(), nil, c.err)
		if again != c.want || err != nil {
			t.Errorf("%s, %v: %v, %v", name, c.err, again, err)
		}
	}
}

// retrying sends a request as a library that retries does, and returns the status.
func retrying(f *authflow.Flow, req *http.Request) (status int, err error) {
	for range 5 {
		resp, err := f.Do(req)
		again, checked := authflow.ShouldRetry(req.Context(), resp, err)
		if resp != nil {
			status = resp.StatusCode
			_ = resp.Body.Close()
		}
		if !again || checked != nil {
			return status, errors.Join(err, checked)
		}
		if req.GetBody != nil {
			req.Body, _ = req.GetBody()
		}
		time.Sleep(time.Second) // fake clock
	}
	return status, nil
}

// The client survives a server that fails two times and a token that expires in
// the meantime.
func TestR5_ShouldRetry_WorksForAClientThatRetries(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]struct{ status, sent int }{http.MethodGet: {200, 3}, http.MethodPost: {503, 1}} {
		synctest.Test(t, func(t *testing.T) {
			sent := 0
			f := on(t, func(r *http.Request) (*http.Response, error) {
				if minting(r) {
					return fresh(r, "tok"), nil
				}
				sent++
				if sent%3 != 0 {
					return reply(r, 503, ""), nil
				}
				return reply(r, 200, ""), nil
			})
			for range 2 {
				sent = 0
				req, err := http.NewRequestWithContext(t.Context(), method, fakeURL+apiX, strings.NewReader("{}"))
				if err != nil {
					t.Fatal(err)
				}
				status, err := retrying(f, req)
				if status != want.status || sent != want.sent || err != nil {
					t.Errorf("%s: %d after %d requests, %v", method, status, sent, err)
				}
				time.Sleep(10 * time.Minute) // fake clock
			}
		})
	}
}
