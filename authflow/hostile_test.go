package authflow_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Servers, transports and functions that misbehave in ways that the simulator
// does not.

const mixedKey = "Key-ABCdef-42" // letters of both cases, that nothing else holds

// reply is an answer with headers in pairs.
func reply(r *http.Request, status int, body string, headers ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r, ProtoMajor: 1, ProtoMinor: 1}
}

// fresh answers a token request.
func fresh(r *http.Request, value string) *http.Response {
	return reply(r, 200, fmt.Sprintf(`{"token":%q,"creation_time_in_millis":1000000,"expiration_time_in_millis":1300000}`, value))
}

func minting(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/token/full") }

func on(t *testing.T, base roundTrip, opts ...authflow.Option) *authflow.Flow {
	t.Helper()
	f, err := authflow.FullAccess("https://ts.example", gen.GetFullAccessTokenRequest{Username: "ann", SecretKey: mixedKey},
		append([]authflow.Option{authflow.WithHTTPClient(&http.Client{Transport: base})}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

type cutBody struct{}

func (cutBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
func (cutBody) Close() error             { return nil }

func TestR6ARefusalThatIsCutOffIsARefusal(t *testing.T) {
	for _, status := range []int{302, 400, 401, 403} {
		calls := 0
		f := on(t, func(r *http.Request) (*http.Response, error) {
			calls++
			resp := reply(r, status, "")
			resp.Body = cutBody{}
			return resp, nil
		})
		if _, err := f.Token(t.Context()); err == nil || calls != 1 {
			t.Errorf("%d: %d calls, %v", status, calls, err)
		}
	}
}

func TestX1X3ALocationThatIsNoURL(t *testing.T) {
	calls := 0
	f := on(t, func(r *http.Request) (*http.Response, error) {
		calls++
		return reply(r, 302, "", "Location", "https://idp.example.com/%zz?key="+mixedKey), nil
	})
	_, err := f.Token(t.Context())
	if calls != 1 || !errors.Is(err, authflow.ErrUnexpectedRedirect) || strings.Contains(err.Error(), mixedKey) {
		t.Errorf("%d calls, %v", calls, err)
	}
}

func TestI2ABodyDoesNotFollowARedirectElsewhere(t *testing.T) {
	var elsewhere []string
	f := on(t, func(r *http.Request) (*http.Response, error) {
		switch {
		case r.URL.Host != "ts.example":
			body, _ := io.ReadAll(r.Body)
			elsewhere = append(elsewhere, string(body))
			return reply(r, 200, "{}"), nil
		case minting(r):
			return fresh(r, "tok"), nil
		}
		return reply(r, http.StatusTemporaryRedirect, "", "Location", "https://evil.example.com/"), nil
	})
	client, err := gen.NewClientWithResponses(f.Server(), gen.WithHTTPClient(f))
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.LoginWithResponse(t.Context(), gen.LoginRequest{Username: "ann", Password: "pw-1"})
	if !errors.Is(err, authflow.ErrWrongOrigin) || len(elsewhere) > 0 {
		t.Errorf("%v; elsewhere got %q", err, elsewhere)
	}
}

func TestI2AChainThroughABaseThatForgetsTheRequest(t *testing.T) {
	var last string
	f := on(t, func(r *http.Request) (*http.Response, error) {
		last = r.Header.Get("Authorization")
		var resp *http.Response
		switch {
		case minting(r):
			return fresh(r, "tok"), nil
		case r.URL.Path == "/start":
			resp = reply(r, 302, "", "Location", "https://evil.example.com/")
		case r.URL.Path == "/":
			resp = reply(r, 302, "", "Location", "https://ts.example/delete-everything")
		default:
			resp = reply(r, 200, "")
		}
		resp.Request = nil
		return resp, nil
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://ts.example/start", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := f.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if last != "" {
		t.Error("the last hop carried the credential")
	}
}

func TestX3WhatTheErrorDoesNotShow(t *testing.T) {
	var f *authflow.Flow
	minted := 0
	for name, answer := range map[string]roundTrip{
		"a lease that is replaced meanwhile": func(r *http.Request) (*http.Response, error) {
			sent := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
			return reply(r, 302, "", "Location", "https://idp.example.com/"+sent), f.Renew(context.Background())
		},
		"a content type in capitals": func(r *http.Request) (*http.Response, error) {
			return reply(r, 200, "<", "Content-Type", "text/html; "+mixedKey), nil
		},
	} {
		f = on(t, func(r *http.Request) (*http.Response, error) {
			if minting(r) {
				minted++
				return fresh(r, fmt.Sprintf("Secret-Token-%d", minted)), nil
			}
			return answer(r)
		})
		_, err := f.API().GetCurrentUserInfoWithResponse(t.Context())
		if err == nil || strings.Contains(err.Error(), "Secret-Token") || strings.Contains(err.Error(), mixedKey) {
			t.Errorf("%s: %v", name, err)
		}
	}

	f = on(t, func(r *http.Request) (*http.Response, error) {
		return reply(r, 400, "x", "Content-Type", "text/"+mixedKey), nil
	})
	if _, err := f.Token(t.Context()); strings.Contains(strings.ToLower(err.Error()), strings.ToLower(mixedKey)) {
		t.Errorf("a content type: %v", err)
	}
}

func TestX3CookiesOfASession(t *testing.T) {
	f := on(t, func(r *http.Request) (*http.Response, error) {
		switch {
		case minting(r):
			return fresh(r, "tok"), nil
		case strings.HasSuffix(r.URL.Path, "/login"):
			resp := reply(r, 204, "")
			resp.Header["Set-Cookie"] = []string{"JSESSIONID=node0abc", "clientId=node0abc-7f3e-SECRET"}
			return resp, nil
		}
		// Repeats both, of which one begins as the other, and rotates one.
		return reply(r, 302, "", "Location", "https://idp.example.com/node0abc/node0abc-7f3e-SECRET", "Set-Cookie", "JSESSIONID=new"), nil
	})
	session, err := authflow.LoginWithToken(f)
	if err != nil {
		t.Fatal(err)
	}
	_, err = session.API().GetCurrentUserInfoWithResponse(t.Context())
	if err == nil || strings.Contains(err.Error(), "7f3e") || strings.Contains(err.Error(), "node0abc") {
		t.Errorf("%v", err)
	}
}

func TestX3AServerThatEchoesInsteadOfHTTP(t *testing.T) {
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			if req, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
				body, _ := io.ReadAll(req.Body)
				_, _ = c.Write(append(body, "\r\n\r\n"...))
			}
			_ = c.Close()
		}
	}()
	defer func() { _ = ln.Close(); <-done }()
	f, err := authflow.FullAccess("http://"+ln.Addr().String(), gen.GetFullAccessTokenRequest{Username: "ann", SecretKey: mixedKey},
		authflow.WithHTTPClient(&http.Client{Transport: &http.Transport{}}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Token(t.Context()); err == nil || strings.Contains(err.Error(), mixedKey) {
		t.Errorf("%v", err)
	}
}

func TestAServerAddressWithAPath(t *testing.T) {
	var paths []string
	f, err := authflow.FullAccess("https://proxy.example.com/ts", gen.GetFullAccessTokenRequest{Username: "ann", SecretKey: mixedKey},
		authflow.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			paths = append(paths, r.URL.Path)
			if strings.HasSuffix(r.URL.Path, "/login") {
				return reply(r, 204, "", "Set-Cookie", "JSESSIONID=x"), nil
			}
			return fresh(r, fmt.Sprint("tok", len(paths))), nil
		})}))
	if err != nil {
		t.Fatal(err)
	}
	session, err := authflow.LoginWithToken(f)
	if err != nil {
		t.Fatal(err)
	}
	token, err := authflow.SessionToken(session)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = token.API().GetCurrentUserInfoWithResponse(t.Context())
	for _, f := range []*authflow.Flow{token, session, f} {
		_ = f.Logout(t.Context())
	}
	if len(paths) != 7 {
		t.Errorf("%d calls: %q", len(paths), paths)
	}
	for _, p := range paths {
		if !strings.HasPrefix(p, "/ts/api/rest/2.0/") {
			t.Errorf("sent to %s", p)
		}
	}
}

// A source may hand out the same token again; its life began when it was first
// handed out.
func TestR1ATokenThatIsHandedOutAgainKeepsItsAge(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		full := trusted(t, sim, 300*time.Second)
		first, err := full.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(200 * time.Second) // fake clock
		f, err := authflow.SessionToken(full)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := f.Token(t.Context()); err != nil || again.Value != first.Value {
			t.Fatalf("expected the same token again, %v", err)
		}
		time.Sleep(150 * time.Second) // fake clock
		if last, err := f.Token(t.Context()); err != nil || last.Value == first.Value {
			t.Errorf("a token that ended 50 s ago, %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) { // as oauth2.ReuseTokenSource does
		var cached authflow.Token
		made := 0
		f, err := authflow.TokenFunc("https://ts.example", func(context.Context) (authflow.Token, error) {
			if time.Until(cached.Expires) < 10*time.Second {
				made++
				cached = authflow.Token{Value: gen.Secret(fmt.Sprint("tok", made)), Created: time.Now(), Expires: time.Now().Add(300 * time.Second)}
			}
			return cached, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 1200 {
			time.Sleep(time.Second) // fake clock
			token, err := f.Token(t.Context())
			if err != nil || !time.Now().Before(token.Expires) {
				t.Fatalf("%v, expired %v ago", err, time.Since(token.Expires))
			}
		}
		if made < 4 || made > 6 {
			t.Errorf("%d tokens in 20 minutes", made)
		}
	})
}

// The token of a SessionToken on a token is that Flow's, which ends it.
func TestS4LogoutLeavesTheParentsToken(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		full := trusted(t, sim, 300*time.Second)
		mustGet(t, full)
		f, err := authflow.SessionToken(full)
		if err != nil {
			t.Fatal(err)
		}
		mustGet(t, f)
		if err := errors.Join(f.Logout(t.Context()), full.Renew(t.Context())); err != nil {
			t.Fatal(err)
		}
		if n := sim.Calls(authtest.OpRevokeToken); n != 0 {
			t.Errorf("%d tokens revoked", n)
		}
	})
}

// A path that answers 401 to every token does not make a token for every
// request.
func TestP3AServerThatRefusesEveryTokenGetsFewOfThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		minted := 0
		f := on(t, func(r *http.Request) (*http.Response, error) {
			if minting(r) {
				minted++
				return fresh(r, fmt.Sprint("tok", minted)), nil
			}
			return reply(r, 401, "{}"), nil
		})
		for range 1000 {
			if status, err := get(t.Context(), f); status != 401 || err != nil {
				t.Fatalf("%d, %v", status, err)
			}
			time.Sleep(10 * time.Millisecond) // fake clock
		}
		if minted < 5 || minted > 12 {
			t.Errorf("%d tokens in ten seconds", minted)
		}
	})
}

