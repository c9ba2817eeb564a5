package authflow_test

import (
	"errors"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// A proxy may add bytes around a response or change its type. The Flow still reads
// the token, and the code and text of a rejection.
func TestTokenResponse_WithBytesOfAProxyAroundIt_IsRead(t *testing.T) {
	t.Parallel()
	const token, rejection = `{"token": "t", "scope": {"org_id": 0}}`, `{"error": {"message": {"code": 10002, "debug": "no"}}}`
	for name, around := range map[string]struct{ contentType, before, after string }{
		"no change":              {"application/json", "", ""},
		"white space":            {"", "\r\n\t", "\n"},
		"a byte order mark":      {"application/json", "\xef\xbb\xbf", ""},
		"a guard":                {"application/json", ")]}',\n", ""},
		"the type of a page":     {"text/html; charset=utf-8", "", "\n"},
		"the type of plain text": {"text/plain", "", ""},
		"a mark and a type":      {"text/html", "\xef\xbb\xbf", ""},
		"a type of the vendor":   {"application/vnd.acme+json", "", ""},
		"an invalid type":        {";;", "", ""},
	} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Answer(200, around.contentType, around.before+token+around.after))
			if got, err := trusted(t, sim, 0).Token(t.Context()); err != nil || got.Value != "t" {
				t.Errorf("%s: %v", name, err)
			}
			sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Answer(400, around.contentType, around.before+rejection+around.after))
			_, err := trusted(t, sim, 0).Token(t.Context())
			var e *authflow.Error
			if !errors.As(err, &e) || e.Code != 10002 {
				t.Errorf("%s: rejected with %v", name, err)
			}
		})
	}
}
