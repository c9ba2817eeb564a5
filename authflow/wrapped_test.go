package authflow_test

import (
	"errors"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// What a proxy puts around a good answer costs no token, and around a refusal
// not what it says.
func TestAnswersAreReadWhateverIsAroundThem(t *testing.T) {
	const token, refusal = `{"token": "t", "scope": {"org_id": 0}}`, `{"error": {"message": {"code": 10002, "debug": "no"}}}`
	for name, around := range map[string]struct{ contentType, before, after string }{
		"nothing":             {"application/json", "", ""},
		"white space":         {"", "\r\n\t", "\n"},
		"a byte order mark":   {"application/json", "\xef\xbb\xbf", ""},
		"a guard":             {"application/json", ")]}',\n", ""},
		"the type of a page":  {"text/html; charset=utf-8", "", "\n"},
		"the type of a text":  {"text/plain", "", ""},
		"a mark and a type":   {"text/html", "\xef\xbb\xbf", ""},
		"a type of its own":   {"application/vnd.acme+json", "", ""},
		"a type that is none": {";;", "", ""},
	} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Answer(200, around.contentType, around.before+token+around.after))
			if got, err := trusted(t, sim, 0).Token(t.Context()); err != nil || got.Value != "t" {
				t.Errorf("%s: %v", name, err)
			}
			sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Answer(400, around.contentType, around.before+refusal+around.after))
			_, err := trusted(t, sim, 0).Token(t.Context())
			var e *authflow.Error
			if !errors.As(err, &e) || e.Code != 10002 {
				t.Errorf("%s: refused with %v", name, err)
			}
		})
	}
}