// A renewal that was under way when all tokens were revoked brings a token that
// has ended too: the request after the one that found out gets another.
func TestP3ATokenFromBeforeTheRevocationIsReplacedAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, 300*time.Second)
		mustGet(t, f)
		time.Sleep(240 * time.Second) // fake clock
		sim.Fail(authtest.OpGetFullAccessToken, 1, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				next.ServeHTTP(w, r) // the token is made, and on its way for a second
				sim.RevokeTokens()
				time.Sleep(time.Second) // fake clock
			})
		})
		mustGet(t, f)                      // starts the renewal
		time.Sleep(500 * time.Millisecond) // fake clock
		if status, err := get(t.Context(), f); status != http.StatusUnauthorized || err != nil {
			t.Fatalf("%d, %v", status, err)
		}
		mustGet(t, f)
		if n := sim.Calls(authtest.OpGetFullAccessToken); n != 3 {
			t.Errorf("%d token calls", n)
		}
	})
}

func TestR4AFunctionThatPaysNoHeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		f, err := authflow.TokenFunc("https://ts.example", func(context.Context) (authflow.Token, error) {
			<-stop
			return authflow.Token{Value: "late"}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := f.Token(t.Context()); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 30*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		close(stop)
		synctest.Wait()
		if token, err := f.Token(t.Context()); err != nil || token.Value != "late" {
			t.Errorf("%v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		f, err := authflow.TokenFunc("https://ts.example", func(context.Context) (authflow.Token, error) {
			if calls++; calls == 1 {
				runtime.Goexit() // as t.FailNow does
			}
			return authflow.Token{Value: "second"}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Token(t.Context()); err == nil {
			t.Error("no error")
		}
		time.Sleep(time.Second) // fake clock
		if token, err := f.Token(t.Context()); err != nil || token.Value != "second" {
			t.Errorf("%v", err)
		}
	})
}

func TestTokenFuncRefusesATokenThatWentThroughJSON(t *testing.T) {
	text, err := json.Marshal(authflow.Token{Value: "real"})
	if err != nil {
		t.Fatal(err)
	}
	f, err := authflow.TokenFunc("https://ts.example", func(context.Context) (token authflow.Token, err error) {
		return token, json.Unmarshal(text, &token)
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Token(t.Context()); err == nil || !strings.Contains(err.Error(), "[redacted]") {
		t.Errorf("%v", err)
	}
}

// The client may be authenticated in place: what WithHTTPClient took is a copy.
func TestAClientThatGetsTheFlowsTransport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) { return fresh(r, "tok"), nil })}
		f, err := authflow.FullAccess("https://ts.example", gen.GetFullAccessTokenRequest{Username: "ann", SecretKey: mixedKey}, authflow.WithHTTPClient(client))
		if err != nil {
			t.Fatal(err)
		}
		client.Transport = f.HTTPClient().Transport
		mustGet(t, f)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://ts.example/x", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	})
}

