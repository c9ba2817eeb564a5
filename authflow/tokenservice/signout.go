package tokenservice

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

const (
	signOutTime = 30 * time.Second // for all calls of a sign-out together
	revocations = 8                // calls of a sign-out that are in progress at a time
)

// Forget signs a user out, such as one that has left or has lost rights. It ends all
// tokens that the service has handed out to the user and that are alive. With a Store in
// the cluster, these are the tokens of all replicas that share it; without one, the tokens
// of this replica. Requests of the user that are in progress get no token, and later
// requests are authenticated again.
//
// Forget returns nil if all of these tokens are revoked or expired. Otherwise the error is a
// [*SignOutError], which says how many are alive and until when. Another call of Forget
// continues. While the service is in use, it also tries again by itself, at most 10 times
// in an hour. Forget takes no longer than ctx allows, and no longer than 30 seconds.
//
// Tokens that other programs have made for the user stay alive, unless the option
// [WithSignOutEverywhere] says otherwise.
func (s *Service) Forget(ctx context.Context, user string) error {
	if user == "" {
		return invalid("user", "must not be empty")
	}
	u := s.users.use(user)
	defer s.users.done(u)
	s.progress.signOut(user)
	u.forgetEntries()
	return s.signOut(ctx, u, nil)
}

// SignOutError says how many tokens a sign-out could not end.
type SignOutError struct {
	// Alive is how many tokens of the user may still be alive, as far as the service
	// remembers them.
	Alive int
	// Until is when the last of them expires; the zero time if that is not known.
	Until time.Time
	// Err is the reason.
	Err error
}

// Error implements error.
func (e *SignOutError) Error() string {
	until := "for an unknown time"
	if !e.Until.IsZero() {
		until = "until " + e.Until.UTC().Format(time.RFC3339)
	}
	return fmt.Sprintf("tokenservice: the user is not signed out: %d tokens are alive %s: %v", e.Alive, until, e.Err)
}

// Unwrap returns the reason.
func (e *SignOutError) Unwrap() error { return e.Err }

// Reasons of a SignOutError that are not failures of the cluster.
var (
	errStore  = errors.New("the Store does not work, so tokens of other replicas may be alive")
	errIsBack = errors.New("the user has signed in again, so tokens of other programs stay alive")
	errLost   = errors.New("the service has handed out tokens that it no longer remembers, see WithMaxUsers")
)

// owed is the part of a sign-out that is still to be done.
type owed struct {
	at         time.Time // of the sign-out
	inStore    bool      // the other replicas do not know of it
	everywhere bool      // tokens of other programs are still to be ended
}

// signOut ends the tokens of a user who signs out, or continues an earlier try. Then
// it does not touch the tokens that were handed out since the sign-out.
func (s *Service) signOut(ctx context.Context, u *user, before *owed) error {
	ctx, cancel := context.WithTimeout(ctx, signOutTime)
	defer cancel()
	o := owed{at: time.Now(), everywhere: s.everywhere}
	if before != nil {
		o = *before
	}
	v := s.recordOf(u.name)
	others, lostUntil, storeErr := shareSignOut(ctx, v, o.at)
	tokens, isBack := u.takeEnding(others, before == nil)
	failures := []error{storeErr}
	if o.everywhere {
		err := s.endEverywhere(ctx, u, tokens, isBack)
		o.everywhere = err != nil
		failures = append(failures, err)
	}
	ended, errs := s.revokeAll(ctx, tokens)
	u.settle(ended)
	if s.everywhere && !o.everywhere {
		s.users.settleLost(u.name)
	}
	if v != nil && storeErr == nil && len(ended) > 0 {
		// After a failure, the next sign-out revokes these tokens again, which does no harm.
		_ = changeRecord(ctx, v, func(r *record) error { r.remove(ended); return nil })
	}
	o.inStore = storeErr != nil
	lost := latest(s.users.lostUntil(u.name), lostUntil)
	return s.conclude(u, o, lost, append(failures, errs...))
}

