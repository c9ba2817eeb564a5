package main

import (
	"context"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/config"
	"github.com/go-thoughtspot/tsauth/cmd/tsauth/internal/kept"
)

// openStore returns the tokens that are kept between runs for a user, and the option that
// uses them. Without a place for them, each run requests its own tokens.
func openStore(ctx context.Context, s *config.Settings, user string) (kept.Tokens, []authflow.Option) {
	cluster, err := s.Cluster()
	if err != nil {
		return kept.Tokens{}, nil // the run fails by the same error
	}
	tokens, err := kept.Open(cluster.URL(), user)
	if err != nil {
		return kept.Tokens{}, nil
	}
	opts, err := tokens.Options(ctx)
	if err != nil {
		return kept.Tokens{}, nil
	}
	return tokens, opts
}
