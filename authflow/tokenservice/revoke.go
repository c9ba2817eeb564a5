package tokenservice

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
	"github.com/go-thoughtspot/tsauth/gen"
)

// revokeAll revokes tokens, several at a time. It returns the revoked tokens, and the
// errors of the others.
func (s *Service) revokeAll(ctx context.Context, tokens []handedOut) (ended []gen.Secret, failures []error) {
	var (
		mu      sync.Mutex
		workers sync.WaitGroup
	)
	queue := make(chan handedOut)
	for range min(revocations, len(tokens)) {
		workers.Go(func() {
			for h := range queue {
				err := s.cluster.Revoke(ctx, h.asToken())
				mu.Lock()
				if err == nil {
					ended = append(ended, h.token)
				} else {
					failures = append(failures, err)
				}
				mu.Unlock()
			}
		})
	}
	for _, h := range tokens {
		queue <- h
	}
	close(queue)
	workers.Wait()
	return ended, failures
}

func (h *handedOut) asToken() authflow.Token {
	return authflow.Token{Value: h.token, Username: h.username, ExpiredBy: h.deadline}
}

// isWorthRetrying reports whether another try may succeed. It would not for a user that
// the cluster does not know, or that may not revoke tokens.
func isWorthRetrying(err error) bool {
	var e *authflow.Error
	switch {
	case err == nil, errors.Is(err, errLost), errors.Is(err, errIsBack), errors.Is(err, authflow.ErrInvalid):
		return false
	case errors.As(err, &e) && e.Status != 0:
		return e.Retryable()
	}
	return true
}

// revokeLater revokes a token that is not handed out, and does not wait for it. If that
// fails, it is tried again.
func (tr *tokenRequest) revokeLater(t authflow.Token) {
	s, u := tr.service, tr.user
	h := newHandedOut(t, &tr.req, tr.began)
	h.isEnding = true
	u.mu.Lock()
	u.add(h)
	u.mu.Unlock()
	s.inBackground(u, func(ctx context.Context) { _ = s.revokeEnding(ctx, u) })
}

// revokeEnding revokes the tokens that are to be ended.
func (s *Service) revokeEnding(ctx context.Context, u *user) error {
	ended, failures := s.revokeAll(ctx, u.ending())
	u.settle(ended)
	return s.conclude(u, owed{}, time.Time{}, failures)
}

// inBackground runs f in a goroutine that Shutdown waits for. The service remembers the
// user until f returns. After Shutdown, f is not run.
func (s *Service) inBackground(u *user, f func(context.Context)) {
	entered := s.drain.enterBackground()
	if !entered {
		return
	}
	inUse := s.users.use(u.name)
	go func() {
		defer s.drain.leave()
		defer s.users.done(inUse)
		ctx, cancel := context.WithTimeout(context.Background(), signOutTime)
		defer cancel()
		_ = renewal.Guard(func() error { // a panic of the observer concerns no caller
			f(ctx)
			return nil
		})
	}()
}
