package compose

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// redirect responds with a redirect.
func redirect(r *http.Request, to string, cookies ...string) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusFound, Header: http.Header{"Location": {to}, "Set-Cookie": cookies}, Body: http.NoBody, Request: r}, nil
}

// page responds with 200.
func page(r *http.Request, body string) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// Redirects lead through an identity provider on another host, and back. The client's
// jar keeps the cookies of each host for that host. The identity provider sees no
// credential of ours, and the hops back to the server carry none either.
func TestL5_JarAndIdentityProvider_EachHostGetsItsCookies(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var went []string
		base := roundTrip(func(r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.URL.Path, "/api/") {
				return sim.Transport().RoundTrip(r)
			}
			signed := "anonymous"
			if r.Header.Get("Authorization") != "" {
				signed = "signed in"
			}
			went = append(went, r.URL.Host+r.URL.Path+" "+r.Header.Get("Cookie")+" "+signed)
			switch r.URL.Path {
			case "/page":
				if strings.Contains(r.Header.Get("Cookie"), "sso=done") {
					return page(r, "welcome")
				}
				return redirect(r, "https://idp.example/ask", "state=1; Path=/")
			case "/ask":
				return redirect(r, "/answer", "idp=1; Path=/")
			case "/answer":
				return redirect(r, sim.URL+"/callback")
			}
			return redirect(r, "/page", "sso=done; Path=/")
		})
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Transport: flowOn(t, sim.URL, base, authtest.DefaultSecretKey).Transport(), Jar: jar}
		for range 2 { // the second time without the identity provider
			if status, err := get(t, client, sim.URL+"/page"); status != 200 || err != nil {
				t.Fatal(status, err)
			}
		}
		host := strings.TrimPrefix(sim.URL, "https://")
		want := []string{
			host + "/page  signed in",
			"idp.example/ask  anonymous",
			"idp.example/answer idp=1 anonymous",
			host + "/callback state=1 anonymous",
			host + "/page state=1; sso=done anonymous",
			host + "/page state=1; sso=done signed in",
		}
		if !slices.Equal(went, want) {
			t.Errorf("went\n%s\nwant\n%s", strings.Join(went, "\n"), strings.Join(want, "\n"))
		}
	})
}

// A recipe from the web copies the headers of the first request to each hop, an empty
// Authorization, too. Hops within the server keep the credential, and hops to another
// host carry nothing.
func TestI3_CheckRedirectThatCopiesHeaders_LeaksNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var atOther http.Header
		base := roundTrip(func(r *http.Request) (*http.Response, error) {
			switch {
			case r.URL.Host == "other.example":
				atOther = r.Header.Clone()
				return page(r, "")
			case r.URL.Path == "/within":
				return redirect(r, search)
			case r.URL.Path == "/away":
				return redirect(r, "https://other.example/")
			}
			return sim.Transport().RoundTrip(r)
		})
		hops := 0
		client := &http.Client{Transport: flowOn(t, sim.URL, base, authtest.DefaultSecretKey).Transport(), CheckRedirect: func(req *http.Request, via []*http.Request) error {
			hops++
			req.Header = via[0].Header.Clone()
			req.Header.Set("Authorization", via[0].Header.Get("Authorization"))
			return nil
		}}
		if status, err := get(t, client, sim.URL+"/within"); status != 200 || err != nil || hops != 1 {
			t.Errorf("within the server: %d, %v, %d hops", status, err, hops)
		}
		status, err := get(t, client, sim.URL+"/away")
		if status != 200 || err != nil || hops != 2 || atOther.Get("Authorization") != "" {
			t.Errorf("away from it: %d, %v, %d hops; it saw %v", status, err, hops, atOther)
		}
		if _, err := get(t, &http.Client{Transport: client.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return errEnough }}, sim.URL+"/within"); !errors.Is(err, errEnough) {
			t.Errorf("a CheckRedirect that rejects: %v", err)
		}
	})
}

