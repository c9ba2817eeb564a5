package authflow_test

import (
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// site is a server with a few paths outside of the API.
func site(r *http.Request) (*http.Response, error) {
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
}

// visit returns the status, the path of the last hop, and the error.
func visit(f *authflow.Flow, req *http.Request) (int, string, error) {
	resp, err := f.Do(req)
	if err != nil {
		return 0, "", err
	}
	return resp.StatusCode, resp.Request.URL.Path, resp.Body.Close()
}

func TestL5_Redirect_IsFollowedAsHTTPClientDoes(t *testing.T) {
	t.Parallel()
	f := on(t, site)
	for range 2 {
		if code, path, err := visit(f, request(t, fakeURL+"/moved")); code != 200 || path != "/there" || err != nil {
			t.Errorf("a redirect: %d %s, %v", code, path, err)
		}
		if code, _, err := visit(f, request(t, fakeURL+"/not-modified")); code != 304 || err != nil {
			t.Errorf("304: %d, %v", code, err)
		}
	}
	stop := errors.New("no further")
	for name, c := range map[string]struct {
		check error
		code  int
	}{"returns the redirect": {http.ErrUseLastResponse, 302}, "fails": {stop, 0}} {
		hops := 0
		f := on(t, nil, authflow.WithHTTPClient(&http.Client{Transport: roundTrip(site), CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			hops = len(via)
			return c.check
		}}))
		code, _, err := visit(f, request(t, fakeURL+"/moved"))
		if code != c.code || hops != 1 || c.code == 0 && !errors.Is(err, stop) {
			t.Errorf("CheckRedirect that %s: %d after %d hops, %v", name, code, hops, err)
		}
	}
}

func TestL5_InvalidRequest_IsAnErrorAsInHTTPClient(t *testing.T) {
	t.Parallel()
	f := on(t, site)
	for name, change := range map[string]func(*http.Request){
		"to another host":   func(r *http.Request) { r.URL.Host = "other.example" },
		"without a URL":     func(r *http.Request) { r.URL = nil },
		"of a server":       func(r *http.Request) { r.RequestURI = "/" },
		"to no host at all": func(r *http.Request) { r.URL.Host = "" },
	} {
		req := request(t, fakeURL+"/")
		change(req)
		var e *url.Error
		if _, _, err := visit(f, req); !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if code, _, err := visit(f, &http.Request{Method: http.MethodGet, URL: request(t, fakeURL+"/x").URL}); code != 200 || err != nil {
		t.Errorf("without headers: %d, %v", code, err)
	}
}

func TestL5_Timeout_OfTheClientHolds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := on(t, nil, authflow.WithHTTPClient(&http.Client{Transport: roundTrip(site), Timeout: time.Minute}))
		for range 2 {
			began := time.Now()
			var e *url.Error
			if _, _, err := visit(f, request(t, fakeURL+"/hang")); !errors.As(err, &e) || !e.Timeout() || time.Since(began) != time.Minute {
				t.Errorf("%v after %v", err, time.Since(began))
			}
		}
	})
}

// closing counts the calls of CloseIdleConnections.
type closing struct {
	roundTrip
	closed int
}

func (c *closing) CloseIdleConnections() { c.closed++ }

func TestL5_CloseIdleConnections_ReachesTheTransport(t *testing.T) {
	t.Parallel()
	base := &closing{roundTrip: site}
	f := on(t, nil, authflow.WithHTTPClient(&http.Client{Transport: base}))
	f.HTTPClient().CloseIdleConnections()
	(&http.Client{Transport: f.Transport()}).CloseIdleConnections()
	if base.closed != 2 {
		t.Errorf("reached the transport %d times", base.closed)
	}
	on(t, site).HTTPClient().CloseIdleConnections() // a transport without that method
}

