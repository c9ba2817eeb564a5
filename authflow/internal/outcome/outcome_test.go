package outcome_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"syscall"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

func TestR6_Class_FollowsFromOperationSecretStatusAndPage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		op     string
		secret outcome.Secret
		status int
		page   outcome.Page
		want   outcome.Class
	}{
		{"login", outcome.Password, 204, outcome.NoPage, outcome.OK},
		{"login", outcome.Password, 200, outcome.HTML, outcome.Unexpected},
		{"login", outcome.Password, 302, outcome.NoPage, outcome.Unexpected},
		{"login", outcome.Password, 200, outcome.Maintenance, outcome.Overloaded},
		{"login", outcome.Password, 400, outcome.NoPage, outcome.Rejected},
		{"login", outcome.Password, 401, outcome.NoPage, outcome.Rejected},
		{"login", outcome.Password, 403, outcome.NoPage, outcome.Rejected},
		{"login", outcome.Password, 404, outcome.NoPage, outcome.Rejected},
		{"login", outcome.Password, 408, outcome.NoPage, outcome.Overloaded},
		{"login", outcome.Password, 409, outcome.NoPage, outcome.Rejected},
		{"getCustomAccessToken", outcome.Password, 409, outcome.NoPage, outcome.Conflict},
		{"getCustomAccessToken", outcome.Key, 409, outcome.NoPage, outcome.Conflict},
		{"login", outcome.Password, 429, outcome.NoPage, outcome.RateLimited},
		{"login", outcome.Password, 500, outcome.NoPage, outcome.Rejected},
		{"login", outcome.Password, 500, outcome.HTML, outcome.Rejected},
		{"login", outcome.Password, 501, outcome.NoPage, outcome.Rejected},
		{"login", outcome.Password, 502, outcome.HTML, outcome.Overloaded},
		{"login", outcome.Password, 503, outcome.NoPage, outcome.Overloaded},
		{"login", outcome.Password, 504, outcome.NoPage, outcome.Overloaded},
		{"getFullAccessToken", outcome.Key, 400, outcome.NoPage, outcome.Invalid},
		{"getFullAccessToken", outcome.Key, 401, outcome.NoPage, outcome.Rejected},
		{"getFullAccessToken", outcome.Key, 500, outcome.NoPage, outcome.Other},
		{"getFullAccessToken", outcome.Key, 501, outcome.NoPage, outcome.Invalid},
		{"GET /x", outcome.Bearer, 404, outcome.HTML, outcome.Invalid},
		{"revokeToken", outcome.Bearer, 401, outcome.NoPage, outcome.Rejected},
	}
	for _, tt := range tests {
		if got := outcome.Of(tt.op, tt.secret, tt.status, tt.page); got != tt.want {
			t.Errorf("%s with secret %d, status %d, page %d: %v, want %v", tt.op, tt.secret, tt.status, tt.page, got, tt.want)
		}
	}
}

func TestR5_Error_IsNotSentWhileConnecting(t *testing.T) {
	t.Parallel()
	dial := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	tests := []struct {
		name       string
		err        error
		connecting bool
		want       outcome.Class
		permanent  bool
	}{
		{"connection refused", dial, false, outcome.NotSent, false},
		{"unknown host", &net.DNSError{IsNotFound: true}, false, outcome.NotSent, true},
		{"DNS is down", &net.DNSError{IsTemporary: true}, false, outcome.NotSent, false},
		{"certificate", &tls.CertificateVerificationError{Err: errors.New("expired")}, false, outcome.NotSent, true},
		{"TLS alert", &net.OpError{Op: "remote error", Err: errors.New("tls: certificate required")}, false, outcome.NotSent, true},
		{"plain http", http.ErrSchemeMismatch, false, outcome.NotSent, true},
		{"dial that takes too long", context.DeadlineExceeded, true, outcome.NotSent, false},
		{"reset", syscall.ECONNRESET, false, outcome.OutcomeUnknown, false},
		{"no response in time", context.DeadlineExceeded, false, outcome.OutcomeUnknown, false},
	}
	for _, tt := range tests {
		class, permanent := outcome.OfError(tt.err, tt.connecting)
		if class != tt.want || permanent != tt.permanent {
			t.Errorf("%s: %v, %v; want %v, %v", tt.name, class, permanent, tt.want, tt.permanent)
		}
	}
}

func TestR5_EachClass_HasAName(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for i := range outcome.Classes {
		c := outcome.Class(i)
		back, ok := outcome.ByName(c.String())
		if c.String() == "" || seen[c.String()] || !ok || back != c {
			t.Errorf("class %d is called %q, which finds %v, %v", i, c, back, ok)
		}
		seen[c.String()] = true
	}
	if c, ok := outcome.ByName("no class"); ok {
		t.Errorf("%q is a class: %v", "no class", c)
	}
}

// R11, R13, R14: what follows from a class is written here a second time, so that
// a change of the table is a decision.
func TestR11_R13_R14_Traits_FollowFromTheClass(t *testing.T) {
	t.Parallel()
	type traits struct{ retryable, answered, notApplied, suspect bool }
	for class, want := range map[outcome.Class]traits{
		outcome.OK:             {answered: true},
		outcome.NotSent:        {retryable: true, notApplied: true, suspect: true},
		outcome.OutcomeUnknown: {retryable: true, suspect: true},
		outcome.Rejected:       {answered: true},
		outcome.Overloaded:     {retryable: true, suspect: true},
		outcome.RateLimited:    {retryable: true, notApplied: true, suspect: true},
		outcome.Conflict:       {retryable: true, answered: true, notApplied: true},
		outcome.Unexpected:     {suspect: true},
		outcome.Invalid:        {answered: true},
		outcome.Other:          {retryable: true, suspect: true},
	} {
		if got := (traits{class.Retryable(), class.Answered(), class.NotApplied(), class.Suspect()}); got != want {
			t.Errorf("%v: %+v, want %+v", class, got, want)
		}
	}
}
