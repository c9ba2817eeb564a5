package authflow

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// FuzzTokenResponse: whatever a server responds to a token request becomes a lease
// that can be used, or an error, and never a lifetime that makes a loop.
func FuzzTokenResponse(f *testing.F) {
	for _, seed := range []string{
		`{"token":"t","creation_time_in_millis":1675129264089,"expiration_time_in_millis":1675129564089,"scope":{"access_type":"FULL","org_id":1,"metadata_id":null}}`,
		`{"token":"t","creation_time_in_millis":1.675129264089e12,"expiration_time_in_millis":1675129564089.0}`,
		`{"token":"t","creation_time_in_millis":9223372036854775807,"expiration_time_in_millis":-9223372036854775808}`,
		`{"token":"t","creation_time_in_millis":-9223372036854775808,"expiration_time_in_millis":9223372036854775807}`,
		`{"token":"t","creation_time_in_millis":0,"expiration_time_in_millis":1}`,
		`{"token":"t","creation_time_in_millis":1,"expiration_time_in_millis":2,"valid_for_user_id":7,"valid_for_username":{},"scope":[]}`,
		`{"token":"a\nb"}`, `{"token":""}`, `{"token":null}`, `{"token":7}`, `{}`, `[]`, `null`, ``, `{"token":"t"`, `<html>`,
		`{"id":"x","token":"t","org":{"id":1},"user":{"id":"u","name":"n"},"creation_time_in_millis":1,"expiration_time_in_millis":1e3}`,
	} {
		f.Add([]byte(seed), "Tue, 31 Jan 2023 01:41:04 GMT", "")
		f.Add([]byte(seed), "", "1")
	}
	c, err := New("https://ts.example", WithSecretKey("key"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte, date, org string) {
		sent := time.Now()
		flow := c.start(&Flow{method: methodCustom, credentialRequest: newCredentialRequest("{}", "", org, "", "")})
		r := &response{
			Sent: sent, Status: http.StatusOK, Body: body, Redact: func(text string) string { return text },
			Header: http.Header{"Content-Type": {"application/json"}, "Date": {date}},
		}
		l, failure := flow.bearer(r, nil)
		if failure != nil {
			if text := newError(failure).Error(); strings.ContainsAny(text, "\n\r") {
				t.Errorf("more than one line: %q", text)
			}
			return
		}
		left := l.Remaining(sent)
		if left <= 0 || l.Age(sent) != 0 {
			t.Errorf("%v left at the beginning", left)
		}
		if token := tokenOf(l); token.Value == "" || left != renewal.Forever && !token.Deadline.After(sent) {
			t.Errorf("a token until %v, now is %v", token.Deadline, sent)
		}
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://a.example/", nil)
		attach(req, l)
		if err := req.Write(io.Discard); err != nil {
			t.Errorf("net/http does not send it: %v", err)
		}
	})
}
