package authflow_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestX5_InvalidOption_IsRejected(t *testing.T) {
	t.Parallel()
	policy := func(p authflow.Policy) authflow.Option { return authflow.WithPolicy(p) }
	for name, c := range map[string]struct {
		option authflow.Option
		field  string
	}{
		"user agent of two lines":            {authflow.WithUserAgent("a\nb"), "WithUserAgent"},
		"no key, as from a missing variable": {authflow.WithSecretKey(""), "WithSecretKey"},
		"no key of an Org":                   {authflow.WithOrgSecretKey("Sales", ""), "WithOrgSecretKey"},
		"key with a newline at the end":      {authflow.WithSecretKey("hunter2\n"), "WithSecretKey"},
		"key with a byte order mark":         {authflow.WithSecretKey("\ufeffhunter2"), "WithSecretKey"},
		"key of an Org with a newline":       {authflow.WithOrgSecretKey("1", "hunter2\n"), "WithOrgSecretKey"},
		"key that is not UTF-8":              {authflow.WithSecretKey("hunter2\xff"), "WithSecretKey"},
		"negative rate":                      {authflow.WithRateLimit(-1, 10), "WithRateLimit"},
		"rate that is not a number":          {authflow.WithRateLimit(math.NaN(), 10), "WithRateLimit"},
		"rate that lets nothing through":     {authflow.WithRateLimit(50, 0), "WithRateLimit"},
		"renewal after the end":              {policy(authflow.Policy{RenewAt: 1.5}), "Policy.RenewAt"},
		"renewal before the beginning":       {policy(authflow.Policy{RenewAt: -0.1}), "Policy.RenewAt"},
		"renewal that is not a number":       {policy(authflow.Policy{RenewAt: math.NaN()}), "Policy.RenewAt"},
		"negative jitter":                    {policy(authflow.Policy{Jitter: -1}), "Policy.Jitter"},
		"jitter beyond the beginning":        {policy(authflow.Policy{RenewAt: 0.5, Jitter: 0.6}), "Policy.Jitter"},
		"negative time limit":                {policy(authflow.Policy{Timeout: -1}), "Policy.Timeout"},
		"time limit of centuries":            {policy(authflow.Policy{Timeout: math.MaxInt64, MaxAttempts: 1}), "Policy.Timeout"},
		"negative number of attempts":        {policy(authflow.Policy{MaxAttempts: -1}), "Policy.MaxAttempts"},
		"negative minimum of remaining life": {policy(authflow.Policy{MinTTL: -1}), "Policy.MinTTL"},
		"negative idle time of a session":    {policy(authflow.Policy{SessionIdle: -time.Hour}), "Policy.SessionIdle"},
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 {
				cluster, err := silent(t, c.option)
				if cluster != nil {
					t.Fatalf("got %v, %v", cluster, err)
				}
				expectInvalid(t, err, c.field)
			}
		})
	}
}

func TestX5_InvalidAddress_IsRejected(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]string{
		"empty":                      "",
		"slashes":                    "//",
		"no host":                    "https://",
		"port alone":                 "https://:443",
		"port that is not a number":  "https://acme.thoughtspot.cloud:x",
		"another scheme":             "ftp://acme.thoughtspot.cloud",
		"scheme without slashes":     "https:acme.thoughtspot.cloud",
		"scheme without its colon":   "https//acme.thoughtspot.cloud",
		"two schemes":                "https://https://acme.thoughtspot.cloud",
		"plain http":                 "http://acme.thoughtspot.cloud",
		"with credentials":           "https://me:hunter2@acme.thoughtspot.cloud",
		"malformed with credentials": "https://me:hunter2@acme.thoughtspot.cloud:x",
		"bare host with credentials": "me:hunter2@acme.thoughtspot.cloud",
		"with a query":               "https://acme.thoughtspot.cloud?a=b",
		"with a fragment":            "https://acme.thoughtspot.cloud#a",
		"with the path of the API":   "https://acme.thoughtspot.cloud/api/rest/2.0",
		"with a newline at the end":  "https://acme.thoughtspot.cloud\n",
		"with a space":               "https://acme thoughtspot.cloud",
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 {
				cluster, err := authflow.New(server)
				if cluster != nil {
					t.Fatalf("got %v, %v", cluster, err)
				}
				expectInvalid(t, err, "server")
			}
		})
	}
}

