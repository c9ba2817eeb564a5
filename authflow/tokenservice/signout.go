package tokenservice

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	alive := fmt.Sprintf("%d tokens are alive", e.Alive)
	if e.Alive == 1 {
		alive = "1 token is alive"
	}
	return fmt.Sprintf("tokenservice: the user is not signed out: %s %s: %v", alive, until, e.Err)
}

// Unwrap returns the reason.
func (e *SignOutError) Unwrap() error { return e.Err }

// Reasons of a SignOutError that are not failures of the cluster.
var (
	errStore  = errors.New("the Store does not work, so tokens of other replicas may be alive")
	errIsBack = errors.New("the user has signed in again, so tokens of other programs stay alive")
	errLost   = errors.New("the service has handed out tokens that it no longer remembers: more than 100 to the user, or see WithMaxUsers")
)

// owed is what is still to be done for a user.
type owed struct {
	at         time.Time // of the latest sign-out; zero if tokens are owed alone
	inStore    bool      // the other replicas do not know of the sign-out
	everywhere bool      // tokens of other programs are still to be ended
	tokens     bool      // tokens are still to be ended
	recording  bool      // tokens are still to be recorded in the Store
}

func (o *owed) isSignOut() bool { return o.inStore || o.everywhere || o.tokens }
func (o *owed) isNothing() bool { return !o.isSignOut() && !o.recording }

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
	others, lostUntil, isElsewhere, storeErr := shareSignOut(ctx, v, o.at, before == nil)
	tokens, isBack := u.takeEnding(others, before == nil)
	isBack = isBack || before != nil && isElsewhere
	failures := []error{storeErr}
	if o.everywhere {
		err := s.endEverywhere(ctx, u, tokens, isBack)
		o.everywhere = err != nil
		failures = append(failures, err)
	}
	ended, errs := s.revokeAll(ctx, tokens)
	u.settle(ended)
	hasEndedAll := s.everywhere && !o.everywhere
	if hasEndedAll {
		s.users.settleLost(u.name)
	}
	isChanged := hasEndedAll || len(ended) > 0
	if v != nil && storeErr == nil && isChanged {
		// After a failure, the next sign-out revokes these tokens again, which does no harm.
		s.settleRecord(ctx, v, ended, hasEndedAll)
	}
	o.inStore = storeErr != nil
	var lost time.Time
	if !hasEndedAll {
		lost = latest(s.users.lostUntil(u.name), lostUntil)
	}
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
		s.retries.settle(s.users, u, o.at, len(alive) > 0)
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
	o.tokens = len(alive) > 0
	if o.isSignOut() && slices.ContainsFunc(failures, isWorthRetrying) {
		s.retries.add(s.users, u, o)
	} else {
		s.retries.settle(s.users, u, o.at, false)
	}
	return e
}

// settleRecord removes tokens that were revoked from the record: some, or all.
func (s *Service) settleRecord(ctx context.Context, v *authflow.SharedValue, ended []gen.Secret, all bool) {
	ctx, cancel := context.WithTimeout(ctx, recordTime)
	defer cancel()
	_ = changeRecord(ctx, v, func(r *record) error { return r.settle(ended, all) })
}

// shareSignOut tells the other replicas that a user has signed out, and returns the
// tokens that they have handed out before. Without a Store it does nothing.
func shareSignOut(ctx context.Context, v *authflow.SharedValue, at time.Time, all bool) (others []handedOut, lostUntil time.Time, isElsewhere bool, err error) {
	if v == nil {
		return nil, time.Time{}, false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, recordTime)
	defer cancel()
	err = changeRecord(ctx, v, func(r *record) error {
		others, lostUntil, isElsewhere = nil, r.lostUntil, false
		for _, h := range r.tokens {
			if all || !h.at.After(at) {
				others = append(others, h)
			} else {
				isElsewhere = true
			}
		}
		r.signedOut = latest(r.signedOut, at)
		return nil
	})
	if err != nil {
		return nil, time.Time{}, false, fmt.Errorf("%w: %w", errStore, err)
	}
	if !lostUntil.After(time.Now()) {
		lostUntil = time.Time{}
	}
	return others, lostUntil, isElsewhere, nil
}