// An identity provider on the way gets its cookies back from the caller's jar. The
// cookies and tokens of the Flow go to the server alone.
func TestL5_CallersJar_KeepsTheCookiesOfAnIdentityProvider(t *testing.T) {
	t.Parallel()
	var atProvider []string
	base := func(r *http.Request) (*http.Response, error) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/session/login"):
			return reply(r, 204, "", "Set-Cookie", "JSESSIONID=of-the-session; Path=/"), nil
		case r.URL.Host == "idp.example.com":
			atProvider = append(atProvider, r.Header.Get("Cookie")+r.Header.Get("Authorization"))
			if r.Header.Get("Cookie") == "" {
				return reply(r, 302, "", "Location", "/again", "Set-Cookie", "idp=1; Path=/"), nil
			}
			return reply(r, 302, "", "Location", fakeURL+"/back"), nil
		case r.URL.Path == "/start":
			return reply(r, 302, "", "Location", "https://idp.example.com/", "Set-Cookie", "JSESSIONID=rotated; Path=/"), nil
		}
		return fresh(r, "tok"), nil
	}
	token := on(t, base)
	session, err := token.Session()
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]*authflow.Flow{"token": token, "session": session} {
		atProvider = nil
		client := f.HTTPClient()
		if client.Jar, err = cookiejar.New(nil); err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(request(t, fakeURL+"/start"))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.Request.URL.Path != "/back" || len(atProvider) != 2 || atProvider[1] != "idp=1" {
			t.Errorf("%s: ended at %s; the provider got %q", name, resp.Request.URL, atProvider)
		}
		if got := client.Jar.Cookies(request(t, fakeURL+"/").URL); len(got) != 1 || got[0].Value != "rotated" {
			t.Errorf("%s: the jar holds %v", name, got)
		}
	}
}

func TestL5_TransportThatReturnsNothing_IsAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		nothing := roundTrip(func(*http.Request) (*http.Response, error) { return nil, nil }) //nolint:nilnil // is the point
		if _, err := on(t, nothing).Token(t.Context()); err == nil {
			t.Error("no error without a token")
		}
		f := on(t, func(r *http.Request) (*http.Response, error) {
			if minting(r) {
				return fresh(r, "tok"), nil
			}
			return nil, nil //nolint:nilnil // is the point
		})
		if _, err := get(t.Context(), f); err == nil {
			t.Error("no error without a response")
		}
		req := request(t, fakeURL+"/x")
		req.Header.Set("Authorization", "Bearer of-the-caller")
		if _, _, err := visit(f, req); err == nil {
			t.Error("no error without a response to a request with the caller's credential")
		}
	})
}

// The hooks of a request are called for that request, and not for a token call
// that serves all requests. Such a call has a hook of this package.
func TestL5_Hooks_AreCalledForTheirOwnRequestAlone(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var called []string
	f := on(t, func(r *http.Request) (*http.Response, error) {
		hooks := httptrace.ContextClientTrace(r.Context())
		if hooks != nil && hooks.GetConn != nil {
			hooks.GetConn(r.URL.Path)
		}
		return site(r)
	})
	hooks := &httptrace.ClientTrace{GetConn: func(path string) {
		mu.Lock()
		defer mu.Unlock()
		called = append(called, path)
	}}
	for range 2 {
		called = nil
		req := request(t, fakeURL+"/x")
		if _, _, err := visit(f, req.WithContext(httptrace.WithClientTrace(t.Context(), hooks))); err != nil {
			t.Fatal(err)
		}
		if len(called) != 1 || called[0] != "/x" {
			t.Errorf("hooks were called for %q", called)
		}
		if err := f.Renew(httptrace.WithClientTrace(t.Context(), hooks)); err != nil || len(called) != 1 {
			t.Errorf("hooks were called for %q; %v", called, err)
		}
	}
}

// The client of WithHTTPClient may get the transport of the Flow, because the
// Flow keeps a copy of its settings.
func TestL5_ClientOfTheFlow_MayGetItsTransport(t *testing.T) {
	t.Parallel()
	client := &http.Client{Transport: roundTrip(site)}
	f := on(t, nil, authflow.WithHTTPClient(client))
	client.Transport = f.Transport()
	mustGet(t, f)
	resp, err := client.Do(request(t, fakeURL+"/x"))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
}
