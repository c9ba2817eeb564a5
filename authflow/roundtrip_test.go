package authflow_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestI6_GatewayBelow_Works(t *testing.T) {
	t.Parallel()
	gateway := roundTrip(func(r *http.Request) (*http.Response, error) {
		out := r.Clone(r.Context())
		out.URL.Scheme, out.URL.Host = "http", "127.0.0.1:15001"
		switch {
		case minting(r):
			return fresh(out, "tok"), nil
		case strings.HasSuffix(r.URL.Path, "/session/login"):
			return reply(out, 204, "", "Set-Cookie", "JSESSIONID=s; Path=/"), nil
		}
		return reply(out, 200, "{}"), nil
	})
	f := on(t, gateway)
	session, err := f.Session()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []*authflow.Flow{session, f} {
		for range 2 {
			if got, err := text(f, request(t, fakeURL+apiX)); got != "{}" || err != nil {
				t.Errorf("%v: %q, %v", f, got, err)
			}
		}
		if err := f.Logout(t.Context()); err != nil {
			t.Errorf("%v: %v", f, err)
		}
	}
}

func TestI2_ServerWithAnInternationalName_IsOneHostInBothForms(t *testing.T) {
	t.Parallel()
	for _, server := range []string{"https://bücher.example", "https://xn--bcher-kva.example"} {
		c, err := authflow.New(server, authflow.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) { return fresh(r, "tok"), nil })}))
		if err != nil {
			t.Fatal(err)
		}
		f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann", SecretKey: mixedKey})
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []string{"https://bücher.example/", "https://xn--bcher-kva.example/", "https://BÜCHER.example:443/"} {
			for range 2 {
				req := request(t, at)
				if err := f.Edit(t.Context(), req); err != nil || req.Header.Get("Authorization") == "" {
					t.Errorf("%s for %s: %v", at, server, err)
				}
			}
		}
		if err := f.Edit(t.Context(), request(t, "https://bucher.example/")); !errors.Is(err, authflow.ErrWrongOrigin) {
			t.Errorf("another host: %v", err)
		}
	}
}

func TestX5_ServerWithASecondScheme_IsRejected(t *testing.T) {
	t.Parallel()
	for _, server := range []string{"https//acme.thoughtspot.cloud", "https://https://acme.thoughtspot.cloud", "http:/acme.thoughtspot.cloud"} {
		c, err := authflow.New(server)
		var e *authflow.Error
		if c != nil || !errors.Is(err, authflow.ErrInvalid) || !errors.As(err, &e) || e.Field != "server" {
			t.Errorf("%s: %v", server, err)
		}
	}
}

func TestS1_SecureCookieOverLoopback_MakesASession(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/session/login") {
			http.SetCookie(w, &http.Cookie{Name: "JSESSIONID", Value: "s", Path: "/", Secure: true, HttpOnly: true})
			w.WriteHeader(http.StatusNoContent)
			return
		}
		_, _ = io.WriteString(w, r.Header.Get("Cookie"))
	}))
	defer server.Close()
	c, err := authflow.New(server.URL, authflow.WithHTTPClient(server.Client()))
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.Session(gen.LoginRequest{Username: "ann", Password: "hunter22"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got, err := text(f, request(t, server.URL+apiX)); got != "JSESSIONID=s" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
}

// A session whose cookie rotates with each response may expire. The Flow tries the
// newer cookie, and then logs in again.
func TestP1_RotatingSessionThatExpires_IsReplaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		logIns, n, isDead := 0, 0, false
		c := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			if n++; strings.HasSuffix(r.URL.Path, "/session/login") {
				logIns++
				return reply(r, 204, "", "Set-Cookie", fmt.Sprintf("JSESSIONID=%d-0; Path=/", logIns)), nil
			}
			if r.Header.Get("X-Late") != "" && n == 2 {
				mu.Unlock()
				time.Sleep(time.Second) // fake clock; in the meantime the cookie rotates and the session expires
				mu.Lock()
			}
			if isDead && strings.HasPrefix(r.Header.Get("Cookie"), "JSESSIONID=1-") {
				return reply(r, 401, "{}"), nil
			}
			return reply(r, 200, "{}", "Set-Cookie", fmt.Sprintf("JSESSIONID=%d-%d; Path=/", logIns, n)), nil
		})
		f, err := c.Session(gen.LoginRequest{Username: "ann", Password: "hunter22"})
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			req := request(t, fakeURL+apiX)
			req.Header.Set("X-Late", "1")
			if got, err := text(f, req); got != "{}" || err != nil {
				t.Errorf("%q, %v", got, err)
			}
		}()
		synctest.Wait()
		mustGet(t, f)
		mu.Lock()
		isDead = true
		mu.Unlock()
		<-done
		mustGet(t, f)
		if logIns != 2 {
			t.Errorf("%d logins", logIns)
		}
	})
}

