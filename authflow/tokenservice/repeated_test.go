package tokenservice_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
)

// The cluster returns the same token twice.
func TestT2_TokenThatWasHandedOutBefore_IsAnError(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		x.sim.Fail(authtest.OpGetFullAccessToken, -1, repeatFirst())
		token(t, x.request(t, "GET", "ann"))
		problem(t, x.request(t, "GET", "ann"), 500)
		if e := x.last(t); e.Outcome != tokenservice.InternalError || !strings.Contains(e.Err.Error(), "handed out before") {
			t.Errorf("%+v", e)
		}
	})
}

// repeatFirst gives all calls the response to the first one.
func repeatFirst() authtest.Fault {
	var first *httptest.ResponseRecorder
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if first == nil {
				first = httptest.NewRecorder()
				next.ServeHTTP(first, r)
			}
			w.Header().Set("Content-Type", first.Header().Get("Content-Type"))
			w.WriteHeader(first.Code)
			_, _ = w.Write(first.Body.Bytes())
		})
	}
}
