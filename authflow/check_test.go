package authflow_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// silent is a cluster to which no request may be sent.
func silent(t *testing.T, opts ...authflow.Option) (*authflow.Cluster, error) {
	t.Helper()
	return authflow.New("https://acme.thoughtspot.cloud", append([]authflow.Option{
		authflow.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			t.Errorf("a request was sent: %s %s", r.Method, r.URL)
			return nil, errors.New("sent")
		})}),
	}, opts...)...)
}

func supply(context.Context) (gen.Secret, error) { return "supplied", nil }

func ptr[T any](v T) *T { return &v }

// rejectedInput is an argument that is rejected: its name, the field that the error
// names, and the constructor called with it.
type rejectedInput struct {
	name, field string
	make        func(*authflow.Cluster) (*authflow.Flow, error)
}

// expectRefusal fails the test unless err is ErrInvalid and names field.
func expectRefusal(t *testing.T, err error, field string) {
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
			expectRefusal(t, err, c.field)
		})
	}
}

// A password or key that a function supplies is checked when it is used.
func TestX5_SuppliedSecrets_AreCheckedBeforeTheNetwork(t *testing.T) {
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

// A key from a file with a byte order mark was sent before, and counted as wrong.
func TestX5_InvisibleCharacters_AreRejectedInEveryText(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"\ufeffhunter2":          "begins with a byte order mark (U+FEFF)",
		"hunter2\ufeff":          "ends in an invisible character (U+FEFF)",
		"\u200bhunter2":          "begins with an invisible character (U+200B)",
		"hunter2\u200b":          "ends in an invisible character (U+200B)",
		"hunter2\u00a0":          "ends in an invisible character (U+00A0)",
		"\u3000hunter2":          "begins with an invisible character (U+3000)",
		"hunter2\u3164":          "ends in an invisible character (U+3164)",
		"hunter2\u00ad":          "ends in an invisible character (U+00AD)",
		"hunter2\u200d":          "ends in an invisible character (U+200D)",
		"\ufe0fhunter2":          "begins with an invisible character (U+FE0F)",
		"hunter2\u200b\ufe0f":    "ends in an invisible character (U+FE0F)",
		"hunter2\u00a0\n":        "ends in a line break",
		"hunter2\u2028":          "contains a control character at byte 7",
		"hunter2\u202egnp":       "contains a character that changes the direction of the text, at byte 7",
		"\u2066hunter2\u2069":    "contains a character that changes the direction of the text, at byte 0",
		"hunter2\u200e":          "contains a character that changes the direction of the text, at byte 7",
		"\u061chunter2":          "contains a character that changes the direction of the text, at byte 0",
		"\ufeff":                 "begins with a byte order mark (U+FEFF)",
		"hunter2\xed\xa0\x80key": "is not valid UTF-8",
	} {
		for field, construct := range map[string]func(*authflow.Cluster) (*authflow.Flow, error){
			"username": func(c *authflow.Cluster) (*authflow.Flow, error) {
				return c.FullAccess(gen.GetFullAccessTokenRequest{Username: text, SecretKey: "k"})
			},
			"secret_key": func(c *authflow.Cluster) (*authflow.Flow, error) {
				return c.FullAccess(gen.GetFullAccessTokenRequest{Username: "u", SecretKey: gen.Secret(text)})
			},
			"password": func(c *authflow.Cluster) (*authflow.Flow, error) {
				return c.Session(gen.LoginRequest{Username: "u", Password: gen.Secret(text)})
			},
			"group_identifiers[1]": func(c *authflow.Cluster) (*authflow.Flow, error) {
				return c.FullAccess(gen.GetFullAccessTokenRequest{Username: "u", SecretKey: "k", GroupIdentifiers: []string{"g", text}})
			},
			"groups[0].identifier": func(c *authflow.Cluster) (*authflow.Flow, error) {
				return c.CustomAccess(gen.GetCustomAccessTokenRequest{
					Username: "u", SecretKey: "k", PersistOption: gen.PersistOptionReplace, Groups: []gen.GroupIdentifier{{Identifier: text}},
				})
			},
		} {
			cluster, err := silent(t)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				f, err := construct(cluster)
				if f != nil {
					t.Errorf("%s %q is accepted", field, text)
					continue
				}
				expectRefusal(t, err, field)
				if !strings.HasSuffix(err.Error(), ": "+says) {
					t.Errorf("%s %q: %v; want %q", field, text, err, says)
				}
			}
		}
		_, err := silent(t, authflow.WithSecretKey(gen.Secret(text)))
		expectRefusal(t, err, "WithSecretKey")
	}
}

