package main

import (
	"context"
	"fmt"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/config"
	"github.com/go-thoughtspot/tsauth/cmd/tsauth/internal/kept"
)

// openStore returns the tokens that are kept between runs for a user, and the option that
// uses them. Without a place for them it says so, and each run requests its own tokens.
func (p *program) openStore(ctx context.Context, s *config.Settings, user string) (kept.Tokens, []authflow.Option) {
	cluster, err := s.Cluster()
	if err != nil {
		return kept.Tokens{}, nil // the run fails by the same error
	}
	tokens, err := kept.Open(cluster.URL(), user)
	if err != nil {
		return p.withoutStore(err)
	}
	opts, err := tokens.Options(ctx)
	if err != nil {
		return p.withoutStore(err)
	}
	return tokens, opts
}

// withoutStore warns once in a run.
func (p *program) withoutStore(err error) (kept.Tokens, []authflow.Option) {
	if !p.saidNoStore {
		fmt.Fprintln(p.stderr, "tsauth: warning: tokens and rejected passwords are not kept between runs:", plainText(err.Error()))
	}
	p.saidNoStore = true
	return kept.Tokens{}, nil
}
