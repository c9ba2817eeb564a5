package config_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/config"
)

const (
	prod  = "[prod]\nhost = \"prod.example\"\nusername = \"p\"\nsecret_key = \"PRODKEY\"\norg = 7\n"
	basic = "[default]\nhost = \"default.example\"\nusername = \"d\"\npassword = \"DEFAULTPW\"\nvalidity = \"1h\"\n"
)

// variables are the environment with a host, a user and a secret.
func variables(more ...string) map[string]string {
	env := map[string]string{"HOST": "env.example", "USERNAME": "e", "PASSWORD": "ENVPW"}
	for i := 0; i < len(more); i += 2 {
		env[more[i]] = more[i+1]
	}
	return env
}

// The order is: flags, the profile that a flag names, variables, the profile that a
// variable names, the default profile.
func TestLoad_Precedence(t *testing.T) {
	for name, c := range map[string]struct {
		world
		host, user, secretOf string
	}{
		"default profile":                   {world{profiles: basic + prod}, "default.example", "d", "password of profile default"},
		"variable's profile before default": {world{profiles: basic + prod, env: map[string]string{"PROFILE": "prod"}}, "prod.example", "p", "secret_key of profile prod"},
		"variables before default":          {world{profiles: basic + prod, env: variables()}, "env.example", "e", "THOUGHTSPOT_PASSWORD"},
		"variables before their profile":    {world{profiles: basic + prod, env: variables("PROFILE", "prod")}, "env.example", "e", "THOUGHTSPOT_PASSWORD"},
		"flag's profile before variables":   {world{profiles: basic + prod, env: variables(), flags: config.Flags{Profile: "prod"}}, "prod.example", "p", "secret_key of profile prod"},
		"flag's profile before variable's":  {world{profiles: basic + prod, env: map[string]string{"PROFILE": "default"}, flags: config.Flags{Profile: "prod"}}, "prod.example", "p", "secret_key of profile prod"},
		"flags before all": {world{profiles: basic + prod, env: variables(), stdin: "X\n",
			flags: config.Flags{Profile: "prod", Host: "flag.example", Username: "f", PasswordStdin: true}}, "flag.example", "f", "--password-stdin"},
		"empty variables count as absent": {world{profiles: basic, env: map[string]string{"HOST": "", "PASSWORD": "", "PROFILE": ""}}, "default.example", "d", "password of profile default"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := c.load(t)
			if err != nil {
				t.Fatal(err)
			}
			if s.Host.Text != c.host || s.Username.Text != c.user || !strings.HasPrefix(s.Credential.Source, c.secretOf) {
				t.Errorf("%s as %s by %s", s.Host, s.Username, s.Credential.Source)
			}
		})
	}
}