func TestX5_PrintableCharacters_AreAccepted(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"punctuation":              `p"w'd\ <>&%+/=;:,{}[]|~^` + "`$#@!?*()_-.",
		"spaces at the ends":       " hunter2 ",
		"space of another width":   "a\u00a0b\u3000c",
		"scripts":                  "Größe密码пароль🔑عربي",
		"zero width in the middle": "a\u200bb\u200cc\u200dd\ufeffe",
		"red heart":                "I ❤\ufe0f",
		"flag of Scotland":         "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
		"family":                   "👩\u200d👧",
		"Malayalam":                "അവന\u0d4d\u200d",
		"new in Unicode":           "\U0001FAE9\U0001FAC6",
		"private use":              "\uf8ff",
		"Arabic sign":              "\u0600\u0661",
		"combining":                "e\u0301",
	} {
		c, err := silent(t, authflow.WithSecretKey(gen.Secret(text)))
		if err != nil {
			t.Errorf("%s as a key: %v", name, err)
			continue
		}
		_, err = c.FullAccess(gen.GetFullAccessTokenRequest{Username: text, DisplayName: text})
		if err != nil {
			t.Errorf("%s as a name: %v", name, err)
		}
		_, err = c.Session(gen.LoginRequest{Username: "u", Password: gen.Secret(text)})
		if err != nil {
			t.Errorf("%s as a password: %v", name, err)
		}
	}
}

// The values of a rule are compared with the data, which may contain anything.
func TestX5_ValuesOfRules_MayHoldAnyCharacter(t *testing.T) {
	t.Parallel()
	const text = "\ufeffa\tb\u202ec\n"
	c, err := silent(t)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.CustomAccess(gen.GetCustomAccessTokenRequest{
		Username: "u", SecretKey: "k", PersistOption: gen.PersistOptionReplace,
		FilterRules: []gen.FilterRule{{ColumnName: "c", Operator: gen.FilterOperatorEQ, Values: []gen.FilterValue{text, "", 1, 2.5, true}}},
	})
	if err != nil {
		t.Error(err)
	}
	_, err = c.FullAccess(gen.GetFullAccessTokenRequest{Username: "u", SecretKey: "k", UserParameters: &gen.UserParameters{
		RuntimeFilters: []gen.RuntimeFilter{{ColumnName: "c", Operator: gen.FilterOperatorEQ, Values: []string{text}}},
	}})
	if err != nil {
		t.Error(err)
	}
}

func TestX5_TextThatIsTooLong_IsRejected(t *testing.T) {
	c := fakeCluster(t, nil, authflow.WithSecretKey("key"))
	long := strings.Repeat("x", 1<<16)
	for field, make := range map[string]func() (*authflow.Flow, error){
		"username": func() (*authflow.Flow, error) {
			return c.FullAccess(gen.GetFullAccessTokenRequest{Username: long})
		},
		"password": func() (*authflow.Flow, error) {
			return c.Session(gen.LoginRequest{Username: "ann", Password: gen.Secret(long)})
		},
		"org": func() (*authflow.Flow, error) {
			return c.Session(gen.LoginRequest{Username: "ann", Password: "p", OrgIdentifier: long})
		},
	} {
		var e *authflow.Error
		if f, err := make(); f != nil || !errors.As(err, &e) || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	name := long[1:] + `"\\ü` // which JSON writes otherwise
	f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: name[len(name)-100:]})
	if err != nil || !strings.Contains(fmt.Sprintf("%s", f), fmt.Sprintf("%q", name[len(name)-100:])) {
		t.Errorf("%s, %v", f, err)
	}
}
