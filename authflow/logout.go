package authflow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/limiter"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
	"github.com/go-thoughtspot/tsauth/gen"
)

// LogoutOption changes what Logout ends.
type LogoutOption func(*logoutOptions)

type logoutOptions struct{ everywhere bool }

func logoutOptionsOf(opts []LogoutOption) (o logoutOptions) {
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// Logout closes the Flow and ends on the server every credential that it has
// acquired and that is still alive: a session with operation logout, a token with
// revokeToken. The credential of the Flow that this one is built on stays. From the
// moment of the call every other call returns an error that matches [ErrClosed].
// After Close, Logout ends what Close left alive.
//
// Logout takes no longer than ctx allows, and no longer than Policy.Timeout. If
// some credentials are still alive then, the error says how many; call Logout
// again, and it continues with those. It returns nil when no credential of the
// Flow is alive any more, as far as is known: a token that was replaced, and whose
// lifetime nothing states, counts as expired after the time that the Flow used it
// for. A Flow that has acquired nothing sends nothing. A credential that arrives
// later, from an acquisition in progress, is not used, and is ended as soon as it
// arrives.
//
// A ctx that has already ended, such as the context of a signal, ends nothing
// on the server.
func (f *Flow) Logout(ctx context.Context, opts ...LogoutOption) error {
	if f.cluster == nil {
		return errNoCluster
	}
	f.endFlights(errLoggedOut)
	ctx, cancel := context.WithTimeout(ctx, f.cluster.policy.Timeout)
	defer cancel()
	err := f.endOwed(ctx, logoutOptionsOf(opts))
	panicked := f.reportToCaller(Event{Kind: Ended, Reason: "logged out", Err: err})
	if err != nil {
		return err
	}
	return panicked
}

// endFlights closes the keeper, and puts the credential in use on the ledger. It holds
// the lock of the ledger, so that a Logout at the same time finds the credential there.
func (f *Flow) endFlights(why error) (first bool) {
	g := f.owing()
	g.mu.Lock()
	defer g.mu.Unlock()
	l, first := f.keeper.Close(why)
	if l == nil {
		return first
	}
	left := f.owedFor(l, time.Now())
	if left > 0 {
		g.put(f.newDebt(l, left))
	}
	return first
}

// endOwed ends what is on the ledger.
func (f *Flow) endOwed(ctx context.Context, o logoutOptions) error {
	owed, dropped := f.owing().beginLogout(f.cluster)
	if len(owed) > 0 {
		f.deleteStored(ctx, o.isStoredTokenEnding(owed))
	}
	var err error
	if o.everywhere {
		owed, err = f.revokeAll(ctx, owed)
	}
	areTokensOfTheUser := f.method != methodLogin && f.user() != ""
	if o.everywhere && err == nil && areTokensOfTheUser {
		f.owing().settleDropped(dropped)
		dropped = 0
	}
	failures := f.endAll(ctx, owed)
	if err == nil && len(failures)+dropped > 0 {
		err = stillAlive(len(failures)+dropped, len(owed)+dropped, failures)
	}
	return err
}

// isStoredTokenEnding returns a function that reports whether a Logout ends a token
// of the Store: with Everywhere, also one of another process.
func (o logoutOptions) isStoredTokenEnding(owed []*lease) func(gen.Secret) bool {
	if o.everywhere {
		return func(gen.Secret) bool { return true }
	}
	return isOneOf(owed...)
}

// isOneOf returns a function that reports whether one of the leases is for a token.
func isOneOf(leases ...*lease) func(gen.Secret) bool {
	return func(token gen.Secret) bool {
		return slices.ContainsFunc(leases, func(l *lease) bool { return l.Value.header[0] == "Bearer "+string(token) })
	}
}

// stillAlive is the error of a Logout that could not end everything. Of several
// failures it names the one after which the caller has to wait longest (R4).
func stillAlive(alive, all int, failures []*Error) error {
	if len(failures) == 0 {
		failures = []*Error{{Op: "Logout", Err: errors.New("more credentials were issued than a Flow remembers; they expire by themselves")}}
	}
	err := slices.MaxFunc(failures, func(a, b *Error) int { return cmp.Compare(a.RetryAfter, b.RetryAfter) })
	if all == 1 {
		return err
	}
	return asError("Logout", fmt.Errorf("%d of %d credentials are still alive: %w", alive, all, err))
}

// revocations is how many calls of a Logout are in progress at a time.
const revocations = 8

// endAll ends credentials side by side and returns the failures. One call that
// hangs does not keep the others alive.
func (f *Flow) endAll(ctx context.Context, owed []*lease) []*Error {
	var (
		mu       sync.Mutex
		failures []*Error
		workers  sync.WaitGroup
	)
	queue := make(chan *lease)
	for range min(revocations, len(owed)) {
		workers.Go(func() {
			for l := range queue {
				if err := f.end(ctx, l); err != nil {
					mu.Lock()
					failures = append(failures, asError("Logout", err))
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
		f.owing().settle(l)
		return nil
	}
	err := f.endAtServer(ctx, l)
	if err == nil || hadEnded(err) {
		f.owing().settle(l)
		return nil
	}
	return err
}

// hadEnded reports whether a call failed because the server does not accept its
// credential: it has ended already, as Logout wants. The 401 of a gateway, which is a page
// or empty, says nothing about the credential.
func hadEnded(err error) bool {
	var e *Error
	if !errors.As(err, &e) || e.Status != http.StatusUnauthorized {
		return false
	}
	return e.Code != 0 || e.Debug != ""
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
	body := gen.RevokeTokenRequest{UserIdentifier: f.userOf(l), Token: tokenOf(l).Value}
	return f.revocation(ctx, "revokeToken", l, func(server string) (*http.Request, error) {
		return gen.NewRevokeTokenRequest(server, body)
	})
}

// revocation makes a call that ends credentials, with credential l. It takes its turn
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
			return newError(failure).retryIn(0)
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
