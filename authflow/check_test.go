package authflow_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

func supply(context.Context) (gen.Secret, error) { return "supplied", nil }

// rejectedInput is an argument that is rejected: its name, the field that the error
// names, and the constructor called with it.
type rejectedInput struct {
	name, field string
	make        func(*authflow.Cluster) (*authflow.Flow, error)
}

// expectInvalid fails the test unless err is ErrInvalid and names field.
func expectInvalid(t *testing.T, err error, field string) {
	t.Helper()
	var e *authflow.Error
	if !errors.Is(err, authflow.ErrInvalid) || !errors.As(err, &e) {
		t.Fatalf("got %v", err)
	}
	if e.Field != field || !strings.Contains(err.Error(), ": "+field+": ") {
		t.Errorf("names %q, want %q: %v", e.Field, field, err)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("shows a password: %v", err)
	}
}

func TestX5_BadInput_IsRejectedBeforeTheNetwork(t *testing.T) {
	t.Parallel()
	full := func(change func(*gen.GetFullAccessTokenRequest), opts ...authflow.FlowOption) func(*authflow.Cluster) (*authflow.Flow, error) {
		return func(c *authflow.Cluster) (*authflow.Flow, error) {
			r := gen.GetFullAccessTokenRequest{Username: "u", SecretKey: "k"}
			change(&r)
			return c.FullAccess(r, opts...)
		}
	}
	object := func(change func(*gen.GetObjectAccessTokenRequest)) func(*authflow.Cluster) (*authflow.Flow, error) {
		return func(c *authflow.Cluster) (*authflow.Flow, error) {
			r := gen.GetObjectAccessTokenRequest{Username: "u", SecretKey: "k", ObjectID: "o"}
			change(&r)
			return c.ObjectAccess(r)
		}
	}
	custom := func(change func(*gen.GetCustomAccessTokenRequest)) func(*authflow.Cluster) (*authflow.Flow, error) {
		return func(c *authflow.Cluster) (*authflow.Flow, error) {
			r := gen.GetCustomAccessTokenRequest{Username: "u", SecretKey: "k", PersistOption: gen.PersistOptionReplace}
			change(&r)
			return c.CustomAccess(r)
		}
	}
	session := func(change func(*gen.LoginRequest), opts ...authflow.FlowOption) func(*authflow.Cluster) (*authflow.Flow, error) {
		return func(c *authflow.Cluster) (*authflow.Flow, error) {
			r := gen.LoginRequest{Username: "u", Password: "p"}
			change(&r)
			return c.Session(r, opts...)
		}
	}
	values := []gen.FilterValue{"a", 1, true, 2.5}

	for _, c := range []rejectedInput{
		{"full: no username", "username", full(func(r *gen.GetFullAccessTokenRequest) { r.Username = "" })},
		{"full: no credential", "password", full(func(r *gen.GetFullAccessTokenRequest) { r.SecretKey = "" })},
		{"full: both credentials", "password", full(func(r *gen.GetFullAccessTokenRequest) { r.Password = "p" })},
		{"full: negative validity", "validity_time_in_sec", full(func(r *gen.GetFullAccessTokenRequest) { r.ValidityTimeInSec = -1 })},
		{"full: negative Org", "org_id", full(func(r *gen.GetFullAccessTokenRequest) { r.OrgID = ptr(int32(-1)) })},
		{"full: provisioning by password", "auto_create", full(func(r *gen.GetFullAccessTokenRequest) {
			r.SecretKey, r.Password, r.AutoCreate = "", "p", ptr(true)
		})},
		{"full: provisioning by a supplied password", "auto_create", full(func(r *gen.GetFullAccessTokenRequest) {
			r.SecretKey, r.AutoCreate = "", ptr(true)
		}, authflow.WithPassword(supply))},
		{"full: empty group", "group_identifiers[1]", full(func(r *gen.GetFullAccessTokenRequest) { r.GroupIdentifiers = []string{"g", ""} })},
		{"full: key and password function", "password", full(func(*gen.GetFullAccessTokenRequest) {}, authflow.WithPassword(supply))},
		{"full: filter without operator", "user_parameters.runtime_filters[0].operator", full(func(r *gen.GetFullAccessTokenRequest) {
			r.UserParameters = &gen.UserParameters{RuntimeFilters: []gen.RuntimeFilter{{ColumnName: "c", Values: []string{"v"}}}}
		})},

		{"object: no object", "object_id", object(func(r *gen.GetObjectAccessTokenRequest) { r.ObjectID = "" })},
		{"object: no username", "username", object(func(r *gen.GetObjectAccessTokenRequest) { r.Username = "" })},
		{"object: no credential", "password", object(func(r *gen.GetObjectAccessTokenRequest) { r.SecretKey = "" })},
		{"object: both credentials", "password", object(func(r *gen.GetObjectAccessTokenRequest) { r.Password = "p" })},
		{"object: negative validity", "validity_time_in_sec", object(func(r *gen.GetObjectAccessTokenRequest) { r.ValidityTimeInSec = math.MinInt32 })},

		{"custom: no persist option", "persist_option", custom(func(r *gen.GetCustomAccessTokenRequest) { r.PersistOption = "" })},
		{"custom: RESET with variables", "variable_values", custom(func(r *gen.GetCustomAccessTokenRequest) {
			r.PersistOption, r.VariableValues = gen.PersistOptionReset, []gen.VariableValues{{Name: "v", Values: values}}
		})},
		{"custom: NONE with variables", "variable_values", custom(func(r *gen.GetCustomAccessTokenRequest) {
			r.PersistOption, r.VariableValues = gen.PersistOptionNone, []gen.VariableValues{}
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
			r.ParameterValues = []gen.ParameterValues{{Name: "p", Values: []gen.FilterValue{1, nil}}}
		})},
		{"custom: value that JSON cannot hold", "request", custom(func(r *gen.GetCustomAccessTokenRequest) {
			r.ParameterValues = []gen.ParameterValues{{Name: "p", Values: []gen.FilterValue{math.NaN()}}}
		})},
		{"custom: parameter without name", "parameter_values[0].name", custom(func(r *gen.GetCustomAccessTokenRequest) {
			r.ParameterValues = []gen.ParameterValues{{Values: values}}
		})},
		{"custom: object without identifier", "objects[0].identifier", custom(func(r *gen.GetCustomAccessTokenRequest) {
			r.Objects = []gen.ObjectIdentifier{{Type: "LIVEBOARD"}}
		})},
		{"custom: group without identifier", "groups[0].identifier", custom(func(r *gen.GetCustomAccessTokenRequest) { r.Groups = []gen.GroupIdentifier{{}} })},

		{"session: no username", "username", session(func(r *gen.LoginRequest) { r.Username = "" })},
		{"session: no password", "password", session(func(r *gen.LoginRequest) { r.Password = "" })},
		{"session: password given twice", "password", session(func(*gen.LoginRequest) {}, authflow.WithPassword(supply))},
		{"session on a session", "flow", func(c *authflow.Cluster) (*authflow.Flow, error) {
			s, err := session(func(*gen.LoginRequest) {})(c)
			if err != nil {
				return nil, err
			}
			return s.Session()
		}},

		{"tokens from no function", "fn", func(c *authflow.Cluster) (*authflow.Flow, error) { return c.TokensFrom(nil) }},

		{"text: key with a newline at the end", "secret_key", full(func(r *gen.GetFullAccessTokenRequest) { r.SecretKey = "hunter2\n" })},
		{"text: password with a carriage return", "password", session(func(r *gen.LoginRequest) { r.Password = "hunter2\r\n" })},
		{"text: password that is not UTF-8", "password", session(func(r *gen.LoginRequest) { r.Password = "hunter2\xff" })},
		{"text: username with a newline at the end", "username", object(func(r *gen.GetObjectAccessTokenRequest) { r.Username = "u\n" })},
		{"text: username with a control character", "username", custom(func(r *gen.GetCustomAccessTokenRequest) { r.Username = "u\x00v" })},
		{"text: Org that is not UTF-8", "org_identifier", session(func(r *gen.LoginRequest) { r.OrgIdentifier = "\xc3" })},
		{"text: object with a tab", "object_id", object(func(r *gen.GetObjectAccessTokenRequest) { r.ObjectID = "o\t" })},
		{"text: group with a newline", "group_identifiers[0]", full(func(r *gen.GetFullAccessTokenRequest) { r.GroupIdentifiers = []string{"g\n"} })},
		{"text: e-mail with a newline", "email", full(func(r *gen.GetFullAccessTokenRequest) { r.Email = "a@b.example\n" })},
		{"text: column that is not UTF-8", "filter_rules[0].column_name", custom(func(r *gen.GetCustomAccessTokenRequest) {
			r.FilterRules = []gen.FilterRule{{ColumnName: "c\xff", Operator: gen.FilterOperatorEQ, Values: values}}
		})},
		{"text: value that is not UTF-8", "filter_rules[0].values[0]", custom(func(r *gen.GetCustomAccessTokenRequest) {
			r.FilterRules = []gen.FilterRule{{ColumnName: "c", Operator: gen.FilterOperatorEQ, Values: []gen.FilterValue{"\xff"}}}
		})},
	} {
		t.Run(c.name, func(t *testing.T) {
			cluster, err := silent(t)
			if err != nil {
				t.Fatal(err)
			}
			f, err := c.make(cluster)
			if f != nil {
				t.Fatalf("got %v, %v", f, err)
			}
			expectInvalid(t, err, c.field)
		})
	}
}

// A password or key that a function supplies is checked when it is used.
func TestX5_SuppliedSecrets_AreCheckedBeforeTheNetwork(t *testing.T) {
	t.Parallel()
	for secret, named := range map[gen.Secret]string{"hunter2\n": "ends in a line break", "hunter2\xff": "is not valid UTF-8", "\ufeffhunter2": "byte order mark", "hunter2\u200b": "U+200B", "": "it is empty"} {
		fn := func(ctx context.Context) (gen.Secret, error) { return secret, ctx.Err() }
		c, err := silent(t, authflow.WithSecretKeyFunc(func(ctx context.Context, _ string) (gen.Secret, error) { return fn(ctx) }))
		if err != nil {
			t.Fatal(err)
		}
		byKey, err1 := c.FullAccess(gen.GetFullAccessTokenRequest{Username: "u"})
		byPassword, err2 := c.Session(gen.LoginRequest{Username: "u"}, authflow.WithPassword(fn))
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		for field, f := range map[string]*authflow.Flow{"secret_key": byKey, "password": byPassword} {
			err := f.Renew(t.Context())
			if err == nil || !strings.Contains(err.Error(), named) || !strings.Contains(err.Error(), field) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s %q: %v", field, secret, err)
			}
		}
	}
}
