package main

import (
	"context"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/filestore"
)

// tokenStore keeps tokens between the runs of a user.
type tokenStore struct {
	files *filestore.Store // nil if there is no place for them
	key   []byte
}

// openStore opens the store. Without a place for it, as in a container without a home
// folder, each run requests its own tokens.
func openStore() *tokenStore {
	files, err := filestore.New()
	if err != nil {
		return &tokenStore{}
	}
	key, err := files.Key()
	if err != nil {
		return &tokenStore{}
	}
	return &tokenStore{files, key}
}

// options returns the option that keeps tokens in the store.
func (s *tokenStore) options() []authflow.Option {
	if s.files == nil {
		return nil
	}
	return []authflow.Option{authflow.WithStore(s.files, s.key)}
}

// maxTurnTime is the longest wait for other runs. A Flow waits at most 2 s for another
// process, so that no request is late; a script that starts fifty processes at once on a
// busy machine would rather wait than request fifty tokens.
const maxTurnTime = 10 * time.Second

// awaitTurn waits while another run gets a token for the same user, for at most
// maxTurnTime. If that run is killed, the system ends its turn.
func (s *tokenStore) awaitTurn(ctx context.Context, server, user string) (done func()) {
	if s.files == nil {
		return func() {}
	}
	ctx, cancel := context.WithTimeout(ctx, maxTurnTime)
	defer cancel()
	done, err := s.files.Lock(ctx, "tsauth token\x00"+server+"\x00"+user, maxTurnTime)
	if err != nil {
		return func() {}
	}
	return done
}
