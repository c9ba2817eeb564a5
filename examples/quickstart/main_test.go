package main

import (
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

func TestTourOnTheSimulator(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), &out, func(string) string { return "" }); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if n := strings.Count(out.String(), "\n✓ "); n != len(steps()) {
		t.Errorf("%d of %d steps:\n%s", n, len(steps()), out.String())
	}
	for _, secret := range []string{authtest.DefaultSecretKey, `"` + authtest.DefaultPassword + `"`, "eyJ"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("the output shows %q", secret)
		}
	}
}

// Against a cluster the steps run that the credentials allow, and a failure is
// an error.
func TestTourOnACluster(t *testing.T) {
	for name, c := range map[string]struct {
		env             map[string]string
		ok, failed, out int
	}{
		"password":       {map[string]string{"THOUGHTSPOT_PASSWORD": authtest.DefaultPassword}, 7, 0, 3},
		"secret key":     {map[string]string{"THOUGHTSPOT_SECRET_KEY": authtest.DefaultSecretKey}, 6, 0, 4},
		"wrong password": {map[string]string{"THOUGHTSPOT_PASSWORD": "wrong"}, 1, 6, 3},
	} {
		t.Run(name, func(t *testing.T) {
			server := authtest.NewServer() // wrong passwords lock the account
			defer server.Close()
			var out strings.Builder
			err := run(t.Context(), &out, func(k string) string {
				switch k {
				case "THOUGHTSPOT_HOST":
					return server.URL
				case "THOUGHTSPOT_USERNAME":
					return authtest.DefaultUsername
				}
				return c.env[k]
			})
			text := out.String()
			if (err != nil) != (c.failed > 0) || strings.Count(text, "\n✓ ") != c.ok ||
				strings.Count(text, "\n✗ ") != c.failed || strings.Count(text, "\n– ") != c.out {
				t.Errorf("%v\n%s", err, text)
			}
		})
	}
	if err := run(t.Context(), &strings.Builder{}, func(k string) string {
		return map[string]string{"THOUGHTSPOT_HOST": "https://acme.thoughtspot.cloud"}[k]
	}); err == nil {
		t.Error("a cluster without credentials was accepted")
	}
}
