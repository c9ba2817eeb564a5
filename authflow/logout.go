package authflow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/gen"
)

// Logout ends on the server every credential that the Flow has acquired and
// that is still alive, a session with operation logout, a token with
// revokeToken, and closes the Flow. From the moment of the call no other call
// gets through; each returns an error that matches [ErrClosed].
//
// It takes no longer than ctx allows, and no longer than Policy.Timeout. What
// could not be ended is told in the error; it ends by itself. A Flow that has
// acquired nothing sends nothing; nor is a token revoked that is the one of the
// Flow that it was got from. What an acquisition under way may still bring is
// not used, and is ended if it comes.
//
// A ctx that has ended, such as that of a signal, ends nothing on the server.
func (f *Flow) Logout(ctx context.Context) error {
	l, first := f.keeper.Close(errLoggedOut)
	if !first {
		_, closed := f.keeper.Peek()
		return closed
	}
	ctx, cancel := context.WithTimeout(ctx, f.cluster.policy.Timeout)
	defer cancel()
	all := []*lease{}
	if l != nil {
		all = append(all, l)
	}
	for u := f.unrevoked.Load(); u != nil; u = u.next {
		if !u.is(l) {
			all = append(all, u.lease(time.Now()))
		}
	}
	var failed []error
	for i, l := range all {
		if err := f.endInTime(ctx, l, len(all)-i); err != nil {
			failed = append(failed, err)
		}
	}
	err := errors.Join(failed...)
	if len(failed) > 0 && len(all) > 1 {
		err = &Error{Op: "Logout", Err: fmt.Errorf("%d of %d credentials are still alive: %w", len(failed), len(all), failed[0])}
	}
	f.report(Event{Kind: Ended, Reason: "logged out", Err: err})
	return err
}

// endInTime is end with a share of the time left, of which there are so many: one
// call that hangs does not keep the others alive.
func (f *Flow) endInTime(ctx context.Context, l *lease, shares int) error {
	if until, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(until)/time.Duration(shares))
		defer cancel()
	}
	return f.end(ctx, l)
}

// end tells the server that l will not be used again.
func (f *Flow) end(ctx context.Context, l *lease) error {
	if !f.alive(l, time.Now()) {
		return nil
	}
	if p := f.parent(); p != nil && p.issued(l.Value.header[0]) {
		return nil
	}
	f.deleteStored(ctx, l)
	op, server := "logout", f.cluster.url+"/"
	for n := 1; ; n++ {
		if ctx.Err() != nil {
			return asError(op, fmt.Errorf("no time left: %w", context.Cause(ctx)))
		}
		req, err := gen.NewLogoutRequest(server)
		if l.Value.session == nil {
			op = "revokeToken"
			token := tokenOf(l)
			req, err = gen.NewRevokeTokenRequest(server, gen.RevokeTokenRequest{UserIdentifier: cmp.Or(token.Username, f.user()), Token: token.Value})
		}
		if err != nil {
			return asError(op, err)
		}
		if err = f.cluster.paced(ctx, func() error {
			_, err := f.cluster.call(op, req.WithContext(ctx), l)
			return err
		}); err == nil {
			return nil
		}
		switch e := asError(op, err); {
		case e.Status == http.StatusUnauthorized:
			return nil // it had ended already
		case n >= f.cluster.policy.MaxAttempts || !e.Retryable() || !sleep(ctx, backoff(n, e.RetryAfter)):
			return e
		}
	}
}

// paced calls fn at the Cluster's pace, and tells the gate how it ended.
func (c *Cluster) paced(ctx context.Context, fn func() error) error {
	probe, err := c.gate.enter(ctx, func() bool { return false })
	if err != nil {
		return err
	}
	sent := time.Now()
	return obeyed(ctx, func() error {
		err := fn()
		var e *Error
		if err != nil {
			e = asError("", err)
		}
		c.gate.leave(probe, sent, e)
		return err
	})
}

// obeyed calls fn, and does not wait much longer for it than ctx lasts, which the
// user's code may not obey.
func obeyed(ctx context.Context, fn func() error) error {
	done := make(chan error, 1)
	go func() { done <- fn() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	grace := time.NewTimer(graceTime)
	defer grace.Stop()
	select {
	case err := <-done:
		return err
	case <-grace.C:
		return fmt.Errorf("no answer: %w", context.Cause(ctx))
	}
}
