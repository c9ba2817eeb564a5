package config_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/config"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestFromEnv_EachWayToGiveASecret_GetsAToken(t *testing.T) {
	file := write(t, hidden+"\n")
	for name, value := range map[string]string{
		"password": hidden, "secret_key": hidden, "password_file": file, "secret_key_file": file,
		"password_command": "echo " + hidden, "secret_key_command": "echo " + hidden,
	} {
		for _, way := range []string{"environment", "default profile", "profile that the environment names"} {
			t.Run(name+" by "+way, func(t *testing.T) {
				sim, via := server(t)
				table := fmt.Sprintf("host = %q\nusername = \"ann\"\norg = 2\n%s = %q\n", sim.URL, name, value)
				switch way {
				case "environment":
					in(t, map[string]string{"HOST": sim.URL, "USERNAME": "ann", "ORG": "2", strings.ToUpper(name): value}, "")
				case "default profile":
					in(t, nil, "[default]\n"+table)
				default:
					in(t, map[string]string{"PROFILE": "work"}, "[work]\n"+table)
				}
				cluster, flow, err := config.FromEnv(via)
				if err != nil {
					t.Fatal(err)
				}
				token, err := flow.Token(t.Context())
				if err != nil || token.Username != "ann" || token.Org == nil || token.Org.ID != 2 || cluster.URL() != sim.URL {
					t.Errorf("%v %v at %s, %v", token.Username, token.Org, cluster, err)
				}
			})
		}
	}
}

