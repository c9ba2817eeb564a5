package authflow

import (
	"context"
	"fmt"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// maxEarly is how much earlier the context of the user's code ends than the time of
// its caller, at most: code that obeys its context can say in this time why it failed.
const maxEarly = 200 * time.Millisecond

// userCall is one call of code that the user supplied: a credential function, a
// Store, a RoundTripper.
type userCall[T any] struct {
	what string                           // names the code in errors
	call func(context.Context) (T, error) // runs in a goroutine of its own
	late func(T)                          // gets what arrives after run has returned; or nil
}

// run calls the user's code and returns what it returns. It does not wait beyond the
// end of ctx, whatever the code does then. A panic, or runtime.Goexit, is an error.
func (u userCall[T]) run(ctx context.Context) (T, error) {
	type result struct {
		value T
		err   error
	}
	within, cancel := endingEarly(ctx)
	defer cancel()
	results, abandoned := make(chan result), make(chan struct{})
	go func() {
		var r result
		returned := false
		defer func() {
			if !returned {
				r.err = fmt.Errorf("the %s ended its goroutine", u.what)
			}
			select {
			case results <- r:
			case <-abandoned:
				u.arrivedLate(r.value, r.err)
			}
		}()
		r.err = renewal.Guard(func() (err error) {
			r.value, err = u.call(within)
			return err
		})
		returned = true
	}()
	select {
	case r := <-results:
		return r.value, r.err
	case <-ctx.Done():
		close(abandoned)
		var none T
		return none, fmt.Errorf("the %s did not return: %w", u.what, context.Cause(ctx))
	}
}

// arrivedLate hands over a value that arrives after run has returned. No caller is
// left who could learn of a panic.
func (u userCall[T]) arrivedLate(value T, err error) {
	if u.late == nil || err != nil {
		return
	}
	_ = renewal.Guard(func() error {
		u.late(value)
		return nil
	})
}

// isEnding reports whether ctx has ended, or has ended for the user's code, which has
// a little less time.
func isEnding(ctx context.Context) bool {
	end, bounded := ctx.Deadline()
	return ctx.Err() != nil || bounded && time.Until(end) <= maxEarly
}

// endingEarly returns a context that ends a twentieth of the time before ctx does,
// and at most maxEarly: after 29.8 s of 30 s.
func endingEarly(ctx context.Context) (context.Context, context.CancelFunc) {
	end, bounded := ctx.Deadline()
	if !bounded {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, end.Add(-min(time.Until(end)/20, maxEarly)))
}