func TestP5ABaseWithoutABody(t *testing.T) {
	f := on(t, func(r *http.Request) (*http.Response, error) {
		if minting(r) {
			return fresh(r, "tok"), nil
		}
		return &http.Response{StatusCode: http.StatusUnauthorized, Request: r}, nil
	})
	if status, err := get(t.Context(), f); status != 401 || err != nil {
		t.Errorf("%d, %v", status, err)
	}
}

// Logout comes between the arrival of a token and its first use.
func TestS4NothingIsSentAfterLogoutByThoseWhoWaited(t *testing.T) {
	var over atomic.Bool
	var late atomic.Int32
	arrived, goOn := make(chan struct{}), make(chan struct{})
	f := on(t, func(r *http.Request) (*http.Response, error) {
		if over.Load() {
			late.Add(1)
		}
		if minting(r) {
			return fresh(r, "tok"), nil
		}
		return reply(r, 204, ""), nil
	}, authflow.WithObserver(func(e authflow.Event) {
		if e.Kind == authflow.Acquired {
			close(arrived)
			<-goOn
		}
	}))
	done := make(chan error)
	go func() { _, err := get(context.Background(), f); done <- err }()
	<-arrived
	if err := f.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	over.Store(true)
	close(goOn)
	if err := <-done; !errors.Is(err, authflow.ErrClosed) || late.Load() > 0 {
		t.Errorf("%v; %d requests after Logout", err, late.Load())
	}
}

func TestErrorsKeepWhatContextsAndParentsSay(t *testing.T) {
	hang := roundTrip(func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() })
	f := on(t, hang)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := get(ctx, f)
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("no time-out: %v", err)
	}
	f.Close()

	cause := errors.New("shutting down")
	ctx, stop := context.WithCancelCause(t.Context())
	stop(cause)
	if _, err := on(t, hang).Token(ctx); !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
		t.Errorf("%v", err)
	}

	parent := on(t, func(r *http.Request) (*http.Response, error) {
		return reply(r, 401, `{"error":{"message":{"code":10097,"incident_id_guid":"inc","debug":"no"}}}`), nil
	})
	child, err := authflow.LoginWithToken(parent)
	if err != nil {
		t.Fatal(err)
	}
	var e *authflow.Error
	_, err = get(t.Context(), child)
	if !errors.As(err, &e) || e.Op != "login" || e.Code != 10097 || e.IncidentID != "inc" || !errors.Is(err, authflow.ErrCredentialsRejected) {
		t.Errorf("%v", err)
	}
	if strings.Count(err.Error(), "10097") != 1 {
		t.Errorf("says it twice: %v", err)
	}
}