func TestFromEnv_SecretInAFile_IsReadForEachToken(t *testing.T) {
	sim, via := server(t)
	path := write(t, hidden)
	in(t, map[string]string{"HOST": sim.URL, "USERNAME": "ann", "SECRET_KEY_FILE": path}, "")
	_, flow, err := config.FromEnv(via)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := flow.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	sim.RotateSecretKey("another")
	if err := os.WriteFile(path, []byte("another\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := flow.Renew(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestFromEnv_OptionOfTheProgram_WinsOverTheSetting(t *testing.T) {
	value := authflow.WithSecretKey(hidden)
	function := authflow.WithSecretKeyFunc(func(context.Context, string) (gen.Secret, error) { return hidden, nil })
	file := write(t, "wrong")
	for name, c := range map[string]struct {
		variable, value string
		option          authflow.Option
	}{
		"key by key":           {"SECRET_KEY", "wrong", value},
		"key by function":      {"SECRET_KEY", "wrong", function},
		"key file by function": {"SECRET_KEY_FILE", file, function},
	} {
		t.Run(name, func(t *testing.T) {
			sim, via := server(t)
			in(t, map[string]string{"HOST": sim.URL, "USERNAME": "ann", c.variable: c.value}, "")
			_, flow, err := config.FromEnv(c.option, via)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second time as well
				if err := flow.Renew(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// X5, X3: an invalid setting is named, and its error shows no secret.
func TestX5_InvalidSettings_AreNamed(t *testing.T) {
	with := func(more ...string) map[string]string {
		env := map[string]string{"HOST": "acme.thoughtspot.cloud", "USERNAME": "ann", "PASSWORD": hidden}
		for i := 0; i < len(more); i += 2 {
			env[more[i]] = more[i+1]
		}
		return env
	}
	for name, c := range map[string]struct {
		env     map[string]string
		profile string
		names   []string
	}{
		"nothing":            {nil, "", []string{"THOUGHTSPOT_HOST"}},
		"no user":            {with("USERNAME", ""), "", []string{"THOUGHTSPOT_USERNAME"}},
		"no secret":          {with("PASSWORD", ""), "", []string{"THOUGHTSPOT_PASSWORD", "THOUGHTSPOT_SECRET_KEY", "THOUGHTSPOT_TOKEN", "_COMMAND"}},
		"two secrets":        {with("SECRET_KEY", hidden), "", []string{"THOUGHTSPOT_PASSWORD", "THOUGHTSPOT_SECRET_KEY"}},
		"a token as well":    {with("TOKEN", hidden), "", []string{"THOUGHTSPOT_PASSWORD", "THOUGHTSPOT_TOKEN"}},
		"two places":         {with("PASSWORD_FILE", "/x"), "", []string{"THOUGHTSPOT_PASSWORD", "THOUGHTSPOT_PASSWORD_FILE"}},
		"name of an Org":     {with("ORG", "Sales"), "", []string{"THOUGHTSPOT_ORG", "number", "Sales"}},
		"two Orgs":           {with("ORG", "1", "ORG_IDENTIFIER", "2"), "", []string{"THOUGHTSPOT_ORG", "THOUGHTSPOT_ORG_IDENTIFIER"}},
		"no address":         {with("HOST", "http://acme.example"), "", []string{"THOUGHTSPOT_HOST", "http"}},
		"no such profile":    {with("PROFILE", "work"), "[home]\n", []string{"THOUGHTSPOT_PROFILE", "work", "home"}},
		"no profile at all":  {with("PROFILE", "work"), "host = \"x\"\n", []string{"THOUGHTSPOT_PROFILE", "work"}},
		"unknown setting":    {with("PROFILE", "work", "PASSWORD", ""), "[work]\npasword = \"" + hidden + "\"\n", []string{"pasword", "work", "line 2", "password_command"}},
		"token in a profile": {with("PROFILE", "work", "PASSWORD", ""), "[work]\n\ntoken = \"" + hidden + "\"\n", []string{"token of profile work", "line 3", "token_file"}},
		"ends in a newline":  {with("PASSWORD", hidden+"\n"), "", []string{"THOUGHTSPOT_PASSWORD", "line break"}},
		"key with a newline": {with("PASSWORD", "", "SECRET_KEY", hidden+"\n"), "", []string{"THOUGHTSPOT_SECRET_KEY", "line break"}},
		"newline inside":     {with("PASSWORD", hidden+"\n"+hidden), "", []string{"THOUGHTSPOT_PASSWORD", "byte 13"}},
		"negative Org":       {with("ORG", "-1"), "", []string{"THOUGHTSPOT_ORG"}},
		"Org of 33 bits":     {with("ORG", "4294967298"), "", []string{"THOUGHTSPOT_ORG", "2147483647"}},
		"validity of words":  {with("VALIDITY", "a while"), "", []string{"THOUGHTSPOT_VALIDITY", "10m"}},
		"validity of 0":      {with("VALIDITY", "0"), "", []string{"THOUGHTSPOT_VALIDITY"}},
		"half a second":      {with("VALIDITY", "1500ms"), "", []string{"THOUGHTSPOT_VALIDITY"}},
		"a number":           {with("PROFILE", "work", "PASSWORD", ""), "[work]\npassword = 0x1f\n", []string{"password", "work", "text"}},
		"no text":            {with("PROFILE", "work", "PASSWORD", ""), "[work]\npassword = [\"" + hidden + "\"]\n", []string{"password", "work"}},
		"empty list":         {with("PROFILE", "work", "PASSWORD", ""), "[work]\npassword_command = []\n", []string{"password_command", "work", "list"}},
		"list of numbers":    {with("PROFILE", "work", "PASSWORD", ""), "[work]\npassword_command = [1]\n", []string{"password_command", "work", "list"}},
		"secret unquoted":    {with("PROFILE", "work", "PASSWORD", ""), "[work]\npassword = " + hidden + "\n", []string{"line 2"}},
		"empty in a profile": {map[string]string{"PROFILE": "work"}, "[work]\nhost = \"\"\n", []string{"host of profile work"}},
		"not UTF-8":          {with("PASSWORD", hidden+"\xff"), "", []string{"THOUGHTSPOT_PASSWORD", "UTF-8"}},
		"marked password":    {with("PASSWORD", "\ufeff"+hidden), "", []string{"THOUGHTSPOT_PASSWORD", "byte order mark"}},
		"marked host":        {with("HOST", "\ufeffacme.example"), "", []string{"THOUGHTSPOT_HOST", "byte order mark"}},
		"marked profiles":    {with("PROFILE", "work"), "\ufeff[work]\n", []string{"byte order mark"}},
		"Latin-1 profiles":   {with("PROFILE", "work"), "[work]\nusername = \"J\xfcrgen\"\n", []string{"UTF-8"}},
		"no CA file":         {with("CA_FILE", "/nowhere/ca.pem"), "", []string{"THOUGHTSPOT_CA_FILE", "/nowhere/ca.pem"}},
		"CA file of words":   {with("CA_FILE", "config_test.go"), "", []string{"THOUGHTSPOT_CA_FILE", "PEM"}},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, c.env, c.profile)
			cluster, flow, err := config.FromEnv()
			if cluster != nil || flow != nil {
				t.Fatalf("%v, %v, %v", cluster, flow, err)
			}
			isInvalid(t, err, c.names...)
		})
	}
}

// The error names the setting in place of the field of the function that found it.
func TestFromEnv_WrongAddress_IsNamedByItsSetting(t *testing.T) {
	for address, problem := range map[string]string{
		"http://acme.example":    " is plain http, ",
		"acme example":           " is not the address of a server, ",
		"https://acme.example?x": " must not have a query",
	} {
		in(t, map[string]string{"HOST": address, "USERNAME": "ann", "PASSWORD": hidden}, "")
		_, _, err := config.FromEnv()
		isInvalid(t, err, "config: THOUGHTSPOT_HOST"+problem)
		in(t, nil, fmt.Sprintf("[default]\nhost = %q\nusername = \"ann\"\npassword = %q\n", address, hidden))
		_, _, err = config.FromEnv()
		isInvalid(t, err, "config: host of profile default in ", ", line 2"+problem)
		var failure *authflow.Error
		if !errors.As(err, &failure) || failure.Field != "server" || strings.Contains(err.Error(), "New") {
			t.Errorf("%v", err)
		}
	}
}

// A token cannot be renewed: when it has ended, the error says so, and the credential
// is what was rejected.
func TestFromEnv_Token_IsUsedUntilItIsRejected(t *testing.T) {
	sim, via := server(t)
	minted, err := world{env: map[string]string{"HOST": sim.URL, "USERNAME": "ann", "PASSWORD": hidden}}.token(t, sim)
	if err != nil {
		t.Fatal(err)
	}
	path := write(t, string(minted.Value)+"\n")
	in(t, map[string]string{"HOST": sim.URL, "TOKEN_FILE": path}, "")
	_, flow, err := config.FromEnv(via)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time as well
		me, err := flow.API().GetCurrentUserInfoWithResponse(t.Context())
		if err != nil || me.JSON200 == nil || me.JSON200.Name != "ann" {
			t.Fatal(me, err)
		}
	}
	sim.RevokeAll()
	for range 2 {
		_, err = flow.API().GetCurrentUserInfoWithResponse(t.Context())
		var failure *authflow.Error
		if !errors.As(err, &failure) || failure.Class() != "rejected" || !strings.Contains(err.Error(), "THOUGHTSPOT_TOKEN_FILE") ||
			!strings.Contains(err.Error(), "cannot be renewed") {
			t.Errorf("%v", err)
		}
	}
}

// A new token in the file of an old one is used without a restart.
func TestFromEnv_TokenThatChanges_IsReadAgain(t *testing.T) {
	sim, via := server(t)
	by := world{env: map[string]string{"HOST": sim.URL, "USERNAME": "ann", "PASSWORD": hidden}}
	first, err := by.token(t, sim)
	if err != nil {
		t.Fatal(err)
	}
	path := write(t, string(first.Value))
	in(t, map[string]string{"HOST": sim.URL, "TOKEN_COMMAND": "cat " + path}, "")
	_, flow, err := config.FromEnv(via)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := flow.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	sim.RevokeAll()
	second, err := by.token(t, sim)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(second.Value), 0o600); err != nil {
		t.Fatal(err)
	}
	me, err := flow.API().GetCurrentUserInfoWithResponse(t.Context())
	if err != nil || me.JSON200 == nil {
		t.Error(me, err)
	}
}
