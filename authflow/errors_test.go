package authflow

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"
)

func TestErrorsTellWhatHappened(t *testing.T) {
	e := &Error{
		Op: "getFullAccessToken", Status: http.StatusUnauthorized, Code: 10097, Debug: "no such key",
		RetryAfter: time.Second, IncidentID: "i-1", Err: errors.New("cause"),
	}
	const what = "authflow: getFullAccessToken: 401 Unauthorized (code 10097): credentials rejected: no such key: cause (incident i-1)"
	if got, want := e.Error(), what+" (retry after 1s)"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := invalid("login", "username", "must not be empty").Error(); got != "authflow: login: username: must not be empty" {
		t.Error(got)
	}
}

// What is built on something else says what that said, once.
func TestErrorsAboutOthersSayItOnce(t *testing.T) {
	inner := &Error{Op: "getFullAccessToken", Status: http.StatusTooManyRequests, Code: 7, RetryAfter: time.Minute}
	outer := asError("login", fmt.Errorf("getting the token: %w", inner))
	want := "authflow: login: getting the token: getFullAccessToken: 429 Too Many Requests (code 7): rate limited (retry after 1m0s)"
	if got := outer.Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !errors.Is(outer, ErrRateLimited) || !errors.Is(outer, inner) || outer.Status != 429 || outer.RetryAfter != time.Minute || !outer.Retryable() {
		t.Errorf("%+v", outer)
	}
}

// An Error that anybody makes is as good as one of the server's.
func TestErrorsAreKnownByTheirStatus(t *testing.T) {
	for status, want := range map[int]struct {
		is        error
		retryable bool
	}{
		401: {ErrCredentialsRejected, false},
		403: {ErrForbidden, false},
		404: {nil, false},
		408: {nil, true},
		409: {nil, true},
		429: {ErrRateLimited, true},
		500: {nil, true},
		501: {nil, false},
		503: {nil, true},
	} {
		err := fmt.Errorf("wrapped: %w", &Error{Status: status})
		for _, kind := range []error{ErrInvalid, ErrCredentialsRejected, ErrForbidden, ErrRateLimited, ErrMaintenance, ErrUnexpectedRedirect, ErrWrongOrigin, ErrClosed} {
			if errors.Is(err, kind) != errors.Is(want.is, kind) {
				t.Errorf("%d: Is(%v) is %v", status, kind, errors.Is(err, kind))
			}
		}
		if got := (&Error{Status: status}).Retryable(); got != want.retryable {
			t.Errorf("%d: Retryable is %v", status, got)
		}
	}
	if e := (&Error{Err: context.DeadlineExceeded}); !e.Retryable() || !e.Timeout() {
		t.Error("a time-out is not one")
	}
	if e := closedError("Close"); e.Retryable() || !errors.Is(e, ErrClosed) {
		t.Error("a closed Flow opens again")
	}
}