// The newer cookie is tried once, however often other responses rotate it.
func TestP1_CookieThatAlwaysRotates_IsNotTriedForever(t *testing.T) {
	t.Parallel()
	var f *authflow.Flow
	rotations, sent := 0, 0
	c := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
		rotations++
		switch {
		case strings.HasSuffix(r.URL.Path, "/session/login"):
			return reply(r, 204, "", "Set-Cookie", fmt.Sprintf("JSESSIONID=%d; Path=/", rotations)), nil
		case r.URL.Path != apiX:
			return reply(r, 200, "{}", "Set-Cookie", fmt.Sprintf("JSESSIONID=%d; Path=/", rotations)), nil
		}
		if sent++; sent < 20 {
			_, _ = text(f, request(t, fakeURL+"/other"))
		}
		return reply(r, 401, "{}"), nil
	})
	var err error
	f, err = c.Session(gen.LoginRequest{Username: "ann", Password: "hunter22"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := text(f, request(t, fakeURL+apiX)); err == nil || sent > 3 {
		t.Errorf("%v, sent %d times", err, sent)
	}
}

func TestR1_CookieBehindAProxyWhoseClockIsAhead_MakesASession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		logIns := 0
		c := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
			date := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
			if strings.HasSuffix(r.URL.Path, "/session/login") {
				logIns++
				expires := time.Now().Add(30 * time.Minute).UTC().Format(http.TimeFormat)
				return reply(r, 204, "", "Date", date, "Set-Cookie", "JSESSIONID=s; Path=/; Expires="+expires), nil
			}
			return reply(r, 200, "{}", "Date", date), nil
		})
		f, err := c.Session(gen.LoginRequest{Username: "ann", Password: "hunter22"})
		if err != nil {
			t.Fatal(err)
		}
		for range 60 {
			mustGet(t, f)
			time.Sleep(time.Minute) // fake clock
		}
		if logIns > 3 {
			t.Errorf("%d logins in an hour", logIns)
		}
	})
}

func TestS2_WallClockAheadAtTheLastUse_DoesNotSendADeadSession(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{2 * time.Hour, 3*time.Hour - time.Minute} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			f := loggedIn(t, sim, false)
			mustGet(t, f)
			f.StepWallClock(ahead)
			mustGet(t, f)
			f.StepWallClock(-ahead)
			time.Sleep(3*time.Hour + time.Minute) // fake clock
			if status := stream(t, f, sim.URL); status != http.StatusOK {
				t.Errorf("%v ahead: a stream met the dead session: %d", ahead, status)
			}
		})
	}
}

// The user's transport may return a body that must not be closed during a Read.
func TestP5_SlowRestOfARejection_IsNotClosedWhileRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var bodies []*exclusive
		f, minted := serving(t, func(r *http.Request) (*http.Response, error) {
			if r.Header.Get("Authorization") == "Bearer tok-2" {
				return reply(r, 200, "{}"), nil
			}
			body := &exclusive{Reader: strings.NewReader(strings.Repeat("x", 10))}
			bodies = append(bodies, body)
			resp := reply(r, 401, "")
			resp.Body = body
			return resp, nil
		})
		if got, err := text(f, request(t, fakeURL+apiX)); got != "{}" || err != nil || minted.Load() != 2 {
			t.Errorf("%q, %v, %d tokens", got, err, minted.Load())
		}
		time.Sleep(time.Minute) // fake clock
		for _, b := range bodies {
			if b.misused.Load() || !b.closed.Load() {
				t.Errorf("closed: %v, during a Read: %v", b.closed.Load(), b.misused.Load())
			}
		}
	})
}

