package authflow_test

import (
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptrace"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// A Flow is an http.Client to those who use it.

// site answers a few paths outside of the API.
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

func TestL5RedirectsAreThoseOfHTTPClient(t *testing.T) {
	f := on(t, site)
	if code, path, err := visit(f, request(t, fakeURL+"/moved")); code != 200 || path != "/there" || err != nil {
		t.Errorf("a redirect: %d %s, %v", code, path, err)
	}
	if code, _, err := visit(f, request(t, fakeURL+"/not-modified")); code != 304 || err != nil {
		t.Errorf("an answer that is no redirect: %d, %v", code, err)
	}
	refusal := errors.New("no further")
	for name, c := range map[string]struct {
		check error
		code  int
	}{"stays": {http.ErrUseLastResponse, 302}, "fails": {refusal, 0}} {
		hops := 0
		f := on(t, nil, authflow.WithHTTPClient(&http.Client{Transport: roundTrip(site), CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			hops = len(via)
			return c.check
		}}))
		code, _, err := visit(f, request(t, fakeURL+"/moved"))
		if code != c.code || hops != 1 || c.code == 0 && !errors.Is(err, refusal) {
			t.Errorf("CheckRedirect that %s: %d after %d hops, %v", name, code, hops, err)
		}
	}
}

func TestL5RequestsThatHTTPClientRefuses(t *testing.T) {
	f := on(t, site)
	for name, change := range map[string]func(*http.Request){
		"elsewhere":          func(r *http.Request) { r.URL.Host = "other.example" },
		"nowhere":            func(r *http.Request) { r.URL = nil },
		"a server's request": func(r *http.Request) { r.RequestURI = "/" },
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

func TestL5TheTimeoutIsThatOfTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := on(t, nil, authflow.WithHTTPClient(&http.Client{Transport: roundTrip(site), Timeout: time.Minute}))
		began := time.Now()
		var e *url.Error
		if _, _, err := visit(f, request(t, fakeURL+"/hang")); !errors.As(err, &e) || !e.Timeout() || time.Since(began) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// closing counts the calls of CloseIdleConnections.
type closing struct {
	roundTrip
	closed int
}

func (c *closing) CloseIdleConnections() { c.closed++ }

func TestL5CloseIdleConnectionsReachesTheTransport(t *testing.T) {
	base := &closing{roundTrip: site}
	f := on(t, nil, authflow.WithHTTPClient(&http.Client{Transport: base}))
	f.HTTPClient().CloseIdleConnections()
	(&http.Client{Transport: f.Transport()}).CloseIdleConnections()
	if base.closed != 2 {
		t.Errorf("reached it %d times", base.closed)
	}
	on(t, site).HTTPClient().CloseIdleConnections() // and a base that has none
}

// A jar of the caller's own works as in any client: an identity provider on the
// way gets its cookies back, and the session's cookies go to the server alone.
func TestL5AJarOfOnesOwn(t *testing.T) {
	var atProvider []string
	base := func(r *http.Request) (*http.Response, error) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/session/login"):
			return reply(r, 204, "", "Set-Cookie", "JSESSIONID=of-the-session; Path=/"), nil
		case r.URL.Host == "idp.example.com":
			atProvider = append(atProvider, r.Header.Get("Cookie"))
			if r.Header.Get("Cookie") == "" {
				return reply(r, 302, "", "Location", "/again", "Set-Cookie", "idp=1; Path=/"), nil
			}
			return reply(r, 302, "", "Location", fakeURL+"/back"), nil
		case r.URL.Path == "/start":
			return reply(r, 302, "", "Location", "https://idp.example.com/", "Set-Cookie", "JSESSIONID=rotated; Path=/"), nil
		}
		return fresh(r, "tok"), nil
	}
	session, err := on(t, base).Session()
	if err != nil {
		t.Fatal(err)
	}
	client := session.HTTPClient()
	if client.Jar, err = cookiejar.New(nil); err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(request(t, fakeURL+"/start"))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.Request.URL.Path != "/back" || len(atProvider) != 2 || atProvider[1] != "idp=1" {
		t.Errorf("ended at %s; the provider got %q", resp.Request.URL, atProvider)
	}
	if got := client.Jar.Cookies(request(t, fakeURL+"/").URL); len(got) != 1 || got[0].Value != "rotated" {
		t.Errorf("the jar holds %v", got)
	}
}

// A base that returns neither an answer nor an error is an error, as in
// http.Client.
func TestL5ABaseThatReturnsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nothing := roundTrip(func(*http.Request) (*http.Response, error) { return nil, nil }) //nolint:nilnil // is the point
		if _, err := on(t, nothing).Token(t.Context()); err == nil {
			t.Error("a token came from nowhere")
		}
		f := on(t, func(r *http.Request) (*http.Response, error) {
			if minting(r) {
				return fresh(r, "tok"), nil
			}
			return nil, nil //nolint:nilnil // is the point
		})
		if _, err := get(t.Context(), f); err == nil {
			t.Error("an answer came from nowhere")
		}
		req := request(t, fakeURL+"/x")
		req.Header.Set("Authorization", "Bearer of-the-caller")
		if _, _, err := visit(f, req); err == nil {
			t.Error("an answer came from nowhere to the caller's own credential")
		}
	})
}

// The hooks of a request hear of that request, and not of a token call on
// behalf of all.
func TestL5HooksHearOfTheirOwnRequest(t *testing.T) {
	traced := make(map[string]bool)
	f := on(t, func(r *http.Request) (*http.Response, error) {
		traced[r.URL.Path] = httptrace.ContextClientTrace(r.Context()) != nil
		return site(r)
	})
	req := request(t, fakeURL+"/x")
	if _, _, err := visit(f, req.WithContext(httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{}))); err != nil {
		t.Fatal(err)
	}
	if !traced["/x"] || len(traced) != 2 || traced["/api/rest/2.0/auth/token/full"] {
		t.Errorf("traced: %v", traced)
	}
}

// The client may be authenticated in place: what WithHTTPClient took is a copy.
func TestAClientThatGetsTheFlowsTransport(t *testing.T) {
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