// A secret goes only to the host and user of its own place; otherwise a variable that
// was left over decides who receives the key of a profile.
func TestLoad_SecretOfOnePlaceAndHostOfAnother_IsAnErrorThatNamesBoth(t *testing.T) {
	onlyKey := "[prod]\nsecret_key = \"PRODKEY\"\n"
	for name, c := range map[string]struct {
		world
		names []string
	}{
		"variable's profile, host left over": {world{profiles: prod, env: map[string]string{"PROFILE": "prod", "HOST": "other.example"}},
			[]string{"secret_key of profile prod", "THOUGHTSPOT_HOST"}},
		"default profile, host left over": {world{profiles: basic, env: map[string]string{"HOST": "other.example"}},
			[]string{"password of profile default", "THOUGHTSPOT_HOST"}},
		"variable's profile, user left over": {world{profiles: prod, env: map[string]string{"PROFILE": "prod", "USERNAME": "other"}},
			[]string{"secret_key of profile prod", "THOUGHTSPOT_USERNAME"}},
		"host by flag": {world{profiles: prod, flags: config.Flags{Profile: "prod", Host: "other.example"}},
			[]string{"secret_key of profile prod", "--host"}},
		"user by flag": {world{profiles: prod, flags: config.Flags{Profile: "prod", Username: "other"}},
			[]string{"secret_key of profile prod", "--username"}},
		"secret by variable, host by flag": {world{env: variables(), flags: config.Flags{Host: "other.example"}},
			[]string{"THOUGHTSPOT_PASSWORD", "--host"}},
		"secret by file, host by profile": {world{profiles: prod, env: map[string]string{"PROFILE": "prod", "SECRET_KEY_FILE": "/x"}},
			[]string{"THOUGHTSPOT_SECRET_KEY_FILE", "host of profile prod"}},
		"secret by command, host by profile": {world{profiles: prod, env: map[string]string{"PROFILE": "prod", "SECRET_KEY_COMMAND": "echo x"}},
			[]string{"THOUGHTSPOT_SECRET_KEY_COMMAND", "host of profile prod"}},
		"token by variable, host by profile": {world{profiles: prod, env: map[string]string{"PROFILE": "prod", "TOKEN": "x"}},
			[]string{"THOUGHTSPOT_TOKEN", "host of profile prod"}},
		"flag's profile without a host": {world{profiles: onlyKey, env: variables(), flags: config.Flags{Profile: "prod"}},
			[]string{"secret_key of profile prod", "THOUGHTSPOT_HOST"}},
		"secret and user by variable, host by profile": {world{profiles: basic, env: variables("HOST", "")},
			[]string{"THOUGHTSPOT_PASSWORD", "host of profile default"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.load(t)
			isInvalid(t, err, c.names...)
		})
	}
}

// The same host, written in two ways, is one host.
func TestLoad_SameHostInTwoPlaces_IsAccepted(t *testing.T) {
	w := world{profiles: prod, env: map[string]string{"PROFILE": "prod", "HOST": "https://PROD.example/", "USERNAME": "p"}}
	s, err := w.load(t)
	if err != nil || s.Host.Source != "THOUGHTSPOT_HOST" || !strings.Contains(s.Credential.Source, "profile prod") {
		t.Errorf("%v, %v", s, err)
	}
}

// A secret on standard input goes to the host and user that the other settings give.
func TestLoad_SecretOnStdin_GoesToAnyHost(t *testing.T) {
	for name, flags := range map[string]config.Flags{
		"password":   {PasswordStdin: true},
		"secret_key": {SecretKeyStdin: true},
		"token":      {TokenStdin: true},
	} {
		w := world{profiles: prod, env: map[string]string{"PROFILE": "prod", "HOST": "other.example"}, flags: flags, stdin: "X\n"}
		s, err := w.load(t)
		if err != nil || s.Host.Text != "other.example" || s.Username.Text != "p" || s.Credential.Kind != name {
			t.Fatalf("%s: %v, %v", name, s, err)
		}
		if secret, err := s.Credential.Read(t.Context()); secret != "X" || err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLoad_TwoUsesOfStdin_AreAnError(t *testing.T) {
	both := world{env: variables(), stdin: "x", flags: config.Flags{PasswordStdin: true, TokenStdin: true}}
	_, err := both.load(t)
	isInvalid(t, err, "--password-stdin", "--token-stdin")

	o := world{env: variables(), stdin: "x", flags: config.Flags{SecretKeyStdin: true}}.options(t)
	o.StdinUsedBy = "--request -"
	_, err = config.Load(o)
	isInvalid(t, err, "--secret-key-stdin", "--request -")
}

func TestLoad_StdinThatCannotBeASecret_IsAnErrorThatNamesTheFlag(t *testing.T) {
	for name, text := range map[string]string{
		"absent": "", "empty": "\n", "two lines": "a\nb", "marked": "\ufeff" + hidden, "not UTF-8": hidden + "\xff",
		"too long": strings.Repeat("x", 64<<10+1),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := world{env: variables(), stdin: text, flags: config.Flags{PasswordStdin: true}}.load(t)
			isInvalid(t, err, "--password-stdin")
		})
	}
}

