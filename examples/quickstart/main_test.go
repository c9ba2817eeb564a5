package main

import (
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestTourOnTheSimulator(t *testing.T) {
	text, err := toured(t, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if n := strings.Count(text, "\n✓ "); n != len(steps()) {
		t.Errorf("%d of %d steps:\n%s", n, len(steps()), text)
	}
	for _, secret := range []string{authtest.DefaultSecretKey, `"` + authtest.DefaultPassword + `"`, "eyJ"} {
		if strings.Contains(text, secret) {
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
		says            string
	}{
		"password":       {map[string]string{password: authtest.DefaultPassword}, 8, 0, 3, "needs THOUGHTSPOT_SECRET_KEY and THOUGHTSPOT_OBJECT_ID\n"},
		"secret key":     {map[string]string{secretKey: authtest.DefaultSecretKey}, 7, 0, 4, "needs THOUGHTSPOT_OBJECT_ID\n"},
		"wrong password": {map[string]string{password: "wrong"}, 1, 7, 3, "credentials rejected"},
		"no such object": {map[string]string{secretKey: authtest.DefaultSecretKey, objectID: "\x00"}, 7, 1, 3, "object_id"},
	} {
		t.Run(name, func(t *testing.T) {
			server := authtest.NewServer()
			defer server.Close()
			c.env[host], c.env[username] = server.URL, authtest.DefaultUsername
			text, err := toured(t, c.env)
			if (err != nil) != (c.failed > 0) || strings.Count(text, "\n✓ ") != c.ok ||
				strings.Count(text, "\n✗ ") != c.failed || strings.Count(text, "\n– ") != c.out || !strings.Contains(text, c.says) {
				t.Errorf("%v\n%s", err, text)
			}
			if u, _ := server.User(authtest.DefaultUsername); u.Status != gen.AccountStatusActive {
				t.Errorf("the account is %s", u.Status)
			}
		})
	}
}

// A problem of the server or its address is reported once.
func TestTourWithoutACluster(t *testing.T) {
	gone := authtest.NewServer()
	gone.Close()
	for address, want := range map[string]string{
		"https://acme.thoughtspot.cloud":        "set THOUGHTSPOT_USERNAME",
		"http://acme.thoughtspot.cloud":         "plain http",
		strings.TrimPrefix(gone.URL, "http://"): "does not answer", // a host without https:// is valid, too
	} {
		env := map[string]string{host: address}
		if !strings.HasPrefix(want, "set") {
			env[username], env[password] = "ann", "s3cret"
		}
		text, err := toured(t, env)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Count(text, "\n✗ ") > 1 {
			t.Errorf("%s: %v\n%s", address, err, text)
		}
	}
}

func toured(t *testing.T, env map[string]string) (string, error) {
	t.Helper()
	var out strings.Builder
	err := run(t.Context(), &out, func(name string) string { return env[name] })
	return out.String(), err
}
