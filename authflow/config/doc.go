// Package config makes a cluster and a flow from flags, variables and profiles, for
// tools that are told where to go when they are run.
//
//	cluster, flow, err := config.FromEnv()
//	client, err := tsapi.NewClientWithResponses(cluster.URL(), tsapi.WithHTTPClient(flow))
//
// [Load] does the same for a tool with flags, and says which setting came from where.
//
// # Settings
//
//	host          the address of the cluster                       required
//	username      the user whose token it is                       required, except with a token
//	password      to log in with                                   }
//	secret_key    of the cluster, on behalf of the user            } one of these three
//	token         that another program has acquired                }
//	org           the number of the Org                            optional
//	ca_file       certificates to trust besides those of the       optional
//	              system, in PEM
//	validity      the lifetime of new tokens: 10m, or 600 seconds  optional
//
// A secret is given by value or, better, by the place where it is: password_file and
// secret_key_file name a file, password_command and secret_key_command a command that
// prints the secret, and so on. Both are read for each new token, so a changed secret
// needs no restart. Line breaks at the end are removed, and nothing else. A secret has
// at most 64 KiB. A text that is not valid UTF-8 or begins with a byte order mark is an
// error.
//
// A token cannot be renewed. When the server does not accept it any more, the flow
// reads the setting again, and returns an error that says so if it finds the same token.
//
// # Precedence
//
// Each setting is taken from the first of these places that has it:
//
//  1. flags, see [Flags];
//  2. the profile that a flag names;
//  3. variables: THOUGHTSPOT_HOST, THOUGHTSPOT_PASSWORD_FILE and so on;
//  4. the profile that THOUGHTSPOT_PROFILE names, or else the one named default.
//
// At most one profile is read. An empty variable counts as absent. The Org may be named
// by THOUGHTSPOT_ORG_IDENTIFIER as well. The Org and the CA file of a place that names
// another host than the one in use do not count. Proxies are those of HTTPS_PROXY and
// NO_PROXY.
//
// A secret is sent only to the host and user of its own place. With the host of
// THOUGHTSPOT_HOST and the key of a profile for another server, Load returns an error
// that names both. A secret on standard input goes to whatever host and user the other
// settings give.
//
// # Profiles
//
// A profile is a table of config.toml in the folder thoughtspot below
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
//	secret_key_command = ["vault", "kv", "get", "-field=key", "secret/thoughtspot"]
//	org = 2
//
// The file has at most 64 KiB. A setting outside of all tables is an error.
//
// A file whose profile in use holds a secret by value must not be readable by others
// (mode 0600). A file whose profile has a command, and the folder that it is in, must
// belong to the current user, and other users must not be able to write to them. On
// Windows this is not checked. A file that password_file names may belong to anybody:
// mounted secrets often belong to root.
//
// # Commands
//
// A command is a line of the system's shell or, in a profile, a list of the program and
// its arguments. It has the time of the acquisition. Its standard error
// goes to the standard error of the program, and is never part of an error. Its
// standard input is empty; if [Options] has a terminal that nothing else reads, the
// command may read from it, for a passphrase. When the command ends, so do the
// processes that it has started; on Windows, they do not.
package config
