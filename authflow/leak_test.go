package authflow_test

import (
	"bufio"
	"context"
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
