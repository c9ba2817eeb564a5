package authflow

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

func TestX4_Error_SaysWhatHappenedInOneLine(t *testing.T) {
	t.Parallel()
	e := &Error{
		Op: "getFullAccessToken", Status: http.StatusUnauthorized, Code: 10097, Debug: "no such key",
		RetryAfter: time.Second, IncidentID: "i-1", Err: errors.New("cause"),
	}
	const want = "authflow: getFullAccessToken: 401 Unauthorized (code 10097): credentials rejected: no such key: cause (incident i-1) (retry after 1s)"
	if got := e.Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := invalid("login", "username", "must not be empty").Error(); got != "authflow: login: username: must not be empty" {
		t.Error(got)
	}
}

// The text says when to retry where time may mend the failure, whatever pause the Flow
// makes.
func TestR4_ErrorText_SaysWhenToRetryOnlyWhereThatMayHelp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		failure *outcome.Failure
		says    bool
	}{
		"not sent":           {&outcome.Failure{Class: outcome.NotSent}, true},
		"unknown host":       {&outcome.Failure{Class: outcome.NotSent, Permanent: true}, false},
		"no response":        {&outcome.Failure{Class: outcome.OutcomeUnknown}, true},
		"rejected":           {&outcome.Failure{Class: outcome.Rejected, Status: 401}, true},
		"locked":             {&outcome.Failure{Class: outcome.Rejected, Status: 403}, true},
		"overloaded":         {&outcome.Failure{Class: outcome.Overloaded, Status: 503}, true},
		"rate limited":       {&outcome.Failure{Class: outcome.RateLimited, Status: 429}, true},
		"conflict":           {&outcome.Failure{Class: outcome.Conflict, Status: 409}, true},
		"redirect":           {&outcome.Failure{Class: outcome.Unexpected, Status: 302}, false},
		"not ThoughtSpot":    {&outcome.Failure{Class: outcome.Rejected, Status: 404, Foreign: true}, false},
		"wrong request":      {&outcome.Failure{Class: outcome.Invalid, Status: 400}, false},
		"failed":             {&outcome.Failure{Class: outcome.Other, Status: 500}, true},
		"not implemented":    {&outcome.Failure{Class: outcome.Other, Status: 501, Permanent: true}, false},
		"an error of a file": {&outcome.Failure{Err: fs.ErrNotExist}, false},
	} {
		e := newError(c.failure)
		e.RetryAfter = time.Minute
		for range 2 {
			if got := strings.HasSuffix(e.Error(), " (retry after 1m0s)"); got != c.says {
				t.Errorf("%s: %v", name, e)
			}
		}
	}
}

// An error about another error says the same things once.
func TestR4_ErrorAboutAnError_SaysItOnce(t *testing.T) {
	t.Parallel()
	inner := &Error{Op: "getFullAccessToken", Status: http.StatusTooManyRequests, Code: 7, RetryAfter: time.Minute}
	outer := asError("login", fmt.Errorf("getting the token: %w", inner))
	want := "authflow: login: getting the token: getFullAccessToken: 429 Too Many Requests (code 7): rate limited (retry after 1m0s)"
	if got := outer.Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	hasFields := outer.Status == 429 && outer.RetryAfter == time.Minute && outer.Retryable() && outer.Class() == "rateLimited"
	if !errors.Is(outer, ErrRateLimited) || !errors.Is(outer, inner) || !hasFields {
		t.Errorf("%+v", outer)
	}
}

func TestS4_ClosedError_IsNotRetryable(t *testing.T) {
	t.Parallel()
	e := closedError("Close")
	if e.Retryable() || !errors.Is(e, ErrClosed) || e.Class() != "invalid" {
		t.Errorf("%v of class %s", e, e.Class())
	}
}