// The number of an Org and a certificate mean something at one cluster alone.
func TestLoad_OrgOfAnotherHost_DoesNotCount(t *testing.T) {
	const withCA = "ca_file = \"/ca\"\n"
	for name, c := range map[string]struct {
		world
		org, ca string
	}{
		"of the profile in use":              {world{profiles: prod + withCA, flags: config.Flags{Profile: "prod"}}, "7", "/ca"},
		"of a profile for another host":      {world{profiles: prod + withCA, env: variables("PROFILE", "prod")}, "", ""},
		"of variables with another host":     {world{profiles: basic, env: variables("ORG", "3", "CA_FILE", "/e"), flags: config.Flags{Profile: "default"}}, "", ""},
		"of a variable alone":                {world{profiles: basic, env: map[string]string{"ORG": "3", "CA_FILE": "/e"}}, "3", "/e"},
		"of the other variable":              {world{env: variables("ORG_IDENTIFIER", "4")}, "4", ""},
		"of both variables, the same":        {world{env: variables("ORG", "4", "ORG_IDENTIFIER", "4")}, "4", ""},
		"of a flag":                          {world{profiles: prod, flags: config.Flags{Profile: "prod", Org: "9", CAFile: "/f"}}, "9", "/f"},
		"of the host in another spelling":    {world{env: variables("ORG", "3"), flags: config.Flags{Host: "HTTPS://ENV.example:443/"}}, "3", ""},
		"0, which is not the same as absent": {world{env: variables("ORG", "0")}, "0", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := c.load(t)
			if err != nil || s.Org.Text != c.org || s.CAFile.Text != c.ca {
				t.Fatalf("%v, %v", s, err)
			}
			id, err := s.OrgID()
			if err != nil || (id == nil) != (c.org == "") {
				t.Errorf("%v, %v", id, err)
			}
		})
	}
}

func TestLoad_OrgIdentifier_IsNamedAsItWasGiven(t *testing.T) {
	_, err := world{env: variables("ORG_IDENTIFIER", "-3")}.load(t)
	isInvalid(t, err, "THOUGHTSPOT_ORG_IDENTIFIER")
}

// A tool can tell which setting is missing, and say how to give it.
func TestLoad_MissingSetting_IsNamed(t *testing.T) {
	for setting, env := range map[string]map[string]string{
		"host":     {"USERNAME": "x", "PASSWORD": "x"},
		"username": {"HOST": "x", "SECRET_KEY": "x"},
		"password": {"HOST": "x", "USERNAME": "x"},
	} {
		for _, profiles := range []string{"", "[default]\norg = 1\n"} {
			_, err := world{env: env, profiles: profiles}.load(t)
			isInvalid(t, err, "THOUGHTSPOT_"+strings.ToUpper(setting)+" ", "is required")
			var missing *config.MissingError
			if !errors.As(err, &missing) || missing.Setting != setting {
				t.Errorf("%s: %#v", setting, err)
			}
		}
	}
}

// Variables that look like ours are named where a setting is missing. They are no
// errors by themselves.
func TestLoad_LookAlikes_AreHints(t *testing.T) {
	for name, c := range map[string]struct {
		env   map[string]string
		names []string
		not   string
	}{
		"host":   {map[string]string{"URL": "x"}, []string{"THOUGHTSPOT_HOST", "THOUGHTSPOT_URL"}, ""},
		"user":   {map[string]string{"HOST": "x", "PASSWORD": "x", "USER": "x", "URL": "x"}, []string{"THOUGHTSPOT_USERNAME", "THOUGHTSPOT_USER is set"}, "THOUGHTSPOT_URL"},
		"secret": {map[string]string{"HOST": "x", "USERNAME": "x", "KEY": "x"}, []string{"THOUGHTSPOT_PASSWORD", "THOUGHTSPOT_KEY", "THOUGHTSPOT_SECRET_KEY"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := world{env: c.env}.load(t)
			isInvalid(t, err, c.names...)
			if c.not != "" && strings.Contains(err.Error(), c.not) {
				t.Errorf("%v names %s, which is about something else", err, c.not)
			}
		})
	}
	s, err := world{env: variables("ORG_ID", "2", "PORT", "tcp://10.0.0.1:80", "SERVICE_HOST", "10.0.0.1")}.load(t)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"THOUGHTSPOT_ORG_ID"}; len(s.LookAlikes) != 1 || s.LookAlikes[0].Name != want[0] || s.LookAlikes[0].Means != "THOUGHTSPOT_ORG" {
		t.Errorf("%v, want %v", s.LookAlikes, want)
	}
	if slices.ContainsFunc(s.LookAlikes, func(l config.LookAlike) bool { return l.Name == "THOUGHTSPOT_SERVICE_HOST" }) {
		t.Error("a variable of Kubernetes is taken for one of ours")
	}
}

