package config_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/config"
)

// read returns the secret that one variable gives.
func read(t *testing.T, name, value string) (string, error) {
	t.Helper()
	s, err := world{env: map[string]string{"HOST": "h", "USERNAME": "u", name: value}}.load(t)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := s.Credential.Read(t.Context())
	return string(secret), err
}

// Line breaks at the end are removed, and nothing else.
func TestRead_KeepsEverythingButTheLastLineBreaks(t *testing.T) {
	for text, want := range map[string]string{
		"x": "x", "x\n": "x", "x\r\n": "x", "x\n\n": "x", " x ": " x ", "x \n": "x ", "pass word": "pass word", "pä߀": "pä߀",
	} {
		if got, err := read(t, "PASSWORD_FILE", write(t, text)); got != want || err != nil {
			t.Errorf("%q from a file: %q, %v", text, got, err)
		}
		if got, err := read(t, "PASSWORD_COMMAND", "cat "+write(t, text)); got != want || err != nil {
			t.Errorf("%q from a command: %q, %v", text, got, err)
		}
	}
	if got, err := read(t, "PASSWORD", " x "); got != " x " || err != nil {
		t.Errorf("by value: %q, %v", got, err)
	}
}

func TestRead_TextThatCannotBeASecret_IsAnErrorThatNamesTheSetting(t *testing.T) {
	for name, c := range map[string]struct{ text, problem string }{
		"empty":     {"", "empty"},
		"one break": {"\n", "empty"},
		"marked":    {"\ufeff" + hidden, "byte order mark"},
		"UTF-16":    {"\xff\xfes\x00", "UTF-8"},
		"Latin-1":   {hidden + "\xfc", "UTF-8"},
		"two lines": {hidden + "\n" + hidden, "line break"},
		"control":   {hidden + "\x1b[0m", "control"},
		"too long":  {strings.Repeat("x", 64<<10+1), "65536"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, from := range []struct{ name, value string }{{"SECRET_KEY_FILE", ""}, {"TOKEN_COMMAND", "cat "}} {
				_, err := read(t, from.name, from.value+write(t, c.text))
				isInvalid(t, err, "THOUGHTSPOT_"+from.name, c.problem)
			}
		})
	}
}

// A space in a token is a mistake in the settings, such as "Bearer" in front of it. A
// password may have one.
func TestRead_TokenWithASpace_IsAnErrorThatNamesTheSetting(t *testing.T) {
	for _, text := range []string{"Bearer " + hidden, hidden + " ", " " + hidden, "\u00a0" + hidden, hidden + "é"} {
		file := write(t, text)
		for name, value := range map[string]string{"TOKEN_FILE": file, "TOKEN_COMMAND": "cat " + file} {
			_, err := read(t, name, value)
			isInvalid(t, err, "THOUGHTSPOT_"+name, "no token has", "without Bearer")
		}
		_, err := world{env: map[string]string{"HOST": "h", "TOKEN": text}}.load(t)
		isInvalid(t, err, "THOUGHTSPOT_TOKEN", "no token has", "without Bearer")
		_, err = world{env: map[string]string{"HOST": "h"}, stdin: text, flags: config.Flags{TokenStdin: true}}.load(t)
		isInvalid(t, err, "--token-stdin", "no token has", "without Bearer")
		if got, err := read(t, "PASSWORD_FILE", file); got != text || err != nil {
			t.Errorf("a password: %q, %v", got, err)
		}
	}
}

// Nothing is sent without a secret, and the error does not show it.
func TestX3_SourceThatFails_KeepsTheSecretOutOfErrors(t *testing.T) {
	for name, value := range map[string]string{
		"PASSWORD_FILE": "/nowhere/secret", "PASSWORD_COMMAND": "echo " + hidden + "; echo " + hidden + " 1>&2; exit 3",
		"SECRET_KEY_COMMAND": "true", "SECRET_KEY_FILE": "/",
	} {
		sim, _ := server(t)
		_, err := world{env: map[string]string{"HOST": sim.URL, "USERNAME": "ann", name: value}}.token(t, sim)
		isInvalid(t, err, "THOUGHTSPOT_"+name)
		if n := sim.Calls(authtest.AnyOperation); n > 0 {
			t.Errorf("%s: %d calls", name, n)
		}
	}
}

// The standard error of a command is for the person, and not for an error value.
func TestRead_StderrOfACommand_GoesToOurs(t *testing.T) {
	var stderr bytes.Buffer
	o := world{env: map[string]string{"HOST": "h", "USERNAME": "u", "PASSWORD_COMMAND": "echo touch the key >&2; exit 1"}}.options(t)
	o.Stderr = &stderr
	s, err := config.Load(o)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Credential.Read(t.Context())
	isInvalid(t, err, "THOUGHTSPOT_PASSWORD_COMMAND", "exit status 1")
	if strings.Contains(err.Error(), "touch") || stderr.String() != "touch the key\n" {
		t.Errorf("%v, %q", err, &stderr)
	}
}

// A list is run without a shell.
func TestRead_ListOfACommand_IsRunAsItIs(t *testing.T) {
	text := "[default]\nhost = \"h\"\nusername = \"u\"\nsecret_key_command = [\"printf\", \"%s\", \"$HOME; a  b\"]\n"
	s, err := world{profiles: text}.load(t)
	if err != nil {
		t.Fatal(err)
	}
	if secret, err := s.Credential.Read(t.Context()); string(secret) != "$HOME; a  b" || err != nil {
		t.Errorf("%q, %v", string(secret), err)
	}
}

func TestRead_ProgramThatIsNotThere_IsNotRepeated(t *testing.T) {
	for _, program := range []string{hidden, "/nowhere/" + hidden} {
		text := fmt.Sprintf("[default]\nhost = \"h\"\nusername = \"u\"\npassword_command = [%q]\n", program)
		s, err := world{profiles: text}.load(t)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Credential.Read(t.Context())
		isInvalid(t, err, "password_command of profile default", "cannot be started")
	}
}

// X3: the settings print no secret.
func TestX3_Settings_PrintNoSecret(t *testing.T) {
	s, err := world{env: map[string]string{"HOST": "h", "USERNAME": "u", "PASSWORD": hidden}}.load(t)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if text := fmt.Sprintf(verb, s) + fmt.Sprintf(verb, *s); strings.Contains(text, hidden) || strings.Contains(text, fmt.Sprintf("%x", hidden)) {
			t.Errorf("%s prints %s", verb, text)
		}
	}
}

// The certificate of the CA file is trusted, and without it none is.
func TestCluster_CAFile_IsTrusted(t *testing.T) {
	sim, cert := tlsServer(t)
	env := map[string]string{"HOST": sim.URL, "USERNAME": "ann", "PASSWORD": hidden}
	token := func() error {
		s, err := world{env: env}.load(t)
		if err != nil {
			t.Fatal(err)
		}
		cluster, err := s.Cluster(authflow.WithPolicy(authflow.Policy{MaxAttempts: 1}))
		if err != nil {
			t.Fatal(err)
		}
		flow, err := s.Flow(cluster)
		if err != nil {
			t.Fatal(err)
		}
		_, err = flow.Token(t.Context())
		return err
	}
	if err := token(); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("without the CA: %v", err)
	}
	env["CA_FILE"] = cert
	if err := token(); err != nil {
		t.Error(err)
	}
}
