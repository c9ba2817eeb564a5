package exchange

import (
	"net/http"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

func TestX4_ResponseToALogin_IsForeignWhereThoughtSpotSendsNoSuchOne(t *testing.T) {
	t.Parallel()
	const page, envelope, text = "<html>hello</html>", `{"error":{"message":{"code":10003}}}`, "404 page not found"
	for _, c := range []struct {
		status int
		body   string
		want   bool
	}{
		{404, page, true}, {405, page, true}, {501, page, true}, {200, page, true},
		{404, text, true}, {405, "", true}, {501, "", true},
		{404, envelope, false}, {405, envelope, false}, {501, envelope, false}, {404, " {}", false},
		{404, "<html>Site Maintenance</html>", false}, {200, "<html>Site Maintenance</html>", false},
		{400, page, false}, {401, page, false}, {403, page, false}, {409, page, false}, {429, page, false},
		{500, page, false}, {502, page, false}, {503, page, false}, {504, page, false}, {302, page, false},
		{200, "text", false}, {200, "{}", false}, {204, "", false},
	} {
		resp := &http.Response{StatusCode: c.status, Header: http.Header{"Content-Type": {"text/html"}}}
		for secret, want := range map[outcome.Secret]bool{outcome.Password: c.want, outcome.Key: c.want, outcome.Bearer: false, outcome.None: false} {
			f := FailureOf("getFullAccessToken", secret, resp, []byte(c.body), asItIs)
			if f.Foreign != want {
				t.Errorf("%d %q with secret %d: %v", c.status, c.body, secret, f.Foreign)
			}
		}
		asks := FailureOf("GET /api/rest/2.0/auth/session/user", outcome.None, resp, []byte(c.body), asItIs)
		if asks.Foreign != (c.want && c.status != 200) {
			t.Errorf("%d %q to the current user: %v", c.status, c.body, asks.Foreign)
		}
	}
}

func asItIs(text string) string { return text }