func TestLoad_Validity(t *testing.T) {
	for text, want := range map[string]int32{"": 0, "600": 600, "10m": 600, "1h": 3600} {
		s, err := world{env: variables("VALIDITY", text)}.load(t)
		if err != nil || s.ValiditySeconds() != want {
			t.Errorf("%q: %v, %v", text, s, err)
		}
	}
	s, err := world{profiles: basic + "org = 3\n"}.load(t)
	if err != nil || s.ValiditySeconds() != 3600 || s.Org.Text != "3" || !strings.Contains(s.Org.Source, "line 6") {
		t.Errorf("%v, %v", s, err)
	}
	s, err = world{profiles: "[default]\nhost = \"h\"\nusername = \"u\"\npassword = \"p\"\nvalidity = 90\n"}.load(t)
	if err != nil || s.ValiditySeconds() != 90 {
		t.Errorf("%v, %v", s, err)
	}
}

// The message for a lifetime beyond its bounds names them.
func TestLoad_ValidityBeyondItsBounds_SaysThem(t *testing.T) {
	for text, problem := range map[string]string{
		"999999h": "must be between 1 second and 2147483647 seconds", "0s": "must be between 1 second and", "-5m": "must be between 1 second and",
		"1500ms": "must be a time in whole seconds", "soon": "must be a time in whole seconds",
	} {
		_, err := world{env: variables("VALIDITY", text)}.load(t)
		isInvalid(t, err, "THOUGHTSPOT_VALIDITY", problem)
	}
}

// X3: a report of the settings shows the host, so it would show a password in it.
func TestX3_HostWithAPassword_IsRejectedWithoutIt(t *testing.T) {
	for _, host := range []string{"https://ann:" + hidden + "@acme.example", "ann:" + hidden + "@acme.example", "https://" + hidden + "@acme.example/x"} {
		for name, w := range map[string]world{
			"THOUGHTSPOT_HOST":        {env: map[string]string{"HOST": host, "USERNAME": "ann", "PASSWORD": "x"}},
			"--host":                  {flags: config.Flags{Host: host, Username: "ann", PasswordStdin: true}, stdin: "x"},
			"host of profile default": {profiles: "[default]\nhost = \"" + host + "\"\nusername = \"ann\"\npassword = \"x\"\n"},
		} {
			_, err := w.load(t)
			isInvalid(t, err, name, "must not hold a user or password")
		}
	}
}

// Another port, scheme or path is another cluster, which gets no secret of this one.
func TestLoad_AddressThatDiffers_IsAnotherHost(t *testing.T) {
	for _, host := range []string{"env.example:8443", "http://env.example", "https://env.example/B", "env.example.evil.example", "env.example:443.evil.example"} {
		s, err := world{env: variables(), flags: config.Flags{Host: host}}.load(t)
		if err == nil {
			t.Errorf("%s: %v", host, s)
		}
	}
	s, err := world{env: variables("HOST", "env.example/b"), flags: config.Flags{Host: "env.example/B"}}.load(t)
	if err == nil {
		t.Errorf("a path in another case: %v", s)
	}
}
