package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/config"
)

const hidden = "s3cret-Of-Ann"

// in sets the environment, and nothing else of ours, and writes the file of
// profiles.
func in(t *testing.T, env map[string]string, profiles string) string {
	t.Helper()
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "THOUGHTSPOT_") {
			t.Setenv(name, "")
		}
	}
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(profiles), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("THOUGHTSPOT_CONFIG_FILE", path)
	for name, v := range env {
		t.Setenv("THOUGHTSPOT_"+name, v)
	}
	return path
}

// server is a simulator with a user ann.
func server(t *testing.T) (*authtest.Simulator, authflow.Option) {
	t.Helper()
	sim := authtest.New(authtest.WithUser("ann", hidden, authtest.InOrgs(0, 2)), authtest.WithOrg(2, "Sales"), authtest.WithSecretKey(hidden))
	return sim, authflow.WithHTTPClient(sim.Client())
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEachSourceOfASecretBringsAToken(t *testing.T) {
	file := write(t, hidden+"\n")
	for name, value := range map[string]string{
		"password": hidden, "secret_key": hidden, "password_file": file, "secret_key_file": file,
		"password_command": "echo " + hidden, "secret_key_command": "echo " + hidden,
	} {
		for _, way := range []string{"environment", "profile", "default profile", "profile that the environment names"} {
			t.Run(name+" by "+way, func(t *testing.T) {
				sim, via := server(t)
				env := map[string]string{"HOST": sim.URL, "USERNAME": "ann", "ORG": "2", strings.ToUpper(name): value}
				table := fmt.Sprintf("host = %q\nusername = \"ann\"\norg = 2\n%s = %q\n", sim.URL, name, value)
				open := config.FromEnv
				switch way {
				case "environment":
					in(t, env, "")
				case "profile":
					in(t, nil, "[other]\nhost = \"x\"\n[work]\n"+table)
					open = func(o ...authflow.Option) (*authflow.Cluster, *authflow.Flow, error) {
						return config.FromProfile("work", o...)
					}
				case "default profile":
					in(t, nil, "[default]\n"+table)
					open = func(o ...authflow.Option) (*authflow.Cluster, *authflow.Flow, error) {
						return config.FromProfile("", o...)
					}
				default:
					in(t, map[string]string{"PROFILE": "work"}, "[work]\n"+table)
				}
				cluster, flow, err := open(via)
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

func TestASecretIsReadAnewForEachToken(t *testing.T) {
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

func TestTheEnvironmentGoesBeforeTheProfile(t *testing.T) {
	sim, via := server(t)
	in(t, map[string]string{"PROFILE": "work", "USERNAME": "ann", "PASSWORD": hidden},
		fmt.Sprintf("[work]\nhost = %q\nusername = \"bob\"\nsecret_key = \"wrong\"\n", sim.URL))
	_, flow, err := config.FromEnv(via)
	if err != nil {
		t.Fatal(err)
	}
	if token, err := flow.Token(t.Context()); err != nil || token.Username != "ann" {
		t.Errorf("%q, %v", token.Username, err)
	}
}

// X5, X3: what cannot be is named, and shows no secret.
func TestX5WhatCannotBeIsNamed(t *testing.T) {
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
		"no secret":          {with("PASSWORD", ""), "", []string{"THOUGHTSPOT_PASSWORD", "THOUGHTSPOT_SECRET_KEY"}},
		"two secrets":        {with("SECRET_KEY", hidden), "", []string{"THOUGHTSPOT_PASSWORD", "THOUGHTSPOT_SECRET_KEY"}},
		"two sources":        {with("PASSWORD_FILE", "/x"), "", []string{"THOUGHTSPOT_PASSWORD", "THOUGHTSPOT_PASSWORD_FILE"}},
		"name of an Org":     {with("ORG", "Sales"), "", []string{"THOUGHTSPOT_ORG", "number"}},
		"no address":         {with("HOST", "http://acme.example"), "", []string{"THOUGHTSPOT_HOST", "http"}},
		"no such profile":    {with("PROFILE", "work"), "[home]\n", []string{"work", "home"}},
		"no profile at all":  {with("PROFILE", "work"), "host = \"x\"\n", []string{"work"}},
		"unknown setting":    {with("PROFILE", "work", "PASSWORD", ""), "[work]\npasword = \"" + hidden + "\"\n", []string{"pasword", "work", "password_command"}},
		"ends in a newline":  {with("PASSWORD", hidden+"\n"), "", []string{"THOUGHTSPOT_PASSWORD", "line break"}},
		"key with a newline": {with("PASSWORD", "", "SECRET_KEY", hidden+"\n"), "", []string{"THOUGHTSPOT_SECRET_KEY", "line break"}},
		"negative Org":       {with("ORG", "-1"), "", []string{"THOUGHTSPOT_ORG"}},
		"a number":           {with("PROFILE", "work", "PASSWORD", ""), "[work]\npassword = 0x1f\n", []string{"password", "work", "text"}},
		"no text":            {with("PROFILE", "work", "PASSWORD", ""), "[work]\npassword = [\"" + hidden + "\"]\n", []string{"password", "work"}},
		"secret unquoted":    {with("PROFILE", "work", "PASSWORD", ""), "[work]\npassword = " + hidden + "\n", []string{"line 2"}},
		"empty in a profile": {map[string]string{"PROFILE": "work"}, "[work]\nhost = \"\"\n", []string{"host of profile work"}},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, c.env, c.profile)
			cluster, flow, err := config.FromEnv()
			if cluster != nil || flow != nil || !errors.Is(err, authflow.ErrInvalid) {
				t.Fatalf("%v, %v, %v", cluster, flow, err)
			}
			for _, want := range c.names {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not name %s", err, want)
				}
			}
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), hidden) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%#v", err)
			}
		})
	}
}

