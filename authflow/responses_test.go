package authflow_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// serving is a Flow on a server that answers requests other than for tokens with
// respond, and counts the tokens.
func serving(t *testing.T, respond roundTrip) (*authflow.Flow, *atomic.Int32) {
	t.Helper()
	minted := &atomic.Int32{}
	f := on(t, func(r *http.Request) (*http.Response, error) {
		if minting(r) {
			return fresh(r, fmt.Sprintf("tok-%d", minted.Add(1))), nil
		}
		return respond(r)
	})
	return f, minted
}

// Servers label empty bodies and JSON with text/html, too.
func TestP6_SuccessLabelledAsHTML_IsASuccessAndSentOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, body string
		status       int
	}{
		"DELETE with 204": {http.MethodDelete, "", 204}, "205": {http.MethodPost, "", 205}, "empty 200": {http.MethodPost, "", 200}, "empty 201": {http.MethodPut, "", 201},
		"JSON": {http.MethodGet, `{"a":1}`, 200}, "a list": {http.MethodPost, `[]`, 200}, "HEAD": {http.MethodHead, "", 200},
	} {
		sent := 0
		f, minted := serving(t, func(r *http.Request) (*http.Response, error) {
			sent++
			return reply(r, c.status, c.body, "Content-Type", "text/html; charset=utf-8"), nil
		})
		for n := 1; n <= 2; n++ {
			got, err := text(f, withMethod(t, c.method))
			if err != nil || got != c.body || sent != n || minted.Load() != 1 {
				t.Errorf("%s: %q, %v; sent %d times, %d tokens", name, got, err, sent, minted.Load())
			}
		}
	}
}

func TestP6_AuthCallsLabelledAsHTML_AreSuccesses(t *testing.T) {
	t.Parallel()
	f := on(t, func(r *http.Request) (*http.Response, error) {
		resp := reply(r, 204, "")
		switch {
		case minting(r):
			resp = fresh(r, "tok")
		case strings.HasSuffix(r.URL.Path, "/session/login"):
			resp.Header.Set("Set-Cookie", "JSESSIONID=s; Path=/")
		case !strings.HasSuffix(r.URL.Path, "/logout"):
			resp.StatusCode = http.StatusOK // without a body, as before release 9.5
		}
		resp.Header.Set("Content-Type", "text/html")
		return resp, nil
	})
	session, err := f.Session()
	if err != nil {
		t.Fatal(err)
	}
	mustGet(t, session)
	if err := errors.Join(session.Logout(t.Context()), f.Logout(t.Context())); err != nil {
		t.Error(err)
	}
}

// 303 says that the request was done.
func TestP6_PostAnsweredWith303_IsDoneOnce(t *testing.T) {
	t.Parallel()
	posts := 0
	f, minted := serving(t, func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPost {
			posts++
			return reply(r, 303, "", "Location", "/results/7"), nil
		}
		return reply(r, 200, "a;b", "Content-Type", "text/csv"), nil
	})
	for range 10 {
		if got, err := text(f, posted(t, strings.NewReader("{}"))); err != nil || got != "a;b" {
			t.Errorf("%q, %v", got, err)
		}
	}
	if posts != 10 || minted.Load() != 1 {
		t.Errorf("done %d times, %d tokens", posts, minted.Load())
	}
}

// The storage of a report gets nothing except the request for it.
func TestI2_RedirectToAPresignedAddress_IsFollowedWithoutCredentials(t *testing.T) {
	t.Parallel()
	const presigned = "https://storage.example/report?sig=secret"
	for f, d := range flows(t, func(r *http.Request) *http.Response { return reply(r, 302, "", "Location", presigned) }, 1000) {
		arrived := 0
		d.elsewhere = func(r *http.Request) {
			arrived++
			carried := r.Header.Get("Authorization") + r.Header.Get("Cookie") + r.Header.Get("Referer") + r.Header.Get("X-Requested-By") + r.Header.Get("X-Api-Key")
			if carried != "" || r.Body != nil {
				t.Errorf("%v: %v", f, r.Header)
			}
		}
		d.answer = func(r *http.Request) *http.Response { return reply(r, 200, "a;b", "Content-Type", "text/csv") }
		for n := 1; n <= 2; n++ {
			req := posted(t, strings.NewReader("{}"))
			req.Header.Set("X-Api-Key", "k")
			req.Header.Set("Referer", fakeURL)
			if got, err := text(f, req); err != nil || got != "a;b" || arrived != n {
				t.Errorf("%v: %q, %v", f, got, err)
			}
		}
		d.away = func(r *http.Request) *http.Response { return reply(r, 307, "", "Location", presigned) }
		if _, err := text(f, posted(t, strings.NewReader("{}"))); !errors.Is(err, authflow.ErrWrongOrigin) || arrived != 2 || strings.Contains(err.Error(), "sig=") && !strings.Contains(err.Error(), "Post ") {
			t.Errorf("%v: a body was to go with it: %v", f, err)
		}
	}
}

// Do returns when the headers are there, unless the body may be a page.
func TestP6_BodyThatBeginsLate_IsNotWaitedFor(t *testing.T) {
	t.Parallel()
	for _, label := range []string{"text/plain", "", "application/json", "text/csv", "text/event-stream"} {
		synctest.Test(t, func(t *testing.T) {
			f, _ := serving(t, func(r *http.Request) (*http.Response, error) {
				resp := reply(r, 200, "", "Content-Type", label)
				resp.Body = &late{Reader: strings.NewReader("data"), after: 20 * time.Second}
				return resp, nil
			})
			if err := f.Renew(t.Context()); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			resp, err := f.Do(request(t, fakeURL+apiX))
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took > 0 {
				t.Errorf("%q: Do took %v", label, took)
			}
			if body, err := io.ReadAll(resp.Body); string(body) != "data" || err != nil {
				t.Errorf("%q: %q, %v", label, body, err)
			}
			_ = resp.Body.Close()
		})
	}
}

// late is a body whose first byte takes a while, or, with step, each byte.
type late struct {
	io.Reader
	after, step time.Duration
}

func (l *late) Read(p []byte) (int, error) {
	time.Sleep(l.after) // fake clock
	if l.after = l.step; l.step > 0 {
		p = p[:1]
	}
	return l.Reader.Read(p)
}

func (*late) Close() error { return nil }

func TestX2_ErrorPageThatDrips_IsBoundedInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, _ := serving(t, func(r *http.Request) (*http.Response, error) {
			resp := htmlPage(r, 502, "")
			resp.Body = &late{Reader: strings.NewReader("<html>" + strings.Repeat("x", 3600)), step: time.Second}
			return resp, nil
		})
		if err := f.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		resp, err := f.Do(request(t, fakeURL+apiX))
		if err != nil || resp.StatusCode != http.StatusBadGateway || time.Since(began) > 2*time.Second {
			t.Fatalf("%v after %v", err, time.Since(began))
		}
		var e *authflow.Error
		if err := authflow.ErrorOf(resp); !errors.As(err, &e) || e.Status != http.StatusBadGateway || time.Since(began) > 10*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		_ = resp.Body.Close()
		time.Sleep(time.Minute) // fake clock; the read in progress ends
	})
}
