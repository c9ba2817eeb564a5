package authtest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// Releases before 9.5 answered with 200 what is 204 today.
func TestSuccess200(t *testing.T) {
	sim := authtest.New(ann(), authtest.WithSuccess200())
	tok := token(t, sim, full, annPW).Token
	send := func(to, body string) (int, string) {
		t.Helper()
		method, path, _ := strings.Cut(to, " ")
		req, err := http.NewRequestWithContext(t.Context(), method, sim.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+string(tok))
		req.Header.Set("Content-Type", "application/json")
		res, err := sim.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		if to == login && len(res.Cookies()) != 2 {
			t.Errorf("cookies %v", res.Cookies())
		}
		return res.StatusCode, string(b)
	}
	for _, one := range []struct{ to, body string }{{login, `{}`}, {revoke, `{"token":"` + string(token(t, sim, full, annPW).Token) + `"}`}, {logout, ``}} {
		if status, body := send(one.to, one.body); status != 200 || body != "" {
			t.Errorf("%s: %d %q", one.to, status, body)
		}
	}
	want(t, call(t, sim, whoami, "", bearer(tok)), 401)
}
