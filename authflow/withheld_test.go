package authflow_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

const withheld = "[withheld: it repeats a secret of the request]"

func TestX3_ErrorOfARequest_HidesTheTokenThatItCarried(t *testing.T) {
	t.Parallel()
	for name, respond := range map[string]func(*authflow.Flow, *http.Request) (*http.Response, error){
		"a lease that is replaced while the request is sent": func(f *authflow.Flow, r *http.Request) (*http.Response, error) {
			sent := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
			return reply(r, 302, "", "Location", "https://idp.example.com/"+sent), f.Renew(context.Background())
		},
		"a content type in capitals": func(_ *authflow.Flow, r *http.Request) (*http.Response, error) {
			sent := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
			return reply(r, 200, "<html>", "Content-Type", "text/html; "+mixedKey+"; "+sent), nil
		},
		"a failure of the network that repeats it": func(_ *authflow.Flow, r *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("malformed HTTP response %q", r.Header.Get("Authorization"))
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			var f *authflow.Flow
			minted := 0
			f = on(t, func(r *http.Request) (*http.Response, error) {
				if minting(r) {
					minted++
					return fresh(r, fmt.Sprintf("Secret-Token-%d", minted)), nil
				}
				return respond(f, r)
			})
			for range 2 {
				_, byAPI := f.API().GetCurrentUserInfoWithResponse(t.Context())
				_, byDo := get(t.Context(), f)
				for by, err := range map[string]error{"API": byAPI, "Do": byDo} {
					if err == nil || strings.Contains(err.Error(), mixedKey) {
						t.Errorf("%s, by %s: %v", name, by, err)
					}
					for ; err != nil; err = errors.Unwrap(err) {
						if strings.Contains(err.Error(), "Secret-Token") {
							t.Errorf("%s, by %s: %v", name, by, err)
						}
					}
				}
			}
		})
	}
}

func TestX3_ContentTypeThatRepeatsTheKey_IsWithheld(t *testing.T) {
	t.Parallel()
	f := on(t, func(r *http.Request) (*http.Response, error) {
		return reply(r, 400, "x", "Content-Type", "text/"+mixedKey), nil
	})
	for range 2 {
		err := f.Renew(t.Context())
		if err == nil || strings.Contains(strings.ToLower(err.Error()), strings.ToLower(mixedKey)) {
			t.Errorf("%v", err)
		}
	}
}

// ErrorOf knows the secrets of the request, also after the caller has read the body.
func TestX3_ErrorOf_WithholdsATextThatRepeatsTheToken(t *testing.T) {
	t.Parallel()
	f := on(t, func(r *http.Request) (*http.Response, error) {
		if minting(r) {
			return fresh(r, "Secret-Token"), nil
		}
		return reply(r, 400, `{"error":{"message":{"code":7,"incident_id_guid":"i-1","debug":"bad `+r.Header.Get("Authorization")+`"}}}`), nil
	})
	resp, err := f.Do(request(t, fakeURL+"/api/rest/2.0/x"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil || !strings.Contains(string(body), "Secret-Token") {
		t.Fatalf("the caller reads %q, %v", body, err)
	}
	for range 2 {
		var e *authflow.Error
		err := authflow.ErrorOf(resp)
		if !errors.As(err, &e) || e.Code != 7 || e.Debug != withheld || e.IncidentID != "i-1" {
			t.Errorf("%v", err)
		}
	}
}

// A password of digits came back as the code of the error and was shown.
func TestX3_NumberThatRepeatsThePassword_IsNotShown(t *testing.T) {
	t.Parallel()
	for password, c := range map[string]struct {
		code  string
		shown int
	}{
		"1234567890": {"1234567890", 0},
		"48151623":   {"48151623", 0},
		"0048151623": {"48151623", 0},
		"4711":       {"4711", 0},
		"hunter22":   {"10002", 10002},
	} {
		synctest.Test(t, func(t *testing.T) {
			cluster := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
				return reply(r, 401, `{"error":{"message":{"code":`+c.code+`,"debug":"no"}}}`), nil
			})
			session, err := cluster.Session(gen.LoginRequest{Username: "ann", Password: gen.Secret(password)})
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				err = session.Renew(t.Context())
				var e *authflow.Error
				isShown := c.shown == 0 && strings.Contains(err.Error(), c.code)
				if !errors.As(err, &e) || e.Code != c.shown || isShown || e.Debug != "no" {
					t.Errorf("password %s: code %d in %v", password, e.Code, err)
				}
			}
		})
	}
}

