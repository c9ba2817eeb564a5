package exchange

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

const opFull = "getFullAccessToken"

func tokenRequest(tb testing.TB) *http.Request {
	tb.Helper()
	return request(tb, http.MethodPost, serverURL+"/api/rest/2.0/auth/token/full")
}

// follower is a base that follows redirects by itself.
func follower(base roundTrip) roundTrip {
	client := &http.Client{Transport: base}
	return func(r *http.Request) (*http.Response, error) { return client.Do(r) }
}

func TestI6_BaseThatFollowsRedirects_IsRejected(t *testing.T) {
	t.Parallel()
	for location, sent := range map[string]int{"https://evil.example/": 2, "/other": 2} {
		n := 0
		s := sender(t, follower(func(r *http.Request) (*http.Response, error) {
			if n++; n == 1 {
				return respond(r, 307, "", "Location", location), nil
			}
			return respond(r, 200, `{"token":"of-evil"}`), nil
		}))
		resp, failed := s.Call(opFull, outcome.Key, tokenRequest(t))
		if resp != nil || failed == nil || !errors.Is(failed.Err, ErrFollowsRedirects) || n != sent {
			t.Errorf("%s: %+v, %+v, sent %d times", location, resp, failed, n)
		}
	}
	n := 0
	s := sender(t, follower(func(r *http.Request) (*http.Response, error) {
		if n++; n == 1 {
			return respond(r, 302, "", "Location", "https://evil.example/"), nil
		}
		return respond(r, 200, "{}"), nil
	}))
	req := request(t, http.MethodGet, serverURL+apiPathX)
	resp, err := s.Send(req, req.Clone(t.Context())) //nolint:bodyclose // there is none
	var wrong *WrongOriginError
	if resp != nil || !errors.As(err, &wrong) {
		t.Errorf("an ordinary request: %v", err)
	}
}

// A gateway, a sidecar or a unix socket only gets another address.
func TestI6_BaseThatSendsACopyToAGateway_Works(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*http.Request){
		"another host": func(r *http.Request) { r.URL.Scheme, r.URL.Host = "http", "127.0.0.1:9000" },
		"with a path":  func(r *http.Request) { r.URL.Host, r.URL.Path = "gateway.example", "/ts"+r.URL.Path },
		"unix socket":  func(r *http.Request) { r.URL.Scheme, r.URL.Host, r.Host = "http", "unix", "ts.example" },
	} {
		s := sender(t, func(r *http.Request) (*http.Response, error) {
			out := r.Clone(r.Context())
			change(out)
			return respond(out, 200, `{"token":"t"}`), nil
		})
		if resp, failed := s.Call(opFull, outcome.Key, tokenRequest(t)); failed != nil || string(resp.Body) != `{"token":"t"}` {
			t.Errorf("%s: %+v", name, failed)
		}
		req := request(t, http.MethodGet, serverURL+apiPathX)
		resp, err := s.Send(req, req.Clone(t.Context()))
		if err != nil || resp.Request != req {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_ = resp.Body.Close()
	}
}

func TestX1_Call_NeverFollowsARedirect(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		n := 0
		s := sender(t, func(r *http.Request) (*http.Response, error) {
			n++
			return respond(r, status, "", "Location", "https://idp.example/a?key=s3cret"), nil
		})
		_, failed := s.Call(opFull, outcome.Key, tokenRequest(t))
		if n != 1 || failed == nil || failed.Class != outcome.Unexpected || strings.Contains(failed.Err.Error(), "s3cret") {
			t.Errorf("%d: sent %d times, %+v", status, n, failed)
		}
	}
}

