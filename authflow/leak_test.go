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
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestX3WhatTheErrorDoesNotShow(t *testing.T) {
	var f *authflow.Flow
	minted := 0
	for name, answer := range map[string]roundTrip{
		"a lease that is replaced meanwhile": func(r *http.Request) (*http.Response, error) {
			sent := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
			return reply(r, 302, "", "Location", "https://idp.example.com/"+sent), f.Renew(context.Background())
		},
		"a content type in capitals": func(r *http.Request) (*http.Response, error) {
			sent := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
			return reply(r, 200, "<", "Content-Type", "text/html; "+mixedKey+"; "+sent), nil
		},
		"a failure of the network that repeats it": func(r *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("malformed HTTP response %q", r.Header.Get("Authorization"))
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
		_, err2 := get(t.Context(), f)
		for _, err := range []error{err, err2} {
			if err == nil || strings.Contains(err.Error(), "Secret-Token") || strings.Contains(err.Error(), mixedKey) {
				t.Errorf("%s: %v", name, err)
			}
			for ; err != nil; err = errors.Unwrap(err) {
				if strings.Contains(err.Error(), "Secret-Token") {
					t.Errorf("%s, within: %v", name, err)
				}
			}
		}
	}

	f = on(t, func(r *http.Request) (*http.Response, error) {
		return reply(r, 400, "x", "Content-Type", "text/"+mixedKey), nil
	})
	if _, err := f.Token(t.Context()); strings.Contains(strings.ToLower(err.Error()), strings.ToLower(mixedKey)) {
		t.Errorf("a content type: %v", err)
	}
}

// The error of an ordinary call is read with the secrets of its request in
// mind, whoever reads it.
func TestX3ErrorOfAnOrdinaryCall(t *testing.T) {
	f := on(t, func(r *http.Request) (*http.Response, error) {
		if minting(r) {
			return fresh(r, "Secret-Token"), nil
		}
		return reply(r, 400, `{"error":{"message":{"code":7,"debug":"bad `+r.Header.Get("Authorization")+`"}}}`), nil
	})
	resp, err := f.Do(request(t, fakeURL+"/api/rest/2.0/x"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil || !strings.Contains(string(body), "Secret-Token") {
		t.Fatalf("%q, %v", body, err)
	}
	var e *authflow.Error
	if err := authflow.ErrorOf(resp); !errors.As(err, &e) || e.Code != 7 || e.Debug != "bad Bearer [redacted]" {
		t.Errorf("%v", err)
	}
}

func TestX3CookiesOfASession(t *testing.T) {
	f := on(t, func(r *http.Request) (*http.Response, error) {
		switch {
		case minting(r):
			return fresh(r, "tok"), nil
		case strings.HasSuffix(r.URL.Path, "/login"):
			resp := reply(r, 204, "")
			resp.Header["Set-Cookie"] = []string{"JSESSIONID=node0abc; Path=/", "clientId=node0abc-7f3e-SECRET; Path=/"}
			return resp, nil
		}
		// Repeats both, of which one begins as the other, and rotates one.
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
				_, _ = c.Write(append(body, req.Header.Get("Authorization")+"\r\n\r\n"...))
			}
			_ = c.Close()
		}
	}()
	defer func() { _ = ln.Close(); <-done }()
	c, err := authflow.New("http://"+ln.Addr().String(),
		authflow.WithHTTPClient(&http.Client{Transport: &http.Transport{}}), authflow.WithPolicy(authflow.Policy{MaxAttempts: 1}))
	if err != nil {
		t.Fatal(err)
	}
	minting, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann", SecretKey: mixedKey})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := minting.Token(t.Context()); err == nil || strings.Contains(err.Error(), mixedKey) {
		t.Errorf("%v", err)
	}
	given, err := c.TokensFrom(func(context.Context) (authflow.Token, error) { return authflow.Token{Value: mixedKey}, nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := get(t.Context(), given); err == nil || strings.Contains(err.Error(), mixedKey) {
		t.Errorf("an ordinary call: %v", err)
	}
}
