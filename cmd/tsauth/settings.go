package main

import (
	"context"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/config"
)

// settingsFlags are the flags of the settings, which come before all other sources.
type settingsFlags struct {
	Profile        string `short:"p" placeholder:"NAME" help:"Profile to use; a profile is settings under a name, which tsauth init writes. (THOUGHTSPOT_PROFILE)"`
	Config         string `placeholder:"FILE" help:"File with the profiles. (THOUGHTSPOT_CONFIG_FILE)"`
	Host           string `placeholder:"ADDRESS" help:"Address of the cluster, such as acme.thoughtspot.cloud. (THOUGHTSPOT_HOST)"`
	Username       string `placeholder:"NAME" help:"User whose token it is. (THOUGHTSPOT_USERNAME)"`
	Org            string `placeholder:"ORG" help:"Number of the Org to work in. (THOUGHTSPOT_ORG)"`
	PasswordStdin  bool   `help:"Read the password from standard input. (THOUGHTSPOT_PASSWORD, THOUGHTSPOT_PASSWORD_FILE or THOUGHTSPOT_PASSWORD_COMMAND)"`
	SecretKeyStdin bool   `help:"Read the secret key of trusted authentication from standard input. (THOUGHTSPOT_SECRET_KEY, THOUGHTSPOT_SECRET_KEY_FILE or THOUGHTSPOT_SECRET_KEY_COMMAND)"`
	TokenStdin     bool   `help:"Read a token from standard input. (THOUGHTSPOT_TOKEN, THOUGHTSPOT_TOKEN_FILE or THOUGHTSPOT_TOKEN_COMMAND)"`
	CAFile         string `name:"ca-file" placeholder:"FILE" help:"Certificates to trust besides those of the system, in PEM. (THOUGHTSPOT_CA_FILE)"`
	Validity       string `placeholder:"DURATION" help:"Lifetime of new tokens, such as 10m, or 600 for seconds. (THOUGHTSPOT_VALIDITY)"`
}

// options are the places in which the settings are looked for. stdinUsedBy names what
// else reads the standard input, "" for nothing.
func (p *program) options(stdinUsedBy string) config.Options {
	f := p.flags
	return config.Options{
		Flags: config.Flags{
			Profile: f.Profile, ConfigFile: f.Config, Host: f.Host, Username: f.Username, Org: f.Org,
			CAFile: f.CAFile, Validity: f.Validity,
			PasswordStdin: f.PasswordStdin, SecretKeyStdin: f.SecretKeyStdin, TokenStdin: f.TokenStdin,
		},
		Environ: p.env, Stdin: p.stdin, StdinUsedBy: stdinUsedBy, Stderr: p.stderr,
		Commands: &p.commands,
	}
}

// settings finds the settings.
func (p *program) settings(stdinUsedBy string) (*config.Settings, error) {
	s, err := config.Load(p.options(stdinUsedBy))
	if err == nil {
		p.secretKind, p.host = s.Credential.Kind, s.Host
	}
	return s, err
}

// connection is a cluster with a flow for the user of the settings.
type connection struct {
	settings *config.Settings
	cluster  *authflow.Cluster
	flow     *authflow.Flow
}

// connect makes a connection. It sends nothing.
func (p *program) connect(s *config.Settings, opts ...authflow.Option) (*connection, error) {
	p.host = s.Host
	cluster, err := s.Cluster(opts...)
	if err != nil {
		return nil, err
	}
	flow, err := s.Flow(cluster)
	if err != nil {
		return nil, err
	}
	return &connection{s, cluster, flow}, nil
}

// connectStored loads the settings and makes a connection that shares its tokens with
// the other runs of this user.
func (p *program) connectStored(ctx context.Context) (*connection, error) {
	s, err := p.settings("")
	if err != nil {
		return nil, err
	}
	_, opts := p.openStore(ctx, s, s.Username.Text)
	return p.connect(s, opts...)
}

// close stops using a flow without ending its tokens, which other runs may use.
func (c *connection) close() { _ = c.flow.Close() }

// whoami asks the server who the user of the flow is.
func (c *connection) whoami(ctx context.Context) (*whoami, error) {
	return whoamiOf(ctx, c.flow)
}
