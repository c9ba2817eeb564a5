package config

import (
	"io"
	"os"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// FromEnv returns the cluster and a flow that the environment and the profiles
// describe; see the description of the package. It sends nothing. opts change the
// cluster further, and take precedence over settings. A setting that is missing,
// unknown or invalid is an error that matches [authflow.ErrInvalid] and names it.
func FromEnv(opts ...authflow.Option) (*authflow.Cluster, *authflow.Flow, error) {
	s, err := Load(Options{})
	if err != nil {
		return nil, nil, err
	}
	cluster, err := s.Cluster(opts...)
	if err != nil {
		return nil, nil, err
	}
	flow, err := s.Flow(cluster)
	if err != nil {
		return nil, nil, err
	}
	return cluster, flow, nil
}

// Options say where [Load] finds settings, besides the file of profiles.
type Options struct {
	// Flags are the settings of the command line. They take precedence over all others.
	Flags Flags
	// Environ is the environment, in the form of [os.Environ], which is the default.
	Environ []string
	// Stdin is the standard input. A flag may have a secret read from it. If it is a
	// terminal, and nothing else reads it, commands that print a secret may read from it,
	// for a passphrase. Without it, both is impossible.
	Stdin io.Reader
	// StdinUsedBy names what else reads the standard input, such as "--request -". Then
	// neither flags nor commands do.
	StdinUsedBy string
	// Stderr is where commands that print a secret write their errors. The default is
	// [os.Stderr].
	Stderr io.Writer
	// Commands takes note of these commands while they run, so that the program can end
	// them before it exits. Optional.
	Commands *Commands
}

// Flags are the settings of a command line. Errors name them as the command tsauth
// does: Host as --host, and PasswordStdin as --password-stdin.
type Flags struct {
	// Profile is the name of a profile, which then takes precedence over variables.
	Profile string
	// ConfigFile is the file of profiles.
	ConfigFile string

	Host, Username, Org, CAFile, Validity string

	// At most one of these says that the standard input is the secret.
	PasswordStdin, SecretKeyStdin, TokenStdin bool
}

// Load finds the settings. It reads the file of profiles and, if a flag says so, the
// standard input, but no file that holds a secret, and it runs no command. A setting
// that is missing, unknown or invalid is an error that matches [authflow.ErrInvalid]
// and names it.
func Load(o Options) (*Settings, error) {
	if o.Environ == nil {
		o.Environ = os.Environ()
	}
	if o.Stderr == nil {
		o.Stderr = os.Stderr
	}
	if o.Commands == nil {
		o.Commands = new(Commands)
	}
	sources, err := findSources(&o)
	if err != nil {
		return nil, err
	}
	return sources.settings(&o)
}