var errEnough = errors.New("enough")

// The Timeout of the client limits the request and its wait for a token, and the error
// is the usual one of net/http. The token call goes on.
func TestL5_TimeoutOfTheClient_Counts(t *testing.T) {
	for _, op := range []string{authtest.Echo, authtest.OpGetFullAccessToken} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			client := &http.Client{Transport: flowOn(t, sim.URL, sim.Transport(), authtest.DefaultSecretKey).Transport(), Timeout: 5 * time.Second}
			release, began := sim.Block(op), time.Now()
			_, err := get(t, client, sim.URL+search)
			var shape *url.Error
			if !errors.As(err, &shape) || !shape.Timeout() || !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 5*time.Second {
				t.Errorf("%s hangs: %v after %v", op, err, time.Since(began))
			}
			release()
			if status, err := get(t, client, sim.URL+search); status != 200 || err != nil || sim.Calls(authtest.OpGetFullAccessToken) != 1 {
				t.Errorf("after that: %d, %v, %d token calls", status, err, sim.Calls(authtest.OpGetFullAccessToken))
			}
		})
	}
}

// Over a real connection, the hooks of net/http/httptrace are called for the request
// and not for the token call that it begins. CloseIdleConnections of the client closes
// the connections of the base.
func TestL5_HooksAndIdleConnections_WorkAsWithoutAFlow(t *testing.T) {
	server := authtest.NewTLSServer()
	defer server.Close()
	for name, client := range map[string]func(*authflow.Flow) *http.Client{
		"the caller's client": func(f *authflow.Flow) *http.Client { return &http.Client{Transport: f.Transport()} },
		"the Flow's client":   (*authflow.Flow).HTTPClient,
	} {
		client := client(flowOn(t, server.URL, server.Client().Transport, authtest.DefaultSecretKey))
		client.Timeout = 30 * time.Second
		if got := hooked(t, client, server.URL+search); got != "sent, reused" { // after the token call
			t.Errorf("%s: the hooks were called with %q", name, got)
		}
		client.CloseIdleConnections()
		if got := hooked(t, client, server.URL+search); got != "sent, new" {
			t.Errorf("%s, after CloseIdleConnections: the hooks were called with %q", name, got)
		}
	}
}

// hooked sends a GET and returns the calls of the hooks.
func hooked(t *testing.T, client *http.Client, url string) string {
	var heard []string
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GotConn: func(c httptrace.GotConnInfo) {
			heard = append(heard, map[bool]string{true: "reused", false: "new"}[c.Reused])
		},
		WroteRequest: func(httptrace.WroteRequestInfo) { heard = append(heard, "sent") },
	})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	slices.Sort(heard)
	slices.Reverse(heard)
	return strings.Join(heard, ", ")
}

// Transport, Timeout and CheckRedirect of the client of WithHTTPClient are used, and
// its Jar is not.
func TestL5_ClientBelow_JarIsNotUsed(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		base := roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/within" {
				return redirect(r, search, "a=1; Path=/")
			}
			return sim.Transport().RoundTrip(r)
		})
		cluster, err := authflow.New(sim.URL, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithHTTPClient(&http.Client{
			Transport: base, Timeout: 5 * time.Second, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return errEnough }}))
		if err != nil {
			t.Fatal(err)
		}
		flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername})
		if err != nil {
			t.Fatal(err)
		}
		defer flow.Close()
		if _, err := get(t, flow, sim.URL+"/within"); !errors.Is(err, errEnough) {
			t.Errorf("CheckRedirect: %v", err)
		}
		began := time.Now()
		defer sim.Block(authtest.Echo)()
		if _, err := get(t, flow, sim.URL+search); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 5*time.Second {
			t.Errorf("Timeout: %v after %v", err, time.Since(began))
		}
		if to, _ := url.Parse(sim.URL); len(jar.Cookies(to)) != 0 {
			t.Errorf("the jar holds %v", jar.Cookies(to))
		}
	})
}