func TestCluster_Address_IsNormalised(t *testing.T) {
	t.Parallel()
	for server, want := range map[string]string{
		"https://acme.thoughtspot.cloud":     "https://acme.thoughtspot.cloud",
		"https://acme.thoughtspot.cloud/":    "https://acme.thoughtspot.cloud",
		"acme.thoughtspot.cloud":             "https://acme.thoughtspot.cloud",
		"acme.thoughtspot.cloud:8443/":       "https://acme.thoughtspot.cloud:8443",
		"https://proxy.example.com/ts/":      "https://proxy.example.com/ts",
		"https://[2001:db8::1]:8443":         "https://[2001:db8::1]:8443",
		"https://acme.thoughtspot.cloud:443": "https://acme.thoughtspot.cloud:443",
	} {
		c, err := authflow.New(server)
		if err != nil || c.URL() != want {
			t.Errorf("%s became %v, %v", server, c, err)
		}
	}
}

func TestI2_PlainHTTP_NeedsLoopbackOrAnOption(t *testing.T) {
	t.Parallel()
	for server, accepted := range map[string]bool{
		"http://127.0.0.1:4123":   true,
		"http://127.8.8.8":        true,
		"http://[::1]:4123":       true,
		"http://localhost":        true,
		"http://10.0.0.1":         false,
		"http://localhost.evil.x": false,
		"http://127.0.0.1.evil.x": false,
	} {
		_, err := authflow.New(server)
		if (err == nil) != accepted {
			t.Errorf("%s: %v", server, err)
		}
	}
	_, err := authflow.New("http://10.0.0.1", authflow.WithPlainHTTP())
	if err != nil {
		t.Error(err)
	}
}

// A credential in the request comes before the key of the request's Org, and that
// comes before the key of the cluster.
func TestCluster_CredentialOfTheRequest_ComesFirst(t *testing.T) {
	t.Parallel()
	var sent map[string]any
	c := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
		sent = nil
		return fresh(r, "tok"), json.NewDecoder(r.Body).Decode(&sent)
	}, authflow.WithSecretKey("of-the-cluster"), authflow.WithOrgSecretKey("7", "of-the-org"))
	for want, construct := range map[string]func() (*authflow.Flow, error){
		"map[secret_key:of-the-cluster username:u]": func() (*authflow.Flow, error) {
			return c.FullAccess(gen.GetFullAccessTokenRequest{Username: "u"})
		},
		"map[org_id:7 secret_key:of-the-org username:u]": func() (*authflow.Flow, error) {
			return c.FullAccess(gen.GetFullAccessTokenRequest{Username: "u", OrgID: ptr(int32(7))})
		},
		"map[org_id:8 secret_key:of-the-cluster username:u]": func() (*authflow.Flow, error) {
			return c.FullAccess(gen.GetFullAccessTokenRequest{Username: "u", OrgID: ptr(int32(8))})
		},
		"map[secret_key:its-own username:u]": func() (*authflow.Flow, error) {
			return c.FullAccess(gen.GetFullAccessTokenRequest{Username: "u", SecretKey: "its-own"})
		},
		"map[password:its-own username:u]": func() (*authflow.Flow, error) {
			return c.FullAccess(gen.GetFullAccessTokenRequest{Username: "u", Password: "its-own"})
		},
		"map[password:supplied username:u]": func() (*authflow.Flow, error) {
			return c.FullAccess(gen.GetFullAccessTokenRequest{Username: "u"}, authflow.WithPassword(supply))
		},
	} {
		f, err := construct()
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			err := f.Renew(t.Context())
			if err != nil || fmt.Sprint(sent) != want {
				t.Errorf("sent %v, want %s; %v", sent, want, err)
			}
		}
	}
	f, err := c.Session(gen.LoginRequest{Username: "u"})
	if err == nil {
		t.Errorf("%v logs in with a secret key", f)
	}
}
