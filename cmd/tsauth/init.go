package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/config"
)

type initCommand struct {
	Replace bool `help:"Replace the profile if it exists."`
}

// Help implements a hook of kong.
func (*initCommand) Help() string {
	return `Takes host, user and secret on a terminal, tries them, and writes them into a file that only
you can read, as a profile: settings under a name. The name is --profile, or else "default",
which all commands use unless another one is named.

Examples:

  tsauth init
  tsauth init --profile nightly --replace`
}

// Run asks, tries and writes.
func (c *initCommand) Run(ctx context.Context, p *program) error {
	t, err := p.openTerminal()
	if err != nil {
		return err
	}
	name := cmp.Or(p.flags.Profile, p.variable("THOUGHTSPOT_PROFILE"), "default")
	path := cmp.Or(p.flags.Config, p.variable("THOUGHTSPOT_CONFIG_FILE"))
	if path == "" {
		path, err = config.DefaultFile()
		if err != nil {
			return err
		}
	}
	has, err := config.HasProfile(path, name)
	if err != nil {
		return err
	}
	if has && !c.Replace {
		return usagef("the profile %q exists in %s: choose another by --profile, or give --replace", name, path)
	}
	profile, err := p.askProfile(ctx, t, path)
	if err != nil {
		return err
	}
	fmt.Fprintln(p.stderr, "Trying to sign in ...")
	me, err := p.try(ctx, profile)
	if err != nil {
		return fmt.Errorf("nothing was written: %w", err)
	}
	save := config.AddProfile
	if c.Replace {
		save = config.ReplaceProfile
	}
	if err := save(path, name, profile); err != nil {
		return err
	}
	fmt.Fprintf(p.stderr, "Signed in as %s. Wrote the profile %q to %s.\n", me.Name, name, path)
	_, err = config.Load(config.Options{Flags: config.Flags{ConfigFile: path, Profile: name}, Environ: p.env, Stderr: p.stderr})
	return err
}

// askProfile has a person type the settings of a profile.
func (p *program) askProfile(ctx context.Context, t *terminal, path string) (config.Profile, error) {
	profile := config.Profile{Host: p.flags.Host, Username: p.flags.Username, Org: p.flags.Org}
	if p.flags.CAFile != "" {
		ca, err := filepath.Abs(p.flags.CAFile) // other runs are in other folders
		if err != nil {
			return profile, err
		}
		profile.CAFile = ca
	}
	for _, question := range []struct {
		text, name, flag string
		to               *string
	}{
		{"Address of the cluster, such as acme.thoughtspot.cloud", "the address of the cluster", "--host", &profile.Host},
		{"User", "the user", "--username", &profile.Username},
	} {
		if *question.to != "" {
			continue
		}
		answer, err := t.ask(ctx, question.text)
		if err != nil {
			return profile, err
		}
		if answer == "" {
			return profile, usagef("nothing was written: %s is required: type it, or give %s", question.name, question.flag)
		}
		*question.to = answer
	}
	kind, err := t.ask(ctx, "Secret: p for the user's password, k for the cluster's secret key [p]")
	if err != nil {
		return profile, err
	}
	isKey := kind == "k"
	if !isKey && kind != "" && kind != "p" {
		return profile, usagef("the secret is p or k, not %q", kind)
	}
	command, err := t.ask(ctx, "Command that prints the secret, such as: pass show thoughtspot (it is run now; press Enter to type the secret)")
	switch {
	case err != nil:
		return profile, err
	case command != "" && isKey:
		profile.SecretKeyCommand = command
		return profile, nil
	case command != "":
		profile.PasswordCommand = command
		return profile, nil
	}
	secret, err := t.askSecret("The secret itself, which is written to " + path)
	if err == nil && secret == "" {
		err = usagef("nothing was written: the secret is required")
	}
	if isKey {
		profile.SecretKey = secret
	} else {
		profile.Password = secret
	}
	return profile, err
}

// try signs in with the settings of a profile that is not written yet, and revokes the
// token.
func (p *program) try(ctx context.Context, profile config.Profile) (*whoami, error) {
	none, err := os.CreateTemp("", "tsauth-*.toml") // in the place of the file of profiles
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(none.Name()) }()
	_ = none.Close()
	environ := []string{"THOUGHTSPOT_CONFIG_FILE=" + none.Name()}
	for name, value := range map[string]string{
		"HOST": profile.Host, "USERNAME": profile.Username, "ORG": profile.Org,
		"PASSWORD": string(profile.Password), "PASSWORD_COMMAND": profile.PasswordCommand,
		"SECRET_KEY": string(profile.SecretKey), "SECRET_KEY_COMMAND": profile.SecretKeyCommand,
	} {
		environ = append(environ, "THOUGHTSPOT_"+name+"="+value)
	}
	s, err := config.Load(config.Options{
		Flags:   config.Flags{CAFile: profile.CAFile},
		Environ: environ, Stdin: p.stdin, Stderr: p.stderr, Commands: &p.commands,
	})
	if err != nil {
		return nil, err
	}
	p.secretKind = s.Credential.Kind
	conn, err := p.connect(s, authflow.WithPolicy(authflow.Policy{MaxAttempts: 1}))
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.flow.Logout(context.WithoutCancel(ctx)) }()
	return conn.whoami(ctx)
}