// conclude notes whether a sign-out is to be tried again, and returns its error, or nil
// if it is done.
func (s *Service) conclude(u *user, o owed, lost time.Time, failures []error) error {
	alive := u.ending()
	if !lost.IsZero() {
		failures = append(failures, errLost)
	}
	failure := errors.Join(failures...)
	if failure == nil {
		s.retries.settle(s.users, u)
		return nil
	}
	e := &SignOutError{Alive: len(alive), Until: lost, Err: failure}
	for i := range alive {
		if alive[i].deadline.IsZero() {
			e.Until = time.Time{}
			break
		}
		e.Until = latest(e.Until, alive[i].deadline)
	}
	isOwed := len(alive) > 0 || o.inStore || o.everywhere
	if isOwed && slices.ContainsFunc(failures, isWorthRetrying) {
		s.retries.add(s.users, u, o)
	} else {
		s.retries.settle(s.users, u)
	}
	return e
}

// shareSignOut tells the other replicas that a user has signed out, and returns the
// tokens that they have handed out before. Without a Store it does nothing.
func shareSignOut(ctx context.Context, v *authflow.SharedValue, at time.Time) (others []handedOut, lostUntil time.Time, err error) {
	if v == nil {
		return nil, time.Time{}, nil
	}
	err = changeRecord(ctx, v, func(r *record) error {
		others, lostUntil = nil, r.lostUntil
		for _, h := range r.tokens {
			if !h.at.After(at) {
				others = append(others, h)
			}
		}
		r.signedOut = latest(r.signedOut, at)
		return nil
	})
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("%w: %w", errStore, err)
	}
	if !lostUntil.After(time.Now()) {
		lostUntil = time.Time{}
	}
	return others, lostUntil, nil
}

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
	return authflow.Token{Value: h.token, Username: h.username, Deadline: h.deadline}
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
// fails, the sign-out that came in between is tried again.
func (s *Service) revokeLater(u *user, t authflow.Token) {
	h := newHandedOut(t, &Request{user: u.name})
	h.isEnding = true
	u.mu.Lock()
	u.add(h)
	u.mu.Unlock()
	s.inBackground(u, func(ctx context.Context) {
		ended, failures := s.revokeAll(ctx, []handedOut{h})
		u.settle(ended)
		if len(failures) > 0 {
			_ = s.conclude(u, owed{at: h.at}, time.Time{}, failures)
		}
	})
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
		f(ctx)
	}()
}

// endEverywhere ends the tokens that other programs have made for a user who has not
// signed in again: with a token of the user that is alive, or with one that it requests
// without any effect on the user.
func (s *Service) endEverywhere(ctx context.Context, u *user, tokens []handedOut, isBack bool) error {
	switch {
	case isBack:
		return errIsBack
	case s.administrator != nil:
		return s.revokeByAdministrator(ctx, u.name)
	}
	for i := range tokens {
		t := tokens[len(tokens)-1-i]
		if t.isObject {
			continue
		}
		err := s.cluster.Revoke(ctx, t.asToken(), authflow.Everywhere())
		if !isRejected(err) {
			return err
		}
	}
	f, err := s.cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: u.name, AutoCreate: new(bool)})
	if err != nil {
		return err
	}
	t, err := f.Token(ctx)
	if err != nil {
		return err
	}
	if t.Username == "" {
		t.Username = u.name
	}
	return s.cluster.Revoke(ctx, t, authflow.Everywhere())
}

func (s *Service) revokeByAdministrator(ctx context.Context, name string) error {
	resp, err := s.administrator.API().RevokeTokenWithResponse(ctx, gen.RevokeTokenRequest{UserIdentifier: name})
	if err != nil {
		return err
	}
	return authflow.ErrorOf(resp.HTTPResponse)
}

// isRejected reports whether the cluster no longer accepts a token.
func isRejected(err error) bool {
	var e *authflow.Error
	return errors.As(err, &e) && e.Status == http.StatusUnauthorized
}
