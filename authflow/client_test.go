package authflow_test

import (
	"errors"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// Do goes its own way for an ordinary answer, and is http.Client for all else.
func TestDoIsHTTPClientToItsCallers(t *testing.T) {
	base := roundTrip(func(r *http.Request) (*http.Response, error) {
		switch {
		case minting(r):
			return fresh(r, "tok"), nil
		case r.URL.Path == "/hang":
			<-r.Context().Done()
			return nil, r.Context().Err()
		case r.URL.Path == "/moved":
			return reply(r, 302, "", "Location", "/there"), nil
		case r.URL.Path == "/not-modified":
			return reply(r, 304, ""), nil
		}
		return reply(r, 200, ""), nil
	})
	request := func(path string) *http.Request {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://ts.example"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		return req
	}
	// status returns the status, the path of the last hop, and the error.
	status := func(f *authflow.Flow, req *http.Request) (int, string, error) {
		resp, err := f.Do(req)
		if err != nil {
			return 0, "", err
		}
		return resp.StatusCode, resp.Request.URL.Path, resp.Body.Close()
	}

	f := on(t, base)
	if code, path, err := status(f, request("/moved")); code != 200 || path != "/there" || err != nil {
		t.Errorf("a redirect: %d %s, %v", code, path, err)
	}
	if code, _, err := status(f, request("/not-modified")); code != 304 || err != nil {
		t.Errorf("an answer that is no redirect: %d, %v", code, err)
	}

	refusal := errors.New("no further")
	for name, c := range map[string]struct {
		check error
		code  int
	}{"stays": {http.ErrUseLastResponse, 302}, "fails": {refusal, 0}} {
		hops := 0
		f := on(t, base, authflow.WithHTTPClient(&http.Client{Transport: base, CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			hops = len(via)
			return c.check
		}}))
		code, _, err := status(f, request("/moved"))
		if code != c.code || hops != 1 || c.code == 0 && !errors.Is(err, refusal) {
			t.Errorf("CheckRedirect that %s: %d after %d hops, %v", name, code, hops, err)
		}
	}

	for name, req := range map[string]*http.Request{
		"elsewhere":          func() *http.Request { r := request("/"); r.URL.Host = "other.example"; return r }(),
		"nowhere":            {Method: http.MethodGet, Header: http.Header{}},
		"a server's request": func() *http.Request { r := request("/"); r.RequestURI = "/"; return r }(),
	} {
		var e *url.Error
		if _, _, err := status(f, req); !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if code, _, err := status(f, &http.Request{Method: http.MethodGet, URL: request("/x").URL}); code != 200 || err != nil {
		t.Errorf("without headers: %d, %v", code, err)
	}

	synctest.Test(t, func(t *testing.T) {
		f := on(t, base, authflow.WithHTTPClient(&http.Client{Transport: base, Timeout: time.Minute}))
		began := time.Now()
		var e *url.Error
		if _, _, err := status(f, request("/hang")); !errors.As(err, &e) || !e.Timeout() || time.Since(began) != time.Minute {
			t.Errorf("Timeout: %v after %v", err, time.Since(began))
		}
	})
}