func TestX3AFileWithASecretIsPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	const head = "[default]\nhost = \"acme.example\"\nusername = \"ann\"\n"
	path := in(t, nil, head+"password = \""+hidden+"\"\n")
	if err := os.Chmod(path, 0o640); err != nil { //nolint:gosec // that is the case
		t.Fatal(err)
	}
	if _, _, err := config.FromProfile(""); !errors.Is(err, authflow.ErrInvalid) || !strings.Contains(err.Error(), "0600") || !strings.Contains(err.Error(), path) {
		t.Error(err)
	}
	if err := os.WriteFile(path, []byte(head+"password_file = \"/nowhere\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := config.FromProfile(""); err != nil {
		t.Error(err)
	}
}

func TestX3ASourceThatFailsTellsNothingOfTheSecret(t *testing.T) {
	for name, value := range map[string]string{
		"PASSWORD_FILE": "/nowhere/secret", "PASSWORD_COMMAND": "echo " + hidden + "; echo " + hidden + " 1>&2; exit 3",
		"SECRET_KEY_COMMAND": "true",
	} {
		sim, via := server(t)
		in(t, map[string]string{"HOST": sim.URL, "USERNAME": "ann", name: value}, "")
		_, flow, err := config.FromEnv(via)
		if err != nil {
			t.Fatal(err)
		}
		_, err = flow.Token(t.Context())
		if err == nil || strings.Contains(fmt.Sprintf("%+v", err), hidden) || name != "SECRET_KEY_COMMAND" && !strings.Contains(err.Error(), "THOUGHTSPOT_"+name) {
			t.Errorf("%s: %v", name, err)
		}
		if n := sim.Calls(authtest.AnyOperation); n > 0 {
			t.Errorf("%s: %d calls", name, n)
		}
	}
}

func TestTheFileIsBelowTheUsersConfigDir(t *testing.T) {
	in(t, nil, "")
	t.Setenv("THOUGHTSPOT_CONFIG_FILE", "")
	home := t.TempDir()
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "AppData"} {
		t.Setenv(name, home)
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := config.FromProfile(""); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), filepath.Join(dir, "thoughtspot", "config.toml")) {
		t.Error(err)
	}
}

// A command may leave something behind, such as an agent, that holds on to what
// it was given to print to.
func TestACommandIsNotWaitedForByWhatItLeavesBehind(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs the shell of the others")
	}
	for _, c := range []struct {
		line string
		good bool
	}{{"sleep 60 & echo " + hidden, true}, {"sleep 60 & sleep 60", false}} {
		sim, via := server(t)
		in(t, map[string]string{"HOST": sim.URL, "USERNAME": "ann", "PASSWORD_COMMAND": c.line}, "")
		_, flow, err := config.FromEnv(via, authflow.WithPolicy(authflow.Policy{Timeout: 3 * time.Second, MaxAttempts: 1}))
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err = flow.Token(t.Context())
		if c.good != (err == nil) || time.Since(began) > 20*time.Second {
			t.Errorf("%s: after %v, %v", c.line, time.Since(began), err)
		}
	}
}

// An editor of Windows begins a file with the mark of its encoding, which no key
// does.
func TestAMarkOfTheEncodingIsNoPartOfASecret(t *testing.T) {
	sim, via := server(t)
	in(t, map[string]string{"HOST": sim.URL, "USERNAME": "ann", "PASSWORD_FILE": write(t, "\ufeff"+hidden+"\r\n")}, "")
	_, flow, err := config.FromEnv(via)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := flow.Token(t.Context()); err != nil {
		t.Error(err)
	}
}