// exclusive is a body that records whether it is closed during a Read. Each byte
// takes a second.
type exclusive struct {
	io.Reader
	reading, closed, misused atomic.Bool
}

func (b *exclusive) Read(p []byte) (int, error) {
	b.reading.Store(true)
	defer b.reading.Store(false)
	time.Sleep(time.Second) // fake clock
	return b.Reader.Read(p[:1])
}

func (b *exclusive) Close() error {
	b.closed.Store(true)
	b.misused.CompareAndSwap(false, b.reading.Load())
	return nil
}

// A GetBody function may rewind the only reader it has. It may be called only after
// the first attempt has finished with that reader, which is certain when its
// response is closed.
func TestP5_GetBodyThatRewinds_IsCalledAfterTheRejectionIsClosed(t *testing.T) {
	t.Parallel()
	closed := false
	f, _ := serving(t, func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != "data" {
			t.Errorf("%q arrived, %v", body, err)
		}
		if r.Header.Get("Authorization") == "Bearer tok-2" {
			return reply(r, 200, "{}"), nil
		}
		resp := reply(r, 401, "{}")
		resp.Body = noticing{resp.Body, &closed}
		return resp, nil
	})
	reader := bytes.NewReader([]byte("data"))
	req := posted(t, nil)
	req.Body, req.ContentLength = io.NopCloser(reader), 4
	req.GetBody = func() (io.ReadCloser, error) {
		if !closed {
			t.Error("GetBody was called before the response was closed")
		}
		_, err := reader.Seek(0, io.SeekStart)
		return io.NopCloser(reader), err
	}
	if got, err := text(f, req); got != "{}" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

type noticing struct {
	io.ReadCloser
	closed *bool
}

func (n noticing) Close() error { *n.closed = true; return n.ReadCloser.Close() }

// If GetBody fails, the caller gets the whole rejection.
func TestP2_GetBodyThatFails_ReturnsTheRejection(t *testing.T) {
	t.Parallel()
	sent := 0
	f, minted := serving(t, func(r *http.Request) (*http.Response, error) {
		sent++
		return reply(r, 401, `{"error":{"message":"expired"}}`), nil
	})
	req := posted(t, strings.NewReader("data"))
	req.GetBody = func() (io.ReadCloser, error) { return nil, errors.New("it was a pipe") }
	resp, err := f.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusUnauthorized || string(body) != `{"error":{"message":"expired"}}` || err != nil || sent != 1 || minted.Load() > 2 {
		t.Errorf("%d %q, %v; sent %d times, %d tokens", resp.StatusCode, body, err, sent, minted.Load())
	}
	_ = resp.Body.Close()
}

func TestS4_AfterLogout_EveryCallReturnsErrClosedFirst(t *testing.T) {
	t.Parallel()
	f, _ := serving(t, func(r *http.Request) (*http.Response, error) { return reply(r, 200, "{}"), nil })
	mustGet(t, f)
	if err := f.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{fakeURL + apiX, "https://other.example/"} {
		for range 2 {
			if _, err := text(f, request(t, at)); !errors.Is(err, authflow.ErrClosed) {
				t.Errorf("Do for %s: %v", at, err)
			}
		}
	}
}

// A cookie that Edit added to a request is sent only to the server, even after the
// session was replaced.
func TestI2_CookieOfAnEarlierSession_DoesNotLeaveTheServer(t *testing.T) {
	t.Parallel()
	for f, d := range flows(t, func(r *http.Request) *http.Response { return reply(r, 302, "", "Location", "https://sub.ts.example/x") }, 1000) {
		req := request(t, fakeURL+apiX)
		if err := f.Edit(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		arrived := false
		d.elsewhere = func(r *http.Request) {
			arrived = true
			if carried := r.Header.Get("Cookie") + r.Header.Get("Authorization"); carried != "" {
				t.Errorf("%v: %q", f, carried)
			}
		}
		_, _ = text(f, req)
		if !arrived {
			t.Errorf("%v: the redirect was not followed", f)
		}
	}
}
