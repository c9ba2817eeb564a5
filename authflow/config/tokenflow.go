package config

import (
	"context"
	"fmt"
	"sync"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// tokenFlow returns a flow on the token of the settings. It cannot be renewed by this
// process: the flow uses it until the server rejects it, and then reads the setting
// again, in case another token is there.
func (s *Settings) tokenFlow(cluster *authflow.Cluster) (*authflow.Flow, error) {
	var mu sync.Mutex
	var last gen.Secret
	return cluster.TokensFrom(func(ctx context.Context) (authflow.Token, error) {
		value, err := s.Credential.Read(ctx)
		if err != nil {
			return authflow.Token{}, err
		}
		mu.Lock()
		defer mu.Unlock()
		if value == last {
			return authflow.Token{}, &spentTokenError{s.Credential.Source}
		}
		last = value
		return authflow.Token{Value: value, Username: s.Username.Text}, nil
	})
}

// spentTokenError is the error for a token that the server does not accept any more.
type spentTokenError struct{ source string }

func (e *spentTokenError) Error() string {
	return fmt.Sprintf("config: %s: the server rejects the token: it has expired or was revoked, and a token cannot be renewed: "+
		"give a new one, or a password or secret key", e.source)
}

// Class tells authflow that the credential was rejected.
func (e *spentTokenError) Class() string { return "rejected" }
