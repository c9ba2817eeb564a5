package config

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Cluster returns the cluster of the settings, with the secret key if that is the
// secret. It sends nothing. opts take precedence over the settings.
func (s *Settings) Cluster(opts ...authflow.Option) (*authflow.Cluster, error) {
	var own []authflow.Option
	if s.CAFile.Text != "" {
		client, err := s.HTTPClient()
		if err != nil {
			return nil, err
		}
		own = append(own, authflow.WithHTTPClient(client))
	}
	if s.Credential.Kind == secretKey {
		option, err := s.secretKeyOption()
		if err != nil {
			return nil, err
		}
		own = append(own, option)
	}
	cluster, err := authflow.New(s.Host.Text, append(own, opts...)...)
	if err != nil {
		return nil, s.about(err, s.Host.Source)
	}
	return cluster, nil
}

// secretKeyOption supplies the secret key. One that was given by value is not supplied
// by a function, which would take precedence over an option of the program.
func (s *Settings) secretKeyOption() (authflow.Option, error) {
	if !s.Credential.byValue {
		return authflow.WithSecretKeyFunc(func(ctx context.Context, _ string) (gen.Secret, error) {
			return s.Credential.Read(ctx)
		}), nil
	}
	key, err := s.Credential.Read(context.Background())
	return authflow.WithSecretKey(key), err
}

// Flow returns a flow of full access for the user, or on the token if that is the
// secret. It sends nothing.
func (s *Settings) Flow(cluster *authflow.Cluster) (*authflow.Flow, error) {
	if s.Credential.Kind == token {
		return s.tokenFlow(cluster)
	}
	id, err := s.OrgID()
	if err != nil {
		return nil, err
	}
	req := gen.GetFullAccessTokenRequest{Username: s.Username.Text, OrgID: id, ValidityTimeInSec: s.ValiditySeconds()}
	flow, err := cluster.FullAccess(req, s.FlowOptions()...)
	if err != nil {
		return nil, s.about(err, s.Username.Source)
	}
	return flow, nil
}

// FlowOptions returns the options for a flow that the caller makes with the cluster of
// the settings, such as one with rules. They supply the password if that is the secret.
func (s *Settings) FlowOptions() []authflow.FlowOption {
	if s.Credential.Kind != password {
		return nil
	}
	return []authflow.FlowOption{authflow.WithPassword(s.Credential.Read)}
}

// about returns err with the setting that it is about, in place of the field of authflow,
// or with where if the field is not a setting.
func (s *Settings) about(err error, where string) error {
	var e *authflow.Error
	if !errors.As(err, &e) {
		return err
	}
	source, ok := map[string]string{
		"server": s.Host.Source, "username": s.Username.Source, "org_id": s.Org.Source, "validity_time_in_sec": s.Validity.Source,
		"password": s.Credential.Source, "WithSecretKey": s.Credential.Source,
	}[e.Field]
	if !ok || e.Err == nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	return &fieldError{text: invalid(source, e.Err.Error()).Error(), err: err}
}

// fieldError is an error of authflow about one of its fields, which names the setting
// instead.
type fieldError struct {
	text string
	err  error
}

func (e *fieldError) Error() string { return e.text }

func (e *fieldError) Unwrap() error { return e.err }
