package authflow_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

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
				expectInvalid(t, err, field)
				if !strings.HasSuffix(err.Error(), ": "+says) {
					t.Errorf("%s %q: %v; want %q", field, text, err, says)
				}
			}
		}
		_, err := silent(t, authflow.WithSecretKey(gen.Secret(text)))
		expectInvalid(t, err, "WithSecretKey")
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
	t.Parallel()
	c := fakeCluster(t, nil, authflow.WithSecretKey("key"))
	long := strings.Repeat("x", 1<<16)
	for field, construct := range map[string]func() (*authflow.Flow, error){
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
		for range 2 {
			f, err := construct()
			if f != nil {
				t.Errorf("%s of %d bytes is accepted", field, len(long))
				continue
			}
			expectInvalid(t, err, field)
		}
	}
	name := long[1:] + `"\\ü` // which JSON writes in another way
	f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: name[len(name)-100:]})
	if err != nil || !strings.Contains(fmt.Sprintf("%s", f), fmt.Sprintf("%q", name[len(name)-100:])) {
		t.Errorf("%s, %v", f, err)
	}
}
