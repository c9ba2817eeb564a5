package compose

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httptrace"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

func TestL5Resty(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		flow := flowOn(t, sim.URL, sim.Transport(), authtest.DefaultSecretKey)
		client := resty.New().SetTransport(flow.Transport()).SetBaseURL(sim.URL)
		for range 2 {
			resp, err := client.R().SetContext(t.Context()).SetBody(map[string]any{"a": 1}).Post(search)
			if err != nil || resp.StatusCode() != 200 {
				t.Fatal(resp, err)
			}
			sim.RevokeAll() // the second one is sent again
		}
	})
}

func TestL5ReverseProxy(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		flow := flowOn(t, sim.URL, sim.Transport(), authtest.DefaultSecretKey)
		to, err := url.Parse(sim.URL)
		if err != nil {
			t.Fatal(err)
		}
		var failed error
		serve := func(rewrite func(*httputil.ProxyRequest)) int {
			proxy := &httputil.ReverseProxy{Transport: flow.Transport(), Rewrite: rewrite, ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
				failed = err
				w.WriteHeader(http.StatusBadGateway)
			}}
			w := httptest.NewRecorder()
			proxy.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://mine.example"+search, nil))
			return w.Code
		}
		if status := serve(func(p *httputil.ProxyRequest) { p.SetURL(to) }); status != 200 {
			t.Errorf("with SetURL: %d, %v", status, failed)
		}
		before := sim.Calls(authtest.Echo)
		status := serve(func(p *httputil.ProxyRequest) { p.SetURL(to); p.Out.Host = p.In.Host })
		if !errors.Is(failed, authflow.ErrWrongOrigin) || status != http.StatusBadGateway || sim.Calls(authtest.Echo) != before {
			t.Errorf("with the Host of the caller: %d, %v", status, failed)
		}
	})
}

// Over a real connection, a POST whose token was revoked.
func TestL5HTTP2(t *testing.T) {
	sim := authtest.New()
	server := httptest.NewUnstartedServer(sim)
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	flow := flowOn(t, server.URL, server.Client().Transport, authtest.DefaultSecretKey)
	for range 2 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+search, strings.NewReader(`{"a":1}`))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := flow.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.Body.Close() != nil || resp.StatusCode != 200 || resp.ProtoMajor != 2 {
			t.Errorf("%s %s, %v", resp.Proto, resp.Status, err)
		}
		sim.RevokeAll()
	}
}

// An http.Client of one's own, with all that it can have.
func TestL5AnHTTPClientOfOnesOwn(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		hops, got, dialled := 0, "", 0
		base := roundTrip(func(r *http.Request) (*http.Response, error) {
			if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GetConn != nil {
				trace.GetConn(r.URL.Host)
			}
			switch r.URL.Path {
			case "/start":
				return &http.Response{StatusCode: 302, Header: http.Header{"Location": {"/end"}, "Set-Cookie": {"mine=1; Path=/"}}, Body: http.NoBody, Request: r}, nil
			case "/end":
				got = r.Header.Get("Cookie")
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
			case "/slow":
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return sim.Transport().RoundTrip(r)
		})
		jar, _ := cookiejar.New(nil)
		client := &http.Client{Transport: flowOn(t, sim.URL, base, authtest.DefaultSecretKey).Transport(), Jar: jar, Timeout: time.Minute,
			CheckRedirect: func(req *http.Request, via []*http.Request) error {
				hops = len(via)
				req.Header = via[0].Header.Clone()
				req.Header.Set("Authorization", via[0].Header.Get("Authorization")) // empty: a recipe from the web
				return nil
			}}
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GetConn: func(string) { dialled++ }})
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, sim.URL+"/start", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil || resp.Body.Close() != nil || resp.StatusCode != 200 || hops != 1 || got != "mine=1" || dialled != 2 {
			t.Errorf("%v, %v: %d hops, cookie %q, hooks heard of %d connections", resp, err, hops, got, dialled)
		}
		began := time.Now()
		if _, err := get(t, client, sim.URL+"/slow"); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Minute {
			t.Errorf("Timeout: %v after %v", err, time.Since(began))
		}
	})
}
