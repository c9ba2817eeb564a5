package authflow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/limiter"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
	"github.com/go-thoughtspot/tsauth/gen"
)

// LogoutOption changes what Logout ends.
type LogoutOption func(*logoutOptions)

type logoutOptions struct{ everywhere bool }

// Everywhere ends all tokens of the user on the server, wherever they were made,
// by one call of revokeToken that names the user and no token. It needs a token
// of this Flow that is alive; without one, Logout says so and ends nothing else.
// The user's cookie sessions are not ended. Whether tokens of all Orgs end, or
// those of the Org of the Flow's token, is not documented by the vendor.
func Everywhere() LogoutOption { return func(o *logoutOptions) { o.everywhere = true } }

// Logout closes the Flow and ends on the server every credential that it has
// acquired and that is still alive: a session with operation logout, a token
// with revokeToken. From the moment of the call every other call returns an
// error that matches [ErrClosed].
//
// Logout takes no longer than ctx allows, and no longer than Policy.Timeout. If
// some credentials are still alive then, the error says how many; call Logout
// again, and it continues with those. It returns nil when no credential of the
// Flow is alive any more. A Flow that has acquired nothing sends nothing. A
// credential that an acquisition in progress still brings is not used, and is
// ended as soon as it arrives.
//
// A ctx that has already ended, such as the context of a signal, ends nothing
// on the server.
func (f *Flow) Logout(ctx context.Context, opts ...LogoutOption) error {
	var o logoutOptions
	for _, opt := range opts {
		opt(&o)
	}
	f.endFlights(errLoggedOut)
	ctx, cancel := context.WithTimeout(ctx, f.cluster.policy.Timeout)
	defer cancel()
	owed, dropped := f.ledger.Load().list(f)
	var err error
	if o.everywhere {
		err = f.revokeAll(ctx, owed)
		owed, _ = f.ledger.Load().list(f)
	}
	failures := f.endAll(ctx, owed)
	switch {
	case err != nil:
	case len(failures) > 0 || dropped > 0:
		err = stillAlive(len(failures)+dropped, len(owed)+dropped, failures)
	}
	f.report(Event{Kind: Ended, Reason: "logged out", Err: err})
	return err
}

// endFlights closes the keeper, and puts the credential in use on the ledger.
func (f *Flow) endFlights(why error) (first bool) {
	l, first := f.keeper.Close(why)
	if l != nil && f.revocable(l, time.Now()) {
		f.owing().add(f, l)
	}
	return first
}

// stillAlive is the error of a Logout that could not end everything.
func stillAlive(alive, all int, failures []error) error {
	err := errors.New("more credentials were issued than a Flow remembers; they expire by themselves")
	if len(failures) > 0 {
		err = failures[0]
	}
	if all == 1 {
		return err
	}
	return &Error{Op: "Logout", Err: fmt.Errorf("%d of %d credentials are still alive: %w", alive, all, err)}
}

// revocations is how many calls of a Logout are in progress at a time.
const revocations = 8

// endAll ends credentials side by side and returns the failures. One call that
// hangs does not keep the others alive.
func (f *Flow) endAll(ctx context.Context, owed []*lease) []error {
	var (
		mu       sync.Mutex
		failures []error
		workers  sync.WaitGroup
	)
	queue := make(chan *lease)
	for range min(revocations, len(owed)) {
		workers.Go(func() {
			for l := range queue {
				if err := f.end(ctx, l); err != nil {
					mu.Lock()
					failures = append(failures, err)
					mu.Unlock()
				}
			}
		})
	}
	for _, l := range owed {
		queue <- l
	}
	close(queue)
	workers.Wait()
	return failures
}

// end tells the server that l will not be used again, and takes it off the
// ledger.
func (f *Flow) end(ctx context.Context, l *lease) error {
	if !f.alive(l, time.Now()) || f.belongsToParent(l) {
		f.ledger.Load().settle(l)
		return nil
	}
	f.deleteStored(ctx, l)
	err := f.endAtServer(ctx, l)
	var e *Error
	if errors.As(err, &e) && e.Status == http.StatusUnauthorized {
		err = nil // it had already ended
	}
	if err == nil {
		f.ledger.Load().settle(l)
	}
	return err
}

// belongsToParent reports whether l is the token of the Flow that this one is
// built on, which goes on using it.
func (f *Flow) belongsToParent(l *lease) bool {
	p := f.parent()
	return p != nil && l.ID != 0 && p.keeper.Issued(l.ID)
}

// endAtServer calls logout or revokeToken with the credential that it ends.
func (f *Flow) endAtServer(ctx context.Context, l *lease) error {
	if l.Value.session != nil {
		return f.revocation(ctx, "logout", l, func(server string) (*http.Request, error) { return gen.NewLogoutRequest(server) })
	}
	token := tokenOf(l)
	body := gen.RevokeTokenRequest{UserIdentifier: cmp.Or(token.Username, f.user()), Token: token.Value}
	return f.revocation(ctx, "revokeToken", l, func(server string) (*http.Request, error) {
		return gen.NewRevokeTokenRequest(server, body)
	})
}

// revokeAll ends all tokens of the user with one call, and takes those of this
// Flow off the ledger.
func (f *Flow) revokeAll(ctx context.Context, owed []*lease) error {
	const op = "revokeToken"
	var with *lease
	for _, l := range owed {
		if l.Value.session == nil {
			with = l
		}
	}
	if with == nil {
		return &Error{Op: op, Err: errors.New("no token of this Flow is alive to end the user's other tokens with")}
	}
	body := gen.RevokeTokenRequest{UserIdentifier: cmp.Or(tokenOf(with).Username, f.user())}
	err := f.revocation(ctx, op, with, func(server string) (*http.Request, error) { return gen.NewRevokeTokenRequest(server, body) })
	if err != nil {
		return err
	}
	for _, l := range owed {
		if l.Value.session == nil {
			f.deleteStored(ctx, l)
			f.ledger.Load().settle(l)
		}
	}
	return nil
}

// revocation makes a call of the ledger's with credential l. It takes its turn
// before calls for new credentials.
func (f *Flow) revocation(ctx context.Context, op string, l *lease, build func(server string) (*http.Request, error)) error {
	for attempt := 1; ; attempt++ {
		permit, err := f.cluster.limiter.Acquire(ctx, limiter.Request{
			Principal: f.principal(), Urgency: limiter.Revocation, Attempt: attempt,
		})
		if err != nil {
			return f.queueError(op, err)
		}
		failure := f.sendRevocation(ctx, op, l, build)
		verdict := permit.Done(failure)
		if failure == nil {
			return nil
		}
		if !verdict.Again || !sleep(ctx, verdict.After) {
			return newError(failure)
		}
	}
}

func (f *Flow) sendRevocation(ctx context.Context, op string, l *lease, build func(server string) (*http.Request, error)) *outcome.Failure {
	req, err := build(f.cluster.url + "/")
	if err != nil {
		return &outcome.Failure{Class: outcome.Invalid, Op: op, Err: err}
	}
	limit := f.cluster.policy.Timeout / time.Duration(f.cluster.policy.MaxAttempts)
	ctx, cancel := context.WithTimeout(ctx, limit) // one call that hangs does not take the time of the others
	defer cancel()
	_, failure := authCall{op: op, secret: outcome.Bearer, credential: l, limit: limit}.send(ctx, f.cluster, req)
	return failure
}
