package authflow

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"
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