// U+202E turns the text around it: "user \u202egnp.exe" is shown as "user exe.png".
func TestX3_TextThatChangesDirection_IsEscaped(t *testing.T) {
	t.Parallel()
	f := on(t, func(r *http.Request) (*http.Response, error) {
		return reply(r, 400, `{"error":{"message":{"code":7,"incident_id_guid":"i\u20661","debug":"user \u202egnp.exe\ufeff \u001b[31mred\nline"}}}`), nil
	})
	for range 2 {
		err := f.Renew(t.Context())
		var e *authflow.Error
		if !errors.As(err, &e) || e.Debug != `user \u202egnp.exe\ufeff \x1b[31mred line` || e.IncidentID != `i\u20661` {
			t.Errorf("%q", err)
		}
	}
}

// The server repeats both cookies, of which one begins as the other, and rotates
// one of them.
func TestX3_CookiesOfASession_AreWithheld(t *testing.T) {
	t.Parallel()
	f := on(t, func(r *http.Request) (*http.Response, error) {
		switch {
		case minting(r):
			return fresh(r, "tok"), nil
		case strings.HasSuffix(r.URL.Path, "/login"):
			resp := reply(r, 204, "")
			resp.Header["Set-Cookie"] = []string{"JSESSIONID=node0abc; Path=/", "clientId=node0abc-7f3e-SECRET; Path=/"}
			return resp, nil
		}
		return reply(r, 302, "", "Location", "https://idp.example.com/node0abc/node0abc-7f3e-SECRET", "Set-Cookie", "JSESSIONID=new; Path=/"), nil
	})
	session, err := f.Session()
	if err != nil {
		t.Fatal(err)
	}
	_, err = session.API().GetCurrentUserInfoWithResponse(t.Context())
	if !errors.Is(err, authflow.ErrUnexpectedRedirect) || strings.Contains(err.Error(), "7f3e") || strings.Contains(err.Error(), "node0abc") {
		t.Errorf("%v", err)
	}
}

func TestX3_OrgThatRepeatsTheKey_IsWithheld(t *testing.T) {
	t.Parallel()
	f, err := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
		return reply(r, 200, `{"token":"tok","org":{"id":5,"name":"`+mixedKey+`"}}`), nil
	}).FullAccess(gen.GetFullAccessTokenRequest{Username: "ann", SecretKey: mixedKey, OrgID: ptr(int32(7))})
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Token(t.Context())
	if err == nil || strings.Contains(err.Error(), mixedKey) || !strings.Contains(err.Error(), withheld) {
		t.Errorf("%v", err)
	}
}

// A panic in a RoundTripper may hold all that it was given.
func TestX3_PanicThatRepeatsTheKey_IsWithheld(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"boom of Bearer " + mixedKey: withheld, "boom": "boom"} {
		synctest.Test(t, func(t *testing.T) {
			f := on(t, func(*http.Request) (*http.Response, error) { panic(text) })
			for range 2 {
				var callers sync.WaitGroup
				for range 10 {
					callers.Go(func() {
						err := f.Renew(t.Context())
						if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), mixedKey) {
							t.Errorf("%v, want %q", err, want)
						}
					})
				}
				callers.Wait()
			}
		})
	}
}

// net/http puts a line into its error that came in place of HTTP.
func TestX3_ServerThatRepeatsARequestInPlaceOfHTTP_IsWithheld(t *testing.T) {
	t.Parallel()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var server sync.WaitGroup
	server.Go(func() { repeatRequests(ln) })
	defer server.Wait()
	defer func() { _ = ln.Close() }()
	c, err := authflow.New("http://"+ln.Addr().String(), authflow.WithHTTPClient(&http.Client{Transport: &http.Transport{}}), once)
	if err != nil {
		t.Fatal(err)
	}
	full := fullAccess(t, c, 0)
	if _, err := full.Token(t.Context()); err == nil || strings.Contains(err.Error(), mixedKey) {
		t.Errorf("token call: %v", err)
	}
	given, err := c.TokensFrom(func(context.Context) (authflow.Token, error) { return authflow.Token{Value: mixedKey}, nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := get(t.Context(), given); err == nil || strings.Contains(err.Error(), mixedKey) {
		t.Errorf("ordinary call: %v", err)
	}
}

// repeatRequests responds to each request with its body and credential.
func repeatRequests(ln net.Listener) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		if req, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			body, _ := io.ReadAll(req.Body)
			_, _ = c.Write(append(body, req.Header.Get("Authorization")+"\r\n\r\n"...))
		}
		_ = c.Close()
	}
}
