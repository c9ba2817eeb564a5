package authflow_test

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// silent is a client whose use fails the test.
func silent(t *testing.T) authflow.Option {
	t.Helper()
	return authflow.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		t.Errorf("a request was sent: %s %s", r.Method, r.URL)
		return nil, errors.New("sent")
	})})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

const cluster = "https://acme.thoughtspot.cloud"

func supply(context.Context) (gen.Secret, error) { return "supplied", nil }

// Each refused input: what it is, the field that the error names, and the
// constructor called with it.
type refusedInput struct {
	name, field string
	make        func(opts ...authflow.Option) (*authflow.Flow, error)
}

func ptr[T any](v T) *T { return &v }

func TestX5BadInputIsRefusedBeforeTheNetwork(t *testing.T) {
	full := func(change func(*gen.GetFullAccessTokenRequest), more ...authflow.Option) func(...authflow.Option) (*authflow.Flow, error) {
		return func(opts ...authflow.Option) (*authflow.Flow, error) {
			r := gen.GetFullAccessTokenRequest{Username: "u", SecretKey: "k"}
			change(&r)
			return authflow.FullAccess(cluster, r, append(opts, more...)...)
		}
	}
	object := func(change func(*gen.GetObjectAccessTokenRequest), more ...authflow.Option) func(...authflow.Option) (*authflow.Flow, error) {
		return func(opts ...authflow.Option) (*authflow.Flow, error) {
			r := gen.GetObjectAccessTokenRequest{Username: "u", SecretKey: "k", ObjectID: "o"}
			change(&r)
			return authflow.ObjectAccess(cluster, r, append(opts, more...)...)
		}
	}
	custom := func(change func(*gen.GetCustomAccessTokenRequest), more ...authflow.Option) func(...authflow.Option) (*authflow.Flow, error) {
		return func(opts ...authflow.Option) (*authflow.Flow, error) {
			r := gen.GetCustomAccessTokenRequest{Username: "u", SecretKey: "k", PersistOption: gen.PersistOptionREPLACE}
			change(&r)
			return authflow.CustomAccess(cluster, r, append(opts, more...)...)
		}
	}
	login := func(change func(*gen.LoginRequest), more ...authflow.Option) func(...authflow.Option) (*authflow.Flow, error) {
		return func(opts ...authflow.Option) (*authflow.Flow, error) {
			r := gen.LoginRequest{Username: "u", Password: "p"}
			change(&r)
			return authflow.Login(cluster, r, append(opts, more...)...)
		}
	}
	at := func(server string) func(...authflow.Option) (*authflow.Flow, error) {
		return func(opts ...authflow.Option) (*authflow.Flow, error) {
			return authflow.FullAccess(server, gen.GetFullAccessTokenRequest{Username: "u", SecretKey: "k"}, opts...)
		}
	}
	parent := func(opts ...authflow.Option) *authflow.Flow {
		f, err := full(func(*gen.GetFullAccessTokenRequest) {})(opts...)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	onToken := func(more ...authflow.Option) func(...authflow.Option) (*authflow.Flow, error) {
		return func(opts ...authflow.Option) (*authflow.Flow, error) {
			return authflow.LoginWithToken(parent(opts...), append(opts, more...)...)
		}
	}
	onSession := func(more ...authflow.Option) func(...authflow.Option) (*authflow.Flow, error) {
		return func(opts ...authflow.Option) (*authflow.Flow, error) {
			return authflow.SessionToken(parent(opts...), append(opts, more...)...)
		}
	}
	fn := func(server string, fn func(context.Context) (authflow.Token, error), more ...authflow.Option) func(...authflow.Option) (*authflow.Flow, error) {
		return func(opts ...authflow.Option) (*authflow.Flow, error) {
			return authflow.TokenFunc(server, fn, append(opts, more...)...)
		}
	}
	token := func(context.Context) (authflow.Token, error) { return authflow.Token{}, errors.New("called") }
	values := []gen.FilterValue{"a", 1, true, 2.5}

	for _, c := range []refusedInput{
		{"full: no username", "username", full(func(r *gen.GetFullAccessTokenRequest) { r.Username = "" })},
		{"full: no credential", "password", full(func(r *gen.GetFullAccessTokenRequest) { r.SecretKey = "" })},
		{"full: both credentials", "password", full(func(r *gen.GetFullAccessTokenRequest) { r.Password = "p" })},
		{"full: negative validity", "validity_time_in_sec", full(func(r *gen.GetFullAccessTokenRequest) { r.ValidityTimeInSec = -1 })},
		{"full: negative Org", "org_id", full(func(r *gen.GetFullAccessTokenRequest) { r.OrgID = ptr(int32(-1)) })},
		{"full: provisioning by password", "auto_create", full(func(r *gen.GetFullAccessTokenRequest) {
			r.SecretKey, r.Password, r.AutoCreate = "", "p", ptr(true)
		})},
		{"full: empty group", "group_identifiers[1]", full(func(r *gen.GetFullAccessTokenRequest) { r.GroupIdentifiers = []string{"g", ""} })},
		{"full: key given twice", "secret_key", full(func(*gen.GetFullAccessTokenRequest) {}, authflow.WithSecretKey(supply))},
		{"full: key and password function", "secret_key", full(func(*gen.GetFullAccessTokenRequest) {}, authflow.WithPassword(supply))},
		{"full: sort without order", "user_parameters.runtime_sorts[0]", full(func(r *gen.GetFullAccessTokenRequest) {
			r.UserParameters = &gen.UserParameters{RuntimeSorts: []gen.SortRule{{ColumnName: "c"}}}
		})},

		{"object: no object", "object_id", object(func(r *gen.GetObjectAccessTokenRequest) { r.ObjectID = "" })},
		{"object: no username", "username", object(func(r *gen.GetObjectAccessTokenRequest) { r.Username = "" })},
		{"object: no credential", "password", object(func(r *gen.GetObjectAccessTokenRequest) { r.SecretKey = "" })},
		{"object: both credentials", "password", object(func(r *gen.GetObjectAccessTokenRequest) { r.Password = "p" })},
		{"object: negative validity", "validity_time_in_sec", object(func(r *gen.GetObjectAccessTokenRequest) { r.ValidityTimeInSec = math.MinInt32 })},

		{"custom: no persist option", "persist_option", custom(func(r *gen.GetCustomAccessTokenRequest) { r.PersistOption = "" })},
		{"custom: RESET with variables", "variable_values", custom(func(r *gen.GetCustomAccessTokenRequest) {
			r.PersistOption, r.VariableValues = gen.PersistOptionRESET, []gen.NamedValues{{Name: "v", Values: values}}
		})},
		{"custom: NONE with variables", "variable_values", custom(func(r *gen.GetCustomAccessTokenRequest) {
			r.PersistOption, r.VariableValues = gen.PersistOptionNONE, []gen.NamedValues{}
		})},
		{"custom: no username", "username", custom(func(r *gen.GetCustomAccessTokenRequest) { r.Username = "" })},
		{"custom: both credentials", "password", custom(func(r *gen.GetCustomAccessTokenRequest) { r.Password = "p" })},
		{"custom: negative validity", "validity_time_in_sec", custom(func(r *gen.GetCustomAccessTokenRequest) { r.ValidityTimeInSec = -300 })},
		{"custom: rule without column", "filter_rules[0].column_name", custom(func(r *gen.GetCustomAccessTokenRequest) {
			r.FilterRules = []gen.FilterRule{{Operator: gen.FilterOperatorEQ, Values: values}}
		})},
		{"custom: rule without operator", "filter_rules[0].operator", custom(func(r *gen.GetCustomAccessTokenRequest) {
			r.FilterRules = []gen.FilterRule{{ColumnName: "c", Values: values}}
		})},
		{"custom: rule without values", "filter_rules[0].values", custom(func(r *gen.GetCustomAccessTokenRequest) {
			r.FilterRules = []gen.FilterRule{{ColumnName: "c", Operator: gen.FilterOperatorEQ}}
		})},
		{"custom: value of a wrong type", "parameter_values[0].values[1]", custom(func(r *gen.GetCustomAccessTokenRequest) {
			r.ParameterValues = []gen.NamedValues{{Name: "p", Values: []gen.FilterValue{1, nil}}}
		})},
		{"custom: value that JSON cannot hold", "request", custom(func(r *gen.GetCustomAccessTokenRequest) {
			r.ParameterValues = []gen.NamedValues{{Name: "p", Values: []gen.FilterValue{math.NaN()}}}
		})},
		{"custom: parameter without name", "parameter_values[0].name", custom(func(r *gen.GetCustomAccessTokenRequest) {
			r.ParameterValues = []gen.NamedValues{{Values: values}}
		})},
		{"custom: object without identifier", "objects[0].identifier", custom(func(r *gen.GetCustomAccessTokenRequest) {
			r.Objects = []gen.ObjectIdentifier{{Type: "LIVEBOARD"}}
		})},
		{"custom: group without identifier", "groups[0]", custom(func(r *gen.GetCustomAccessTokenRequest) { r.Groups = []gen.GroupIdentifier{{}} })},

		{"login: no username", "username", login(func(r *gen.LoginRequest) { r.Username = "" })},
		{"login: no password", "password", login(func(r *gen.LoginRequest) { r.Password = "" })},
		{"login: password given twice", "password", login(func(*gen.LoginRequest) {}, authflow.WithPassword(supply))},
		{"login: with a secret key", "WithSecretKey", login(func(*gen.LoginRequest) {}, authflow.WithSecretKey(supply))},
		{"login: bad policy", "RenewalPolicy.At", login(func(*gen.LoginRequest) {}, authflow.WithRenewal(authflow.RenewalPolicy{At: 1.5}))},

		{"login with token: no flow", "bearer", func(...authflow.Option) (*authflow.Flow, error) { return authflow.LoginWithToken(nil) }},
		{"login with token: on a session", "bearer", func(opts ...authflow.Option) (*authflow.Flow, error) {
			s, err := login(func(*gen.LoginRequest) {})(opts...)
			if err != nil {
				return nil, err
			}
			return authflow.LoginWithToken(s, opts...)
		}},
		{"login with token: a password function", "WithPassword", onToken(authflow.WithPassword(supply))},
		{"login with token: a key function", "WithSecretKey", onToken(authflow.WithSecretKey(supply))},
		{"login with token: bad policy", "RenewalPolicy.Tries", onToken(authflow.WithRenewal(authflow.RenewalPolicy{Tries: -1}))},

		{"session token: no flow", "session", func(...authflow.Option) (*authflow.Flow, error) { return authflow.SessionToken(nil) }},
		{"session token: a password function", "WithPassword", onSession(authflow.WithPassword(supply))},
		{"session token: a key function", "WithSecretKey", onSession(authflow.WithSecretKey(supply))},
		{"session token: bad spread", "RenewalPolicy.Spread", onSession(authflow.WithRenewal(authflow.RenewalPolicy{Spread: -1}))},
		{"session token: bad time limit", "RenewalPolicy.Timeout", onSession(authflow.WithRenewal(authflow.RenewalPolicy{Timeout: -1}))},

		{"func: none", "fn", fn(cluster, nil)},
		{"func: no server", "server", fn("", token)},
		{"func: plain http", "server", fn("http://acme.thoughtspot.cloud", token)},
		{"func: a password function", "WithPassword", fn(cluster, token, authflow.WithPassword(supply))},
		{"func: a key function", "WithSecretKey", fn(cluster, token, authflow.WithSecretKey(supply))},

		{"user agent of two lines", "WithUserAgent", full(func(*gen.GetFullAccessTokenRequest) {}, authflow.WithUserAgent("a\nb"))},
		{"server: empty", "server", at("")},
		{"server: no scheme", "server", at("acme.thoughtspot.cloud")},
		{"server: no host", "server", at("https://")},
		{"server: port only", "server", at("https://:443")},
		{"server: other scheme", "server", at("ftp://acme.thoughtspot.cloud")},
		{"server: with credentials", "server", at("https://me:hunter2@acme.thoughtspot.cloud")},
		{"server: malformed with credentials", "server", at("https://me:hunter2@acme.thoughtspot.cloud:x")},
		{"server: with a query", "server", at(cluster + "?a=b")},
		{"server: with a fragment", "server", at(cluster + "#a")},
		{"server: with the API's path", "server", at(cluster + "/api/rest/2.0")},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := c.make(silent(t))
			var e *authflow.Error
			if f != nil || !errors.Is(err, authflow.ErrInvalid) || !errors.As(err, &e) {
				t.Fatalf("got %v, %v", f, err)
			}
			if e.Field != c.field || !strings.Contains(err.Error(), ": "+c.field+": ") {
				t.Errorf("names %q, want %q: %v", e.Field, c.field, err)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("shows a password: %v", err)
			}
		})
	}
}

func TestI2PlainHTTPNeedsLoopbackOrPermission(t *testing.T) {
	req := gen.GetFullAccessTokenRequest{Username: "u", SecretKey: "k"}
	for server, ok := range map[string]bool{
		"http://127.0.0.1:4123":   true,
		"http://127.8.8.8":        true,
		"http://[::1]:4123":       true,
		"http://localhost":        true,
		"http://10.0.0.1":         false,
		"http://localhost.evil.x": false,
		"http://127.0.0.1.evil.x": false,
	} {
		if _, err := authflow.FullAccess(server, req); (err == nil) != ok {
			t.Errorf("%s: %v", server, err)
		}
	}
	if _, err := authflow.FullAccess("http://10.0.0.1", req, authflow.WithPlainHTTP()); err != nil {
		t.Error(err)
	}
}