func TestX3_LocationThatIsNotAURL_ReachesNoErrorOfHTTPClient(t *testing.T) {
	t.Parallel()
	s := sender(t, func(r *http.Request) (*http.Response, error) {
		return respond(r, 302, "", "Location", "https://idp.example/%zz?key=s3cret"), nil
	})
	client := &http.Client{
		Transport:     roundTrip(func(r *http.Request) (*http.Response, error) { return s.Send(r, r) }),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(tokenRequest(t))
	if err != nil {
		t.Fatalf("%v", err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusFound {
		t.Errorf("%d", resp.StatusCode)
	}
}

func TestX4_Call_TurnsEverythingExceptASuccessIntoAFailure(t *testing.T) {
	t.Parallel()
	answer := func(status int, body string, headers ...string) roundTrip {
		return func(r *http.Request) (*http.Response, error) { return respond(r, status, body, headers...), nil }
	}
	for name, tt := range map[string]struct {
		base  roundTrip
		class outcome.Class
	}{
		"success":             {answer(200, `{}`), outcome.OK},
		"no content, as HTML": {answer(204, "", "Content-Type", "text/html"), outcome.OK},
		"empty 200, as HTML":  {answer(200, "", "Content-Type", "text/html"), outcome.OK},
		"JSON as HTML":        {answer(200, `{"token":"t"}`, "Content-Type", "text/html"), outcome.OK},
		"page":                {answer(200, "<html>", "Content-Type", "text/html"), outcome.Unexpected},
		"maintenance":         {answer(200, "<html>Site Maintenance", "Content-Type", "text/html"), outcome.Overloaded},
		"rejected":            {answer(401, "{}"), outcome.Rejected},
		"too large":           {answer(200, strings.Repeat("x", MaxBody+1)), outcome.Unexpected},
		"cut":                 {cutAfter(200), outcome.OutcomeUnknown},
		"rejected, then cut":  {cutAfter(401), outcome.Rejected},
		"neither":             {func(*http.Request) (*http.Response, error) { return nil, nil }, outcome.OutcomeUnknown}, //nolint:nilnil // is the point
		"nothing in it":       {func(*http.Request) (*http.Response, error) { return &http.Response{}, nil }, outcome.Other},
		"no body": {func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusInternalServerError}, nil
		}, outcome.Other},
		"error":               {func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }, outcome.OutcomeUnknown},
		"panic":               {func(*http.Request) (*http.Response, error) { panic("s3cret") }, outcome.OutcomeUnknown},
		"error with a secret": {func(*http.Request) (*http.Response, error) { return nil, errors.New("s3cret") }, outcome.OutcomeUnknown},
		"connection reset":    {func(*http.Request) (*http.Response, error) { return nil, &net.OpError{Op: "dial", Err: io.EOF} }, outcome.NotSent},
	} {
		req := tokenRequest(t)
		req.Header.Set("X-Secret", "s3cret")
		resp, failed := sender(t, tt.base).Call(opFull, outcome.Key, req)
		if tt.class == outcome.OK {
			if resp == nil || failed != nil {
				t.Errorf("%s: %+v", name, failed)
			}
			continue
		}
		if failed == nil || resp != nil || failed.Class != tt.class || failed.Op != opFull {
			t.Errorf("%s: %+v", name, failed)
			continue
		}
		if failed.Err != nil && strings.Contains(failed.Err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, failed.Err)
		}
	}
}

func cutAfter(status int) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		resp := respond(r, status, "")
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader("{"), errorReader{}))
		return resp, nil
	}
}

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestR5_CallThatWaitsForItsConnection_IsNotSent(t *testing.T) {
	t.Parallel()
	stuck := make(chan struct{})
	defer close(stuck)
	for name, tt := range map[string]struct {
		dial func(ctx context.Context, network, addr string) (net.Conn, error)
		want outcome.Class
	}{
		"dialing": {func(ctx context.Context, _, _ string) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }, outcome.NotSent},
		"sent": {func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() { _, _ = io.Copy(io.Discard, theirs) }()
			return ours, nil
		}, outcome.OutcomeUnknown},
	} {
		base := &http.Transport{DialContext: tt.dial}
		s := &Sender{Base: base, Origin: origin(t, "http://127.0.0.1")}
		ctx, cancel := context.WithCancel(t.Context())
		gotConn, wrote := 0, make(chan struct{}, 2)
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			GetConn:      func(string) { gotConn++; wrote <- struct{}{} },
			WroteRequest: func(httptrace.WroteRequestInfo) { wrote <- struct{}{} },
		})
		go func() {
			<-wrote
			if tt.want == outcome.OutcomeUnknown {
				<-wrote
			}
			cancel()
		}()
		_, failed := s.Call("login", outcome.Password, request(t, http.MethodPost, "http://127.0.0.1/api/rest/2.0/auth/session/login").WithContext(ctx))
		cancel()
		if failed == nil || failed.Class != tt.want {
			t.Errorf("%s: %+v", name, failed)
		}
		if gotConn != 1 {
			t.Errorf("%s: the caller's own hook was called %d times", name, gotConn)
		}
		base.CloseIdleConnections()
	}
}

func TestL5_CallTimeout_IsTheTimeoutOfTheClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sender(t, func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() })
		s.Timeout = time.Minute
		began := time.Now()
		_, failed := s.Call(opFull, outcome.Key, tokenRequest(t))
		if failed == nil || !errors.Is(failed.Err, context.DeadlineExceeded) || time.Since(began) != time.Minute {
			t.Errorf("%+v after %v", failed, time.Since(began))
		}
	})
}

// Neither the response nor its request holds the credential, and an error body
// can be read after it was closed.
func TestX3_Response_IsToTheCallersRequest(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) }))
	defer server.Close()
	s := &Sender{Base: server.Client().Transport, Origin: origin(t, server.URL)}
	req := request(t, http.MethodGet, server.URL)
	out := req.Clone(t.Context())
	out.Header.Set("Authorization", "Bearer tok")
	resp, err := s.Send(req, out)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if body, ok := resp.Body.(*Body); !ok || resp.Request != req || body.Redact("x") != "x" {
		t.Errorf("%T, %v", resp.Body, resp.Request.Header)
	}
}
