package authtest_test

import (
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// The effects of the page take a browser to see. Here it is served, whole, and only
// pages of the origins that were named may frame it.
func TestPage(t *testing.T) {
	sim := authtest.New(ann(), authtest.WithOrigins(app, "https://other.example:8443"))
	a := call(t, sim, "GET /?embedApp=true&authType=AuthServerCookieless", "")
	want(t, a, 200)
	if ct := a.header.Get("Content-Type"); ct != "text/html; charset=utf-8" {
		t.Errorf("content type %q", ct)
	}
	policy := a.header.Get("Content-Security-Policy")
	if !strings.HasSuffix(policy, "frame-ancestors 'self' "+app+" https://other.example:8443") || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v", a.header)
	}
	for _, part := range []string{
		`id="status"`, `id="user"`, `id="guid"`, `id="org"`, `id="auth"`, `id="tokens"`, `id="distinct"`, `id="messages"`,
		`id="check"`, `id="expire"`, `id="refresh"`, "</html>",
	} {
		if !strings.Contains(string(a.body), part) {
			t.Errorf("no %s", part)
		}
	}
}
