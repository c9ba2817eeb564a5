package authflow

import (
	"errors"
	"net/http"
	"testing"
	"time"
)

func TestErrorsTellWhatHappened(t *testing.T) {
	e := &Error{Op: "getFullAccessToken", Status: http.StatusUnauthorized, Code: 10097, Debug: "no such key",
		kind: ErrCredentialsRejected, RetryAfter: time.Second, IncidentID: "i-1", Err: errors.New("cause")}
	want := "authflow: getFullAccessToken: 401 Unauthorized (code 10097): credentials rejected: no such key: cause (retry after 1s) (incident i-1); note"
	if got := e.with("note").Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := invalid("login", "username", "must not be empty").Error(); got != "authflow: login: username: must not be empty" {
		t.Error(got)
	}
}
