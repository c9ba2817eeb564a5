// Package config makes a cluster and a flow from the environment, or from a
// profile in a file, for tools that are told where to go when they are run.
//
//	cluster, flow, err := config.FromEnv()
//	client, err := tsapi.NewClientWithResponses(cluster.URL(), tsapi.WithHTTPClient(flow))
//
// # Settings
//
//	host                the cluster's address                     required
//	username            the user whose token it is                required
//	password            to log in with                            one of these
//	secret_key          the cluster's, on behalf of the user      two
//	org                 the number of the Org                     optional
//
// A secret can be given by value, or, better, by where it is: password_file and
// secret_key_file name a file, password_command and secret_key_command a
// command for the system's shell that prints it. Both are read anew for each
// token, without the newline at the end, so a changed secret needs no restart.
//
// # The environment
//
// [FromEnv] reads the settings from variables of the same names: THOUGHTSPOT_HOST,
// THOUGHTSPOT_PASSWORD_FILE and so on. An empty variable is none. Where
// THOUGHTSPOT_PROFILE names a profile, what the environment lacks is taken from
// there; a secret that the environment has replaces that of the profile.
//
// # Profiles
//
// [FromProfile] reads one table of config.toml in the folder thoughtspot below
// [os.UserConfigDir], or of the file that THOUGHTSPOT_CONFIG_FILE names:
//
//	[default]
//	host = "acme.thoughtspot.cloud"
//	username = "ann"
//	password_command = "pass show thoughtspot/ann"
//
//	[nightly]
//	host = "acme.thoughtspot.cloud"
//	username = "svc-reports"
//	secret_key_file = "/run/secrets/thoughtspot"
//	org = 2
//
// A file that holds a secret itself must not be readable by others (mode 0600);
// this is not checked on Windows.
package config
