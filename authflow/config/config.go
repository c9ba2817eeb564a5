package config

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// The settings that are no secrets.
const (
	host     = "host"
	username = "username"
	org      = "org"
)

// secret names a setting whose value is a secret. Those that say where to find
// it end in fromFile and fromCommand.
type secret string

const (
	password  secret = "password"
	secretKey secret = "secret_key"

	fromFile    = "_file"
	fromCommand = "_command"
)

// names returns the settings that a secret may come from.
func (s secret) names() []string {
	return []string{string(s), string(s) + fromFile, string(s) + fromCommand}
}

// secrets returns the names of all settings of secrets.
func secrets() []string { return slices.Concat(password.names(), secretKey.names()) }

// known returns the names of all settings.
func known() []string { return append([]string{host, username, org}, secrets()...) }

// settings are those that were given, by name. where says by what, for errors.
type settings struct {
	values map[string]string
	where  func(name string) string
}

// FromEnv returns the cluster and a flow of full access that the environment
// describes; see the package's description. It sends nothing. opts change the
// cluster further. A setting that is missing, unknown or cannot be is an error
// that matches [authflow.ErrInvalid] and names it.
func FromEnv(opts ...authflow.Option) (*authflow.Cluster, *authflow.Flow, error) {
	env := settings{map[string]string{}, variable}
	for _, name := range known() {
		if v := os.Getenv(variable(name)); v != "" {
			env.values[name] = v
		}
	}
	profile := os.Getenv(variable("profile"))
	if profile == "" {
		return env.open(opts)
	}
	s, err := readProfile(profile)
	if err != nil {
		return nil, nil, err
	}
	if slices.ContainsFunc(secrets(), func(name string) bool { return env.values[name] != "" }) {
		for _, name := range secrets() {
			delete(s.values, name)
		}
	}
	inFile := s.where
	s.where = func(name string) string {
		if env.values[name] != "" {
			return variable(name)
		}
		return inFile(name)
	}
	for name, v := range env.values {
		s.values[name] = v
	}
	return s.open(opts)
}

// FromProfile returns the cluster and a flow of full access that a profile
// describes, that of the name default if name is empty. Otherwise it is as
// FromEnv.
func FromProfile(name string, opts ...authflow.Option) (*authflow.Cluster, *authflow.Flow, error) {
	s, err := readProfile(cmp.Or(name, "default"))
	if err != nil {
		return nil, nil, err
	}
	return s.open(opts)
}

// variable returns the environment's name of a setting.
func variable(name string) string { return "THOUGHTSPOT_" + strings.ToUpper(name) }

// open makes the cluster and the flow.
func (s settings) open(opts []authflow.Option) (*authflow.Cluster, *authflow.Flow, error) {
	for _, name := range []string{host, username} {
		if s.values[name] == "" {
			return nil, nil, s.bad(name, "is needed")
		}
	}
	req := gen.GetFullAccessTokenRequest{Username: s.values[username]}
	if v := s.values[org]; v != "" {
		n, err := strconv.ParseInt(v, 10, 32)
		if err != nil {
			return nil, nil, s.bad(org, "must be the number of an Org")
		}
		id := int32(n)
		req.OrgID = &id
	}
	given, err := s.secretGiven()
	if err != nil {
		return nil, nil, err
	}
	var flowOpts []authflow.FlowOption
	value, supply := gen.Secret(s.values[given]), s.supply(given)
	switch {
	case given == string(password):
		req.Password = value
	case given == string(secretKey):
		opts = append([]authflow.Option{authflow.WithSecretKey(value)}, opts...)
	case strings.HasPrefix(given, string(password)):
		flowOpts = append(flowOpts, authflow.WithPassword(supply))
	default:
		key := func(ctx context.Context, _ string) (gen.Secret, error) { return supply(ctx) }
		opts = append([]authflow.Option{authflow.WithSecretKeyFunc(key)}, opts...)
	}
	c, err := authflow.New(s.values[host], opts...)
	if err != nil {
		return nil, nil, s.about(err, host, given)
	}
	f, err := c.FullAccess(req, flowOpts...)
	if err != nil {
		return nil, nil, s.about(err, username, given)
	}
	return c, f, nil
}

// about returns err with the setting that it is about, by the field that it
// names, or else the one that is given.
func (s settings) about(err error, name, ofSecret string) error {
	if e := (*authflow.Error)(nil); errors.As(err, &e) {
		switch e.Field {
		case "org_id":
			name = org
		case "password", "WithSecretKey":
			name = ofSecret
		}
	}
	return fmt.Errorf("%s: %w", s.where(name), err)
}

// bad is the error for a setting that cannot be.
func (s settings) bad(name, problem string) error {
	return fmt.Errorf("config: %s %s: %w", s.where(name), problem, authflow.ErrInvalid)
}
